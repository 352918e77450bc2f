"""Exceptions on values that cannot be read, or that are in no list of the receiving side (courts 2.3)."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.courts.findings.exceptions import Stumble, exception, in_offence
from connectors.courts.findings.exceptions.court import court_known, psa_number
from connectors.courts.findings.exceptions.defendant import at
from connectors.courts.findings.heard import Heard, HeardOffence, HeardResult, whole
from connectors.courts.findings.standing import COURTS, UNITS
from hub.message.case import Period
from hub.message.values import Coded, Dated, Numbered

_HEARING = "/ResultedCaseMessage/Session/CourtHearing"
_DETAILS = "BaseOffenceDetails"
_SESSIONS = "."
_PERIODS = (("primary", "Duration"), ("secondary", "SecondaryDuration"))

Unread = tuple[str, Dated | Numbered | None]
"""A path, and the value that should be readable there."""


@exception("HO100100")
def unreadable(case: Heard) -> Iterator[Stumble]:
    """A date code that is none, a category of none of the lists, a number or a date that cannot be read (2.3)."""
    yield from _in_hearing(case)
    dates = case.groups("accepted-values").get("offence_date", frozenset())
    categories = case.groups("accepted-values").get("offence_category", frozenset())
    for offence in case.offences:
        code = offence.source.date_code
        if code is not None and code.text.strip() not in dates:
            inside = f"{_DETAILS}/OffenceTiming/OffenceDateCode"
            yield in_offence(offence, inside, "the code of the date is from 1 to 6")
        if offence.found is not None and offence.found.category not in categories:
            words = "the table of offences gives a category that is not in the list"
            yield in_offence(offence, f"{_DETAILS}/OffenceCode", words, "category")
        for inside, held in _of_offence(offence):
            if _bad(held):
                yield in_offence(offence, inside, "this cannot be read")
        for result in offence.results:
            yield from _in_result(result, offence.number)


def _in_hearing(case: Heard) -> Iterator[Stumble]:
    slot, psa = case.hearing.slot, case.hearing.psa_code
    if slot.on is not None and slot.on.value is None:
        yield Stumble(f"{_HEARING}/Hearing/DateOfHearing", "this is not a date of the calendar")
    if psa is not None and psa.text.strip() and whole(psa.text) is None:
        yield Stumble(f"{_HEARING}/PSAcode", "this is not a number")
    person = case.defendant.individual
    if person is not None and _bad(person.born_on):
        path = at(case, "PersonDefendant/BasePersonDetails/Birthdate")
        yield Stumble(path, "this is not a date of the calendar")


def _bad(held: Dated | Numbered | None) -> bool:
    return held is not None and held.value is None and bool(held.text.strip())


def _of_offence(offence: HeardOffence) -> Iterator[Unread]:
    one = offence.source
    yield f"{_DETAILS}/OffenceSequenceNumber", one.sequence
    yield f"{_DETAILS}/OffenceTiming/OffenceStart/OffenceDateStartDate", one.started_on
    yield f"{_DETAILS}/OffenceTiming/OffenceEnd/OffenceEndDate", None if one.ended is None else one.ended.on
    yield f"{_DETAILS}/ChargeDate", one.charged_on
    yield f"{_DETAILS}/ArrestDate", one.arrested_on
    amount = None if one.alcohol is None else one.alcohol.amount
    yield f"{_DETAILS}/AlcoholRelatedOffence/AlcoholLevelAmount", amount
    yield "ConvictionDate", one.convicted_on


def _in_result(result: HeardResult, number: int | None) -> Iterator[Stumble]:
    if result.code is None:
        yield Stumble(f"{result.path}/ResultCode", "a result code is a number", number)
    for inside, held in _of_result(result):
        if _bad(held):
            yield Stumble(f"{result.path}/{inside}", "this cannot be read", number)


def _of_result(result: HeardResult) -> Iterator[Unread]:
    slot = None if result.source.next_hearing is None else result.source.next_hearing.slot
    yield "NextHearing/NextHearingDetails/DateOfHearing", None if slot is None else slot.on
    outcome = result.source.outcome
    if outcome is None:
        return
    yield "Outcome/PenaltyPoints", outcome.penalty_points
    yield "Outcome/ResultAmountSterling", outcome.amount
    for name, inside, period in periods(result):
        yield f"Outcome/Duration/{inside}Value", period.length if name else None
    for edge in () if outcome.duration is None else outcome.duration.dates:
        yield f"Outcome/Duration/Duration{str(edge.edge).capitalize()}Date", edge.on


def periods(result: HeardResult) -> Iterator[tuple[str, str, Period]]:
    """The durations that are recorded, first and second: one without a unit is not (courts 2.1)."""
    duration = None if result.source.outcome is None else result.source.outcome.duration
    if duration is not None:
        for name, inside in _PERIODS:
            period = getattr(duration, name)
            if period is not None and period.unit is not None and period.unit.text.strip():
                yield name, inside, period


@exception("HO100108")
def in_no_list(case: Heard) -> Iterator[Stumble]:
    """A code of no list: bail status, finding, mode of trial, duration unit (2.3).

    Finding and mode of trial are taken over by every result, and so are told once on each.
    """
    accepted = case.groups("accepted-values")
    person, body = case.defendant.individual, case.defendant.organisation
    status = person.custody_status if person is not None else body.custody_status if body is not None else None
    if status is not None and status.text.strip() not in accepted.get("bail_status", frozenset()):
        yield Stumble(at(case, "BailStatus"), "this status is not in the list")
    for offence, result in case.results:
        for group, inside, held in (
            ("finding", "Finding", offence.source.finding),
            ("mode_of_trial", "ModeOfTrial", offence.source.mode_of_trial),
        ):
            if _unlisted(held, accepted.get(group, frozenset())):
                words = "this code is not in the list; each result of the offence takes it over"
                yield in_offence(offence, inside, words, result.path)
        onward = None if result.source.next_hearing is None else result.source.next_hearing.custody_status
        if _unlisted(onward, accepted.get("bail_status", frozenset())):
            path = f"{result.path}/NextHearing/BailStatusOffence"
            yield Stumble(path, "this status is not in the list", offence.number)
        for _, inside, period in periods(result):
            if _unlisted(period.unit, accepted.get("duration_unit", frozenset()) | {_SESSIONS}):
                yield Stumble(f"{result.path}/Outcome/Duration/{inside}Unit", "there is no such unit", offence.number)
    yield from _court_type(case)


def _unlisted(held: Coded | None, codes: frozenset[str]) -> bool:
    return held is not None and bool(held.text.strip()) and held.text.strip() not in codes


def _court_type(case: Heard) -> Iterator[Stumble]:
    """The kind of court is told by its OU code or its PSA code; neither is known (courts 2.3)."""
    if case.standing.reference.has(COURTS, UNITS) and not court_known(case):
        number = psa_number(case)
        if number is None or not case.standing.knows_psa(number):
            path = f"{_HEARING}/Hearing/CourtHearingLocation"
            yield Stumble(
                path, "the kind of court cannot be told: neither its code nor its number is known", None, "type"
            )
