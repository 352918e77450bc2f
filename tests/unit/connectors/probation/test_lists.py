"""A listed case, as probation gets it."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.courts.lists import READERS
from connectors.probation import WRITERS
from hub.canonical.read import read
from hub.contract import Outbound, Trust
from hub.contract.tables import Tables, load_tables
from hub.document.lift import lift
from hub.document.xml import parse
from hub.message.envelope import Message
from hub.message.hearing import HearingListed
from hub.message.values import Dated, Numbered
from hub.prove.fixed import RECIPIENT, stamp_of

WRITER = next(writer for writer in WRITERS if writer.dialect == "libra-case")
ROOT = Path(__file__).parents[4]
GOLDEN = ROOT / "config/dialects"


@pytest.fixture(scope="module")
def tables() -> Tables:
    return load_tables([ROOT / "config" / "codes"])


def message(name: str) -> Message:
    return read(parse((GOLDEN / name).read_bytes()))


def listed(whole: Message) -> HearingListed:
    assert isinstance(whole.body, HearingListed)
    return whole.body


def written(whole: Message, tables: Tables) -> list[Outbound]:
    return [WRITER.encode(part, RECIPIENT, stamp_of(whole, part), tables) for part in WRITER.split(whole)]


def born(whole: Message, on: date | None, age: int | None = None) -> Message:
    body = listed(whole)
    defendant = body.defendants[0]
    assert defendant.individual is not None
    person = replace(
        defendant.individual,
        born_on=None if on is None else Dated("x", on),
        age=None if age is None else Numbered(str(age), Decimal(age)),
    )
    return replace(whole, body=replace(body, defendants=(replace(defendant, individual=person),)))


ADULT = "libra-list/samples/two-days-001.expected.xml"  # heard on 4 March 2026


def test_a_real_list_goes_out_with_the_names_and_forms_of_the_gateway(samples: Path, tables: Tables) -> None:
    document = lift((samples / "lists" / "sample-request.xml").read_bytes())
    reader = READERS[0]
    decoded = list(reader.decode(reader.open(document, Trust(party="c", agency="court")), tables))
    envelope = message(ADULT).envelope
    out = [written(Message(envelope=envelope, body=one.body), tables)[0] for one in decoded]
    content: dict[str, Any] = json.loads(out[0].body)
    assert content == {
        "cId": "1218461",
        "caseNo": "166662981",
        "name": {"title": "Mr", "forename1": "Abraham", "forename2": "", "forename3": "", "surname": "LINCOLN"},
        "defendantName": "MR Abraham LINCOLN",
        "defendantType": "P",
        "defendantSex": "M",
        "defendantDob": "06/08/1968",
        "defendantAddress": {"line1": "A1"},
        "cro": "CR0006100061",
        "pnc": "20030011985X",
        "offences": [
            {
                "seq": 1,
                "summary": "On 01/01/2016 at Town, stole Article, to the value of £100.00, belonging to Person.",
                "title": "Theft from a shop",
                "act": "Contrary to section 1(1) and 7 of the Theft Act 1968.",
                "code": "TH68010",
            }
        ],
        "listNo": "1st",
        "courtRoom": "00",
        "courtCode": "B10JQ",
        "sessionStartTime": "2020-10-26T09:00:00",
    }
    assert out[0].headers == {"messageType": "LIBRA_COURT_CASE", "eventType": "libra.case.received"}


@pytest.mark.parametrize(
    ("on", "age", "goes"),
    [
        (date(2008, 3, 4), None, True),  # eighteen on the day
        (date(2008, 3, 5), None, False),
        (date(2010, 1, 1), 40, False),  # the date of birth decides
        (None, 17, False),
        (None, 18, True),
        (None, None, True),
    ],
)
def test_who_is_known_to_be_under_eighteen_at_the_hearing_is_not_in_the_adult_feed(
    on: date | None, age: int | None, goes: bool, tables: Tables
) -> None:
    assert bool(written(born(message(ADULT), on, age), tables)) is goes


def test_each_defendant_is_a_case_of_its_own_and_the_young_one_is_left_out(tables: Tables) -> None:
    whole = message("exchange/samples/hearing-listed.expected.xml")
    assert [part.label for part in WRITER.split(whole)] == ["defendant 1", "defendant 3"]
    names = [json.loads(out.body)["defendantName"] for out in written(whole, tables)]
    assert names == ["Ms Zéa Quillfeather Example", "Specimen Plant Hire Limited"]


def test_what_was_put_together_or_filled_in_is_reported(tables: Tables) -> None:
    out = written(message("exchange/samples/hearing-listed.expected.xml"), tables)[0]
    assert [(report.kind.value, report.path) for report in out.reports] == [
        ("adapted", "defendantName"),
        ("adapted", "defendantAddress"),
        ("defaulted", "sessionStartTime"),
    ]


def test_the_same_case_gives_the_same_bytes(tables: Tables) -> None:
    whole = message(ADULT)
    assert written(whole, tables) == written(whole, tables)
