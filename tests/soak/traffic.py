"""Mixed documents without end, and a book of what became of each.

Rule: of a case five messages go one after the other. Between them come documents that are wrong, and some that were
accepted before. What a recipient got is judged as it comes; only the ids are kept.
"""

from __future__ import annotations

import time
from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Lock

from tests.doubles.moody import Came
from tests.doubles.senders import NAMES
from tests.doubles.steady import Paper
from tests.papers import case_file

WRONG_EACH, AGAIN_EACH = 12, 10  # one document in so many
_UNITS = [f"Z{letter}" for letter in "DEFGHJKLMNPQRSTUVWXYZ"]  # of a hundred thousand cases each
Key = tuple[str, str]  # PTIURN, and the name that tells the messages of a case apart


@dataclass
class Quantiles:
    """Seconds, each with when it was measured."""

    at: array[float] = field(default_factory=lambda: array("d"))
    seconds: array[float] = field(default_factory=lambda: array("f"))

    def add(self, at: float, seconds: float) -> None:
        """One more."""
        self.at.append(at)
        self.seconds.append(seconds)

    def between(self, since: float, until: float, *shares: float) -> tuple[float, ...]:
        """The quantiles of what was measured in between, in milliseconds; of nothing, zeros."""
        found = sorted(s for at, s in zip(self.at, self.seconds, strict=True) if since <= at <= until)
        return tuple(1000 * found[int(share * (len(found) - 1))] if found else 0.0 for share in shares)


@dataclass
class Seen:
    """What one recipient got. It takes the place of a list of all attempts."""

    book: Book
    ids: dict[Key, str] = field(default_factory=dict)
    done: set[Key] = field(default_factory=set)
    last: dict[str, str] = field(default_factory=dict)
    attempts: int = 0
    inversions: int = 0
    second_ids: int = 0

    def append(self, came: Came) -> None:
        """An attempt."""
        key = (came.urn, came.name)
        self.attempts += 1
        self.inversions += came.name < self.last.get(came.urn, "")
        self.last[came.urn] = came.name
        self.second_ids += self.ids.setdefault(key, came.id) != came.id
        if came.done == "yes" and key not in self.done:
            self.done.add(key)
            self.book.delivered(key, came.at)


@dataclass
class Book:
    """What was accepted, and how long it took. Times are seconds since 1970."""

    recipients: int = 2
    accepted: dict[Key, float] = field(default_factory=dict)
    early: dict[Key, list[float]] = field(default_factory=dict)  # delivered before its sender had the answer
    accept: Quantiles = field(default_factory=Quantiles)
    deliver: Quantiles = field(default_factory=Quantiles)
    kinds: Counter[str] = field(default_factory=Counter)
    unexpected: Counter[str] = field(default_factory=Counter)
    seen: dict[str, Seen] = field(default_factory=dict)
    document: int = 0  # bytes of the last one
    _lock: Lock = field(default_factory=Lock)

    def recipient(self, name: str) -> Seen:
        """The page of one recipient."""
        return self.seen.setdefault(name, Seen(self))

    def missing(self) -> int:
        """Deliveries that are still to come."""
        return sum(len(self.accepted) - len(seen.done & self.accepted.keys()) for seen in self.seen.values())

    def behind(self) -> int:
        """About as many, by counts alone."""
        return sum(len(self.accepted) - len(seen.done) for seen in self.seen.values())

    def expect(self, kind: str, status: int) -> Callable[[int, float], None]:
        """What hears an answer of which nothing more comes."""

        def heard(found: int, _seconds: float) -> None:
            with self._lock:
                self.kinds[kind] += 1
                if found != status:
                    self.unexpected[f"{kind}: {found}"] += 1

        return heard

    def await_delivery(self, key: Key) -> Callable[[int, float], None]:
        """What hears the answer to a message that is to arrive."""

        def heard(status: int, seconds: float) -> None:
            if status != 202:
                self.expect("case", 202)(status, seconds)
                return
            now = time.time()
            with self._lock:
                self.kinds["case"] += 1
                self.accepted[key] = now
                self.accept.add(now, seconds)
                for at in self.early.pop(key, ()):
                    self.deliver.add(at, 0.0)

        return heard

    def delivered(self, key: Key, at: float) -> None:
        """It has arrived at one recipient."""
        with self._lock:
            if key in self.accepted:
                self.deliver.add(at, at - self.accepted[key])
            else:
                self.early.setdefault(key, []).append(at)

    def papers(self, place: int, streams: int) -> Iterator[Paper]:
        """The documents of one sender: at every moment one case of its own."""
        count, number = 0, place
        while True:
            unit, serial = divmod(number, 100_000)
            urn = f"41{_UNITS[unit]}{serial:05}26"
            for name in NAMES:
                id = f"{number}-{name}"
                raw = case_file(id, urn, name, sequence=number + 1)
                self.document = len(raw)
                yield Paper(raw, self.await_delivery((urn, name)), id)
                count += 1
                if count % WRONG_EACH == 0:
                    wrong = raw.replace(b"Birthdate&gt;1990-01-31&lt;", b"Birthdate&gt;31011990&lt;")
                    yield Paper(wrong, self.expect("refused", 422), f"wrong-{id}")
                if count % AGAIN_EACH == 0:
                    yield Paper(raw, self.expect("again", 202), id)
            number += streams
