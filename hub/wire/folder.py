"""Files out: each appears whole under its final name or not at all. And a folder here as a FileStore.

Rule: a name holds the delivery's id, so a repeated attempt replaces the same file and never adds another.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from hub.message.errors import Unavailable
from hub.wire import MOST_FILES, Consignment, Response, Seen, Stuck
from hub.wire.minutes import minute_path


class FolderTransport:
    """A way into one folder, right into it or by the minute in folders of it."""

    def __init__(self, folder: Path, *, by_minute: bool = False) -> None:
        self._folder = folder
        self._by_minute = by_minute

    def send(self, consignment: Consignment) -> Response:
        """Put the file in place. Raises Unavailable where the folder cannot be written."""
        inside = minute_path(consignment) if self._by_minute else Path(consignment.name).name
        target = self._folder / inside
        part = target.with_name(f".{target.name}.part")
        try:
            _make(target.parent, self._folder)
            with part.open("wb") as file:
                file.write(consignment.body)
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
            _sync(target.parent)
        except OSError as cause:
            raise Unavailable(f"the folder cannot be written: {type(cause).__name__}") from cause
        return Response(status=0, words="file in place")

    def close(self) -> None:
        """Nothing is held."""


class FolderStore:
    """A folder of this machine as a FileStore."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def make(self, folder: str) -> None:
        """See that a folder in it, and it itself, exists."""
        with _reached():
            (self._folder / folder).mkdir(parents=True, exist_ok=True)

    def files(self, folder: str = "") -> list[Seen]:
        """The plain files of a folder."""
        with _reached(), os.scandir(self._folder / folder) as entries:
            return [
                Seen(name=entry.name, size=about.st_size, changed=about.st_mtime)
                for entry in islice(entries, MOST_FILES)
                if entry.is_file(follow_symlinks=False) and (about := _about(entry)) is not None
            ]

    def move(self, source: str, target: str) -> bool:
        """Give a file another name, in one step."""
        try:
            (self._folder / source).replace(self._folder / target)
        except OSError as cause:
            if isinstance(cause, FileNotFoundError) and not (self._folder / source).exists():
                return False
            raise Stuck(f"a file cannot be moved: {cause.strerror}") from cause
        return True

    def read(self, path: str, most: int) -> bytes | None:
        """At most so many bytes of a file."""
        try:
            with (self._folder / path).open("rb") as file:
                return file.read(most)
        except FileNotFoundError:
            return None
        except OSError as cause:
            raise Stuck(f"a file cannot be read: {cause.strerror}") from cause

    def put(self, folder: str, name: str, content: bytes) -> None:
        """A file that appears whole under its name."""
        part = self._folder / folder / f".{name}.part"
        with _reached():
            part.write_bytes(content)
            part.replace(self._folder / folder / name)

    def close(self) -> None:
        """Nothing is held."""


@contextmanager
def _reached() -> Iterator[None]:
    try:
        yield
    except OSError as cause:
        raise Unavailable(f"the folder cannot be used: {cause.strerror}: see that it is there and ours") from cause


def _about(entry: os.DirEntry[str]) -> os.stat_result | None:
    """What is known of a file; None where it is gone since."""
    try:
        return entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None


def _make(folder: Path, top: Path) -> None:
    """See that a folder exists, and that the name of each one below the top is durable."""
    top.mkdir(parents=True, exist_ok=True)
    inner = [folder, *folder.parents]
    for each in reversed(inner[: inner.index(top)]):
        each.mkdir(exist_ok=True)
        _sync(each.parent)


def _sync(folder: Path) -> None:
    """Make the new name itself durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
