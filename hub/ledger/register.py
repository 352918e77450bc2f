"""The register: what each case is now. Rows as plain values, and the change that a message makes to them.

Rule: a row given in a `RegisterChange` replaces the row with the same key whole; what is not given stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CaseStatus(StrEnum):
    """Whether a case goes on."""

    OPEN = "open"
    FINALISED = "finalised"


class HearingStage(StrEnum):
    """Whether a hearing is to come or has been."""

    LISTED = "listed"
    RESULTED = "resulted"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """A case. `version` counts the messages that changed it."""

    id: str
    ptiurn: str | None = None
    urn_root: str | None = None
    force: str | None = None
    cps_unit: str | None = None
    court: str | None = None
    status: CaseStatus = CaseStatus.OPEN
    version: int = 1
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DefendantRow:
    """A defendant, known within the case by `key`: the ASN, or where there is none its position."""

    key: str
    position: int
    asn: str | None = None
    title: str | None = None
    given: str | None = None
    given_2: str | None = None
    given_3: str | None = None
    family: str | None = None
    display: str | None = None
    organisation: str | None = None
    born_on: str | None = None
    gender: str | None = None
    pnc: str | None = None
    cro: str | None = None
    noms: str | None = None
    crn: str | None = None
    custody_status: str | None = None
    bail_conditions: str | None = None
    source_message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OffenceRow:
    """An offence of a defendant, known by its position in the source."""

    defendant: str
    position: int
    code: str | None = None
    title: str | None = None
    wording: str | None = None
    started_on: str | None = None
    plea: str | None = None
    finding: str | None = None
    result_codes: tuple[str, ...] = ()
    finally_disposed: str | None = None
    convicted_on: str | None = None
    source_message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HearingRow:
    """A hearing of a case, known by `key`: the court's hearing id, or where there is none its place and time."""

    key: str
    hearing_id: str | None = None
    court: str | None = None
    on: str | None = None
    at: str | None = None
    room: str | None = None
    kind: str | None = None
    stage: HearingStage
    shared_at: datetime | None = None
    source_message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyRow:
    """Where a person of the case is held, known by the NOMS number."""

    noms: str
    prison: str | None = None
    status: str | None = None
    since: datetime | None = None
    source_message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLink:
    """A key that is to lead to the case. One that leads to another case already stays there unless `moves`."""

    kind: str
    value: str
    moves: bool = False


@dataclass(frozen=True, slots=True)
class OffenceRef:
    """An offence that is no longer part of the case."""

    defendant: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterChange:
    """What a message changes in the register of one case."""

    case: CaseRow
    links: tuple[KeyLink, ...] = ()
    defendants: tuple[DefendantRow, ...] = ()
    offences: tuple[OffenceRow, ...] = ()
    removed_offences: tuple[OffenceRef, ...] = ()
    hearings: tuple[HearingRow, ...] = ()
    custody: tuple[CustodyRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A case as the register has it now, whole. Rows are in the order of their keys or positions."""

    case: CaseRow
    links: tuple[tuple[str, str], ...] = ()
    defendants: tuple[DefendantRow, ...] = ()
    offences: tuple[OffenceRow, ...] = ()
    hearings: tuple[HearingRow, ...] = ()
    custody: tuple[CustodyRow, ...] = ()
