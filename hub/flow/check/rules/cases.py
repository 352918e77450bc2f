"""Business rules on a case as a whole and on its first hearing (police-spi 5.6, case rules and hearing)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from hub.contract.reference import Reference
from hub.flow.check.rules.asked import Asked, Breach, is_after, is_blank

COURTS, UNITS, PROSECUTORS, MARKERS = "courts", "police_units", "prosecutors", "case_markers"

_POLICE = re.compile(r"[01]?([0-9]{2})([A-Z0-9]{2})[A-Z0-9]{2}", re.ASCII)
_HEARING = "/Case/InitialHearing"


def initiation_known(asked: Asked) -> Iterator[Breach]:
    """The initiation code is missing or not in the list (police-spi 5.6)."""
    if asked.case.initiation is None or asked.case.initiation.value is None:
        yield "/Case/CaseInitiation", "The initiation code is missing or unknown. Use C, Q, S, J or O."


def summons_known(asked: Asked) -> Iterator[Breach]:
    """A summons case whose summons code is missing or unknown (police-spi 5.6)."""
    if asked.case.summons_code is None or asked.case.summons_code.value is None:
        yield "/Case/SummonsCode", "A summons needs a summons code: A, B, E, M or W."


def prosecutor_known(asked: Asked) -> Iterator[Breach]:
    """The originating organisation is missing, or no prosecutor has its code (police-spi 5.6).

    Police are known by their force. Other prosecutors are asked about only where the table of prosecutors is loaded.
    """
    path = "/Case/OriginatingOrganisation"
    held = asked.case.originating_organisation
    if held is None or held.value is None:
        yield path, "The code of the prosecuting organisation is missing or has not the form of one."
        return
    code, reference = held.value, asked.tables.reference
    if reference.has(PROSECUTORS) and reference.find(PROSECUTORS, code) is not None:
        return
    match = _POLICE.fullmatch(code)
    if reference.has(PROSECUTORS) if match is None else match[1] not in _forces(reference):
        yield path, "No prosecutor has this code. Give the code of the unit as the national list has it."


@lru_cache(maxsize=8)
def _forces(reference: Reference) -> frozenset[str]:
    return frozenset(row["force_code"] for row in reference.tables[UNITS].every())


def single_justice_prosecutor(asked: Asked) -> Iterator[Breach]:
    """A single justice case from a prosecutor that the table does not have as authorised for it (police-spi 5.6)."""
    held = asked.case.originating_organisation
    row = None if held is None or held.value is None else asked.table(PROSECUTORS).find(held.value)
    if row is not None and row["sjp"] != "Y":
        yield (
            "/Case/OriginatingOrganisation",
            "This prosecutor is not authorised for single justice cases. Begin the case otherwise.",
        )


def markers_known(asked: Asked) -> Iterator[Breach]:
    """A case marker that is not in the list, whatever its case (police-spi 5.6)."""
    held = asked.case.markers
    if held is None or is_blank(held.text):
        return
    marks = held.text.upper().split() if held.value is None else held.value.split()
    if any(marker not in asked.table(MARKERS) for marker in marks):
        yield "/Case/CaseMarker", "One of the case markers is not in the list. Use its two-letter codes."


def force_known(asked: Asked) -> Iterator[Breach]:
    """The force with whose code the case reference begins is none of the list (police-spi 5.6; 4 for the reference)."""
    force = asked.case.ptiurn.text.strip()[:2]
    if len(force) == 2 and force.isascii() and force.isdigit() and not asked.tables.row("forces", force):
        yield "/Case/PTIURN", "No police force has the code with which this reference begins."


def court_known(asked: Asked) -> Iterator[Breach]:
    """The court of the first hearing has not seven characters, or is none of the list (police-spi 5.6).

    A court is known by its first five characters: the last two are the room (police-spi 4).
    """
    hearing = asked.case.first_hearing
    code = "" if hearing is None or hearing.court is None else hearing.court.text.strip().upper()
    path = f"{_HEARING}/CourtHearingLocation"
    if len(code) != 7:
        yield path, "Give the court as its code of seven characters, room and all."
    elif asked.tables.reference.has(COURTS) and code[:5] not in _court_houses(asked.tables.reference):
        yield path, "No court has this code. Give the code as the list of courts has it."


@lru_cache(maxsize=8)
def _court_houses(reference: Reference) -> frozenset[str]:
    return frozenset(row["ou_code"][:5].upper() for row in reference.tables[COURTS].every())


def hearing_to_come(asked: Asked) -> Iterator[Breach]:
    """The first hearing is before today (police-spi 5.6)."""
    hearing = asked.case.first_hearing
    day = hearing.on.value if hearing and hearing.on else None
    if day is not None and day < asked.on:
        words = f"The hearing date is before {asked.on}. Give the date of a hearing to come."
        yield f"{_HEARING}/DateOfHearing", words


def hearing_after_offence(asked: Asked) -> Iterator[Breach]:
    """The first hearing is before an offence started (police-spi 5.6)."""
    hearing = asked.case.first_hearing
    day = hearing.on.value if hearing and hearing.on else None
    if day is None:
        return
    for path, _, offence in asked.offences():
        if is_after(offence.started_on, day):
            yield f"{path}/OffenceStart", "The offence starts after the hearing. One of the two dates is wrong."


def defendants_differ(asked: Asked) -> Iterator[Breach]:
    """Two defendants with the same prosecutor's reference: the second is dropped (police-spi 5.5; our code)."""
    seen: set[str] = set()
    for path, defendant in asked.defendants():
        reference = "" if defendant.asn is None else defendant.asn.text
        if reference and reference in seen:
            words = "This reference stands on another defendant of the message. The courts keep the first of the two."
            yield f"{path}/ProsecutorReference", words
        seen.add(reference)
