"""The notice of a warrant, as a prison gets it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.prisons import WRITERS
from hub.canonical.read import read
from hub.contract import Again, Delivered, Final, Judgement, PeerAnswer, Recipient
from hub.contract.tables import Tables
from hub.document.xml import parse
from hub.message.custody import CommitmentWarrant
from hub.message.envelope import Message
from hub.prove.fixed import RECIPIENT, stamp_of

WRITER = WRITERS[0]
GOLDEN = Path(__file__).parents[4] / "config/dialects/exchange/samples"


def message(name: str) -> Message:
    return read(parse((GOLDEN / f"{name}.expected.xml").read_bytes()))


def written(warrant: Message, recipient: Recipient = RECIPIENT) -> tuple[dict[str, Any], list[str]]:
    (part,) = WRITER.split(warrant)
    out = WRITER.encode(part, recipient, stamp_of(warrant, part), Tables({}))
    return json.loads(out.body), [report.path for report in out.reports]


def test_a_notice_has_what_the_service_requires_and_nothing_of_the_person() -> None:
    content, reports = written(message("remand-warrant"))
    assert set(content) == {
        "eventType",
        "cases",
        "masterDefendantId",
        "documentId",
        "documentGeneratedTimestamp",
        "prisonEmailAddress",
        "hearingId",
    }
    assert content["cases"] == [{"urn": "01ZD0030126"}, {"urn": "12AB0030226"}]
    assert reports == []


def test_what_the_warrant_does_not_have_is_filled_in_always_alike_and_reported() -> None:
    first, reports = written(message("commitment-warrant"))
    again, _ = written(message("commitment-warrant"))
    assert first["masterDefendantId"] == again["masterDefendantId"]
    assert reports == ["masterDefendantId", "prisonEmailAddress"]
    assert "hearingId" not in first


def test_the_address_of_the_custody_office_may_stand_in_the_party_s_file() -> None:
    content, _ = written(
        message("commitment-warrant"), replace(RECIPIENT, options={"prison_email": "office@prison.invalid"})
    )
    assert content["prisonEmailAddress"] == "office@prison.invalid"


def test_two_people_do_not_get_one_made_up_id() -> None:
    warrant = message("commitment-warrant")
    assert isinstance(warrant.body, CommitmentWarrant)
    other = replace(warrant.body.person, pnc_id=message("remand-warrant").body.person.pnc_id)  # type: ignore[union-attr]
    changed = replace(warrant, body=replace(warrant.body, person=other))
    assert written(warrant)[0]["masterDefendantId"] != written(changed)[0]["masterDefendantId"]


@pytest.mark.parametrize(
    ("status", "kind", "invalid"),
    [
        (200, Delivered, None),
        (202, Delivered, None),
        (408, Again, None),
        (425, Again, None),
        (429, Again, None),
        (500, Again, None),
        (503, Again, None),
        (302, Final, False),
        (400, Final, True),
        (401, Final, False),
        (404, Final, False),
        (413, Final, True),
        (422, Final, True),
    ],
)
def test_an_answer_means_what_its_status_means(status: int, kind: type[Judgement], invalid: bool | None) -> None:
    judged = WRITER.judge(PeerAnswer(status=status))
    assert isinstance(judged, kind)
    assert getattr(judged, "invalid", None) is invalid


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "120"}, 120.0),
        ({"retry-after": " 7 "}, 7.0),
        ({"Retry-After": "Wed, 04 Mar 2026 10:02:00 GMT", "Date": "Wed, 04 Mar 2026 10:00:00 GMT"}, 120.0),
        ({"Retry-After": "Wed, 04 Mar 2026 10:02:00 GMT"}, None),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)
def test_a_peer_that_asks_for_patience_is_told_how_long(headers: dict[str, str], seconds: float | None) -> None:
    judged = WRITER.judge(PeerAnswer(status=503, headers=headers))
    assert isinstance(judged, Again)
    assert judged.after == seconds
