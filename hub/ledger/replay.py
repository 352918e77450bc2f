"""A replay of many: what is wanted, what may be replayed, and the run that does it.

Rule: whether a recipient may have a message is asked of its routes as they are now; the ledger writes the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from hub.ledger.admission import MessageRow
from hub.ledger.attempt import DeliveryRow
from hub.ledger.decision import NewDelivery
from hub.ledger.register import CaseRow
from hub.message.lifecycle import DeliveryStatus

ON_ITS_WAY = (DeliveryStatus.WAITING, DeliveryStatus.DUE, DeliveryStatus.SENDING)


class State(StrEnum):
    """How far a run is."""

    OPEN = "open"  # more is to be made
    DONE = "done"
    UNDONE = "undone"  # nothing more is made, and what was not sent is given up


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which messages are to be replayed; what is None or empty does not narrow it.

    `cases` are ids of cases; `since` (from) and `until` (before) are times of acceptance. `endpoint` and `status` are
    of a delivery that the message has.
    """

    message: str | None = None
    cases: tuple[str, ...] = ()
    sender: str | None = None
    type: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    endpoint: str | None = None
    status: DeliveryStatus | None = None

    def wants(self, delivery: DeliveryRow) -> bool:
        """Whether a delivery is one of those that were asked for."""
        return self.endpoint in (None, delivery.endpoint) and self.status in (None, delivery.status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A message that is wanted, its canonical bytes (empty once erased), its case as it is now, and its deliveries in
    the order in which they were made."""

    message: MessageRow
    canonical: bytes
    case: CaseRow | None
    deliveries: tuple[DeliveryRow, ...]


class Candidates(NamedTuple):
    """What is wanted next, in order of acceptance, and the ticket that is reached with it."""

    reached: int
    waiting: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A delivery to be made, and the one that it replays: None where its recipient never had one of this message."""

    message_id: str
    case_id: str | None
    new: NewDelivery
    replays: str | None

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What a run makes once."""
        return self.message_id, self.new.endpoint, self.new.dialect, self.new.part


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayRun:
    """A run: what was asked for (JSON text), by whom and why, and how far it is.

    It covers the messages up to the ticket `last`, accepted before it began; `cursor` is the ticket that is reached.
    """

    id: str
    request: str
    actor: str
    reason: str
    state: State
    last: int
    cursor: int
    made: int
    started_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What an undoing finds of a run: how many are not sent yet, and where the others stand."""

    unsent: int
    others: Mapping[DeliveryStatus, int]
