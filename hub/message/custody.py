"""Warrants to prison, and what prisons tell of the people they hold.

Rule: a warrant is the court's. The hub carries it and never composes one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hub.message.case import HearingSlot, Offence, OffenceCode, Period
from hub.message.people import Asn, Individual, NomsNumber, OuCode, PncId, Ptiurn
from hub.message.values import Coded, Dated, Moment, Numbered


@dataclass(frozen=True, slots=True, kw_only=True)
class WarrantDocument:
    """The court's own document, by reference: it is fetched, never embedded (prisons-probation-cps 2.7)."""

    document_id: str
    event_type: Coded
    generated_at: Moment
    material_id: str | None = None


class AppearanceMode(StrEnum):
    """How a prisoner is to appear."""

    IN_PERSON = "IN_PERSON"
    VIDEO = "VIDEO"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemandWarrant:
    """A court's warrant to hold somebody in custody until the next hearing (prisons-probation-cps 1.1 C1)."""

    ptiurns: tuple[Ptiurn, ...]
    asn: Asn | None = None
    hearing_id: str | None = None
    court: OuCode | None = None
    prison: Coded
    prison_email: str | None = None
    person: Individual
    offences: tuple[Offence, ...] = ()
    reason: str | None = None
    bail_direction: bool | None = None
    next_hearing: HearingSlot | None = None
    next_appearance: AppearanceMode | None = None
    custody_time_limit: Dated | None = None
    issued_at: Moment
    document: WarrantDocument


class ServeType(StrEnum):
    """How a sentence is served beside others (prisons-probation-cps 2.5)."""

    FORTHWITH = "FORTHWITH"
    CONCURRENT = "CONCURRENT"
    CONSECUTIVE = "CONSECUTIVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consecutive:
    """What a consecutive sentence follows: a count of this warrant, or only the date and court of another."""

    count: Numbered | None = None
    sentenced_on: Dated | None = None
    court: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One custodial sentence for one offence."""

    count: Numbered | None = None
    offence_code: OffenceCode | None = None
    sentence_type: Coded | None = None
    periods: tuple[Period, ...] = ()
    serve: ServeType
    consecutive_to: Consecutive | None = None
    convicted_on: Dated | None = None
    fine: Numbered | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentWarrant:
    """A court's warrant to keep somebody in prison under a sentence (prisons-probation-cps 1.1 C2)."""

    ptiurns: tuple[Ptiurn, ...]
    asn: Asn | None = None
    hearing_id: str | None = None
    court: OuCode | None = None
    prison: Coded
    prison_email: str | None = None
    person: Individual
    sentences: tuple[Sentence, ...]
    overall_term: tuple[Period, ...] = ()
    remand_days: Numbered | None = None
    curfew_days: Numbered | None = None
    convicted_on: Dated | None = None
    issued_at: Moment
    document: WarrantDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyReception:
    """A prison has received somebody (prisons-probation-cps 2.4)."""

    noms_number: NomsNumber
    pnc_id: PncId | None = None
    booking_id: str | None = None
    prison: Coded | None = None
    reason: Coded
    movement: Coded | None = None
    legal_status: Coded | None = None
    location: Coded | None = None
    prison_status: Coded | None = None
    details: str | None = None
    occurred_at: Moment


class ReleaseType(StrEnum):
    """Why somebody left prison (prisons-probation-cps 8.2, message 26)."""

    CONDITIONAL = "CONDITIONAL"
    AUTOMATIC = "AUTOMATIC"
    BAIL = "BAIL"
    DISCHARGED = "DISCHARGED"
    HDC = "HDC"
    HOSPITAL = "HOSPITAL"
    DEATH = "DEATH"
    ESCAPE = "ESCAPE"
    ERROR = "ERROR"
    DEPORTED = "DEPORTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrisonerReleased:
    """A prison has let somebody go. `release_type` is None where the movement code does not tell."""

    noms_number: NomsNumber
    pnc_id: PncId | None = None
    booking_id: str | None = None
    prison: Coded | None = None
    reason: Coded
    movement: Coded | None = None
    release_type: ReleaseType | None = None
    supervised: bool | None = None
    details: str | None = None
    occurred_at: Moment
