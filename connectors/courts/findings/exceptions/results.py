"""Exceptions on results: codes, qualifiers, amounts, durations, and what kind of decision they make (courts 2.3)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from connectors.courts.findings.classes import (
    NOT_CONVICTED,
    ResultClass,
    adjourns_by_code,
    class_of,
    is_final_by_code,
)
from connectors.courts.findings.exceptions import Stumble, exception
from connectors.courts.findings.exceptions.court import next_court
from connectors.courts.findings.exceptions.values import periods
from connectors.courts.findings.heard import Heard, HeardOffence, HeardResult
from connectors.courts.findings.standing import COURTS, OFFENCES, QUALIFIERS, RESULTS

_CODES, _MOST_LENGTH, _MOST_NUMBER = range(1000, 10_000), 999, 9999
_TEXT = 2500
_LEAST, _MOST, _DIGITS = Decimal("0.01"), Decimal("999999999999.99"), 14
_REPLACED = "NA"


@exception("HO100240")
def code(case: Heard) -> Iterator[Stumble]:
    """A result code is from 1000 to 9999 (courts 2.3)."""
    for offence, result in case.results:
        if result.code is not None and result.code not in _CODES:
            yield Stumble(f"{result.path}/ResultCode", "a result code is from 1000 to 9999", offence.number)


@exception("HO100307", RESULTS)
def unknown_code(case: Heard) -> Iterator[Stumble]:
    """A result code that is not in its table (courts 2.3)."""
    for offence, result in case.results:
        if result.code in _CODES and result.code is not None and case.standing.result_type(result.code) is None:
            yield Stumble(f"{result.path}/ResultCode", "no result has this code", offence.number)


@exception("HO100247")
def qualifier(case: Heard) -> Iterator[Stumble]:
    """A qualifier has one or two characters; an empty one fails (courts 2.3)."""
    for offence, path, held in _qualifiers(case):
        if not 1 <= len(held) <= 2:
            yield Stumble(path, "a qualifier has one or two characters", offence.number)


@exception("HO100309", QUALIFIERS)
def unknown_qualifier(case: Heard) -> Iterator[Stumble]:
    """A qualifier that is not in its table (courts 2.3)."""
    for offence, path, held in _qualifiers(case):
        if 1 <= len(held) <= 2 and not case.standing.knows_qualifier(held):
            yield Stumble(path, "there is no such qualifier", offence.number)


def _qualifiers(case: Heard) -> Iterator[tuple[HeardOffence, str, str]]:
    for offence, result in case.results:
        several = len(result.qualifiers) > 1
        for number, held in enumerate(result.qualifiers, 1):
            yield offence, f"{result.path}/ResultCodeQualifier{f'[{number}]' if several else ''}", held


@exception("HO100242")
def duration(case: Heard) -> Iterator[Stumble]:
    """A duration is from 1 to 999, the first and the second (courts 2.3)."""
    for offence, result in case.results:
        for _, inside, period in periods(result):
            length = None if period.length is None else period.length.value
            if length is not None and not 1 <= length <= _MOST_LENGTH:
                path = f"{result.path}/Outcome/Duration/{inside}Value"
                yield Stumble(path, "a duration is from 1 to 999", offence.number)


@exception("HO100243")
def amount(case: Heard) -> Iterator[Stumble]:
    """An amount is from 0.01 to 999999999999.99, with at most two places and fourteen digits (courts 2.3)."""
    for offence, result in case.results:
        held = None if result.source.outcome is None else result.source.outcome.amount
        if held is not None and held.value is not None and not _is_amount(held.value):
            yield Stumble(f"{result.path}/Outcome/ResultAmountSterling", "this is no amount to pay", offence.number)


def _is_amount(value: Decimal) -> bool:
    shortest = value.normalize().as_tuple()
    places = max(0, -shortest.exponent) if isinstance(shortest.exponent, int) else 0
    whole_digits = max(0, value.adjusted() + 1)
    return _LEAST <= value <= _MOST and places <= 2 and whole_digits + places <= _DIGITS


@exception("HO100244")
def number(case: Heard) -> Iterator[Stumble]:
    """Points on a licence, and the hours a day of a curfew, are from 1 to 9999 (courts 2.1, 2.3)."""
    classes = case.groups("result-classes")
    for offence, result in case.results:
        outcome = result.source.outcome
        if outcome is None:
            continue
        if str(result.code) in classes.get("points", frozenset()) and outcome.penalty_points is not None:
            points = outcome.penalty_points.value
            if points is not None and not 1 <= points <= _MOST_NUMBER:
                yield Stumble(f"{result.path}/Outcome/PenaltyPoints", "points are from 1 to 9999", offence.number)
        if str(result.code) in classes.get("curfew", frozenset()):
            for name, inside, period in periods(result):
                hours = None if period.length is None else period.length.value
                unit = "" if period.unit is None else period.unit.text.strip()
                if name == "secondary" and unit == "H" and hours is not None and not 1 <= hours <= _MOST_NUMBER:
                    path = f"{result.path}/Outcome/Duration/{inside}Value"
                    yield Stumble(path, "hours a day are from 1 to 9999", offence.number, "hours a day")


@exception("HO100245")
def text(case: Heard) -> Iterator[Stumble]:
    """A result text has at most 2500 characters; an empty one is allowed (courts 2.3)."""
    for offence, result in case.results:
        if len(result.text) > _TEXT:
            yield Stumble(f"{result.path}/ResultText", "a result text has at most 2500 characters", offence.number)


@exception("HO100246", OFFENCES)
def disposal(case: Heard) -> Iterator[Stumble]:
    """The disposal for the police record is from 1000 to 9999: the code itself, since all that are mapped are (2.3).

    Worked out in a recordable case only; an offence replaced by another has a disposal of its own.
    """
    for offence, result in case.results if case.recordable else ():
        if result.code is not None and result.code not in _CODES and offence.verdict != _REPLACED:
            words = "the disposal that comes of this code is not from 1000 to 9999"
            yield Stumble(f"{result.path}/ResultCode", words, offence.number, "disposal")


@exception("HO100305", OFFENCES, COURTS)
def unresulted(case: Heard) -> Iterator[Stumble]:
    """A result that decides nothing where it should (courts 2.3), in a recordable case.

    An offence that the court added may be so; which those are only the police record tells, so that this is told of
    them too.
    """
    stop = case.groups("result-classes").get("stop", frozenset())
    for offence, result in case.results if case.recordable else ():
        if class_of(offence, result, case) is not ResultClass.UNRESULTED:
            continue
        if is_final_by_code(result, case) or offence.verdict in NOT_CONVICTED or str(result.code) not in stop:
            words = "this result is neither final nor an adjournment nor a sentence"
            yield Stumble(result.path, words, offence.number, "class")


@exception("HO100322", OFFENCES, COURTS)
def no_next_court(case: Heard) -> Iterator[Stumble]:
    """An adjournment by its code with no next court, sent or in its text, in a recordable case (courts 2.3)."""
    for offence, result in _adjourned_nowhere(case):
        yield Stumble(next_court(result.path), "an adjournment needs the court that it goes to", offence.number)


@exception("HO100323", OFFENCES, COURTS)
def no_next_day(case: Heard) -> Iterator[Stumble]:
    """As HO100322, and the day of the next hearing is absent as well (courts 2.3)."""
    for offence, result in _adjourned_nowhere(case):
        if not result.next_day:
            path = f"{result.path}/NextHearing/NextHearingDetails/DateOfHearing"
            yield Stumble(path, "an adjournment needs the day that it goes to", offence.number)


def _adjourned_nowhere(case: Heard) -> Iterator[tuple[HeardOffence, HeardResult]]:
    for offence, result in case.results if case.recordable else ():
        if adjourns_by_code(result, case) and result.next_court is None:
            yield offence, result
