"""A large CSV or fixed-width file case by case, from a stream: never more of it in memory than one case.

    csv, one file         each row is a case
    csv, linked files     each row of the file on top, with the rows that belong to it; read side by side, so every file
                          must be sorted by its keys: all as text, or all as numbers (shorter before longer)
    fixed                 each record of a kind, with those below it; records on top before the first stand before each

Rule: a file is read through once before its first case is given, so that none is given without rows that belong to it:
what is not linked, linked twice, misplaced or damaged is refused then, whole. Linked files that are not sorted are read
as one tree where they are small enough for it, and refused where they are not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import BinaryIO

from hub.document import DEFAULT_BOUNDS, Bounds, Element, line_in
from hub.document.csv import MOST_FAULTS, ROOT, ROW, CsvFile, CsvLayout, Row, csv_tree, grow_row, orphan, rows, twice
from hub.document.fixed import FixedLayout, Line, Stack, placed_lines, refuse_misplaced
from hub.document.lines import Budget, Item, Items, Lines
from hub.document.plain import grow
from hub.document.zipped import opened_zip
from hub.message.errors import Defect, Fault, Refused

Opener = Callable[[str], Lines]
Rank = Callable[[str], tuple[int, str]]

MOST_BEFORE = 64
"""Lines on top before the first case of a fixed-width file."""

_NOTHING = Budget(0, 0)


def csv_items(file: BinaryIO, layout: CsvLayout, bounds: Bounds = DEFAULT_BOUNDS, *, first: int = 1) -> Items:
    """The cases of a seekable CSV file or zip, from the `first` on.

    `bounds.max_bytes` are for the files in a zip together, `bounds.max_items` for each case. Raises Refused.
    """
    if not layout.files:
        total = sum(1 for _ in rows(file, layout, ROOT))
        return Items(total, _rows(file, layout, bounds, first))
    try:
        with opened_zip(file, _entries(layout), bounds, layout.documents) as opened:
            rank, total = _order(layout, opened)
    except _Unsorted as cause:
        return _small_items(file, layout, (bounds, cause.fault), first)
    return Items(total, _joined(file, layout, (bounds, rank), first))


def _rows(file: BinaryIO, layout: CsvLayout, bounds: Bounds, first: int) -> Iterator[Item]:
    file.seek(0)
    for number, row in enumerate(rows(file, layout, ROOT), 1):
        if number >= first:
            try:
                made = grow_row(grow(None, ROOT), ROW, row, _budget(bounds), line=1)
            except Refused as refusal:
                yield _unmade(number, row.line, refusal.faults[0])
            else:
                yield Item(number=number, line=row.line, element=made, offset=row.line - 1)


def _joined(file: BinaryIO, layout: CsvLayout, how: tuple[Bounds, Rank], first: int) -> Iterator[Item]:
    bounds, rank = how
    with opened_zip(file, _entries(layout), bounds, layout.documents) as opened:
        yield from _Joined(layout, opened, rank).items(bounds, first)


def _entries(layout: CsvLayout) -> list[str]:
    return [one.entry for one in layout.files]


def _small_items(file: BinaryIO, layout: CsvLayout, why: tuple[Bounds, Fault], first: int) -> Items:
    """The cases of linked files in whatever order their rows stand. Raises Refused where they are too large for it."""
    bounds, unsorted = why
    file.seek(0)
    try:
        tree = csv_tree(file.read(), layout, replace(bounds, max_bytes=min(bounds.max_bytes, DEFAULT_BOUNDS.max_bytes)))
    except Refused as refusal:
        if {fault.rule for fault in refusal.faults} <= {"document-values", "zip-size"}:
            raise Refused([unsorted]) from None
        raise
    return Items(len(tree), _branches(tree, first))


def _branches(tree: Element, first: int) -> Iterator[Item]:
    for number, element in enumerate(list(tree), 1):
        grow(None, ROOT).append(element)  # out of the tree, into a root of its own
        if number >= first:
            yield Item(number=number, line=line_in(element) or 1, element=element)


def fixed_items(
    file: BinaryIO, layout: FixedLayout, kind: str, bounds: Bounds = DEFAULT_BOUNDS, *, first: int = 1
) -> Items:
    """The records called `kind` of a seekable fixed-width file, from the `first` on, each with those below it.

    `bounds.max_items` are for each case. Raises Refused.
    """
    total = 0

    def counted() -> Iterator[Line | Fault]:
        nonlocal total
        for line in placed_lines(file, layout):
            total += isinstance(line, Line) and line.record.name == kind
            yield line

    refuse_misplaced(counted(), Stack(layout))
    return Items(total, _records(file, layout, (kind, bounds), first))


def _records(file: BinaryIO, layout: FixedLayout, what: tuple[str, Bounds], first: int) -> Iterator[Item]:
    file.seek(0)
    (kind, bounds), before, number = what, list[Line](), 0
    for group, fault in _groups(file, layout, bounds):
        if group[0].record.name == kind:
            number += 1
            if number < first:
                continue
            if fault is not None:
                yield _unmade(number, group[0].number, fault)
            else:
                yield _fixed_item(number, before, group, layout, bounds)
        elif not number:
            before += group
            _refuse_crowd(before)


def _unmade(number: int, line: int, fault: Fault) -> Item:
    return Item(number=number, line=line, element=grow(None, ROOT), fault=fault)


def _groups(file: BinaryIO, layout: FixedLayout, bounds: Bounds) -> Iterator[tuple[list[Line], Fault | None]]:
    """Each record on top with the lines below it, as many as a case may have; and the fault where there are more."""
    held: list[Line] = []
    budget, fault = _budget(bounds), None
    for line in placed_lines(file, layout):
        if isinstance(line, Fault):
            raise Refused([line])
        if line.record.parent is None:
            if held:
                yield held, fault
            held, budget, fault = [], _budget(bounds), None
        try:
            budget.take([line.text], line.number)
            held.append(line)
        except Refused as refusal:
            held, fault = held or [line], fault or refusal.faults[0]
    if held:
        yield held, fault


def by_text(key: str) -> tuple[int, str]:
    """The rank of a key in the order of its letters."""
    return 0, key


def by_number(key: str) -> tuple[int, str]:
    """The rank of a key in the order of numbers that are written without zeros in front."""
    return len(key), key


class _Unsorted(Exception):
    """A row that stands before an earlier one of its file."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault


class _Cursor:
    """One of the linked files while it is read: the row that comes next, in the order of the keys."""

    def __init__(self, file: CsvFile, layout: CsvLayout, lines: Lines, rank: Rank) -> None:
        self.file = file
        self.row: Row | None = None
        self._rank = rank
        self._keys = {below.parent_key for below in layout.below(file.name)}
        self._rows = rows(lines, layout, file.entry, file)
        self._last: dict[str, tuple[int, str]] = {}
        self.step()

    def step(self) -> None:
        """On to the next row. Raises Refused where its key was there before, _Unsorted where it is out of order."""
        self.row = next(self._rows, None)
        if self.row is None:
            return
        for column in self._keys:
            if self._moved(column, self.row) is False:
                raise Refused([twice(self.file, column, self.row)])
        if self.file.parent is not None and self.file.key not in self._keys:
            self._moved(self.file.key, self.row)

    def place(self) -> tuple[int, str]:
        """The rank of the key by which the next row belongs to another."""
        return self._rank(self.row.key(self.file.key)) if self.row is not None else (0, "")

    def _moved(self, column: str, row: Row) -> bool:
        """Whether the key in a column is another than that of the row before."""
        now, last = self._rank(row.key(column)), self._last.get(column)
        if not now[1]:  # a blank one links nothing
            return True
        if last is not None and now < last:
            raise _Unsorted(_unsorted(self.file, column, row))
        self._last[column] = now
        return now != last


class _Joined:
    """The linked files read side by side."""

    def __init__(self, layout: CsvLayout, opened: Opener, rank: Rank) -> None:
        top = [file for file in layout.files if file.parent is None]
        if len(top) != 1:
            raise Defect("a layout with several files on top cannot be read case by case")
        self._rank = rank
        self._top = top[0].name
        self._below = {file.name: [below.name for below in layout.below(file.name)] for file in layout.files}
        self._cursors = {file.name: _Cursor(file, layout, opened(file.entry), rank) for file in layout.files}
        self._faults: list[Fault] = []
        self._excess: Fault | None = None

    def items(self, bounds: Bounds, first: int) -> Iterator[Item]:
        """Every row of the file on top with all below it."""
        cursor, number = self._cursors[self._top], 0
        while (row := cursor.row) is not None:
            number += 1
            if number < first:
                self._branch(cursor, None, _NOTHING)
                continue
            self._excess = None
            element = self._branch(cursor, grow(None, ROOT), _budget(bounds))
            if self._excess is not None:
                yield _unmade(number, row.line, self._excess)
            elif element is not None:
                yield Item(number=number, line=row.line, element=element)

    def check(self) -> int:
        """Read all of it, keep nothing, count the cases. Raises Refused for rows that belong to nothing, _Unsorted."""
        cursor, count = self._cursors[self._top], 0
        while cursor.row is not None:
            self._branch(cursor, None, _NOTHING)
            count += 1
        for name, other in self._cursors.items():
            while name != self._top and other.row is not None:
                self._note(orphan(other.file, other.row))
                other.step()
        if self._faults:
            raise Refused(self._faults)
        return count

    def _branch(self, cursor: _Cursor, parent: Element | None, budget: Budget) -> Element | None:
        """Take the next row of a file and all below it; grow them where there is a parent to grow them under."""
        row = cursor.row
        if row is None:
            return None
        made = None if parent is None else self._grown(parent, cursor.file, row, budget)
        for name in self._below[cursor.file.name]:
            below = self._cursors[name]
            wanted = self._rank(row.key(below.file.parent_key))
            while below.row is not None and below.place() <= wanted:
                if below.place() == wanted and wanted[1]:
                    self._branch(below, made, budget)
                else:
                    self._note(orphan(below.file, below.row))
                    below.step()
        cursor.step()
        return made

    def _grown(self, parent: Element, file: CsvFile, row: Row, budget: Budget) -> Element | None:
        """The element of a row; none, and a note of it, where the case has too much in it already."""
        try:
            return grow_row(parent, file.name, row, budget)
        except Refused as refusal:
            self._excess = self._excess or refusal.faults[0]
            return None

    def _note(self, fault: Fault) -> None:
        if len(self._faults) < MOST_FAULTS:
            self._faults.append(fault)


def _order(layout: CsvLayout, opened: Opener) -> tuple[Rank, int]:
    """The order in which all the files are sorted, and how many cases there are.

    Raises Refused with all that is wrong with how they are linked, _Unsorted where they are in neither order.
    """
    try:
        return by_text, _Joined(layout, opened, by_text).check()
    except _Unsorted as first:
        try:
            return by_number, _Joined(layout, opened, by_number).check()
        except _Unsorted:
            raise first from None


def _unsorted(file: CsvFile, column: str, row: Row) -> Fault:
    words = (
        f"The rows are not sorted by '{column}', and a file of this size is read case by case. Sort every file in it."
    )
    return Fault(path=f"/{file.entry}", rule="csv-unsorted", words=words, line=row.line, found=row.key(column)[:80])


def _fixed_item(number: int, before: list[Line], group: list[Line], layout: FixedLayout, bounds: Bounds) -> Item:
    """The element of a case, below a root of its own that begins with what stood on top before the first case."""
    stack = Stack(layout, grow(None, ROOT), _budget(bounds))
    stack.first = line = group[0].number
    for one in before:
        stack.put(one)
    element = stack.put(group[0])
    for one in group[1:]:
        stack.put(one)
    if element is None or isinstance(element, Fault):
        raise Defect("a line that was in its place is not any more")
    return Item(number=number, line=line, element=element, offset=line - 1)


def _budget(bounds: Bounds) -> Budget:
    """What one case may have: the text of a document of the usual size, however large the file may be."""
    return Budget(bounds.max_items, min(bounds.max_bytes, DEFAULT_BOUNDS.max_bytes))


def _refuse_crowd(before: list[Line]) -> None:
    if len(before) > MOST_BEFORE:
        words = f"More than {MOST_BEFORE} records stand before the first case. Send the case first, or fewer records."
        raise Refused([Fault(path=f"/{ROOT}", rule="fixed-order", words=words, line=before[-1].number)])
