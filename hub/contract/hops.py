"""Messages that go hop by hop: what one is called on a hop, what goes back along it, and the doors that take it.

A sender of this kind is answered twice. At once, for the delivery: taken, or why not. Later, and only where something
is wrong with what was delivered, in a message of its own. Rule: what goes back to a sender names its own ids, never
those of another hop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from hub.contract import Opened, Outbound, Trust
from hub.document import Document
from hub.message.errors import Fault
from hub.message.hops import Block, Hop
from hub.message.notice import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a peer says later of something that it was sent: `about` is the reference of that delivery.

    `more` is what only the next hop needs, beside the problems: it may hold the peer's own words.
    """

    about: str
    problems: tuple[Problem, ...]
    more: Block = ()


@runtime_checkable
class Hopping(Protocol):
    """A Reader of messages that go hop by hop."""

    def hop(self, opened: Opened) -> Hop | None:
        """What the message is called on the hop by which it came; None where it came by none."""


@runtime_checkable
class Telling(Protocol):
    """A Reader of what peers say later of what they were sent."""

    def said(self, opened: Opened) -> Said | None:
        """What is said, None where the document says nothing of the kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call at a SOAP door. `keep` is false where there is nothing to keep.

    `request` is the id to answer with, `space` the namespace of its envelope. `faults` are what is wrong with the
    delivery, answered at once; where there are none, `hop` says what the message is called.
    """

    operation: str
    request: str
    space: str
    keep: bool = True
    faults: tuple[Fault, ...] = ()
    hop: Hop | None = None


class SoapDoor(Protocol):
    """A door of a family of dialects that is called by SOAP."""

    @property
    def path(self) -> str:
        """Where it is, below /soap/."""

    @property
    def description(self) -> str:
        """Its WSDL in the bundle (path below schemas/), in which `{address}` stands for its address."""

    @property
    def schemas(self) -> Sequence[str]:
        """The schemas of its layers in the bundle, the one of its own elements first: that takes the place of
        `{types}` in the WSDL.
        """

    @property
    def later(self) -> str:
        """The dialect of what peers say later. Whoever may call here may send it."""

    def call(self, document: Document, trust: Trust) -> Call:
        """What is asked. Raises Refused where it is no call at this door."""

    def reply(self, call: Call, faults: Sequence[Fault]) -> Outbound:
        """The answer to a call: what is wrong with it, or that it was taken. The same always gives the same bytes."""

    def put_off(self, call: Call) -> Outbound:
        """The answer where nothing could be kept now: to send the same again later."""
