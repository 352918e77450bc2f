"""Documents given as files: read within bounds, judged one by one, and what is made of them written or printed.

Rule: a file that cannot be read, or that the hub fails on, is refused with words; the others go on.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from hub.message.errors import Fault, Misconfigured, Refused

if TYPE_CHECKING:
    from hub.flow.judge import Judge, Judged

T = TypeVar("T")

Places = tuple[int, Sequence[int]]
"""How many outputs a file has in all, and which of them these are, from 0."""

_SAY_EVERY = 5.0
"""Seconds between two lines that tell how far a file of many cases is."""


@contextmanager
def judging(config: Path | None, *, reference: bool = True) -> Iterator[Judge]:
    """What judges documents, for as long as it is needed; without the reference data where that would only differ from
    one installation to another. Raises Misconfigured.
    """
    from hub.assemble import tools
    from hub.cli.folder import settings_of
    from hub.watch.logs import configure

    configure("WARNING")
    judge = tools(config, reference=settings_of(config).reference_folder if reference else None)
    try:
        yield judge
    finally:
        judge.layers.explainer.close()


def only(judge: Judge, dialect: str | None) -> Judge:
    """The same judge for one dialect alone. Raises Misconfigured for a dialect that nobody reads."""
    if dialect is None:
        return judge
    reader = named(judge.found.readers, dialect, "no connector reads")
    return replace(judge, found=replace(judge.found, readers={dialect: reader}))


def named(known: Mapping[str, T], name: str, words: str) -> T:
    """What has a name. Raises Misconfigured, with all names, where nothing has."""
    if name not in known:
        raise Misconfigured([f"{words} '{name}'; there are {', '.join(sorted(known)) or 'none'}"])
    return known[name]


def read(path: Path, limit: int) -> bytes:
    """The bytes of a file, at most one more than `limit`. Raises Refused where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)
    except OSError as cause:
        words = f"The file cannot be read: {(cause.strerror or 'unknown reason').lower()}."
        raise Refused([Fault(path="", rule="file", words=words)]) from None


def telling(path: Path, judged: Iterable[Judged]) -> Iterator[Judged]:
    """Chunk after chunk of a file of many cases; what takes long tells on standard error how far it is."""
    from hub.cli.output import warn

    said, done = time.monotonic(), 0
    for one in judged:
        yield one
        if one.progress is None or one.progress.next is None:
            return
        done += one.progress.judged
        if time.monotonic() - said > _SAY_EVERY:
            said = time.monotonic()
            warn(path, f"{done} of {one.progress.total} cases")


@dataclass(slots=True)
class Outlet:
    """Where results go: into a folder under the base names of the files that they came from, or to standard output."""

    folder: Path | None
    _written: dict[str, Path] = field(default_factory=dict)
    _printed: bool = False

    def put(self, source: Path, contents: Sequence[bytes], suffix: str = ".xml", places: Places | None = None) -> None:
        """Write what came of one file, or of some of its cases.

        Raises Refused where a name is taken or cannot be written.
        """
        if self.folder is None:
            self._print(contents)
            return
        from hub.prove.fixed import numbered

        total, wanted = (len(contents), range(len(contents))) if places is None else places
        every = numbered(source.stem, total)
        names = [f"{every[place]}{suffix}" for place in wanted]
        for name in names:
            if self._written.get(name, source) != source or (places is None and name in self._written):
                words = f"{name} has been made of {self._written[name]} already. Give files of different names."
                raise Refused([Fault(path="", rule="file", words=words)])
        for name, content in zip(names, contents, strict=True):
            self._written[name] = source
            self._write(self.folder / name, content)

    def _print(self, contents: Sequence[bytes]) -> None:
        """The exact bytes; a new line only between two outputs, and after each where a person looks on."""
        for content in contents:
            between = b"\n" if self._printed else b""
            sys.stdout.buffer.write(between + content)
            self._printed = not sys.stdout.isatty()
            if not self._printed:
                sys.stdout.buffer.write(b"\n")
        sys.stdout.buffer.flush()

    def _write(self, path: Path, content: bytes) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except OSError as cause:
            words = f"{path} cannot be written: {(cause.strerror or 'unknown reason').lower()}."
            raise Refused([Fault(path="", rule="file", words=words)]) from None
