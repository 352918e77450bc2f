"""The ways out. `Transport.send` makes one attempt and says what the peer answered.

Rule: only this package talks to foreign clients; a foreign error becomes Unavailable here, once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

from hub.message.errors import Unavailable


class Standing(StrEnum):
    """How a connection stands that is kept up."""

    UP = "up"
    BLOCKED = "blocked"  # the peer takes nothing more for now: its memory or its disk is short
    AWAY = "away"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consignment:
    """What is sent in one attempt. `name` is a file's base name, `path` what is added to an address, `type` the type of
    the message and the dialect in which it is.
    """

    body: bytes = field(repr=False)
    content_type: str
    name: str
    method: str = "POST"
    path: str = ""
    type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


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


class TakesNothing(Unavailable):
    """The peer takes nothing for now, and has nothing of what was to be sent."""


@runtime_checkable
class Together(Transport, Protocol):
    """A way that takes several at once, for which the slowest is waited."""

    def send_many(self, consignments: Sequence[Consignment]) -> Sequence[Response | Unavailable]:
        """One attempt for each, in this order: what came back, or why it was not reached."""
