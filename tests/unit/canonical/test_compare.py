"""Two readings of a document, compared field by field."""

from dataclasses import replace
from datetime import date

from hub.canonical.compare import compare, field_of
from hub.message.case import CaseFileSubmission
from hub.message.envelope import Finding, Message, Unmapped
from hub.message.values import Coded, Dated
from tests.examples import case_file, message


def reading(number: int = 1) -> Message:
    return message(case_file(), number)


def with_body(made: Message, **changes: object) -> Message:
    assert isinstance(made.body, CaseFileSubmission)
    return replace(made, body=replace(made.body, **changes))


def test_two_readings_that_say_the_same_differ_in_nothing_whatever_ids_they_were_given() -> None:
    assert compare([reading(1)], [reading(2)]) == ()


def test_a_field_that_differs_is_named_with_its_position_and_both_values() -> None:
    before = reading()
    assert isinstance(before.body, CaseFileSubmission)
    [defendant] = before.body.defendants
    assert defendant.individual is not None
    born = Dated("31/01/1990", date(1990, 1, 31))
    other = replace(defendant, individual=replace(defendant.individual, born_on=born))
    [found] = compare([before], [with_body(before, defendants=(other,))])
    assert found.path == "CaseFileSubmission/Defendant[1]/Individual/BornOn"
    assert (found.before, found.after) == ("1990-01-31 (1990-01-31)", "31/01/1990 (1990-01-31)")
    assert field_of(found.path) == "CaseFileSubmission/Defendant/Individual/BornOn"


def test_a_reading_of_the_same_text_that_changed_is_a_difference() -> None:
    before = reading()
    one, other = (with_body(before, initiation=Coded("C", value)) for value in ("CHARGE", None))
    assert [(d.path, d.after) for d in compare([one], [other])] == [("CaseFileSubmission/Initiation", "C (unreadable)")]


def test_a_record_that_only_one_reading_has_is_one_difference_and_not_one_a_field() -> None:
    before = reading()
    assert isinstance(before.body, CaseFileSubmission)
    [defendant] = before.body.defendants
    more = with_body(before, defendants=(defendant, defendant))
    assert [(d.path, d.before, d.after) for d in compare([before], [more])] == [
        ("CaseFileSubmission/Defendant[2]", None, "(present)")
    ]


def test_findings_and_what_is_not_mapped_are_compared_by_their_places_and_never_by_their_texts() -> None:
    before = replace(reading(), unmapped=(Unmapped(path="/A/B", text="x"),))
    finding = Finding(code="ASN", path="/A/C", words="wrong check letter")
    after = replace(reading(), findings=(finding,), unmapped=(Unmapped(path="/A/B", text="y"),))
    assert [(d.path, d.before, d.after) for d in compare([before], [after])] == [("Findings", None, "ASN /A/C")]


def test_a_message_that_only_one_reading_makes_is_a_difference() -> None:
    assert [d.after for d in compare([reading()], [reading(), reading()])] == ["CaseFileSubmission"]
    assert [d.before for d in compare([reading()], [])] == ["CaseFileSubmission"]
