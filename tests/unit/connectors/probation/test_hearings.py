"""A resulted hearing, as probation gets it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from connectors.probation import WRITERS
from hub.canonical.read import read
from hub.contract import Outbound, ReportKind
from hub.contract.tables import Tables, load_tables
from hub.document.xml import parse
from hub.message.envelope import Message
from hub.message.hearing import HearingResulted
from hub.prove.fixed import RECIPIENT, stamp_of

WRITER = next(writer for writer in WRITERS if writer.dialect == "cp-hearing")
ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def tables() -> Tables:
    return load_tables([ROOT / "config" / "codes"])


@pytest.fixture(scope="module")
def message() -> Message:
    path = ROOT / "config/dialects/exchange/samples/hearing-resulted.expected.xml"
    return read(parse(path.read_bytes()))


def resulted(whole: Message) -> HearingResulted:
    assert isinstance(whole.body, HearingResulted)
    return whole.body


def written(whole: Message, tables: Tables) -> Outbound:
    (part,) = WRITER.split(whole)
    return WRITER.encode(part, RECIPIENT, stamp_of(whole, part), tables)


def ids(value: object) -> list[str]:
    if isinstance(value, dict):
        own = [held for name, held in value.items() if name.endswith(("id", "Id")) and name not in ("pncId",)]
        return own + [found for held in value.values() for found in ids(held)]
    return [found for held in value for found in ids(held)] if isinstance(value, list) else []


def test_a_hearing_is_posted_to_its_own_address(message: Message, tables: Tables) -> None:
    given = "8bbb4fe3-a899-45c7-bdd4-4ee25ac5a83f"
    out = written(replace(message, body=replace(resulted(message), hearing_id=given)), tables)
    assert (out.method, out.path) == ("POST", f"/hearing/{given}/result")
    assert json.loads(out.body)["hearing"]["id"] == given


def test_every_id_is_a_uuid_that_comes_out_the_same_again(message: Message, tables: Tables) -> None:
    first, again = written(message, tables), written(message, tables)
    found = ids(json.loads(first.body))
    assert found and all(str(UUID(each)) == each for each in found)
    assert first.body == again.body


def test_every_id_that_was_made_is_reported(message: Message, tables: Tables) -> None:
    out = written(message, tables)
    defaulted = {report.path for report in out.reports if report.kind is ReportKind.DEFAULTED}
    content = json.loads(out.body)
    assert {
        "hearing/id",
        "hearing/courtCentre/id",
        "hearing/prosecutionCases/0/defendants/1/offences/0/id",
    } <= defaulted
    derived = [each for each in ids(content) if UUID(each).version == 5]
    made = sum(1 for path in defaulted if path.endswith(("/id", "Id")))
    repeated = len(content["hearing"]["prosecutionCases"][0]["defendants"])  # the case's id, in each of its defendants
    assert made == len(derived) - repeated


def test_a_hearing_has_what_the_receiver_requires(message: Message, tables: Tables) -> None:
    hearing: dict[str, Any] = json.loads(written(message, tables).body)["hearing"]
    assert {"id", "courtCentre", "type", "jurisdictionType", "hearingDays", "prosecutionCases"} <= set(hearing)
    assert {"id", "code", "roomId", "name", "roomName"} <= set(hearing["courtCentre"])
    (case,) = hearing["prosecutionCases"]
    for defendant in case["defendants"]:
        assert defendant["prosecutionCaseId"] == case["id"]
        assert defendant["offences"]
        assert ("personDefendant" in defendant) is not ("legalEntityDefendant" in defendant)


def test_a_start_in_summer_is_sent_in_utc(message: Message, tables: Tables) -> None:
    hearing = json.loads(written(message, tables).body)["hearing"]
    assert hearing["hearingDays"] == [{"sittingDay": "2026-06-03T09:00:00.000Z"}]


def test_the_young_defendant_is_left_out_and_a_hearing_of_only_young_ones_is_not_sent(message: Message) -> None:
    body = resulted(message)
    (part,) = WRITER.split(message)
    assert [each.asn.value if each.asn else None for each in resulted(part.message).defendants] == [
        "2601ZD0000000004711X",
        None,
    ]
    assert WRITER.split(replace(message, body=replace(body, defendants=body.defendants[1:2]))) == ()


def test_what_is_not_known_is_absent_and_never_null(message: Message, tables: Tables) -> None:
    text = written(message, tables).body.decode()
    assert "null" not in text


@pytest.mark.parametrize(("code", "kind"), [("C05LV00", "CROWN"), ("B01LY01", "MAGISTRATES")])
def test_the_kind_of_court_is_read_from_its_code(code: str, kind: str, message: Message, tables: Tables) -> None:
    body = resulted(message)
    assert body.slot.court is not None
    court = replace(body.slot.court, text=code, value=code)
    out = written(replace(message, body=replace(body, slot=replace(body.slot, court=court))), tables)
    assert json.loads(out.body)["hearing"]["jurisdictionType"] == kind


def test_field_names_are_those_of_a_real_hearing(samples: Path, message: Message, tables: Tables) -> None:
    real = json.loads((samples / "hearings" / "hearing-1.json").read_text(encoding="utf-8"))
    ours = json.loads(written(message, tables).body)["hearing"]
    ours_person = ours["prosecutionCases"][0]["defendants"][0]
    real_person = real["prosecutionCases"][0]["defendants"][0]
    for name in ("personDefendant", "masterDefendantId", "prosecutionCaseId", "offences", "id", "isYouth"):
        assert name in real_person and name in ours_person
    for name in ("courtCentre", "hearingDays", "jurisdictionType", "prosecutionCases", "type", "id"):
        assert name in real and name in ours
    for name in ("address", "dateOfBirth", "firstName", "gender", "lastName"):
        assert name in real_person["personDefendant"]["personDetails"]
        assert name in ours_person["personDefendant"]["personDetails"]
    assert set(real_person["personDefendant"]["bailStatus"]) == set(ours_person["personDefendant"]["bailStatus"])
