"""The files in a zip, opened within bounds.    Rule: nothing is unpacked before the list of what is there is checked.

The list itself is bounded before zipfile reads it, since a few megabytes can name a hundred thousand files. Exactly the
files that are expected are taken, each once, stored or deflated and not encrypted; so no name with a path or a link
comes in, and nothing is ever written to a disk.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, cast

from hub.document import Bounds
from hub.document.lines import Lines
from hub.message.errors import Fault, Refused

MOST_ENTRIES = 32
SWELL = 100  # how many times its packed size a file may have, beyond the first 100 kB
START = b"PK\x03\x04"

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


def entries_of(raw: bytes) -> frozenset[str]:
    """The names in a zip; none where it is no zip, or one that would be refused."""
    if not raw.startswith(START):
        return frozenset()
    try:
        with _listed(io.BytesIO(raw)) as packed:
            return frozenset(packed.namelist())
    except Refused:
        return frozenset()


@contextmanager
def opened_zip(file: BinaryIO, wanted: Collection[str], bounds: Bounds) -> Iterator[Callable[[str], Lines]]:
    """What opens the files of a zip that holds exactly those wanted, `bounds.max_bytes` together at most.

    Raises Refused; so does reading from a file that turns out to be damaged.
    """
    with _listed(file) as packed:
        _check(packed.infolist(), wanted, bounds)
        yield lambda name: _unpacked(packed, name)


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


def _check(infos: list[zipfile.ZipInfo], wanted: Collection[str], bounds: Bounds) -> None:
    if sorted(info.filename for info in infos) != sorted(wanted):
        raise _refused("zip-entries", f"The zip must hold these files and no others: {', '.join(sorted(wanted))}.")
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
