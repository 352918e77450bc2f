"""What the ledger tells of itself: slips, the feed, the audit, keys, searches and counts.

Rule: a detail of the audit holds codes and ids only, never personal data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from hub.ledger.admission import MessageRow, OrderKey, Verdict
from hub.ledger.attempt import DeliveryRow
from hub.message.lifecycle import DeliveryStatus, MessageStatus
from hub.message.slip import Lane, Slip


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedSlip:
    """A slip taken from the outbox. `number` is its ticket, wanted to finish it."""

    number: int
    slip: Slip


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A sealed entry of the feed. `position` has no gaps; `body` is JSON, and says all where there is no message."""

    position: int
    id: str
    type: str
    message_id: str | None
    case_id: str | None
    at: datetime
    occurred_at: datetime | None
    audience: tuple[str, ...]
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """A line of the audit. `number` and `row_hash` are None until the sealer has been by (within a second)."""

    number: int | None
    at: datetime
    actor: str
    action: str
    subject_kind: str
    subject_id: str
    submission_id: str | None
    message_id: str | None
    delivery_id: str | None
    case_id: str | None
    detail: Mapping[str, object]
    row_hash: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAudit:
    """A line to be written to the audit by itself (a read, a disclosure, an operator's act)."""

    actor: str
    action: str
    subject_kind: str
    subject_id: str
    submission_id: str | None = None
    message_id: str | None = None
    delivery_id: str | None = None
    case_id: str | None = None
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainHead:
    """Where the chain ends: the last row's number and the last batch's hash. Kept elsewhere, it is an anchor."""

    number: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditVerdict:
    """Whether the audit stands as it was written; every break found, with the numbers of its rows."""

    rows: int
    head: ChainHead
    breaks: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """True where nothing was altered, removed or inserted."""
        return not self.breaks


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyKey:
    """A hub key of a party; only its hash is kept."""

    id: str
    party: str
    label: str
    scopes: tuple[str, ...]
    added_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionRow:
    """A submission without its bytes."""

    id: str
    party: str
    key: str
    sha256: str
    size: int
    media: str
    dialect: str | None
    version: str | None
    door: str
    received_at: datetime
    verdict: Verdict
    faults: str
    receipt: bytes
    correlation_id: str
    cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageQuery:
    """A search of messages, newest first; what is None does not narrow it. `before` is the cursor of a page."""

    key: OrderKey | None = None
    case_id: str | None = None
    submission_id: str | None = None
    party: str | None = None
    type: str | None = None
    status: MessageStatus | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePage:
    """A page of messages; `next` goes into `MessageQuery.before`, None at the end."""

    rows: tuple[MessageRow, ...]
    next: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many messages and deliveries stand in each status, and the slips that wait."""

    messages: Mapping[MessageStatus, int]
    deliveries: Mapping[DeliveryStatus, int]
    slips: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a rule was broken: the path without positions, in how many submissions, and how often in all."""

    path: str
    submissions: int
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityRow:
    """What the submissions of one unit broke one rule with, in a period.

    `unit` is None where none was readable; `severity` as in `BrokenRule`; `places` come the most frequent first. A
    submission that breaks the rule at two places is counted once in `submissions` and once at each place.
    """

    unit: str | None
    rule: str
    severity: str
    submissions: int
    times: int
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered:
    """What an endpoint has not got yet: how many, and since when the oldest of them waits."""

    endpoint: str
    count: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """How much waits, and since when the oldest of it could have been done; None where nothing waits."""

    waiting: int = 0
    oldest_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What stands and waits now.

    `lanes` is what a worker could do at once (nothing behind a closed gate or a full endpoint); `due`, by endpoint,
    every delivery whose time has come; `unsealed` the audit. Only what is not settled is counted by status.
    """

    lanes: Mapping[Lane, Backlog]
    due: Mapping[str, Backlog]
    unsealed: Backlog
    slips: Mapping[str, int]
    messages: Mapping[MessageStatus, int]
    deliveries: Mapping[DeliveryStatus, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letters:
    """Which deliveries are looked for; what is None does not narrow them.

    `since` is when they were made; `reason_like` is a piece of their reason, whatever its case.
    """

    statuses: tuple[DeliveryStatus, ...]
    endpoint: str | None = None
    party: str | None = None
    since: datetime | None = None
    reason_like: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heap:
    """Deliveries of one endpoint, status and reason: how many, and when the first and the last of them were made."""

    endpoint: str
    status: DeliveryStatus
    reason: str | None
    count: int
    oldest_at: datetime
    newest_at: datetime


class LetterPage(NamedTuple):
    """A page of deliveries, and the cursor of the next page: None at the end."""

    rows: tuple[DeliveryRow, ...]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What a sweep set going again."""

    lapsed: int = 0
    expired: int = 0
    reached: int = 0
    probed: int = 0
    messages: int = 0
    deliveries: int = 0
    submissions: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowRun:
    """A candidate's run: what it has read, and by field how many messages differ and one that does.

    `read` counts submissions: `same` gave the same messages, `refused` would have been refused by the candidate.
    """

    candidate: str
    dialect: str
    version: str
    after: int
    cursor: int
    read: int
    same: int
    refused: int
    started_at: datetime
    read_at: datetime
    differences: tuple[tuple[str, int, str], ...] = ()


class Standing(NamedTuple):
    """A message as it stands: its place in its document, from 0, its id, and its canonical XML."""

    ordinal: int
    id: str
    canonical: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Reread:
    """A submission that is to be read again: its bytes, and the messages that stand for it now, by place.

    Of a file of `many` cases these are some, those next in the order of acceptance.
    """

    submission_id: str
    party: str
    received_at: datetime
    raw: bytes
    standing: tuple[Standing, ...]
    many: bool = False


class Ahead(NamedTuple):
    """What is to be read again next, and the ticket that is reached with it."""

    reached: int
    waiting: tuple[Reread, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToReread:
    """Which submissions are to be read again: of a dialect, and of a party, a period (from, before), or one message."""

    dialect: str
    party: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    message_id: str | None = None


@dataclass(slots=True, kw_only=True)
class Tally:
    """What one step found: `fields` by path without positions, how many submissions differ there, and a message."""

    read: int = 0
    same: int = 0
    refused: int = 0
    fields: dict[str, tuple[int, str]] = field(default_factory=dict)

    def differs(self, name: str, message_id: str) -> None:
        """One more submission that differs in a field."""
        count, example = self.fields.get(name, (0, message_id))
        self.fields[name] = count + 1, example
