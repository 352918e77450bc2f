"""Senders at the HTTP door: several at once, each with cases of its own, one message of a case after the other.

Rule: a message is given again, the same bytes, until it is accepted; only then comes the next of its case.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from threading import Event, Thread

import urllib3

from tests.papers import case_file

NAMES = ("NameA", "NameB", "NameC", "NameD", "NameE")  # the messages of a case, in their order


@dataclass
class Senders:
    """What was accepted, and how the door answered."""

    url: str
    key: str
    count: int = 8
    most: int | None = None  # messages of all together; None: until told to stop
    accepted: dict[str, list[str]] = field(default_factory=dict)  # by case the names, in order
    answers: Counter[int | str] = field(default_factory=Counter)
    refusals: list[tuple[float, str | None]] = field(default_factory=list)  # of a 503: seconds, Retry-After
    seconds: list[float] = field(default_factory=list)  # that each accepted one took
    last: float = 0.0  # when something was accepted (monotonic)
    _stop: Event = field(default_factory=Event)
    _threads: list[Thread] = field(default_factory=list)

    @property
    def kept(self) -> int:
        """How many were accepted."""
        return self.answers[202]

    @property
    def sent(self) -> set[tuple[str, str]]:
        """Every message that was accepted: its case and its name."""
        return {(urn, name) for urn, names in self.accepted.items() for name in names}

    def start(self) -> None:
        """Begin."""
        for number in range(1, self.count + 1):
            self._threads.append(Thread(target=self._run, args=(number,), daemon=True))
            self._threads[-1].start()

    def finish(self, seconds: float = 60.0, *, stop: bool = True) -> None:
        """Let each have its last answer; those that have so many to give may be let give them all."""
        if stop:
            self._stop.set()
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
            if thread.is_alive():
                raise TimeoutError(f"a sender has no end: {self.answers}")

    def _run(self, sender: int) -> None:
        pool = urllib3.PoolManager(timeout=30, retries=False)
        case, left = 0, -1 if self.most is None else self.most // self.count
        while not self._stop.is_set() and left != 0:
            case += 1
            number = sender * 10_000 + case
            urn = f"41ZD{number:05}26"
            for name in NAMES:
                if left == 0 or not self._give(pool, case_file(f"{number}-{name}", urn, name, sequence=number)):
                    return
                self.accepted.setdefault(urn, []).append(name)
                left -= 1

    def _give(self, pool: urllib3.PoolManager, raw: bytes) -> bool:
        """Post a document until it is accepted; False where told to stop before."""
        headers = {"Authorization": f"Bearer {self.key}"}
        while not self._stop.is_set():
            begun = time.monotonic()
            try:
                answer = pool.request("POST", f"{self.url}/v1/messages", body=raw, headers=headers)
            except urllib3.exceptions.HTTPError as cause:
                self.answers["no answer"] += 1
                assert not isinstance(cause, urllib3.exceptions.ReadTimeoutError), "an answer took half a minute"
                self._stop.wait(0.05)
                continue
            self.answers[answer.status] += 1
            if answer.status == 202:
                self.last = time.monotonic()
                self.seconds.append(self.last - begun)
                return True
            self.refusals.append((time.monotonic() - begun, answer.headers.get("Retry-After")))
            self._stop.wait(0.05)
        return False
