"""The offences of a police result event, and what the court did with each (courts 1.7 and 4.2).

Rule: a result that is published for notices alone stays in what is not mapped, whole; so does a next hearing that
names neither a court nor a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from connectors.courts.told import Told
from hub.contract.findings import decimal_of
from hub.message.case import (
    Alcohol,
    Duration,
    DurationDate,
    DurationEdge,
    HearingSlot,
    NextHearing,
    Offence,
    OffenceEnd,
    Outcome,
    Period,
    Result,
    Vehicle,
)
from hub.message.identifiers import read_offence_code, read_ou_code
from hub.message.values import Coded, Dated, Numbered

INDICATED_GUILTY = "INDICATED_GUILTY"
"""The one indication that counts as a plea (courts 1.7)."""

NOT_SO = frozenset({"no", "false"})
DAY = "%d/%m/%Y"
"""How the dates of prompts and durations are written (courts 1.7)."""

_PSA, _CODE = re.compile("[0-9]{4}", re.ASCII), re.compile("[0-9]{1,4}", re.ASCII)


def offence_of(told: Told, position: int) -> Offence:
    """One offence. The mode of trial is the reason of the allocation; the court that convicted goes with a date."""
    plea, pleaded_on = _plea(told)
    convicted_on = told.day("convictionDate")
    code = told.said("offenceCode")
    facts = told.inner("offenceFacts")
    ended = told.day("endDate")
    return Offence(
        position=position,
        sequence=told.number("offenceSequenceNumber"),
        code=None if code is None else told.findings.identifier(read_offence_code, code, told.at("offenceCode")),
        wording=told.text("wording"),
        date_code=told.code("offenceDateCode", "offence_date"),
        started_on=told.day("startDate"),
        ended=None if ended is None else OffenceEnd(on=ended),
        charged_on=told.day("chargeDate"),
        arrested_on=told.day("arrestDate"),
        alcohol=_alcohol(facts),
        vehicle=_vehicle(facts),
        plea=plea,
        pleaded_on=pleaded_on,
        mode_of_trial=told.inner("allocationDecision").code("motReasonCode", "mode_of_trial"),
        finally_disposed=told.code("finalDisposal", "yes_no"),
        convicted_on=convicted_on,
        convicting_court=None if convicted_on is None else _form(told, "convictingCourt", _PSA),
        finding=told.code("finding", "finding"),
        results=tuple(result for one in told.each("judicialResults") for result in _results(one)),
    )


def slot_of(held: Told, name: str, court: Told) -> HearingSlot:
    """A court, a day and a clock. The clock stays as written, its zone in the text (police-spi 3)."""
    place, at, note = court.said("courtHearingLocation"), held.fields.at(name), held.findings
    day, _, clock = (held.text(name, needed=True) or "").partition("T")
    return HearingSlot(
        court=None if place is None else note.identifier(read_ou_code, place, court.at("courtHearingLocation")),
        on=note.day(day, at) if day else None,
        at=note.clock(clock, at) if clock else None,
    )


def _plea(told: Told) -> tuple[Coded | None, Dated | None]:
    """The plea that was entered, else an indication of guilt."""
    entered, indicated = told.inner("plea"), told.inner("indicatedPlea")
    if entered.fields.value.get("pleaValue"):
        return entered.code("pleaValue", "common_platform_plea"), entered.day("pleaDate")
    if indicated.fields.value.get("indicatedPleaValue") == INDICATED_GUILTY:
        return indicated.code("indicatedPleaValue", "common_platform_plea"), indicated.day("indicatedPleaDate")
    return None, None


def _alcohol(facts: Told) -> Alcohol | None:
    found = Alcohol(
        amount=facts.number("alcoholReadingAmount"),
        method=facts.code("alcoholReadingMethodCode", "alcohol_method"),
    )
    return None if found == Alcohol() else found


def _vehicle(facts: Told) -> Vehicle | None:
    found = Vehicle(
        code=facts.code("vehicleCode", "common_platform_vehicle"),
        registration=facts.said("vehicleRegistration"),
    )
    return None if found == Vehicle() else found


def _results(told: Told) -> Iterator[Result]:
    """A result, and one with code and text alone for each numeric secondary code (courts 1.7)."""
    if told.says("publishedForNows"):
        return
    text = told.text("resultText")
    code = _form(told, "cjsCode", _CODE)
    yield Result(
        code=code, text=text, qualifiers=tuple(_qualifiers(told)), next_hearing=_next(told), outcome=_outcome(told)
    )
    for pointer, second, words in _secondary(told):
        if _CODE.fullmatch(second):
            told.used.update(pointer)
            yield Result(code=Coded(second, second), text=text if words is None else words)


def _secondary(told: Told) -> Iterator[tuple[tuple[str, ...], str, str | None]]:
    """The secondary codes with the pointers read: each a code alone, or a code with its text."""
    held, at = told.fields.value.get("secondaryCJSCodes"), told.fields.at("secondaryCJSCodes")
    for nth, one in enumerate(held if isinstance(held, list) else ()):
        if isinstance(one, dict):
            words = one.get("text")
            pointers = (f"{at}/{nth}/cjsCode", f"{at}/{nth}/text")
            yield pointers, str(one.get("cjsCode", "")).strip(), words if isinstance(words, str) else None
        else:
            yield (f"{at}/{nth}",), str(one).strip(), None


def _qualifiers(told: Told) -> Iterator[Coded]:
    """The list split at its commas, without those whose question was answered with no (courts 1.7)."""
    untrue = {
        one
        for prompt in told.each("judicialResultPrompts")
        if prompt.fields.value.get("type") == "BOOLEAN"
        and str(prompt.fields.value.get("value", "")).strip().lower() in NOT_SO
        for one in _split(prompt.fields.value.get("qualifier"))
    }
    yield from (Coded(one, one) for one in _split(told.said("qualifier")) if one not in untrue)


def _split(listed: object) -> list[str]:
    return [one.strip() for one in listed.split(",") if one.strip()] if isinstance(listed, str) else []


def _next(told: Told) -> NextHearing | None:
    """Where the case goes next, only where both a court and a time are named (courts 1.7)."""
    held = told.inner("nextHearing")
    court = held.inner("courtCentre")
    if not held.fields.value.get("listedStartDateTime") or not court.fields.value:
        return None
    slot = slot_of(held, "listedStartDateTime", court)
    status = told.code("postHearingCustodyStatus", "bail_status")
    return NextHearing(slot=slot, reason=held.said("adjournmentReason"), custody_status=status)


def _outcome(told: Told) -> Outcome | None:
    held = told.inner("durationElement")
    first, second = _period(held, "primary"), _period(held, "secondary")
    edges = (
        (DurationEdge.START, held.day("durationStartDate", DAY)),
        (DurationEdge.END, held.day("durationEndDate", DAY)),
    )
    dates = tuple(DurationDate(edge=edge, on=on) for edge, on in edges if on is not None)
    duration = Duration(primary=first, secondary=second, dates=dates)
    found = Outcome(
        penalty_points=told.number("totalPenaltyPoints"),
        amount=_amount(told),
        duration=None if duration == Duration() else duration,
    )
    return None if found == Outcome() else found


def _period(held: Told, which: str) -> Period | None:
    found = Period(length=held.number(f"{which}DurationValue"), unit=held.code(f"{which}DurationUnit", "duration_unit"))
    return None if found == Period() else found


def _amount(told: Told) -> Numbered | None:
    """What the first financial prompt says, its pound sign apart (courts 1.7)."""
    for prompt in told.each("judicialResultPrompts"):
        if prompt.says("isFinancialImposition"):
            text = prompt.said("value")
            if text is None:
                return None
            amount = decimal_of(text.strip().removeprefix("£").replace(",", ""))
            if amount is None:
                told.findings.note("UNREADABLE_NUMBER", prompt.at("value"), "this is not an amount in pounds")
            return Numbered(text, amount)
    return None


def _form(told: Told, name: str, form: re.Pattern[str]) -> Coded | None:
    """A code of a list that we do not carry: where it has its form it is its own reading."""
    held = told.said(name)
    return None if held is None else Coded(held, held.strip() if form.fullmatch(held.strip()) else None)
