"""The envelope of every canonical message (prisons-probation-cps 8.1), and the message itself.

A Reader gives a `Decoded`: what the sender said. The hub stamps it with ids and times and it becomes a `Message`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, NewType

from hub.message.case import CaseFileSubmission
from hub.message.custody import CommitmentWarrant, CustodyReception, PrisonerReleased, RemandWarrant
from hub.message.hearing import HearingListed, HearingResulted
from hub.message.notice import BusinessReceipt, CaseUpdateNotification
from hub.message.probation import PreSentenceReport

Uuid = Annotated[str, "Uuid"]

MessageId = NewType("MessageId", str)
CaseId = NewType("CaseId", str)
PartyCode = NewType("PartyCode", str)

Body = (
    CaseFileSubmission
    | HearingListed
    | HearingResulted
    | RemandWarrant
    | CommitmentWarrant
    | CustodyReception
    | PrisonerReleased
    | PreSentenceReport
    | CaseUpdateNotification
    | BusinessReceipt
)


class Classification(StrEnum):
    """Government security marking. Anything higher is refused at the door (prisons-probation-cps 7.3)."""

    OFFICIAL = "OFFICIAL"
    OFFICIAL_SENSITIVE = "OFFICIAL-SENSITIVE"


class Mode(StrEnum):
    """Live traffic or a test; a test never updates live data (prisons-probation-cps 5.5)."""

    LIVE = "LIVE"
    TEST = "TEST"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who sent a message: the party's code here, and the system that it names."""

    party: str
    system: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """How a message was read: the dialect, its version, the sender's own id.

    `messages` is how many messages the document made, where it made more than this one. `mapping` is the SHA-256 of the
    mapping that read it, where the dialect is one that is read by data.
    """

    dialect: str
    version: str
    reference: str | None = None
    messages: int | None = None
    mapping: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What the hub knows of a message beside its content. Times are UTC."""

    message_id: Uuid
    version: int = 1
    correlation_id: Uuid
    causation_id: Uuid | None = None
    sender: Sender
    source: Source
    occurred_at: datetime | None = None
    accepted_at: datetime
    classification: Classification = Classification.OFFICIAL_SENSITIVE
    mode: Mode = Mode.LIVE
    previous_version_of: Uuid | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something questionable that does not stop a message: a code of the field, where, and plain words.

    `offence` is the position of the offence concerned, None where the whole message is meant. The triggers and
    exceptions of a result have the number that the message itself gives the offence (docs/findings.md). `task` is True
    where nothing is wrong: the message gives its recipient something to do. It is not counted against the sender.
    """

    code: str
    path: str
    words: str
    offence: int | None = None
    task: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmapped:
    """Something that the sender's dialect carries and the canonical body does not: its source path and its text."""

    path: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """The content of an attached document, and its SHA-256 in hexadecimal."""

    sha256: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """What a sender said, before the hub has stamped it. `attachments` are the contents of the body's documents."""

    body: Body
    reference: str | None = None
    system: str | None = None
    occurred_at: datetime | None = None
    mode: Mode = Mode.LIVE
    findings: tuple[Finding, ...] = ()
    unmapped: tuple[Unmapped, ...] = ()
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A canonical message: envelope, body, and what was noticed on the way."""

    envelope: Envelope
    body: Body
    findings: tuple[Finding, ...] = ()
    unmapped: tuple[Unmapped, ...] = ()
