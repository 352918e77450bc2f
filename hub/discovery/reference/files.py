"""A published table as a file: CSV in UTF-8 with a header, plain or packed with gzip, named after the table.

Rule: a file with any fault is not taken. Each fault says the file, the line and the column.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

from hub.contract.reference import ENDS, STARTS, ReferenceTable

SUFFIXES = (".csv", ".csv.gz")
MOST_FAULTS = 20
"""Faults that are told of one file."""

_LARGEST = 256 * 1024 * 1024  # bytes of a table, unpacked
_NAME = re.compile(r"[a-z][a-z0-9_]*")

NEEDED: dict[str, tuple[str, ...]] = {
    "offence_codes": ("code", "title", "category", "recordable", "bichard_ignored"),
    "courts": ("ou_code", "level1", "area_code", "level3", "court_name", "psa_code"),
    "police_units": ("ou_code", "force_code", "unit_code"),
    "result_codes": ("code", "type"),
    "result_qualifiers": ("code",),
    "prosecutors": ("ou_code", "sjp"),
    "case_markers": ("code",),
    "offence_requirements": ("code", "needs_location", "needs_level"),
}
"""The columns that rules look at, the first of each the key, of which a table has one row each."""

_YES_NO = frozenset({"recordable", "bichard_ignored", "sjp", "needs_location", "needs_level"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong with a file; `line` counts from 1, the header's."""

    file: str
    words: str
    line: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        place = [self.file, *([f"line {self.line}"] if self.line else []), *([self.column] if self.column else [])]
        return f"{', '.join(place)}: {self.words}"


@dataclass(frozen=True, slots=True)
class TableFile:
    """A table and the file that it was read from."""

    path: Path
    table: ReferenceTable
    raw: bytes
    sha256: str


def is_table(path: Path) -> bool:
    """Whether a file is named as a table is."""
    return path.name.endswith(SUFFIXES) and _NAME.fullmatch(path.name.partition(".")[0]) is not None


def read_table(path: Path, faults: list[Fault], known: str | None = None) -> TableFile | None:
    """The table in a file; None, and its faults added, where it has any.

    One whose SHA-256 is `known` was looked through when it was loaded, and is not again.
    """
    before = len(faults)
    try:
        raw = path.read_bytes()
        text = _unpacked(raw, path).decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except UnicodeDecodeError as cause:
        faults.append(Fault(file=path.name, words=f"not UTF-8 at byte {cause.start}"))
        return None
    except (OSError, EOFError, zlib.error, csv.Error, ValueError) as cause:
        faults.append(Fault(file=path.name, words=f"it cannot be read: {cause}"))
        return None
    name = path.name.partition(".")[0]
    digest = sha256(raw).hexdigest()
    faults += [] if digest == known else _faults(path.name, name, rows)
    if len(faults) > before:
        return None
    shared: dict[str, str] = {}
    kept = [tuple(shared.setdefault(cell, cell) for cell in row) for row in rows[1:]]
    return TableFile(path, ReferenceTable(name, rows[0], kept), raw, digest)


def _unpacked(raw: bytes, path: Path) -> bytes:
    if not path.name.endswith(".gz"):
        return raw
    with gzip.open(io.BytesIO(raw)) as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise ValueError("unpacked it is larger than any table")
    return content


def _faults(file: str, name: str, rows: list[list[str]]) -> list[Fault]:
    header = rows[0] if rows else []
    if not header or any(not column.strip() for column in header) or len(set(header)) < len(header):
        return [Fault(file=file, line=1, words="the header needs a name for each column, each once")]
    needed = NEEDED.get(name, ())
    wanting = [column for column in needed if column not in header]
    if needed and (wanting or header[0] != needed[0]):
        words = f"the first column is {needed[0]}, and there are {', '.join(needed)}"
        return [Fault(file=file, line=1, column=(wanting or [needed[0]])[0], words=words)]
    found: list[Fault] = []
    for fault in _row_faults(file, name, rows):
        found.append(fault)
        if len(found) == MOST_FAULTS:
            break
    return found


def _row_faults(file: str, name: str, rows: list[list[str]]) -> Iterator[Fault]:
    header, known = rows[0], set()
    dated = [at for at, column in enumerate(header) if column in STARTS + ENDS]
    yes_no = [at for at, column in enumerate(header) if name in NEEDED and column in _YES_NO]
    for line, row in enumerate(rows[1:], 2):
        if len(row) != len(header):
            yield Fault(file=file, line=line, words=f"{len(row)} fields, and the header has {len(header)}")
            continue
        for at in dated:
            if row[at] and not _is_day(row[at]):
                yield Fault(file=file, line=line, column=header[at], words="not a day as yyyy-mm-dd")
        for at in yes_no:
            if row[at] not in ("Y", "N"):
                yield Fault(file=file, line=line, column=header[at], words="neither Y nor N")
        if name in NEEDED:
            if not row[0] or row[0] in known:
                words = "this code is there twice" if row[0] else "there is no code"
                yield Fault(file=file, line=line, column=header[0], words=words)
            known.add(row[0])


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
