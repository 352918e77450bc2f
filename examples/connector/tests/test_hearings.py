"""What the golden files of the Writer do not show: what it reports, what it leaves out, and how it takes an answer."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hub.contract import Again, Delivered, Final, PeerAnswer, Recipient, ReportKind, Stamp
from hub.flow.judge import Judge
from hub.message.case import Defendant, HearingSlot
from hub.message.envelope import Envelope, Message, Sender, Source
from hub.message.hearing import HearingListed
from hub.message.people import Individual, Organisation, PersonName
from hub.message.values import Dated

from cjhub_example_connector.hearings import DeskHearings

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
DESK = Recipient(party="zed-report-desk", agency="probation")
STAMP = Stamp(id="s-1", correlation_id="c-1", at=AT)
PERSON = Defendant(individual=Individual(name=PersonName(given="Ada", family="Sampleton")))
COMPANY = Defendant(organisation=Organisation(name="Specimen Plant Hire Limited"))


def listed(*defendants: Defendant) -> Message:
    return Message(
        envelope=Envelope(
            message_id="m-1",
            correlation_id="c-1",
            sender=Sender(party="a-court"),
            source=Source(dialect="exchange", version="1"),
            accepted_at=AT,
        ),
        body=HearingListed(slot=HearingSlot(on=Dated("2026-06-02", date(2026, 6, 2))), defendants=defendants),
    )


def test_each_person_makes_a_delivery_and_a_company_none() -> None:
    labels = [part.label for part in DeskHearings().split(listed(PERSON, COMPANY, PERSON))]
    assert labels == ["person 1", "person 2"]
    assert not DeskHearings().split(listed(COMPANY))


def test_a_start_that_is_not_known_is_filled_in_and_reported(judge: Judge) -> None:
    [part] = DeskHearings().split(listed(PERSON))
    outbound = DeskHearings().encode(part, DESK, STAMP, judge.found.tables)
    assert [(report.kind, report.path) for report in outbound.reports] == [(ReportKind.DEFAULTED, "/hearing/starts")]


def test_a_hearing_without_a_day_has_no_start(judge: Judge) -> None:
    message = listed(PERSON)
    assert isinstance(message.body, HearingListed)
    [part] = DeskHearings().split(replace(message, body=replace(message.body, slot=HearingSlot())))
    outbound = DeskHearings().encode(part, DESK, STAMP, judge.found.tables)
    assert b"starts" not in outbound.body
    assert [report.kind for report in outbound.reports] == [ReportKind.ADAPTED]


def test_the_same_part_and_stamp_give_the_same_bytes(judge: Judge) -> None:
    [part] = DeskHearings().split(listed(PERSON))
    first, second = (DeskHearings().encode(part, DESK, STAMP, judge.found.tables) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("status", "meaning"), [(202, Delivered), (409, Delivered), (503, Again), (400, Final), (403, Final)]
)
def test_an_answer_means_what_the_desk_means_by_it(status: int, meaning: type) -> None:
    assert isinstance(DeskHearings().judge(PeerAnswer(status=status)), meaning)
