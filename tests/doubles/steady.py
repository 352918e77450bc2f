"""Senders that give documents at a constant rate, whatever the door does, to whichever address takes a connection.

Rule: as at a balancer, a refused connection goes to the next address at once; no answer of the hub is tried again. A
document is due by the clock, and how long it took is counted from when it was due.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import NamedTuple

import urllib3
from urllib3.exceptions import HTTPError, NewConnectionError


class Paper(NamedTuple):
    """A document and what is to come of it; `done` hears the answer's status and the seconds that it took."""

    raw: bytes
    done: Callable[[int, float], object]
    key: str | None = None


@dataclass
class Steady:
    """Threads over streams of papers, one each: those of a stream go one after the other."""

    urls: Sequence[str]
    bearer: str
    rate: float  # documents a second of all together
    streams: Sequence[Iterator[Paper]]
    answers: Counter[int | str] = field(default_factory=Counter)
    elsewhere: int = 0  # connections that were refused, and went to the other address
    cut: int = 0  # that ended without an answer, and were given again
    latest: float = 0.0  # seconds that a document began after it was due, at the worst
    seconds: float = 0.0  # from the first to the end
    stopping: Event = field(default_factory=Event)

    def start(self) -> None:
        """Begin."""
        self._begun = time.monotonic()
        self._threads = [
            Thread(target=self._run, args=(place, stream), daemon=True) for place, stream in enumerate(self.streams)
        ]
        for thread in self._threads:
            thread.start()

    def finish(self, seconds: float = 60.0) -> None:
        """Let each have its last answer."""
        self.stopping.set()
        for thread in self._threads:
            thread.join(seconds)
            assert not thread.is_alive(), f"a sender has no end: {self.answers}"
        self.seconds = time.monotonic() - self._begun

    def _run(self, place: int, stream: Iterator[Paper]) -> None:
        pool = urllib3.PoolManager(timeout=30, retries=False)
        step = len(self.streams) / self.rate
        due = self._begun + place / self.rate
        for paper in stream:
            if self.stopping.wait(max(0.0, due - time.monotonic())):
                return
            self.latest = max(self.latest, time.monotonic() - due)
            status = self._give(pool, paper)
            self.answers[status] += 1
            paper.done(status, time.monotonic() - due)
            due += step

    def _give(self, pool: urllib3.PoolManager, paper: Paper) -> int:
        headers = {"Authorization": f"Bearer {self.bearer}"} | ({"Idempotency-Key": paper.key} if paper.key else {})
        for turn in range(1000):
            url = self.urls[turn % len(self.urls)]
            try:
                return pool.request("POST", f"{url}/v1/messages", body=paper.raw, headers=headers).status
            except NewConnectionError:
                self.elsewhere += 1
            except HTTPError:
                self.cut += 1
        return 0
