"""Exceptions on the hearing: its court, its day and time, the case's own reference (courts 2.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from connectors.courts.findings.exceptions import Stumble, exception, in_offence
from connectors.courts.findings.heard import Heard, whole
from connectors.courts.findings.owner import is_sound_asn
from connectors.courts.findings.standing import COURTS, UNITS

OU_CODE = re.compile(r"[A-JZ0-9]?[A-Z0-9]{6}", re.ASCII)
_PTIURN = re.compile(r"[A-Z0-9]{4}[0-9]{3,7}", re.ASCII)
_CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)
_PSA = range(100, 10_000)
_MOST_OFFENCES = 100
_HEARING = "/ResultedCaseMessage/Session/CourtHearing"
_COURT = f"{_HEARING}/Hearing/CourtHearingLocation"
_PSA_CODE = f"{_HEARING}/PSAcode"


def psa_number(case: Heard) -> int | None:
    """The PSA code of the hearing as a number, None where it is none."""
    held = case.hearing.psa_code
    return None if held is None else whole(held.text)


def court_known(case: Heard) -> bool:
    """Whether the hearing's OU code is that of a court; one under seven characters never is (courts 2.2)."""
    return len(case.court) >= 7 and case.standing.knows_organisation(case.court)


def fits_ou(code: str) -> bool:
    """Whether an OU code has its form, in capitals."""
    return OU_CODE.fullmatch(code.upper()) is not None


@exception("HO100103")
def times(case: Heard) -> Iterator[Stumble]:
    """No hh:mm anywhere in the time of the hearing, of a next one, or of the start or end of an offence (2.3).

    The start of an offence is taken over only where the code of its date is known (2.1).
    """
    words = "there is no time of day as hh:mm in this"
    at = case.hearing.slot.at
    if at is not None and not _CLOCK.search(at.text):
        yield Stumble(f"{_HEARING}/Hearing/TimeOfHearing", words)
    for offence, result in case.results:
        slot = None if result.source.next_hearing is None else result.source.next_hearing.slot
        if slot is not None and slot.at is not None and not _CLOCK.search(slot.at.text):
            yield Stumble(f"{result.path}/NextHearing/NextHearingDetails/TimeOfHearing", words, offence.number)
    for offence in case.offences:
        timing = "BaseOffenceDetails/OffenceTiming"
        started = offence.source.started_at
        ended = None if offence.source.ended is None else offence.source.ended.at
        code = offence.source.date_code
        told = code is not None and code.text.strip() in case.groups("accepted-values").get("offence_date", frozenset())
        if told and started is not None and started.text and not _CLOCK.search(started.text):
            yield in_offence(offence, f"{timing}/OffenceStart/OffenceStartTime", words)
        if ended is not None and ended.text and not _CLOCK.search(ended.text):
            yield in_offence(offence, f"{timing}/OffenceEnd/OffenceEndTime", words)


@exception("HO100200")
def ou_codes(case: Heard) -> Iterator[Stumble]:
    """A hearing court without the form of an OU code, told again on every result; a next court; an ASN's own (2.3)."""
    words = "this does not have the form of an OU code"
    if not fits_ou(case.court):
        yield Stumble(_COURT, words)
        for offence, result in case.results:
            again = "the court of the hearing, which this result takes over, does not have the form of an OU code"
            yield Stumble(result.path, again, offence.number, "source court")
    for offence, result in case.results:
        if result.next_court is not None and not fits_ou(result.next_court):
            yield Stumble(next_court(result.path), words, offence.number)
    if len(case.asn) < 8 or not fits_ou(case.asn[2:8]):
        for offence in case.offences:
            yield in_offence(offence, "", "the ASN, which this offence takes over, names no organisation", "reference")


def next_court(result_path: str) -> str:
    """Where the next court of a result stands."""
    return f"{result_path}/NextHearing/NextHearingDetails/CourtHearingLocation"


@exception("HO100201")
def ptiurn(case: Heard) -> Iterator[Stumble]:
    """A PTIURN that is not four letters or digits and three to seven digits (courts 2.3)."""
    if not _PTIURN.fullmatch(case.ptiurn):
        yield Stumble(f"{case.place}/PTIURN", "this is not four letters or digits and then three to seven digits")


@exception("HO100249")
def psa_code(case: Heard) -> Iterator[Stumble]:
    """A PSA code below 100 or above 9999 (courts 2.3)."""
    number = psa_number(case)
    if number is not None and number not in _PSA:
        yield Stumble(_PSA_CODE, "a PSA code is a number from 100 to 9999")


@exception("HO100300", COURTS, UNITS)
def organisations(case: Heard) -> Iterator[Stumble]:
    """A hearing court, its PSA code, or a next court that nobody has; the ASN's is among the identifiers (2.3)."""
    words = "no organisation has this code"
    known = court_known(case)
    if not known and fits_ou(case.court):
        yield Stumble(_COURT, words)
    number = psa_number(case)
    if not known and number and not case.standing.knows_psa(number):
        yield Stumble(_PSA_CODE, "the court of the hearing is not known, and no court has this number")
    for offence, result in case.results:
        court = result.next_court
        if court is not None and fits_ou(court) and not case.standing.knows_organisation(court):
            yield Stumble(next_court(result.path), words, offence.number)
    yield from _asn_unit(case)


def _asn_unit(case: Heard) -> Iterator[Stumble]:
    if is_sound_asn(case.asn) and not case.standing.knows_unit(case.asn[2:6]):
        yield Stumble(f"{case.place}/Defendant/ProsecutorReference", "no organisation has the force and unit of this")


@exception("HO100331")
def too_many_offences(case: Heard) -> Iterator[Stumble]:
    """More than a hundred offences (courts 2.3): the case is not looked for in the police record."""
    if len(case.offences) > _MOST_OFFENCES:
        yield Stumble(f"{case.place}/PTIURN", "there are more than 100 offences", element="court reference")
