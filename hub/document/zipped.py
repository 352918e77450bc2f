"""The files in a zip, opened within bounds.    Rule: nothing is unpacked before the list of what is there is checked.

The list itself is bounded before zipfile reads it, since a few megabytes can name a hundred thousand files. Exactly the
files that are expected are taken, each once, stored or deflated and not encrypted, and beside them files right in one
folder of documents, where one was named; so no name that leads elsewhere and no link comes in, and nothing is ever
written to a disk.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, cast

from hub.document import Bounds
from hub.document.lines import Lines
from hub.message.errors import Fault, Refused

MOST_ENTRIES = 32
SWELL = 100  # how many times its packed size a file may have, beyond the first 100 kB
START = b"PK\x03\x04"

_PLAIN_NAME = re.compile(r"\w[\w .,()\-]{0,119}")
_MOST_LISTING = 64 * 1024  # bytes of the list of files
_END = struct.Struct("<4s4H2LH")  # the end of that list: its mark, disks, entries here and in all, size, place, comment
_END_MARK = b"PK\x05\x06"
_LONGEST_COMMENT = 65_535
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)


def entries_of(raw: bytes, documents: str = "") -> frozenset[str]:
    """The names in a zip, but for those in its folder of documents; none where it is no zip, or would be refused."""
    if not raw.startswith(START):
        return frozenset()
    try:
        with _listed(io.BytesIO(raw)) as packed:
            return frozenset(name for name in packed.namelist() if not _is_in(documents, name))
    except Refused:
        return frozenset()


@contextmanager
def opened_zip(
    file: BinaryIO, wanted: Collection[str], bounds: Bounds, documents: str = ""
) -> Iterator[Callable[[str], Lines]]:
    """What opens the files of a zip that holds exactly those wanted, and perhaps a folder of documents.

    `bounds.max_bytes` are for all of them together. Raises Refused; so does reading a file that is damaged.
    """
    with _listed(file) as packed:
        _check(packed.infolist(), wanted, bounds, documents)
        yield lambda name: _unpacked(packed, name)


class Documents(Mapping[str, bytes]):
    """The files in the folder of documents of a zip that was checked, by their names in it; each read when asked for.

    Reading raises Refused where a file is damaged.
    """

    def __init__(self, file: BinaryIO, folder: str) -> None:
        self._file = file
        with _listed(file) as packed:
            self._names = [name for name in packed.namelist() if _is_in(folder, name) and not name.endswith("/")]

    def __getitem__(self, name: str) -> bytes:
        if name not in self._names:
            raise KeyError(name)
        try:
            with _listed(self._file) as packed:
                return packed.read(name)
        except _BROKEN:
            raise _damaged() from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _is_in(folder: str, name: str) -> bool:
    """Whether a name is that of a folder or of a file right in it, and leads nowhere else."""
    rest = name.removeprefix(f"{folder}/")
    return bool(folder) and rest != name and (not rest or _PLAIN_NAME.fullmatch(rest) is not None)


def _unpacked(packed: zipfile.ZipFile, name: str) -> Lines:
    try:
        return _Unpacked(io.BufferedReader(cast("io.RawIOBase", packed.open(name))))
    except _BROKEN:
        raise _damaged() from None


@dataclass(frozen=True, slots=True)
class _Unpacked:
    """A file of a zip while it is read. Its sum is checked at its end."""

    file: io.BufferedReader

    def readline(self, size: int, /) -> bytes:
        try:
            return self.file.readline(size)
        except _BROKEN:
            raise _damaged() from None


def _listed(file: BinaryIO) -> zipfile.ZipFile:
    """The zip with its list read. Raises Refused where the list is too long or broken."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - _END.size - _LONGEST_COMMENT))
    tail = file.read()
    at = tail.rfind(_END_MARK)
    if at < 0 or len(tail) - at < _END.size:
        raise _damaged()
    _, _, _, _, entries, listing, _, _ = _END.unpack_from(tail, at)
    if entries > MOST_ENTRIES or listing > _MOST_LISTING:
        words = f"The zip lists {entries} files. At most {MOST_ENTRIES} are accepted."
        raise _refused("zip-entries", words)
    try:
        return zipfile.ZipFile(file)
    except _BROKEN:
        raise _damaged() from None


def _check(infos: list[zipfile.ZipInfo], wanted: Collection[str], bounds: Bounds, documents: str) -> None:
    names = [info.filename for info in infos]
    if sorted(name for name in names if not _is_in(documents, name)) != sorted(wanted):
        beside = f", and documents right in the folder {documents}" if documents else ""
        words = f"The zip must hold these files and no others: {', '.join(sorted(wanted))}{beside}."
        raise _refused("zip-entries", words)
    if len(set(names)) < len(names):
        raise _refused("zip-entries", "Two files in the zip have the same name. Give each its own.")
    for info in infos:
        if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _refused("zip-packing", "A file in the zip is encrypted or packed unusually. Pack it plainly.")
        if info.file_size > SWELL * max(info.compress_size, 1024):
            words = (
                f"A file in the zip has more than {SWELL} times its packed size. Send it unpacked, or pack less in it."
            )
            raise _refused("zip-size", words)
    total = sum(info.file_size for info in infos)
    if total > bounds.max_bytes:
        words = f"The files in the zip have {total} bytes together. At most {bounds.max_bytes} are read. Split it."
        raise _refused("zip-size", words)


def _damaged() -> Refused:
    return _refused("zip-malformed", "The zip is damaged. Pack it again.")


def _refused(rule: str, words: str) -> Refused:
    return Refused([Fault(path="", rule=rule, words=words)])
