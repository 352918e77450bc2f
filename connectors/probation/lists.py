"""A listed case out to probation, as the gateway publishes it: one JSON a case (courts 3.3).

Rule: exactly its names and date forms. What the matcher compares (room, list number, session start, the defendant)
stays as the list said it, since a difference counts as an update; no case id is ever made up (courts 8.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hub.contract import Judgement, Outbound, Part, PeerAnswer, Recipient, Stamp
from hub.contract.answers import judge_http
from hub.contract.reports import Reports, as_json, code_for, given, is_youth, lines_of, local_moment
from hub.contract.tables import Tables
from hub.document import JsonValue
from hub.message.case import Defendant, Offence
from hub.message.envelope import Message
from hub.message.errors import Defect
from hub.message.hearing import HearingListed
from hub.message.people import Address, PersonName
from hub.message.values import Dated

HEADERS = {"messageType": "LIBRA_COURT_CASE", "eventType": "libra.case.received"}


@dataclass(frozen=True, slots=True)
class LibraCase:
    """Writes a HearingListed as the per-case JSON of the magistrates' court list."""

    dialect: str = "libra-case"
    sends: frozenset[str] = frozenset({"HearingListed"})
    announces: bool = False

    def split(self, message: Message) -> Sequence[Part]:
        """One case a defendant, as Libra has it; nothing for who is under 18 on the day of the hearing."""
        body = _body(message)
        on = (
            body.slot.on.value
            if body.slot.on is not None and body.slot.on.value
            else message.envelope.accepted_at.date()
        )
        return tuple(
            Part(
                message=replace(message, body=replace(body, defendants=(defendant,))),
                label=f"defendant {position}" if len(body.defendants) > 1 else "",
            )
            for position, defendant in enumerate(body.defendants, 1)
            if not is_youth(defendant.individual, on)
        )

    def encode(self, part: Part, recipient: Recipient, stamp: Stamp, tables: Tables) -> Outbound:
        """The JSON of one case, with the attributes by which the feed is told apart."""
        body, reports = _body(part.message), Reports()
        content = given(cId=body.court_case_id, caseNo=body.case_number)
        for defendant in body.defendants[:1]:
            content |= _defendant(defendant, tables, reports)
        court = None if body.slot.court is None else (body.slot.court.value or body.slot.court.text.strip().upper())[:5]
        content |= given(
            listNo=body.list_number,
            urn=None if body.ptiurn is None else body.ptiurn.text,
            courtRoom=body.room,
            courtCode=court,
            sessionStartTime=_session_start(body, reports),
        )
        return replace(as_json(content, stamp, reports), headers=HEADERS)

    def judge(self, answer: PeerAnswer) -> Judgement:
        """By the status."""
        return judge_http(answer)


def _body(message: Message) -> HearingListed:
    if not isinstance(message.body, HearingListed):
        raise Defect(f"libra-case cannot carry a {type(message.body).__name__}")
    return message.body


def _defendant(defendant: Defendant, tables: Tables, reports: Reports) -> dict[str, JsonValue]:
    if defendant.individual is not None:
        content = _person(defendant, tables, reports)
    else:
        content = _organisation(defendant, reports)
    return content | {"offences": [_offence(offence) for offence in defendant.offences]}


def _person(defendant: Defendant, tables: Tables, reports: Reports) -> dict[str, JsonValue]:
    person = defendant.individual
    if person is None:
        return {}
    parts = _name(person.name)
    return given(
        name=parts or None,
        defendantName=person.name.display if person.name.display is not None else _display(person.name, reports),
        defendantType="P",
        defendantSex=code_for(tables, "sex", person.gender),
        defendantDob=_day(person.born_on, reports),
        defendantAddress=_address(person.address, reports),
        cro=None if person.cro_number is None else person.cro_number.text,
        pnc=None if person.pnc_id is None else person.pnc_id.text,
        nationality1=None if person.nationality is None else person.nationality.text,
        nationality2=None if person.nationality_2 is None else person.nationality_2.text,
    )


def _organisation(defendant: Defendant, reports: Reports) -> dict[str, JsonValue]:
    body = defendant.organisation
    if body is None:
        return {}
    return given(
        defendantName=body.name,
        defendantType="O",
        defendantAddress=_address(body.address, reports),
        cro=None if body.cro_number is None else body.cro_number.text,
        pnc=None if body.pnc_id is None else body.pnc_id.text,
    )


def _name(name: PersonName) -> dict[str, JsonValue]:
    return given(
        title=name.title,
        forename1=name.given,
        forename2=name.given_2,
        forename3=name.given_3,
        surname=name.family,
    )


def _display(name: PersonName, reports: Reports) -> str:
    reports.adapted("defendantName", "put together from the parts of the name")
    parts = (name.title, name.given, name.given_2, name.given_3, name.family)
    return " ".join(part.strip() for part in parts if part and part.strip())


def _day(day: Dated | None, reports: Reports) -> str | None:
    """dd/MM/yyyy; left out where the day could not be read."""
    if day is None or day.value is None:
        if day is not None and day.text.strip():
            reports.adapted("defendantDob", "left out: it could not be read as a date")
        return None
    return day.value.strftime("%d/%m/%Y")


def _address(address: Address | None, reports: Reports) -> JsonValue:
    lines, put_together = lines_of(address)
    if lines is None:
        return None
    if put_together:
        reports.adapted("defendantAddress", "put together in lines from the parts of the address")
    return given(
        line1=lines.line_1,
        line2=lines.line_2,
        line3=lines.line_3,
        line4=lines.line_4,
        line5=lines.line_5,
        pcode=None if lines.postcode is None else lines.postcode.text,
    )


def _offence(offence: Offence) -> JsonValue:
    number = None if offence.sequence is None else offence.sequence.value
    return given(
        seq=offence.position if number is None else int(number),
        summary=offence.wording,
        title=offence.title,
        act=offence.legislation,
        code=None if offence.code is None else offence.code.text,
    )


def _session_start(body: HearingListed, reports: Reports) -> str | None:
    """The clock of the court, without a zone; ten where the list gives no time that can be read."""
    start = local_moment(body.slot)
    if start is None:
        reports.adapted("sessionStartTime", "left out: the day of the hearing is not known")
        return None
    if body.slot.at is None or body.slot.at.value is None:
        reports.defaulted("sessionStartTime", "the time of the session is not known: ten o'clock")
    return start.replace(tzinfo=None).isoformat(timespec="seconds")
