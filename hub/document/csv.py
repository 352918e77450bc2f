"""CSV as a plain tree: one file, or several that are linked by keys in a zip. The csv and zipfile modules read them.

    <file>                    the document
      <row>                   a row of the only file; each column is a child, a blank one has none
      <cases>                 with several files a row of the file of that name, and below it
        <defendants>          the rows of the files that belong to it by a key

Rule: everything is bounded before it is opened or made: the files of a zip, their sizes, lines, columns, elements. A
row that belongs to no row, or to more than one, is refused: it never falls away, and is never given to the first.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hub.document import DEFAULT_BOUNDS, Bounds, Element
from hub.document.lines import Budget, Lines, TextFile, own_line, text_lines
from hub.document.plain import element_name, grow
from hub.document.zipped import opened_zip
from hub.message.errors import Fault, Refused

MOST_COLUMNS = 512
MOST_FAULTS = 100
ROOT, ROW = "file", "row"


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvFile:
    """One file of a zip: its entry's name, and the file and the columns by which its rows belong to that one's."""

    name: str
    entry: str
    parent: str | None = None
    key: str = ""  # the column here
    parent_key: str = ""  # the column there
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvLayout:
    """How the text is written. `columns` name the fields where there is no header line; `documents` is the folder of a
    zip in which files may lie that rows name.
    """

    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    columns: tuple[str, ...] = ()
    files: tuple[CsvFile, ...] = field(default=())
    documents: str = ""

    def below(self, name: str) -> tuple[CsvFile, ...]:
        """The files whose rows belong to those of a file."""
        return tuple(file for file in self.files if file.parent == name)


@dataclass(frozen=True, slots=True)
class Row:
    """A row: the line it begins in, and its fields by column."""

    line: int
    values: Mapping[str, str]

    def key(self, column: str) -> str:
        """The key in a column, without white space around it."""
        return self.values[column].strip()


def csv_tree(raw: bytes, layout: CsvLayout, bounds: Bounds = DEFAULT_BOUNDS) -> Element:
    """The tree of a file or a zip. Raises Refused with what stops it being read, a hundred faults at most."""
    root, budget = grow(None, ROOT), Budget(bounds.max_items, bounds.max_bytes)
    if not layout.files:
        for row in rows(io.BytesIO(raw), layout, ROOT):
            grow_row(root, ROW, row, budget)
        return root
    tree = _Tree(root, layout, budget)
    entries = [file.entry for file in layout.files]
    with opened_zip(io.BytesIO(raw), entries, bounds, layout.documents) as opened:
        for file in layout.files:
            for row in rows(opened(file.entry), layout, file.entry, file):
                tree.put(file, row)
    if tree.faults:
        raise Refused(tree.faults)
    return root


def header_of(raw: bytes, layout: CsvLayout) -> str:
    """The first line, to know the dialect by; empty where it cannot be read."""
    try:
        line = next(text_lines(TextFile(io.BytesIO(raw[:4096]), layout.encoding, ROOT, "csv")), "")
    except Refused:
        return ""
    return line.rstrip("\r\n")


def rows(lines: Lines, layout: CsvLayout, name: str, file: CsvFile | None = None) -> Iterator[Row]:
    """The rows of one file; a row that is wholly blank is passed over. Raises Refused at the first that is broken."""
    names = list((file.columns if file is not None else ()) or layout.columns)
    if names:
        _check_header(names, layout, name, file)
    text = text_lines(TextFile(lines, layout.encoding, name, "csv"))
    reader = csv.reader(text, delimiter=layout.delimiter, quotechar=layout.quote, strict=True)
    before = 0
    try:
        for cells in reader:
            line, before = before + 1, reader.line_num
            if not names:
                names = [cell.strip() for cell in cells]
                _check_header(names, layout, name, file)
            elif any(cell.strip() for cell in cells):
                yield _row(line, names, cells, name)
    except csv.Error as cause:
        words = f"The row cannot be read as CSV: {cause}. Quote fields that hold quotes or line ends."
        raise _refused(name, "csv-malformed", words, before + 1) from None


def grow_row(parent: Element, name: str, row: Row, budget: Budget, line: int | None = None) -> Element:
    """The element of a row, under a parent; `line` is its own within the element that is being made."""
    at = own_line(row.line if line is None else line)
    given = [(column, text) for column, text in row.values.items() if text and not text.isspace()]
    budget.take([text for _, text in given], row.line)
    made = grow(parent, element_name(name), line=at)
    for column, text in given:
        grow(made, element_name(column), text, at)
    return made


def orphan(file: CsvFile, row: Row) -> Fault:
    """The fault of a row that belongs to no other."""
    words = f"The row belongs to no row of '{file.parent}': none there has this value in '{file.parent_key}'. Add it."
    return _fault(file.entry, "csv-orphan", words, row.line, row.key(file.key))


def twice(file: CsvFile, column: str, row: Row) -> Fault:
    """The fault of a row whose key another row has, so that nobody can tell to which of them others belong."""
    words = f"Another row has this value in '{column}', by which rows of other files belong to it. Give each its own."
    return _fault(file.entry, "csv-key-twice", words, row.line, row.key(column))


class _Tree:
    """Rows of linked files, each put below the one it belongs to, in whatever order the rows stand."""

    def __init__(self, root: Element, layout: CsvLayout, budget: Budget) -> None:
        self.faults: list[Fault] = []
        self._root, self._layout, self._budget = root, layout, budget
        self._known: dict[tuple[str, str, str], Element] = {}

    def put(self, file: CsvFile, row: Row) -> None:
        """One row more. Raises Refused once there are too many faults to go on."""
        parent: Element | None = self._root
        if file.parent is not None:
            parent = self._known.get((file.parent, file.parent_key, row.key(file.key)))
        if parent is None:
            self._note(orphan(file, row))
            return
        made = grow_row(parent, file.name, row, self._budget)
        for column in {below.parent_key for below in self._layout.below(file.name)}:
            key = row.key(column)
            if key and self._known.setdefault((file.name, column, key), made) is not made:
                self._note(twice(file, column, row))

    def _note(self, fault: Fault) -> None:
        self.faults.append(fault)
        if len(self.faults) >= MOST_FAULTS:
            raise Refused(self.faults)


def _row(line: int, names: Sequence[str], cells: Sequence[str], name: str) -> Row:
    if len(cells) != len(names):
        words = f"The row has {len(cells)} fields and its header {len(names)}. Send one field for each column."
        raise _refused(name, "csv-columns", words, line)
    return Row(line, dict(zip(names, cells, strict=True)))


def _check_header(names: Sequence[str], layout: CsvLayout, name: str, file: CsvFile | None) -> None:
    if len(names) > MOST_COLUMNS or len(set(names)) < len(names) or "" in names:
        words = f"The header needs a name for each column, each once, and at most {MOST_COLUMNS} of them."
        raise _refused(name, "csv-header", words, 1)
    if file is None:
        return
    keys = {file.key} if file.parent is not None else set()
    missing = sorted((keys | {below.parent_key for below in layout.below(file.name)}).difference(names))
    if missing:
        words = f"The header does not have {' and '.join(missing)}, by which its rows are linked. Add it."
        raise _refused(name, "csv-header", words, 1)


def _fault(name: str, rule: str, words: str, line: int, found: str | None = None) -> Fault:
    return Fault(path=f"/{name}", rule=rule, words=words, line=line, found=None if found is None else found[:80])


def _refused(name: str, rule: str, words: str, line: int) -> Refused:
    return Refused([_fault(name, rule, words, line)])
