"""What the door hands over to be kept, and what it gets back.

Rule: a `New...` value is what a caller wants written, a `...Row` what stands in the ledger. Times are aware and UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from hub.ledger.decision import NewEvent
from hub.message.envelope import Attachment
from hub.message.hops import Hop
from hub.message.lifecycle import MessageStatus


class OrderKey(NamedTuple):
    """An identifier that leads to a case: its kind ("PTIURN", "ASN", "NOMS", "CRN") and its normal form."""

    kind: str
    value: str


class BrokenRule(NamedTuple):
    """How often one submission breaks a rule at one place, counted for one police unit.

    `severity` is "error" or "warning", or "finding" for what was accepted and is questionable. `path` has no positions,
    `unit` is the FFUU of a PTIURN or ASN (reference-data 1.2, 1.3), None where none was readable.
    """

    rule: str
    severity: str
    path: str
    unit: str | None
    times: int


class Verdict(StrEnum):
    """What the door said of a submission."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    PENDING = "pending"  # kept, and judged later in lane intake
    CONFLICT = "conflict"  # its key was taken by other bytes; only the ledger writes this one


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """A canonical message to keep. `keys` are in order of precedence; `content_hash` is of the canonical body alone.

    `documents` are the contents of the documents attached to it, which are kept under their hashes.
    """

    id: str
    ordinal: int
    type: str
    canonical: bytes
    content_hash: str
    keys: tuple[OrderKey, ...] = ()
    reference: str | None = None
    occurred_at: datetime | None = None
    mode: str = "LIVE"
    previous_version_of: str | None = None
    mapping: str | None = None
    version: str | None = None  # of its dialect, where it is not that of its submission
    documents: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """One submission with its verdict, to be kept whole before anybody gets a receipt.

    `key` is the submission key within the party; `receipt` the exact bytes to answer with, now and to every repeat.
    `faults` is JSON text for the sender; `rules` are the ids of the rules that it names, which the audit row may show;
    `broken` counts them for the quality report. `hop` is what its sender calls it, where it came by a hop.
    """

    submission_id: str
    party: str
    key: str
    sha256: str
    media: str
    door: str
    received_at: datetime
    raw: bytes
    verdict: Verdict
    receipt: bytes
    correlation_id: str
    dialect: str | None = None
    version: str | None = None
    faults: str = "[]"
    rules: tuple[str, ...] = ()
    broken: tuple[BrokenRule, ...] = ()
    messages: tuple[NewMessage, ...] = ()
    hop: Hop | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HopIn:
    """What a submission is called by its sender. `repeats` is the submission that had its reference before it."""

    submission_id: str
    party: str
    hop: Hop
    repeats: str | None = None


@dataclass(frozen=True, slots=True)
class Fresh:
    """Kept for the first time, whatever its verdict: here is its receipt."""

    receipt: bytes


@dataclass(frozen=True, slots=True)
class Repeated:
    """The same key and bytes were kept before: the first receipt, byte for byte. Nothing new is stored."""

    receipt: bytes
    submission_id: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """The key was taken before by other bytes. The attempt is kept and audited."""

    first_sha256: str


Admitted = Fresh | Repeated | Conflict


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What lane intake found in a pending submission, or in its next chunk.

    `verdict` PENDING means that there is more: the cursor is kept and the submission rings again. It is written only
    where the cursor is still `began`, so that no chunk counts twice. `faults` are all there are so far.
    """

    verdict: Verdict
    messages: tuple[NewMessage, ...] = ()
    faults: str = "[]"
    rules: tuple[str, ...] = ()
    broken: tuple[BrokenRule, ...] = ()
    began: str | None = None
    cursor: str | None = None
    dialect: str | None = None
    version: str | None = None
    events: tuple[NewEvent, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """A message as the ledger knows it. `seq` is its ticket: the order in which messages were accepted."""

    seq: int
    id: str
    submission_id: str
    ordinal: int
    type: str
    party: str
    dialect: str | None
    version: str | None
    reference: str | None
    status: MessageStatus
    reason: str | None
    case_id: str | None
    content_hash: str
    correlation_id: str
    mode: str
    previous_version_of: str | None
    occurred_at: datetime | None
    accepted_at: datetime
    status_at: datetime
    defects: int
    mapping: str | None = None
    keys: tuple[OrderKey, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A message with its canonical bytes, as `decide` sees it."""

    message: MessageRow
    canonical: bytes
