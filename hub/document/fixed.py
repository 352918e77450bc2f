"""Lines of fixed width as a plain tree: records by the letters that they begin with, columns by their places.

    <file>
      <case>            a line that begins with that record's letters; each column is a child, a blank one has none
        <defendant>     lines of records that belong to the one before

Rule: a line of a kind that the layout does not know, or that belongs to nothing, is refused, never passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hub.document import Element
from hub.document.escape import NOT_XML
from hub.document.plain import element_name, grow
from hub.message.errors import Fault, Refused

ROOT = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedRecord:
    """A kind of line: the letters that it begins with, the record it belongs to, and its columns (from, to; from 1)."""

    name: str
    starts: str
    parent: str | None = None
    columns: Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedLayout:
    """How the lines are written."""

    encoding: str = "utf-8"
    records: tuple[FixedRecord, ...]


def fixed_tree(raw: bytes, layout: FixedLayout) -> Element:
    """The tree of a file. Raises Refused with every line that cannot be placed."""
    root = grow(None, ROOT)
    open_at: dict[str, Element] = {}
    faults: list[Fault] = []
    for number, line in enumerate(_decoded(raw, layout).split("\n"), 1):
        line = line.rstrip("\r")
        if not line.strip():
            continue
        record = next((one for one in layout.records if line.startswith(one.starts)), None)
        if record is None:
            known = ", ".join(f"'{one.starts}'" for one in layout.records)
            faults.append(
                _fault(number, "fixed-record", f"The line begins with none of {known}. Remove it or mend it.")
            )
            continue
        parent = root if record.parent is None else open_at.get(record.parent)
        if parent is None:
            words = f"The line is a {record.name} and comes before any {record.parent}. Put it after the one it is of."
            faults.append(_fault(number, "fixed-order", words))
            continue
        _close_below(open_at, record, layout)
        open_at[record.name] = _grow_line(parent, record, line, number)
    if faults:
        raise Refused(faults)
    return root


def _close_below(open_at: dict[str, Element], record: FixedRecord, layout: FixedLayout) -> None:
    """What belonged to the record before of this kind takes no more lines."""
    for one in layout.records:
        if one.parent == record.name and one.name in open_at:
            del open_at[one.name]
            _close_below(open_at, one, layout)


def _grow_line(parent: Element, record: FixedRecord, line: str, number: int) -> Element:
    made = grow(parent, element_name(record.name), line=number)
    for name, (start, end) in record.columns.items():
        text = line[start - 1 : end].rstrip()
        if text:
            grow(made, element_name(name), text, number)
    return made


def _decoded(raw: bytes, layout: FixedLayout) -> str:
    try:
        text = raw.decode("utf-8-sig" if layout.encoding == "utf-8" else layout.encoding)
    except UnicodeDecodeError as cause:
        line = raw.count(b"\n", 0, cause.start) + 1
        words = f"The bytes are not {layout.encoding}. Save the file in that encoding."
        raise Refused([_fault(line, "fixed-encoding", words)]) from None
    if (bad := NOT_XML.search(text)) is not None:
        words = "The text holds a control character, which the canonical form cannot carry. Remove it."
        raise Refused([_fault(text.count("\n", 0, bad.start()) + 1, "fixed-character", words)])
    return text


def _fault(line: int, rule: str, words: str) -> Fault:
    return Fault(path=f"/{ROOT}", rule=rule, words=words, line=line)
