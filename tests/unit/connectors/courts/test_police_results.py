"""Common Platform's event of a result for police: what is read of it, and the ResultedCaseMessage that it becomes."""

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest

from connectors.courts.policeresults import PoliceResult
from connectors.police.spi import ResultWriter
from hub.contract import Outbound, Part, Recipient, Reply, Trust
from hub.document import Element
from hub.document.lift import lift
from hub.document.xml import local_name, parse, text_of
from hub.message.case import Offence
from hub.message.envelope import Decoded
from hub.message.errors import Refused
from hub.message.hearing import HearingResulted
from hub.message.people import Individual
from tests.doubles.spi import BUNDLE, STAMP, TABLES, message

READER = PoliceResult()
COURT = Trust(party="common-platform", agency="court")
POLICE = Recipient(
    party="anyforce",
    agency="police",
    system="00501PoliceCaseSystem",
    options={"envelope": "none", "plea_when_absent": "3"},
)
PUBLISHED = {
    "": "",
    "-without-date-of-birth": "ForIndividualWithoutDateOfBirth",
    "-primary-email-contact": "WithEmailForIndividualPrimaryEmail",
    "-primary-both-email-contact": "WithEmailForIndividualPrimarySecondaryEmail",
    "-no-email-contact": "WithNoEmailForIndividual",
    "-with-indicated-plea": "WithIndicatedNotGuiltyPlea",
}
"""What is published: an event, and the ResultedCaseMessage that Common Platform makes of it."""


def event(name: str = "fined-and-remanded") -> dict[str, Any]:
    """A shipped sample, which may be changed."""
    held: dict[str, Any] = json.loads(BUNDLE.files(f"dialects/cp-result/samples/{name}.json")[0].read_bytes())
    return deepcopy(held)


def read(data: object) -> Decoded:
    document = lift(json.dumps(data).encode())
    assert READER.recognise(document)
    (held,) = READER.decode(READER.open(document, COURT), TABLES)
    return held


def result(data: object) -> HearingResulted:
    body = read(data).body
    assert isinstance(body, HearingResulted)
    return body


def offences(data: object) -> tuple[Offence, ...]:
    return result(data).defendants[0].offences


def person(data: object) -> Individual:
    found = result(data).defendants[0].individual
    assert found is not None
    return found


def refused(data: object) -> list[str]:
    with pytest.raises(Refused) as caught:
        read(data)
    return sorted(fault.path for fault in caught.value.faults)


def sent(data: object) -> Outbound:
    return ResultWriter().encode(Part(message=message(read(data), READER.dialect)), POLICE, STAMP, TABLES)


def told(root: Element) -> Iterator[tuple[str, str]]:
    """Every element in order with its text; how a text is broken into lines does not count."""
    for node in root.iter():
        yield local_name(str(node.tag)), " ".join(text_of(node).split()) if len(node) == 0 else ""


def texts(outbound: Outbound, element: str) -> list[str]:
    return [text for name, text in told(parse(outbound.body)) if name == element]


# --- against what is published


@pytest.mark.parametrize("name", PUBLISHED, ids=lambda name: name or "-plain")
def test_a_published_event_becomes_the_published_message(samples: Path, name: str) -> None:
    data = json.loads((samples / f"results/json-public.results.police-result-generated{name}.json").read_bytes())
    expected = parse((samples / f"results/cp-expectedResultedCaseMessage{PUBLISHED[name]}.xml").read_bytes())
    data["urn"] = dict(told(expected))["PTIURN"]  # which is made anew in every published run
    assert list(told(parse(sent(data).body))) == list(told(expected))


@pytest.mark.parametrize("name", ["-with-plea", "-with_empty_bailstatus", "-without-cjscode"])
def test_every_other_published_event_is_read_and_written(samples: Path, name: str) -> None:
    data = json.loads((samples / f"results/json-public.results.police-result-generated{name}.json").read_bytes())
    assert texts(sent(data), "ResultText")


# --- what is read


def test_a_hearing_is_on_the_first_day_listed_with_its_clock_as_written() -> None:
    held = read(event())
    body = held.body
    assert isinstance(body, HearingResulted)
    assert (body.slot.on and body.slot.on.value, body.slot.at and body.slot.at.value) == (date(2026, 7, 1), time(9, 30))
    assert held.occurred_at == datetime(2026, 7, 1, 9, 30, tzinfo=UTC)
    assert (held.reference, held.system) == ("6f0f3b3c-4f3e-4b75-9d0a-2c1f8a5a7e01", "C00CommonPlatform")


def test_without_metadata_an_event_is_known_by_what_every_such_event_has() -> None:
    held = event("company")
    assert result(held).defendants[0].organisation is not None
    del held["courtCentreWithLJA"]
    assert not READER.recognise(lift(json.dumps(held).encode()))


def test_metadata_of_another_event_are_believed() -> None:
    held = event()
    held["_metadata"]["name"] = "public.events.hearing.hearing-resulted"
    assert not READER.recognise(lift(json.dumps(held).encode()))


def test_results_for_notices_alone_are_none_for_police_and_are_kept_aside() -> None:
    assert [result.text for result in offences(event())[0].results] == [
        "Fined £100.50",
        "Surcharge £40",
        "Remanded on conditional bail",
    ]
    assert "For notices alone" in [one.text for one in read(event()).unmapped]


def test_a_secondary_code_that_is_numeric_adds_a_result_of_code_and_text_alone() -> None:
    second = offences(event())[0].results[1]
    assert second.code is not None
    assert (second.code.text, second.qualifiers, second.next_hearing, second.outcome) == ("3117", (), None, None)


def test_a_qualifier_whose_question_was_answered_with_no_does_not_hold() -> None:
    assert [one.text for one in offences(event())[0].results[0].qualifiers] == ["FA", "MJ"]


def test_an_amount_is_that_of_the_first_financial_prompt_without_its_pound_sign() -> None:
    assert texts(sent(event()), "ResultAmountSterling") == ["+100.50"]


def test_only_guilt_counts_of_what_was_indicated() -> None:
    held = event()
    assert offences(held)[1].plea is None
    held["defendant"]["offences"][1]["indicatedPlea"]["indicatedPleaValue"] = "INDICATED_GUILTY"
    plea = offences(held)[1].plea
    assert plea is not None
    assert plea.value == "GUILTY"
    assert texts(sent(held), "Plea") == ["1", "1"]


def test_a_court_that_convicted_goes_only_with_the_date() -> None:
    held = event()
    assert texts(sent(held), "ConvictingCourt") == ["2577"]
    del held["defendant"]["offences"][0]["convictionDate"]
    assert texts(sent(held), "ConvictingCourt") == []


def test_the_mode_of_trial_is_the_reason_of_the_allocation_and_not_the_words() -> None:
    assert texts(sent(event()), "ModeOfTrial") == ["03"]


def test_a_parent_or_guardian_is_found_among_those_associated() -> None:
    parent = person(event()).parent_guardian
    assert parent is not None
    assert parent.name.given == "Parenta"


def test_a_next_hearing_without_a_time_is_none_and_its_words_are_kept_aside() -> None:
    assert texts(sent(event()), "NextHearingReason") == ["Sentence"]
    assert "To be fixed" in [one.text for one in read(event()).unmapped]


def test_a_day_that_cannot_be_read_is_kept_and_told() -> None:
    held = event()
    held["defendant"]["individualDefendant"]["person"]["dateOfBirth"] = "2009-02-31"
    assert [one.path for one in read(held).findings if one.code == "UNREADABLE_DATE"] == [
        "/defendant/individualDefendant/person/dateOfBirth"
    ]


# --- what is refused


def test_everything_that_is_needed_and_missing_is_told_at_once() -> None:
    held = {"_metadata": {"name": "public.results.police-result-generated"}, "defendant": {"offences": []}}
    assert refused(held) == [
        "/courtCentreWithLJA",
        "/defendant/individualDefendant",
        "/defendant/prosecutorReference",
        "/id",
        "/sessionDays",
        "/urn",
    ]


def test_a_person_and_an_organisation_at_once_are_refused() -> None:
    held = event()
    held["defendant"]["corporateDefendant"] = {"organisationName": "Invented Limited"}
    assert refused(held) == ["/defendant/individualDefendant"]


def test_a_field_of_another_kind_is_refused_with_its_place() -> None:
    held = event()
    held["defendant"]["offences"][0]["wording"] = ["a", "list"]
    held["defendant"]["individualDefendant"]["person"] = "Testa"
    assert refused(held) == ["/defendant/individualDefendant/person", "/defendant/offences/0/wording"]


def test_a_sender_gets_a_receipt_as_json() -> None:
    told_back = READER.reply(None, Reply(accepted=True, receipt_id="r-1"), STAMP)
    assert json.loads(told_back.body)["receiptId"] == "r-1"


# --- what goes out


def test_every_cut_and_default_of_a_result_is_reported_with_its_place() -> None:
    held = event()
    held["defendant"]["offences"][0]["judicialResults"][0]["resultText"] = "x" * 2501
    held["defendant"]["offences"][0]["judicialResults"][0]["qualifier"] = "FA,FB,FX,FZ,MJ"
    held["defendant"]["offences"][0]["judicialResults"][1]["nextHearing"]["adjournmentReason"] = "y" * 81
    held["defendant"]["individualDefendant"]["person"]["lastName"] = "Z" * 36
    del held["defendant"]["individualDefendant"]["bailStatus"]
    at = "/ResultedCaseMessage/Session/Case/Defendant[1]"
    who, offence = f"{at}/CourtIndividualDefendant", f"{at}/Offence[1]"
    reports = [(str(one.kind), one.path) for one in sent(held).reports]
    for expected in (
        ("truncated", f"{who}/PersonDefendant/BasePersonDetails/PersonName/PersonFamilyName"),
        ("adapted", f"{who}/PersonDefendant/BailConditions"),
        ("defaulted", f"{who}/BailStatus"),
        ("truncated", f"{offence}/Result[1]/ResultText"),
        ("truncated", f"{offence}/Result[1]/ResultCodeQualifier"),
        ("truncated", f"{offence}/Result[3]/NextHearing/NextHearingReason"),
        ("defaulted", "/ResultedCaseMessage/Session/Case/Defendant/Offence[2]/Plea"),
        ("adapted", f"{at}/Offence"),
    ):
        assert expected in reports


def test_a_semicolon_at_the_end_of_bail_conditions_is_not_sent() -> None:
    assert texts(sent(event()), "BailConditions") == [
        "Reside at 1 Sample Street;Report to Anytown police station daily"
    ]


def test_a_duration_over_999_days_becomes_its_first_and_last_day() -> None:
    assert texts(sent(event()), "DurationEndDate") == ["2029-10-13"]


def test_an_offence_without_a_result_is_not_sent() -> None:
    assert texts(sent(event()), "OffenceSequenceNumber") == ["001", "002"]


def test_the_postcode_takes_the_fifth_line_and_empty_lines_go() -> None:
    outbound = sent(event())
    assert texts(outbound, "AddressLine2")[0] == "Anytown"
    assert texts(outbound, "AddressLine5")[0] == "SW11 1AA"
