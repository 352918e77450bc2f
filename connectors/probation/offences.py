"""An offence and its results in the JSON of Common Platform (courts 4.1, and 1.7 read backwards).

Rule: codes of the results stay as the court sent them; what has no form there is left out and reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from connectors.probation.courts import court_centre, moment_json
from hub.contract.reports import Reports, code_for, given, local_moment
from hub.contract.tables import Tables
from hub.document import JsonValue
from hub.message.case import Duration, DurationEdge, NextHearing, Offence, Outcome, Period, Result
from hub.message.values import Coded, Dated

PLEAS = {
    "GUILTY": "GUILTY",
    "NOT_GUILTY": "NOT_GUILTY",
    "CONSENTS": "CONSENTS",
    "MCA_GUILTY": "GUILTY_SINGLE_JUSTICE_PROCEDURE",
    "ADMITS": "ADMITS_BREACH",
}
"""Our words for a plea as Common Platform says them (courts 5.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """Where writing is: the defendant's path, the ids that what is derived rests on, and what is reported."""

    path: str
    case_id: str
    day: date | None
    amended: bool | None
    reports: Reports
    tables: Tables


def offence_json(offence: Offence, index: int, defendant_id: str, writing: Writing) -> JsonValue:
    """One offence with its results."""
    path, reports = f"{writing.path}/offences/{index}", writing.reports
    offence_id = reports.derived_id(f"{path}/id", "offence", defendant_id, str(offence.position))
    code = "" if offence.code is None else offence.code.value or offence.code.text.strip()
    number = None if offence.sequence is None else offence.sequence.value
    ended = None if offence.ended is None else offence.ended.on
    results = [_result(result, n, offence_id, path, writing) for n, result in enumerate(offence.results)]
    return given(
        id=offence_id,
        offenceDefinitionId=reports.derived_id(f"{path}/offenceDefinitionId", "offence-definition", code),
        offenceCode=code or None,
        offenceTitle=offence.title,
        offenceTitleWelsh=offence.title_welsh,
        offenceLegislation=offence.legislation,
        wording=offence.wording,
        orderIndex=offence.position if number is None else int(number),
        startDate=_day(offence.started_on, f"{path}/startDate", reports),
        endDate=_day(ended, f"{path}/endDate", reports),
        convictionDate=_day(offence.convicted_on, f"{path}/convictionDate", reports),
        plea=_plea(offence, path, writing),
        verdict=_verdict(offence, path, writing),
        allocationDecision=_allocation(offence.mode_of_trial, writing),
        judicialResults=results or None,
    )


def _day(day: Dated | None, path: str, reports: Reports) -> str | None:
    if day is None or day.value is None:
        if day is not None and day.text.strip():
            reports.adapted(path, "left out: it could not be read as a date")
        return None
    return day.value.isoformat()


def _plea(offence: Offence, path: str, writing: Writing) -> JsonValue:
    """No plea taken has no form: a plea that was not made is not there."""
    plea = offence.plea
    if plea is None or not plea.text.strip() or plea.value == "NO_PLEA_TAKEN":
        return None
    said = PLEAS.get(plea.value or "")
    if said is None:
        writing.reports.adapted(f"{path}/plea", "left out: Common Platform has no word for it")
        return None
    return given(pleaValue=said, pleaDate=_day(offence.pleaded_on, f"{path}/plea/pleaDate", writing.reports))


def _verdict(offence: Offence, path: str, writing: Writing) -> JsonValue:
    """The finding, by its code and in words; dated where it convicted."""
    finding = offence.finding
    if finding is None or not finding.text.strip():
        return None
    code = code_for(writing.tables, "finding", finding) or finding.text.strip()
    dated = offence.convicted_on if finding.value in ("GUILTY", "GUILTY_OF_ALTERNATIVE") else None
    return given(
        verdictDate=_day(dated, f"{path}/verdict/verdictDate", writing.reports),
        verdictType=given(
            description=writing.tables.row("finding", code).get("name", code),
            cjsVerdictCode=code,
        ),
    )


def _allocation(mode: Coded | None, writing: Writing) -> JsonValue:
    """The mode of trial: its number without the leading nought (courts 1.7 and 5.3)."""
    if mode is None or not mode.text.strip():
        return None
    code = mode.text.strip()
    return given(
        motReasonCode=code.lstrip("0") or code,
        motReasonDescription=writing.tables.row("mode_of_trial", code).get("name"),
    )


def _result(result: Result, index: int, offence_id: str, offence_path: str, writing: Writing) -> JsonValue:
    path, reports = f"{offence_path}/judicialResults/{index}", writing.reports
    code = "" if result.code is None else result.code.text.strip()
    outcome = result.outcome or Outcome()
    points = None if outcome.penalty_points is None else outcome.penalty_points.value
    amount = None if outcome.amount is None else outcome.amount.value
    following = result.next_hearing
    return given(
        judicialResultId=reports.derived_id(f"{path}/judicialResultId", "result", offence_id, str(index), code),
        judicialResultTypeId=reports.derived_id(f"{path}/judicialResultTypeId", "result-type", code),
        label=_label(result, code, path, reports),
        resultText=result.text,
        cjsCode=code or None,
        qualifier=",".join(each.text.strip() for each in result.qualifiers) or None,
        orderedDate=None if writing.day is None else writing.day.isoformat(),
        isAdjournmentResult=True if following is not None else None,
        isFinancialResult=True if amount is not None else None,
        nextHearing=_next_hearing(following, path, reports),
        durationElement=_duration(outcome.duration, path, reports),
        totalPenaltyPoints=None if points is None else int(points),
        judicialResultPrompts=None if amount is None else [_amount(amount, path, reports)],
        postHearingCustodyStatus=_custody(following, writing),
        isNewAmendment=writing.amended,
    )


def _label(result: Result, code: str, path: str, reports: Reports) -> str | None:
    """Results come with a code and a text, and the label is the name of the code in a list that is not ours."""
    lines = (result.text or "").strip().splitlines()
    reports.defaulted(f"{path}/label", "the first line of the result's text, or else its code")
    return (lines[0].strip() if lines else "") or code or None


def _next_hearing(following: NextHearing | None, path: str, reports: Reports) -> JsonValue:
    if following is None:
        return None
    slot = following.slot
    start = None if slot is None else local_moment(slot)
    if slot is not None and start is not None and (slot.at is None or slot.at.value is None):
        reports.defaulted(f"{path}/nextHearing/listedStartDateTime", "the time is not known: ten o'clock")
    return given(
        listedStartDateTime=None if start is None else moment_json(start),
        courtCentre=None
        if slot is None or slot.court is None
        else court_centre(slot, f"{path}/nextHearing/courtCentre", reports),
        adjournmentReason=following.reason,
    )


def _custody(following: NextHearing | None, writing: Writing) -> str | None:
    return None if following is None else code_for(writing.tables, "bail_status", following.custody_status)


def _duration(duration: Duration | None, path: str, reports: Reports) -> JsonValue:
    if duration is None:
        return None
    edges = {each.edge: each.on for each in duration.dates}
    starts, ends = edges.get(DurationEdge.START), edges.get(DurationEdge.END)
    return given(
        primaryDurationValue=_length(duration.primary),
        primaryDurationUnit=_unit(duration.primary),
        secondaryDurationValue=_length(duration.secondary),
        secondaryDurationUnit=_unit(duration.secondary),
        durationStartDate=_day(starts, f"{path}/durationElement/durationStartDate", reports),
        durationEndDate=_day(ends, f"{path}/durationElement/durationEndDate", reports),
    )


def _length(period: Period | None) -> int | None:
    length = None if period is None or period.length is None else period.length.value
    return None if length is None else int(length)


def _unit(period: Period | None) -> str | None:
    return None if period is None or period.unit is None else period.unit.text


def _amount(amount: Decimal, path: str, reports: Reports) -> JsonValue:
    """An amount is a prompt of its result, in pounds (courts 1.7)."""
    where = f"{path}/judicialResultPrompts/0/judicialResultPromptTypeId"
    return {
        "judicialResultPromptTypeId": reports.derived_id(where, "result-prompt", "amount"),
        "label": "Amount",
        "type": "CURR",
        "value": f"£{amount:.2f}",
        "isFinancialImposition": True,
    }
