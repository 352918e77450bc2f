"""Cases as police submit them: the file, its defendants, their offences.

Rule: an offence is known by its `position` in the source (1, 2, ...), never by the sequence number printed on it,
which may repeat, be absent or be 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from hub.message.identifiers import Identifier
from hub.message.people import Asn, Individual, Officer, Organisation, OuCode, Ptiurn, Victim
from hub.message.values import Coded, Dated, Numbered, Timed

OffenceCode = Annotated[Identifier, "OffenceCode"]
Sha256 = Annotated[str, "Sha256"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HearingSlot:
    """A court, a day and a clock time (local, Europe/London)."""

    court: OuCode | None = None
    on: Dated | None = None
    at: Timed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OffenceEnd:
    """When an offence that lasted ended."""

    on: Dated | None = None
    at: Timed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alcohol:
    """The level of a drink or drug measured, and how it was measured."""

    amount: Numbered | None = None
    method: Coded | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """The vehicle of a motoring offence."""

    code: Coded | None = None
    registration: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NextHearing:
    """Where a case goes next. `slot` is None where the court named no place or day."""

    slot: HearingSlot | None = None
    reason: str | None = None
    custody_status: Coded | None = None


class DurationEdge(StrEnum):
    """Which end of a duration a date names."""

    START = "START"
    END = "END"


@dataclass(frozen=True, slots=True, kw_only=True)
class DurationDate:
    """A date on which a duration starts or ends."""

    edge: DurationEdge
    on: Dated


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A length of time: a number and its unit."""

    length: Numbered | None = None
    unit: Coded | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """How long an order lasts: up to two lengths, and any dates, in the order given."""

    primary: Period | None = None
    secondary: Period | None = None
    dates: tuple[DurationDate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The measured part of a result."""

    penalty_points: Numbered | None = None
    amount: Numbered | None = None
    duration: Duration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One result of one offence. Order and repeats of qualifiers are as the court sent them."""

    code: Coded | None = None
    text: str | None = None
    qualifiers: tuple[Coded, ...] = ()
    next_hearing: NextHearing | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offence:
    """An offence as charged, and, in a result, what the court did with it."""

    position: int
    sequence: Numbered | None = None
    code: OffenceCode | None = None
    title: str | None = None
    title_welsh: str | None = None
    wording: str | None = None
    wording_welsh: str | None = None
    legislation: str | None = None
    maximum_penalty: str | None = None
    date_code: Coded | None = None
    started_on: Dated | None = None
    started_at: Timed | None = None
    ended: OffenceEnd | None = None
    charged_on: Dated | None = None
    arrested_on: Dated | None = None
    location: str | None = None
    alcohol: Alcohol | None = None
    vehicle: Vehicle | None = None
    facts: str | None = None
    facts_welsh: str | None = None
    victims: tuple[Victim, ...] = ()
    adjourned_on: Dated | None = None
    adjourned_for: str | None = None
    initiated_on: Dated | None = None
    plea: Coded | None = None
    pleaded_on: Dated | None = None
    mode_of_trial: Coded | None = None
    finally_disposed: Coded | None = None
    convicted_on: Dated | None = None
    convicting_court: Coded | None = None
    finding: Coded | None = None
    results: tuple[Result, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Defendant:
    """A person or organisation prosecuted, with offences. `asn` is the prosecutor's reference, as a rule the ASN."""

    asn: Asn | None = None
    individual: Individual | None = None
    organisation: Organisation | None = None
    offences: tuple[Offence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedDocument:
    """A document that came with a case file, as a rule an MG form (prisons-probation-cps 5.4).

    Its content stands apart, under its `sha256`; that, `size` (bytes) and `media_type` are the hub's own finding. One
    without a `marking` is handled as OFFICIAL-SENSITIVE.
    """

    reference: str | None = None
    title: str | None = None
    form: Coded | None = None
    marking: Coded | None = None
    media_type: str
    size: int
    sha256: Sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFileSubmission:
    """A case file from a police force. A summons carries `summons_code`; other initiations do not."""

    ptiurn: Ptiurn
    originating_organisation: OuCode | None = None
    initiation: Coded | None = None
    summons_code: Coded | None = None
    informant: str | None = None
    cps_organisation: OuCode | None = None
    markers: Coded | None = None
    first_hearing: HearingSlot | None = None
    vehicle_operator_licence: str | None = None
    officer: Officer | None = None
    defendants: tuple[Defendant, ...] = ()
    documents: tuple[AttachedDocument, ...] = ()
