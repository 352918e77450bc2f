"""What intake knows of a message, and what it decides.

Rule: record and route decide on these values; the ledger writes a decision whole or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from hub.ledger.register import CaseView, RegisterChange
from hub.message.lifecycle import MessageEvent, MessageStatus


class Link(NamedTuple):
    """A key of the message that already leads to a case."""

    kind: str
    value: str
    case_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Another message with the same sender, type and body, recorded or waiting.

    `superseded` is true where that sender has since had another message of that type recorded in that case, so that the
    same words may be news again.
    """

    message_id: str
    superseded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the ledger knows that bears on a message: the case of its first linked key, all links, an earlier copy.

    `new_case_id` is the id to use where the message opens a case.
    """

    new_case_id: str
    case: CaseView | None = None
    links: tuple[Link, ...] = ()
    seen: Seen | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """A delivery to be made. Its place in the order of its case and endpoint is the ledger's to give."""

    party: str
    endpoint: str
    dialect: str
    part: str = ""
    deadline: datetime | None = None
    marks: tuple[str, ...] = ()
    because: str = ""  # which facts its route wanted, for the timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An entry for the feed. `audience` are the parties that may see it; `body` is JSON text."""

    type: str
    audience: tuple[str, ...]
    body: str
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A line for the timeline: a verb, and codes and ids only, never personal data."""

    action: str
    detail: Mapping[str, object] = field(default_factory=dict)
    actor: str = "hub"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is to become of a message: written whole or not at all.

    `case_id` is the case that it belongs to (an existing one or `Known.new_case_id`), None where it has none: then it
    is ordered by its own id and the timeline says `unordered`.
    """

    event: MessageEvent
    reason: str | None = None
    case_id: str | None = None
    change: RegisterChange | None = None
    deliveries: tuple[NewDelivery, ...] = ()
    events: tuple[NewEvent, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Intaken:
    """What intake did with one message.

    `status` is its status now. `error` is what `decide`, or the writing of its decision, raised: nothing of that
    message was written. `behind` is true where it waits for an earlier message of the same key that failed.
    """

    message_id: str
    status: MessageStatus
    error: Exception | None = None
    behind: bool = False
