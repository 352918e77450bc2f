"""Whether the disk has room for what a door would keep.

Rule: the last of the disk belongs to what was accepted. Doors close before it is used; what is under way goes on.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hub.message.errors import Unavailable


class Full(Unavailable):
    """The disk has less room than is kept free. Nothing was kept."""


class Blocks(Protocol):
    """What `os.statvfs` says of a file system."""

    @property
    def f_frsize(self) -> int:
        """How many bytes a block has."""

    @property
    def f_blocks(self) -> int:
        """How many blocks it has."""

    @property
    def f_bfree(self) -> int:
        """How many of them are free."""

    @property
    def f_bavail(self) -> int:
        """How many of them are free for us: some are the administrator's alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The room under a folder; `folder` is None where the ledger is in a server, which knows its own disk."""

    folder: Path | None = None
    min_free_percent: float = 0.0
    statvfs: Callable[[Path], Blocks] = os.statvfs

    def free_percent(self) -> float | None:
        """How much of what we may use is free; None where it is not ours to know."""
        found = self._blocks()
        return 100.0 * found.f_bavail / _ours(found) if found and _ours(found) else None

    def warns_below(self, least: int) -> int:
        """With how many bytes free somebody is to know: `least`, or twice what is kept free, so that it is well before
        the doors close. Where `least` is 0 nobody wants to know.
        """
        found = self._blocks()
        kept = _ours(found) * found.f_frsize * self.min_free_percent / 100 if found else 0
        return max(least, int(2 * kept)) if least else 0

    def _blocks(self) -> Blocks | None:
        if self.folder is None:
            return None
        nearest = next((each for each in (self.folder, *self.folder.absolute().parents) if each.exists()), self.folder)
        return self.statvfs(nearest)

    @property
    def short(self) -> str | None:
        """What is wrong, in words; None where there is room."""
        free = self.free_percent()
        if free is None or free >= self.min_free_percent:
            return None
        return f"the disk of the data folder has {free:.1f} % free, and {self.min_free_percent:g} % are kept free"

    def wanted(self) -> None:
        """Something is to be kept. Raises Full where there is no room for it."""
        if (words := self.short) is not None:
            raise Full(words, retry_after=60.0)


def _ours(found: Blocks) -> int:
    """The blocks that are used or free for us."""
    return found.f_blocks - found.f_bfree + found.f_bavail
