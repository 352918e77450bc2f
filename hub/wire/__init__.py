"""The ways out. `Transport.send` makes one attempt and says what the peer answered.

Rule: only this package talks to foreign clients; a foreign error becomes Unavailable here, once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Standing(StrEnum):
    """How a connection stands that is kept up."""

    UP = "up"
    BLOCKED = "blocked"  # the peer takes nothing more for now: its memory or its disk is short
    AWAY = "away"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consignment:
    """What is sent in one attempt. `name` is a file's base name, `path` what is added to an address."""

    body: bytes = field(repr=False)
    content_type: str
    name: str
    method: str = "POST"
    path: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What came back. `status` is the HTTP status, or 0 where a file was put in place; header names in lower case."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class Transport(Protocol):
    """A way to one endpoint."""

    def send(self, consignment: Consignment) -> Response:
        """One attempt. Raises Unavailable where the peer could not be reached or did not answer in time."""

    def close(self) -> None:
        """Let connections go."""
