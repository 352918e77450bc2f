"""Hearings out to the Report Desk: one JSON document a person, when a hearing is listed and when it has been held.

    {"interface": "urn:example:report-desk:1", "kind": "listed", "id": "...", "case": {"urn": "..."},
     "hearing": {"court": "...", "starts": "2026-03-20T10:00:00+00:00"}, "subject": {"crn": "...", ...},
     "offences": [{"code": "...", "title": "...", "plea": "...", "results": ["..."]}]}

Rule: a value that the desk needs and the message does not have is filled in and reported, never passed off as known.
What is not known and not needed is left out. The same part and stamp always give the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hub.contract import Delivered, Judgement, Outbound, Part, PeerAnswer, Recipient, Stamp
from hub.contract.answers import judge_http
from hub.contract.reports import Reports, as_json, given, local_moment
from hub.contract.tables import Tables
from hub.document import JsonValue
from hub.message.case import Defendant, HearingSlot, Offence
from hub.message.envelope import Message
from hub.message.errors import Defect
from hub.message.hearing import HearingListed, HearingResulted
from hub.message.identifiers import Identifier

from cjhub_example_connector.interface import DIALECT, INTERFACE


@dataclass(frozen=True, slots=True)
class DeskHearings:
    """Writes hearings for the desk."""

    dialect: str = DIALECT
    sends: frozenset[str] = frozenset({"HearingListed", "HearingResulted"})
    announces: bool = False

    def split(self, message: Message) -> Sequence[Part]:
        """One delivery a person, since the desk keeps a page a person. Companies get no reports, so none for them."""
        body = _body(message)
        people = [one for one in body.defendants if one.individual is not None]
        return tuple(
            Part(
                message=replace(message, body=replace(body, defendants=(one,))),
                label=f"person {position}" if len(people) > 1 else "",
            )
            for position, one in enumerate(people, 1)
        )

    def encode(self, part: Part, recipient: Recipient, stamp: Stamp, tables: Tables) -> Outbound:
        """The desk's document about one person's hearing."""
        body, reports = _body(part.message), Reports()
        [defendant] = body.defendants
        content = given(
            interface=INTERFACE,
            kind="listed" if isinstance(body, HearingListed) else "resulted",
            id=stamp.id,
            case=given(urn=_normal(body.ptiurn)),
            hearing=_hearing(body.slot, reports),
            subject=_subject(defendant),
            offences=[_offence(offence) for offence in defendant.offences],
        )
        return as_json(content, stamp, reports)

    def judge(self, answer: PeerAnswer) -> Judgement:
        """By the status, but for 409: the desk says so of a document that it has already, and that is delivered."""
        return Delivered(words="in the desk's diary already") if answer.status == 409 else judge_http(answer)


def _body(message: Message) -> HearingListed | HearingResulted:
    if not isinstance(message.body, HearingListed | HearingResulted):
        raise Defect(f"{DIALECT} cannot carry a {type(message.body).__name__}")
    return message.body


def _hearing(slot: HearingSlot, reports: Reports) -> JsonValue:
    """The court, and the start by its own clock: at ten where the time is not known."""
    starts = local_moment(slot)
    if starts is None:
        reports.adapted("/hearing/starts", "left out: the day of the hearing is not known")
    elif slot.at is None or slot.at.value is None:
        reports.defaulted("/hearing/starts", "the time of the hearing is not known: ten o'clock")
    return given(court=_normal(slot.court), starts=None if starts is None else starts.isoformat())


def _subject(defendant: Defendant) -> JsonValue:
    person = defendant.individual
    if person is None:
        raise Defect(f"{DIALECT} has been given a part without a person")
    born = None if person.born_on is None else person.born_on.value
    return given(
        crn=_normal(person.crn),
        prisonNumber=_normal(person.noms_number),
        givenName=person.name.given,
        familyName=person.name.family or person.name.display,
        bornOn=None if born is None else born.isoformat(),
    )


def _offence(offence: Offence) -> JsonValue:
    return given(
        code=_normal(offence.code),
        title=offence.title,
        plea=None if offence.plea is None else offence.plea.value,
        results=[result.text for result in offence.results if result.text] or None,
    )


def _normal(identifier: Identifier | None) -> str | None:
    """An identifier in its normal form; as its sender wrote it where it has none."""
    return None if identifier is None else identifier.value or identifier.text
