"""What courts and probation say to each other."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hub.message.people import Crn, Individual, NomsNumber, OuCode, Ptiurn
from hub.message.values import Coded, Dated, Moment


class ReportStatus(StrEnum):
    """Where a pre-sentence report stands."""

    REQUESTED = "REQUESTED"
    STARTED = "STARTED"
    DELIVERED = "DELIVERED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True, kw_only=True)
class PreSentenceReport:
    """A pre-sentence report asked for, delivered or cancelled. The document travels by reference, never embedded."""

    ptiurn: Ptiurn | None = None
    report_id: str
    status: ReportStatus
    report_type: Coded | None = None
    delivered_type: Coded | None = None
    crn: Crn | None = None
    noms_number: NomsNumber | None = None
    event_number: str | None = None
    hearing_id: str | None = None
    court: OuCode | None = None
    requested_by: str | None = None
    due_on: Dated | None = None
    completed_at: Moment | None = None
    author: str | None = None
    proposal: str | None = None
    document_ref: str | None = None
    person: Individual | None = None
