"""What the hub itself says: case updates and receipts. Neither carries personal data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from hub.message.errors import Severity
from hub.message.people import Ptiurn


class UpdateType(StrEnum):
    """What has changed in a case (prisons-probation-cps 5.9)."""

    CASE_SUBMITTED = "CASE_SUBMITTED"
    HEARING_LISTED = "HEARING_LISTED"
    HEARING_RESULTED = "HEARING_RESULTED"
    WARRANT_ISSUED = "WARRANT_ISSUED"
    CUSTODY_LOCATION_CHANGED = "CUSTODY_LOCATION_CHANGED"
    PRISONER_RELEASED = "PRISONER_RELEASED"
    DOCUMENT_ADDED = "DOCUMENT_ADDED"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseUpdateNotification:
    """Something changed in a case: what kind of thing, and the message to ask for. No personal data."""

    ptiurn: Ptiurn | None = None
    update_type: UpdateType
    object_id: str
    occurred_at: datetime | None = None
    summary: str
    detail_url: str | None = None


class ReceiptStatus(StrEnum):
    """What became of a message (prisons-probation-cps 8.1), and the later facts of design section 3."""

    ACCEPTED = "ACCEPTED"
    ACCEPTED_WITH_WARNINGS = "ACCEPTED_WITH_WARNINGS"
    PENDING = "PENDING"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    DELIVERED = "DELIVERED"
    UNCONFIRMED = "UNCONFIRMED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with a message: its rule and place, never the value."""

    code: str
    path: str
    severity: Severity
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessReceipt:
    """The answer to one message."""

    about: str
    status: ReceiptStatus
    problems: tuple[Problem, ...] = ()
    at: datetime
