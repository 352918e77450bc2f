"""Deliveries and the ways out: what a worker claims, sends and settles, and how an endpoint is.

Rule: an attempt is a lease with a fencing number; whoever settles with an old number settles nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from hub.ledger.admission import MessageRow
from hub.message.hops import Hop
from hub.message.lifecycle import DeliveryEvent, DeliveryStatus, OnDead


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptOutbound:
    """The bytes of a delivery, kept before the first of them is sent, and sent again unchanged at every attempt.

    `headers` are pairs; `reports` is JSON text of what was cut, defaulted or adapted; `hop` is what the recipient calls
    it, which is kept and not read back with the bytes.
    """

    body: bytes
    content_type: str
    headers: tuple[tuple[str, str], ...] = ()
    name: str | None = None
    method: str = "POST"
    path: str = ""
    reports: str = "[]"
    hop: Hop | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HopOut:
    """A delivery that a recipient speaks of, with the message and the submission that it came from."""

    delivery_id: str
    message_id: str
    submission_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A delivery in the hands of one worker until `lease_until`. `attempt` counts from 1, this one included; claims
    that were put off without an attempt do not count."""

    delivery_id: str
    fence: int
    lease_until: datetime
    attempt: int
    first_attempt_at: datetime
    message: MessageRow
    canonical: bytes
    part: str
    party: str
    endpoint: str
    dialect: str
    deadline: datetime | None
    marks: tuple[str, ...]
    replays: str | None
    outbound: KeptOutbound | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How an attempt ended: ACKNOWLEDGE, RETRY (with `due_at`), REJECT, EXHAUST or EXPIRE.

    `answer` is a summary without personal data. `away` says that the peer could not be reached: such outcomes in a row
    are counted on the endpoint. `tried` is False where the delivery was put off and the peer has nothing of it: that
    uses up no attempt and is no answer of the peer.
    """

    event: DeliveryEvent
    due_at: datetime | None = None
    answer: str | None = None
    reason: str | None = None
    away: bool = False
    tried: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """An outcome for a claimed delivery."""

    delivery_id: str
    fence: int
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """A delivery as the ledger knows it. `lane_seq` is its place in the order of `order_key` and `endpoint`; `run` the
    replay run that made it."""

    id: str
    message_id: str
    part: str
    party: str
    endpoint: str
    dialect: str
    order_key: str
    lane_seq: int
    status: DeliveryStatus
    reason: str | None
    answer: str | None
    attempts: int
    fence: int
    created_at: datetime
    due_at: datetime
    lease_until: datetime | None
    first_attempt_at: datetime | None
    settled_at: datetime | None
    deadline: datetime | None
    marks: tuple[str, ...]
    replays: str | None
    run: str | None = None


class Gate(StrEnum):
    """Whether deliveries pass to an endpoint."""

    UP = "up"
    HELD = "held"  # by an operator
    BROKEN = "broken"  # the breaker; one probe at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointConfig:
    """What the configuration says of an endpoint."""

    code: str
    party: str
    in_flight: int = 8
    on_dead: OnDead = OnDead.STOP


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointRow:
    """An endpoint: its configuration and how it is. `failures` counts unreached attempts in a row."""

    code: str
    party: str
    in_flight: int
    on_dead: OnDead
    gate: Gate
    reason: str | None
    failures: int
    probe_at: datetime | None
    changed_at: datetime
