"""What goes wrong and stays wrong: the facts that show it, the conditions made of them, and the alert of an incident.

Rule: words hold codes, counts and times, never a name or another value of a message. They change seldom, because each
change is kept: a moment ("since 09:00") and not an age.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hub.ledger.attempt import EndpointRow
from hub.message.lifecycle import DeliveryStatus
from hub.message.slip import Lane


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Something that should not be, as it is now: `kind` and `subject` are the incident, `example` an id to look at."""

    kind: str
    subject: str
    words: str
    example: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One incident, from when it was first seen until it was over. `times` counts how often it was put in words."""

    id: str
    kind: str
    subject: str
    words: str
    example: str | None
    opened_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    times: int

    @property
    def state(self) -> str:
        """ "opened" while it lasts, then "closed"."""
        return "opened" if self.closed_at is None else "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """Deliveries to an endpoint that only an operator ends, DEAD or INVALID: how many, and the id of the oldest."""

    endpoint: str
    status: DeliveryStatus
    count: int
    oldest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """When a party last submitted anything, None where it never has; `since` is when waiting for it began."""

    party: str
    last: datetime | None
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the ledger says of itself at one moment.

    `buried` is how many messages are and the id of the oldest; `slips` the moment at which the first slip of each lane
    was or will be due; `pending` the submission that waits longest to be judged, with its receipt; `unsealed` when the
    oldest line of the audit was written that the sealer has not reached; `standing` the alerts that are open, by kind
    and subject.
    """

    endpoints: tuple[EndpointRow, ...] = ()
    stopped: tuple[Stopped, ...] = ()
    buried: tuple[int, str] | None = None
    slips: tuple[tuple[Lane, datetime], ...] = ()
    pending: tuple[str, datetime] | None = None
    unsealed: datetime | None = None
    heard: tuple[Heard, ...] = ()
    standing: frozenset[tuple[str, str]] = frozenset()
