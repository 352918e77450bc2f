"""What reached each pretend agency: a book an agency, kept on disk before the hub is answered.

    BOOK/papers/NUMBER.body    the bytes of each document, once
    BOOK/book.jsonl            a line for every knock: which id, which hash, what it is, whether it was new

Rule: an id is new once. The same id with the same bytes is a repeat, and no harm; with other bytes it is a fault of the
hub's that no run may show.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from threading import Lock

from hub.simulate.looking import look, names_in


class Count(StrEnum):
    """What an agency says of one knock, by its own book."""

    NEW = "new"
    REPEAT = "repeat"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One knock. `id` is the delivery's, `message` the message's where the hub told it, `names` whom it names."""

    id: str
    count: Count
    sha256: str
    dialect: str
    fault: str | None
    message: str | None
    names: tuple[str, ...]
    at: str


class Book:
    """One agency's book."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._lock = folder, Lock()
        (folder / "papers").mkdir(parents=True, exist_ok=True)
        self._lines = list(_written(folder / "book.jsonl"))
        self._hashes: dict[str, str] = {}
        self._named: dict[str, set[tuple[str, str]]] = {}  # by identifier or message id: delivery and dialect
        for line in self._lines:
            self._note(line)

    def enter(self, delivery: str, message: str | None, body: bytes) -> Line:
        """Write a knock down, on disk before this returns."""
        digest, seen = sha256(body).hexdigest(), look(body)
        with self._lock:
            before = self._hashes.get(delivery)
            count = Count.NEW if before is None else Count.REPEAT if before == digest else Count.CHANGED
            line = Line(
                id=delivery,
                count=count,
                sha256=digest,
                dialect=seen.dialect,
                fault=seen.fault,
                message=message,
                names=tuple(sorted(names_in(body))),
                at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            )
            self._keep(line, body)
        return line

    def _keep(self, line: Line, body: bytes) -> None:
        if line.count is not Count.REPEAT:
            _append(self._folder / "papers" / f"{len(self._lines) + 1:06d}.body", body)
        _append(self._folder / "book.jsonl", json.dumps(asdict(line)).encode() + b"\n")
        self._lines.append(line)
        self._note(line)

    def _note(self, line: Line) -> None:
        if line.count is not Count.NEW:
            return
        self._hashes[line.id] = line.sha256
        for name in (*line.names, *filter(None, (line.message,))):
            self._named.setdefault(name, set()).add((line.id, line.dialect))

    def about(self, names: Collection[str]) -> frozenset[tuple[str, str]]:
        """The deliveries that name one of these, or tell of one of these messages: id and dialect."""
        with self._lock:
            return frozenset(one for name in names for one in self._named.get(name, ()))

    @property
    def lines(self) -> tuple[Line, ...]:
        """Every knock so far."""
        with self._lock:
            return tuple(self._lines)

    def papers(self) -> Iterator[bytes]:
        """The documents, in the order of their coming."""
        for path in sorted((self._folder / "papers").iterdir()):
            yield path.read_bytes()


class Books:
    """The books of all agencies, by the codes of their parties."""

    def __init__(self, folder: Path, parties: Collection[str]) -> None:
        self.folder = folder
        self._books = {party: Book(folder / party) for party in parties}

    def of(self, party: str) -> Book | None:
        """One agency's book."""
        return self._books.get(party)

    def tally(self, names: Collection[str]) -> Counter[tuple[str, str]]:
        """How many deliveries each agency counts of one case, by party and dialect: each id once.

        `names` are the case's identifiers and the hub's ids of its messages.
        """
        return Counter((party, dialect) for party, book in self._books.items() for _, dialect in book.about(names))

    def new_lines(self) -> Iterator[tuple[str, Line]]:
        """The first knock of every id, with the party."""
        for party, book in self._books.items():
            yield from ((party, line) for line in book.lines if line.count is Count.NEW)

    def faults(self) -> tuple[str, ...]:
        """What no run may show: documents that an agency cannot use, ids that came again with other bytes."""
        return tuple(
            f"{party}: delivery {line.id}: {line.fault or 'the same id came with other bytes'}"
            for party, book in self._books.items()
            for line in book.lines
            if line.fault is not None or line.count is Count.CHANGED
        )

    def repeats(self) -> int:
        """How often an id came again with the same bytes."""
        return sum(line.count is Count.REPEAT for book in self._books.values() for line in book.lines)


def _written(path: Path) -> Iterator[Line]:
    """The lines of a book; one that was cut short by a crash was never answered for, and is left out."""
    if not path.exists():
        return
    for text in path.read_text(encoding="utf-8").splitlines():
        try:
            told = json.loads(text)
        except ValueError:
            continue
        yield Line(**told | {"count": Count(told["count"]), "names": tuple(told["names"])})


def _append(path: Path, content: bytes) -> None:
    with path.open("ab") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
