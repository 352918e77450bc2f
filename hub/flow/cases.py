"""A file of very many cases, judged case by case and a chunk at a time.

Rule: a case stands or falls alone. A walk through a file may be given up between any two cases and taken up again by
anybody; what it costs is to look through the file once more.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from io import BytesIO
from itertools import islice
from threading import Lock
from typing import TypeGuard

from hub.contract import Answers, Bulk, Opened, Reader, Trust, Walked
from hub.document import Bounds
from hub.document.lines import Item

DOOR_BUDGET = 1024 * 1024
"""Bytes of a document that is still judged while its sender waits; a larger one is kept first."""

CHUNK = 250
"""Cases that are judged before what came of them is committed, and others get their turn."""

UNPACKED = 32
"""How many times the largest document the files of a zip may have together, when they are read case by case."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Which cases of a file: the first one's number, from 1, and how many; all of them where there is no count."""

    first: int = 1
    count: int | None = None


WHOLE = Chunk()


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the judging of a file is. `next` is the number of the next case, None when all are judged."""

    next: int | None
    total: int
    accepted: int
    refused: int

    @property
    def judged(self) -> int:
        """Cases judged so far."""
        return self.accepted + self.refused

    def counts(self) -> dict[str, int]:
        """As it is shown to programs."""
        return {"total": self.total, "judged": self.judged, "accepted": self.accepted, "refused": self.refused}

    def text(self) -> str:
        """As the ledger keeps it."""
        return json.dumps(asdict(self))

    def after(self, before: Progress | None) -> Progress:
        """This chunk's counts added to those before it."""
        if before is None:
            return self
        return replace(self, accepted=before.accepted + self.accepted, refused=before.refused + self.refused)


def progress_of(text: str | None) -> Progress | None:
    """What `Progress.text` wrote; None where a submission is not of many cases, or is not begun."""
    return None if text is None else Progress(**json.loads(text))


def waits(reader: Reader, raw: bytes) -> bool:
    """Whether a document is kept first and judged later: by its dialect, or because it is over the door's budget."""
    return reader.answers is Answers.LATER or len(raw) > DOOR_BUDGET


def is_bulk(reader: Reader, raw: bytes) -> TypeGuard[Bulk]:
    """Whether a document is judged case by case."""
    return isinstance(reader, Bulk) and reader.can_walk and waits(reader, raw)


@dataclass(slots=True)
class Walks:
    """The walk that was under way last, so that the next chunk goes on where it stopped. Safe between threads."""

    _key: tuple[str, ...] = ()
    _walked: Walked | None = None
    _lock: Lock = field(default_factory=Lock)

    def cases(
        self, reader: Bulk, raw: bytes, trust: Trust, bounds: Bounds, chunk: Chunk
    ) -> tuple[int, list[tuple[Item, Opened]]]:
        """How many cases there are, and those of a chunk. Raises Refused where the file is wrong as a whole."""
        name = (str(getattr(reader, "mapping_hash", "")), trust.party, sha256(raw).hexdigest())
        walked = self._taken((*name, str(chunk.first)))
        if walked is None:
            wider = replace(bounds, max_bytes=bounds.max_bytes * UNPACKED)
            walked = reader.walk(BytesIO(raw), trust, wider, first=chunk.first)
        found = list(islice(walked.cases, chunk.count))
        with self._lock:
            self._key, self._walked = (*name, str(chunk.first + len(found))), walked
        return walked.total, found

    def _taken(self, key: tuple[str, ...]) -> Walked | None:
        with self._lock:
            if key != self._key:
                return None
            walked, self._walked, self._key = self._walked, None, ()
            return walked


def chunks(size: int = CHUNK) -> Iterator[Chunk]:
    """Chunk after chunk, for whoever stops at the end by the progress that each tells of."""
    first = 1
    while True:
        yield Chunk(first, size)
        first += size
