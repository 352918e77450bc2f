"""CSV as a plain tree: one file, or several that are linked by keys in a zip. The csv and zipfile modules read them.

    <file>                    the document
      <row>                   a row of the only file; each column is a child, a blank one has none
      <cases>                 with several files a row of the file of that name, and below it
        <defendants>          the rows of the files that belong to it by a key

Rule: everything is bounded before it is opened: entries of a zip, their names, their sizes together, rows, columns.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hub.document import DEFAULT_BOUNDS, Bounds, Element
from hub.document.escape import NOT_XML
from hub.document.plain import element_name, grow
from hub.message.errors import Fault, Refused

MOST_ENTRIES = 32
MOST_COLUMNS = 512
SWELL = 100  # how many times its packed size a file may have
ZIP = b"PK\x03\x04"
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
    """How the text is written. `columns` name the fields where there is no header line."""

    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    columns: tuple[str, ...] = ()
    files: tuple[CsvFile, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    values: Mapping[str, str]


def csv_tree(raw: bytes, layout: CsvLayout, bounds: Bounds = DEFAULT_BOUNDS) -> Element:
    """The tree of a file or a zip. Raises Refused with every fault that stops it being read."""
    root = grow(None, ROOT)
    if not layout.files:
        for row in _rows(raw, layout, layout.columns, ROOT):
            _grow_row(root, ROW, row)
        return root
    packed = _unpack(raw, layout, bounds)
    faults: list[Fault] = []
    index: dict[tuple[str, str, str], Element] = {}
    for file in layout.files:
        wanted = {other.parent_key for other in layout.files if other.parent == file.name}
        for row in _rows(packed[file.entry], layout, file.columns or layout.columns, file.entry):
            parent = root
            if file.parent is not None:
                held = index.get((file.parent, file.parent_key, row.values.get(file.key, "")))
                if held is None:
                    faults.append(_orphan(file, row))
                    continue
                parent = held
            made = _grow_row(parent, file.name, row)
            for column in wanted:
                index.setdefault((file.name, column, row.values.get(column, "")), made)
    if faults:
        raise Refused(faults)
    return root


def header_of(raw: bytes, layout: CsvLayout) -> str:
    """The first line, to know the dialect by; empty where it cannot be decoded."""
    line = raw.partition(b"\n")[0][:4096].rstrip(b"\r")
    try:
        return line.decode(_codec(layout))
    except UnicodeDecodeError:
        return ""


def entries_of(raw: bytes) -> frozenset[str]:
    """The names in a zip; none where it is no zip."""
    if not raw.startswith(ZIP):
        return frozenset()
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            return frozenset(packed.namelist()[: MOST_ENTRIES + 1])
    except (zipfile.BadZipFile, ValueError, OSError):
        return frozenset()


def _grow_row(parent: Element, name: str, row: _Row) -> Element:
    made = grow(parent, name, line=row.line)
    for column, text in row.values.items():
        if text.strip():
            grow(made, element_name(column), text, row.line)
    return made


def _rows(raw: bytes, layout: CsvLayout, columns: Sequence[str], name: str) -> Iterator[_Row]:
    """The rows of one file; a row that is wholly blank is passed over."""
    text = _decoded(raw, layout, name)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=layout.delimiter, quotechar=layout.quote, strict=True)
    names = list(columns)
    before = 0
    try:
        for cells in reader:
            line, before = before + 1, reader.line_num
            if not names:
                names = [cell.strip() for cell in cells]
                _check_header(names, name)
                continue
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(names):
                words = f"The row has {len(cells)} fields and its header {len(names)}. Send one field for each column."
                raise Refused([Fault(path=f"/{name}", rule="csv-columns", words=words, line=line)])
            yield _Row(line, dict(zip(names, cells, strict=True)))
    except csv.Error as cause:
        words = f"The row cannot be read as CSV: {cause}. Quote fields that hold quotes or line ends."
        raise Refused([Fault(path=f"/{name}", rule="csv-malformed", words=words, line=before + 1)]) from None


def _check_header(names: Sequence[str], name: str) -> None:
    if len(names) > MOST_COLUMNS or len(set(names)) < len(names) or "" in names:
        words = f"The header needs a name for each column, each once, and at most {MOST_COLUMNS} of them."
        raise Refused([Fault(path=f"/{name}", rule="csv-header", words=words, line=1)])


def _codec(layout: CsvLayout) -> str:
    return "utf-8-sig" if layout.encoding == "utf-8" else layout.encoding


def _decoded(raw: bytes, layout: CsvLayout, name: str) -> str:
    try:
        text = raw.decode(_codec(layout))
    except UnicodeDecodeError as cause:
        words = f"The bytes are not {layout.encoding}. Save the file in that encoding."
        line = raw.count(b"\n", 0, cause.start) + 1
        raise Refused([Fault(path=f"/{name}", rule="csv-encoding", words=words, line=line)]) from None
    if (bad := NOT_XML.search(text)) is not None:
        words = "The text holds a control character, which the canonical form cannot carry. Remove it."
        line = text.count("\n", 0, bad.start()) + 1
        raise Refused([Fault(path=f"/{name}", rule="csv-character", words=words, line=line)])
    return text


def _orphan(file: CsvFile, row: _Row) -> Fault:
    words = f"The row belongs to no row of '{file.parent}': none there has this value in '{file.parent_key}'. Add it."
    found = row.values.get(file.key, "")[:80]
    return Fault(path=f"/{file.entry}/{file.key}", rule="csv-orphan", words=words, line=row.line, found=found)


def _unpack(raw: bytes, layout: CsvLayout, bounds: Bounds) -> dict[str, bytes]:
    """The entries that the layout names, none larger than allowed. Other entries are refused, not passed over."""
    wanted = {file.entry for file in layout.files}
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            infos = packed.infolist()
            _check_entries(infos, wanted, bounds)
            return {info.filename: packed.open(info).read(bounds.max_bytes + 1) for info in infos}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError):
        words = "The zip cannot be read: it is damaged, encrypted or packed in an unusual way. Pack it again."
        raise Refused([Fault(path="", rule="zip-malformed", words=words)]) from None


def _check_entries(infos: Sequence[zipfile.ZipInfo], wanted: set[str], bounds: Bounds) -> None:
    names = [info.filename for info in infos]
    if len(names) > MOST_ENTRIES or sorted(names) != sorted(wanted):
        words = f"The zip must hold exactly these files, each once: {', '.join(sorted(wanted))}."
        raise Refused([Fault(path="", rule="zip-entries", words=words)])
    total = sum(info.file_size for info in infos)
    if total > bounds.max_bytes or any(info.file_size > SWELL * max(info.compress_size, 1024) for info in infos):
        words = f"The files in the zip have {total} bytes together. At most {bounds.max_bytes} are read. Split it."
        raise Refused([Fault(path="", rule="zip-size", words=words)])
