"""The ways out, and the places from which files are fetched.

`Transport.send` makes one attempt and says what the peer answered. A `FileStore` is a folder, here or on a party's own
server.

Rule: only this package talks to foreign clients; a foreign error becomes Unavailable here, once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from hub.message.errors import Unavailable

MOST_FILES = 10_000  # of one folder in one listing


class Standing(StrEnum):
    """How a connection stands that is kept up."""

    UP = "up"
    BLOCKED = "blocked"  # the peer takes nothing more for now: its memory or its disk is short
    AWAY = "away"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consignment:
    """What is sent in one attempt. `name` is a file's base name, `path` what is added to an address, `type` the type of
    the message and the dialect in which it is; `at` when the hub took the message, the same for every attempt.
    """

    body: bytes = field(repr=False)
    content_type: str
    name: str
    method: str = "POST"
    path: str = ""
    type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What came back. `status` is the HTTP status, or 0 where there is none and it is in place; header names in lower
    case; `words` say what was reached where a status says nothing.
    """

    status: int
    words: str = ""
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class Transport(Protocol):
    """A way to one endpoint."""

    def send(self, consignment: Consignment) -> Response:
        """One attempt. Raises Unavailable where the peer could not be reached or did not answer in time."""

    def close(self) -> None:
        """Let connections go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A file as a listing shows it. `changed` is its time there, in seconds; only whether it stays the same matters."""

    name: str
    size: int
    changed: float


class Stuck(Unavailable):
    """One file cannot be read or moved, while its folder can be reached: others may go on."""


class FileStore(Protocol):
    """A folder of files. Paths are relative to it, with `/` between. Raises Unavailable where it cannot be reached."""

    def make(self, folder: str) -> None:
        """See that a folder in it exists."""

    def files(self, folder: str = "") -> list[Seen]:
        """The plain files of a folder (no links, no folders), at most MOST_FILES, in no order."""

    def move(self, source: str, target: str) -> bool:
        """Give a file another name, in one step. False where it is not there: of two that move it one succeeds.

        Whatever has the other name already is replaced. Raises Stuck.
        """

    def read(self, path: str, most: int) -> bytes | None:
        """At most so many bytes of a file; None where it is not there. Raises Stuck."""

    def put(self, folder: str, name: str, content: bytes) -> None:
        """A file that appears whole under its name, in place of one that has it."""

    def close(self) -> None:
        """Let connections go."""


class TakesNothing(Unavailable):
    """The peer takes nothing for now, and has nothing of what was to be sent."""


@runtime_checkable
class Together(Transport, Protocol):
    """A way that takes several at once, for which the slowest is waited."""

    def send_many(self, consignments: Sequence[Consignment]) -> Sequence[Response | Unavailable]:
        """One attempt for each, in this order: what came back, or why it was not reached."""
