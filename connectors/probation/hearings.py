"""A resulted hearing out to probation, as Common Platform pushes it: POST /hearing/{id}/result (courts 4.1).

Rule: field names exactly as the receiver knows them. An absent field and a null one are different facts to it, so what
is not known is left out; what it requires and the source does not have is derived from stable keys, and reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from connectors.probation.courts import court_centre, court_code, moment_json
from connectors.probation.defendants import defendant_json
from connectors.probation.offences import Writing
from hub.contract import Judgement, Outbound, Part, PeerAnswer, Recipient, Stamp
from hub.contract.answers import judge_http
from hub.contract.reports import Reports, as_json, given, is_uuid, is_youth, local_moment
from hub.contract.tables import Tables
from hub.document import JsonValue
from hub.message.case import HearingSlot
from hub.message.envelope import Message
from hub.message.errors import Defect
from hub.message.hearing import HearingResulted

CROWN = "C"
"""The first character of an OU code that says Crown Court (courts 5.8)."""


@dataclass(frozen=True, slots=True)
class CpHearing:
    """Writes a HearingResulted as {hearing, sharedTime}; the receiver answers 200 with an empty body."""

    dialect: str = "cp-hearing"
    sends: frozenset[str] = frozenset({"HearingResulted"})
    announces: bool = False

    def split(self, message: Message) -> Sequence[Part]:
        """One hearing with its adults; nothing where every defendant is under 18 on the day of the hearing."""
        body = _body(message)
        day = None if body.slot.on is None else body.slot.on.value
        on = day or message.envelope.accepted_at.date()
        adults = tuple(each for each in body.defendants if not is_youth(each.individual, on))
        if body.defendants and not adults:
            return ()
        return (Part(message=replace(message, body=replace(body, defendants=adults))),)

    def encode(self, part: Part, recipient: Recipient, stamp: Stamp, tables: Tables) -> Outbound:
        """The hearing; its id, made or given, is part of the address."""
        body, reports = _body(part.message), Reports()
        hearing_id = _hearing_id(body, reports)
        content = given(
            hearing=_hearing(body, hearing_id, reports, tables),
            sharedTime=_shared_time(part.message, body, reports),
        )
        return replace(as_json(content, stamp, reports), path=f"/hearing/{hearing_id}/result")

    def judge(self, answer: PeerAnswer) -> Judgement:
        """By the status."""
        return judge_http(answer)


def _body(message: Message) -> HearingResulted:
    if not isinstance(message.body, HearingResulted):
        raise Defect(f"cp-hearing cannot carry a {type(message.body).__name__}")
    return message.body


def _urn(body: HearingResulted) -> str:
    return body.ptiurn.value or body.ptiurn.text


def _hearing_id(body: HearingResulted, reports: Reports) -> str:
    if body.hearing_id is not None and is_uuid(body.hearing_id):
        return body.hearing_id
    keys = (_urn(body), court_code(body.slot), body.hearing_id, *_when(body.slot))
    return reports.derived_id("hearing/id", "hearing", *keys)


def _when(slot: HearingSlot) -> tuple[str, str]:
    return "" if slot.on is None else slot.on.text, "" if slot.at is None else slot.at.text


def _shared_time(message: Message, body: HearingResulted, reports: Reports) -> str:
    if body.shared_at is not None and body.shared_at.value is not None:
        return moment_json(body.shared_at.value)
    reports.defaulted("sharedTime", "the source does not say when it was shared: when the hub took it")
    return moment_json(message.envelope.accepted_at)


def _hearing(body: HearingResulted, hearing_id: str, reports: Reports, tables: Tables) -> JsonValue:
    start = local_moment(body.slot)
    if start is None:
        reports.defaulted("hearing/hearingDays", "the day of the hearing could not be read: none")
    elif body.slot.at is None or body.slot.at.value is None:
        reports.defaulted("hearing/hearingDays/0/sittingDay", "the time is not known: ten o'clock")
    reports.defaulted("hearing/type", "a result does not say what type of hearing it was")
    return given(
        id=hearing_id,
        courtCentre=court_centre(body.slot, "hearing/courtCentre", reports)
        | given(psaCode=None if body.psa_code is None else body.psa_code.text),
        type={"id": reports.derived_id("hearing/type/id", "hearing-type", "not stated"), "description": "Not stated"},
        jurisdictionType=_jurisdiction(body.slot, reports),
        hearingDays=[] if start is None else [{"sittingDay": moment_json(start)}],
        prosecutionCases=[_case(body, start, reports, tables)],
    )


def _jurisdiction(slot: HearingSlot, reports: Reports) -> str:
    """Which kind of court, from the first character of its OU code (courts 5.8)."""
    first = court_code(slot)[:1]
    if first not in (CROWN, "B"):
        reports.defaulted("hearing/jurisdictionType", "the court's code does not say: a magistrates' court")
    return "CROWN" if first == CROWN else "MAGISTRATES"


def _case(body: HearingResulted, start: datetime | None, reports: Reports, tables: Tables) -> JsonValue:
    path = "hearing/prosecutionCases/0"
    case_id = reports.derived_id(f"{path}/id", "case", _urn(body))
    defendants: list[JsonValue] = []
    for position, defendant in enumerate(body.defendants):
        writing = Writing(
            path=f"{path}/defendants/{position}",
            case_id=case_id,
            day=None if start is None else start.date(),
            amended=body.amended,
            reports=reports,
            tables=tables,
        )
        defendants.append(defendant_json(defendant, position, writing))
    return {
        "id": case_id,
        "prosecutionCaseIdentifier": {"caseURN": _urn(body)},
        "defendants": defendants,
    }
