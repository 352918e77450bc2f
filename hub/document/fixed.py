"""Lines of fixed width as a plain tree: records by the letters that they begin with, columns by their places.

    <file>
      <case>            a line that begins with that record's letters; each column is a child, a blank one has none
        <defendant>     lines of records that belong to the one before

What stands outside every column is kept too, as `<from_41>` for what begins in place 41. Rule: a line of a kind that
the layout does not know, or that belongs to nothing, is refused, never passed over.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from hub.document import DEFAULT_BOUNDS, Bounds, Element
from hub.document.lines import Budget, Lines, TextFile, own_line, text_lines
from hub.document.plain import element_name, grow
from hub.message.errors import Fault, Refused

ROOT = "file"
MOST_FAULTS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedRecord:
    """A kind of line: the letters that it begins with, the record it belongs to, and its columns (from, to; from 1)."""

    name: str
    starts: str
    parent: str | None = None
    columns: Mapping[str, tuple[int, int]]

    def gaps(self) -> tuple[tuple[int, int | None], ...]:
        """The places of a line that are in no column, the first and the last; the last None to the line's end."""
        found: list[tuple[int, int | None]] = []
        free = len(self.starts) + 1
        for start, end in sorted(self.columns.values()):
            if start > free:
                found.append((free, start - 1))
            free = max(free, end + 1)
        return (*found, (free, None))


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedLayout:
    """How the lines are written."""

    encoding: str = "utf-8"
    records: tuple[FixedRecord, ...]

    def record_of(self, line: str) -> FixedRecord | None:
        """The kind of a line: of those whose letters it begins with, the one with the most."""
        fitting = [record for record in self.records if line.startswith(record.starts)]
        return max(fitting, key=lambda record: len(record.starts), default=None)


@dataclass(frozen=True, slots=True)
class Line:
    """A line that has a kind."""

    number: int
    record: FixedRecord
    text: str


def fixed_tree(raw: bytes, layout: FixedLayout, bounds: Bounds = DEFAULT_BOUNDS) -> Element:
    """The tree of a file. Raises Refused with every line that cannot be placed, the first hundred of them."""
    root = grow(None, ROOT)
    stack = Stack(layout, root, Budget(bounds.max_items, bounds.max_bytes))
    refuse_misplaced(placed_lines(io.BytesIO(raw), layout), stack)
    return root


def refuse_misplaced(lines: Iterable[Line | Fault], stack: Stack) -> None:
    """Put every line in its place. Raises Refused with those that have none, the first hundred of them."""
    found = (one if isinstance(one, Fault) else stack.put(one) for one in lines)
    faults = list(islice((one for one in found if isinstance(one, Fault)), MOST_FAULTS))
    if faults:
        raise Refused(faults)


def placed_lines(lines: Lines, layout: FixedLayout) -> Iterator[Line | Fault]:
    """Every line that is not blank: with its kind, or the fault that it has none. Raises Refused for broken text."""
    for number, text in enumerate(text_lines(TextFile(lines, layout.encoding, ROOT, "fixed")), 1):
        line = text.rstrip("\r\n")
        if not line.strip():
            continue
        record = layout.record_of(line)
        if record is None:
            known = ", ".join(f"'{one.starts}'" for one in layout.records)
            yield _fault(number, "fixed-record", f"The line begins with none of {known}. Remove it or mend it.")
        else:
            yield Line(number, record, line)


class Stack:
    """The records that still take lines, and the root that holds them all; no root where lines are only looked at.

    `first` is the line of the document that is line 1 of the tree.
    """

    def __init__(self, layout: FixedLayout, root: Element | None = None, budget: Budget | None = None) -> None:
        self.first = 1
        self._layout, self._root, self._budget = layout, root, budget
        self._open: dict[str, Element | None] = {}
        self._gaps = {record.name: record.gaps() for record in layout.records}

    def put(self, line: Line) -> Element | Fault | None:
        """The element of a line, below the record that it belongs to; a fault where there is no such record."""
        record = line.record
        if record.parent is not None and record.parent not in self._open:
            words = f"The line is a {record.name} and comes before any {record.parent}. Put it after the one it is of."
            return _fault(line.number, "fixed-order", words)
        self._close_below(record)
        parent = self._root if record.parent is None else self._open[record.parent]
        self._open[record.name] = made = None if parent is None else self._grow(parent, line)
        return made

    def _close_below(self, record: FixedRecord) -> None:
        """What belonged to the record before of this kind takes no more lines."""
        for one in self._layout.records:
            if one.parent == record.name and one.name in self._open:
                del self._open[one.name]
                self._close_below(one)

    def _grow(self, parent: Element, line: Line) -> Element:
        at = own_line(line.number - self.first + 1)
        named = [(name, line.text[start - 1 : end].rstrip()) for name, (start, end) in line.record.columns.items()]
        loose = [(f"from_{start}", line.text[start - 1 : end].rstrip()) for start, end in self._gaps[line.record.name]]
        given = [(name, text) for name, text in (*named, *loose) if text]
        if self._budget is not None:
            self._budget.take([text for _, text in given], line.number)
        made = grow(parent, element_name(line.record.name), line=at)
        for name, text in given:
            grow(made, element_name(name), text, at)
        return made


def _fault(number: int, rule: str, words: str) -> Fault:
    return Fault(path=f"/{ROOT}", rule=rule, words=words, line=number)
