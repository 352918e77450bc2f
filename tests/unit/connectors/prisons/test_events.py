"""Receptions and releases, as prisons tell them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.prisons import READERS
from hub.contract import Reply, Stamp, Trust
from hub.contract.tables import Tables, load_tables
from hub.document.lift import lift
from hub.message.custody import CustodyReception, PrisonerReleased, ReleaseType
from hub.message.envelope import Decoded
from hub.message.errors import Fault, Refused

READER = READERS[0]
PRISON = Trust(party="nowhere-prison", agency="prison")
CODES = Path(__file__).parents[4] / "config" / "codes"


@pytest.fixture(scope="module")
def tables() -> Tables:
    return load_tables([CODES])


def event(kind: str = "prison-offender-events.prisoner.released", **about: object) -> dict[str, Any]:
    told = {"nomsNumber": "A1234BC", "reason": "RELEASED", "nomisMovementReasonCode": "CR", "prisonId": "MDI"} | about
    return {
        "eventType": kind,
        "version": 1,
        "occurredAt": "2026-06-04T08:30:00+01:00",
        "additionalInformation": {name: value for name, value in told.items() if value is not None},
    }


def wrapped(inner: object) -> dict[str, Any]:
    text = inner if isinstance(inner, str) else json.dumps(inner)
    return {"Type": "Notification", "MessageId": "m-1", "Message": text}


def read(data: object, tables: Tables) -> Decoded:
    document = lift(json.dumps(data).encode())
    assert READER.recognise(document)
    return next(iter(READER.decode(READER.open(document, PRISON), tables)))


def refusal(data: object, tables: Tables) -> dict[str, Fault]:
    with pytest.raises(Refused) as caught:
        read(data, tables)
    return {fault.path: fault for fault in caught.value.faults}


@pytest.mark.parametrize(
    ("reason", "code", "meant"),
    [
        ("RELEASED", "CR", ReleaseType.CONDITIONAL),
        ("RELEASED", "AR", ReleaseType.AUTOMATIC),
        ("RELEASED", "BL", ReleaseType.BAIL),
        ("RELEASED", "NG", ReleaseType.DISCHARGED),
        ("RELEASED", "HC", ReleaseType.HDC),
        ("RELEASED", "DEC", ReleaseType.DEATH),
        ("RELEASED", "UAL", ReleaseType.ESCAPE),
        ("RELEASED", "DD", ReleaseType.DEPORTED),
        ("RELEASED_TO_HOSPITAL", None, ReleaseType.HOSPITAL),
        ("RELEASED", "PF", None),
        ("UNKNOWN", None, None),
    ],
)
def test_a_release_is_of_the_type_that_its_movement_code_means(
    reason: str, code: str | None, meant: ReleaseType | None, tables: Tables
) -> None:
    body = read(event(reason=reason, nomisMovementReasonCode=code), tables).body
    assert isinstance(body, PrisonerReleased)
    assert body.release_type is meant
    assert (None if body.movement is None else body.movement.text) == code


def test_an_unknown_movement_code_is_kept_and_found(tables: Tables) -> None:
    decoded = read(event(nomisMovementReasonCode="QQQ"), tables)
    assert isinstance(decoded.body, PrisonerReleased)
    assert decoded.body.movement is not None and decoded.body.movement.text == "QQQ"
    assert [(one.code, one.path) for one in decoded.findings] == [
        ("UNKNOWN_CODE", "/additionalInformation/nomisMovementReasonCode")
    ]


@pytest.mark.parametrize("reason", ["TRANSFERRED", "SENT_TO_COURT", "TEMPORARY_ABSENCE_RELEASE"])
@pytest.mark.parametrize("family", ["prison-offender-events", "prisoner-offender-search"])
def test_who_leaves_to_come_back_has_moved_which_is_not_carried(reason: str, family: str, tables: Tables) -> None:
    faults = refusal(event(f"{family}.prisoner.released", reason=reason), tables)
    assert {(path, fault.rule) for path, fault in faults.items()} == {("/additionalInformation/reason", "not-carried")}
    assert "does not carry" in faults["/additionalInformation/reason"].words


def test_another_event_of_the_family_is_not_carried(tables: Tables) -> None:
    faults = refusal(event("prison-offender-events.prisoner.merged"), tables)
    assert faults["/eventType"].rule == "not-carried"


@pytest.mark.parametrize("reason", ["ADMISSION", "NEW_ADMISSION", "TRANSFERRED", "RETURN_FROM_COURT"])
def test_a_reception_keeps_its_reason(reason: str, tables: Tables) -> None:
    data = event("prisoner-offender-search.prisoner.received", reason=reason, nomisMovementReasonCode="N")
    body = read(data, tables).body
    assert isinstance(body, CustodyReception)
    assert (body.reason.text, body.reason.value is not None) == (reason, True)
    assert body.movement is not None and body.movement.value == "UNCONVICTED_REMAND"


def test_the_wrapper_is_taken_off_and_its_id_is_the_reference(tables: Tables) -> None:
    decoded = read(wrapped(event()), tables)
    assert decoded.reference == "m-1"
    assert decoded.body == read(event(), tables).body


def test_everything_wrong_is_told_at_once_by_pointer(tables: Tables) -> None:
    data = event(nomsNumber="1234", reason=None, details=7, bookingId=[])
    data |= {"version": "1", "occurredAt": "yesterday", "personReference": {"identifiers": [{"type": "PNC"}, 4]}}
    faults = refusal(data, tables)
    assert {path: fault.rule for path, fault in faults.items()} == {
        "/version": "type",
        "/occurredAt": "date-time",
        "/personReference/identifiers/0/value": "required",
        "/personReference/identifiers": "type",
        "/additionalInformation/nomsNumber": "noms-number",
        "/additionalInformation/reason": "required",
        "/additionalInformation/details": "type",
        "/additionalInformation/bookingId": "type",
    }


def test_a_fault_within_the_wrapper_is_placed_within_it(tables: Tables) -> None:
    assert set(refusal(wrapped(event(nomsNumber=None)), tables)) == {"/Message/additionalInformation/nomsNumber"}


def test_a_time_without_an_offset_is_not_a_time(tables: Tables) -> None:
    assert set(refusal(event() | {"occurredAt": "2026-06-04T08:30:00"}, tables)) == {"/occurredAt"}


def test_a_wrapped_message_that_is_not_json_is_refused() -> None:
    data = wrapped("{not json") | {
        "MessageAttributes": {"eventType": {"Type": "String", "Value": "prison-offender-events.prisoner.received"}}
    }
    document = lift(json.dumps(data).encode())
    assert READER.recognise(document)
    with pytest.raises(Refused) as caught:
        READER.open(document, PRISON)
    assert [fault.path for fault in caught.value.faults] == ["/Message"]


def test_what_the_body_has_no_place_for_is_carried_along(tables: Tables) -> None:
    data = event(currentLocation="OUTSIDE_PRISON", extra={"deep": [1, True]}) | {"description": "somebody went"}
    told = {leaf.path: leaf.text for leaf in read(data, tables).unmapped}
    assert told["/description"] == "somebody went"
    assert told["/additionalInformation/currentLocation"] == "OUTSIDE_PRISON"
    assert told["/additionalInformation/extra/deep/0"] == "1"
    assert told["/additionalInformation/extra/deep/1"] == "true"


def test_json_of_another_kind_is_not_recognised() -> None:
    others: list[object] = [[], {}, {"eventType": 4}, {"eventType": "pre-sentence.report.completed"}, wrapped("[]")]
    for data in others:
        assert not READER.recognise(lift(json.dumps(data).encode()))


@pytest.mark.parametrize(
    ("accepted", "kind", "holder"),
    [(True, "application/json", "warnings"), (False, "application/problem+json", "faults")],
)
def test_the_reply_is_a_receipt_or_a_problem_with_every_fault(accepted: bool, kind: str, holder: str) -> None:
    faults = (Fault(path="/a", rule="r", words="w", found="x"), Fault(path="/b", rule="s", words="v"))
    stamp = Stamp(id="1", correlation_id="2", at=datetime(2026, 3, 4, tzinfo=UTC))
    out = READER.reply(None, Reply(accepted=accepted, receipt_id="r-1", faults=faults), stamp)
    assert out.content_type == kind
    content = json.loads(out.body)
    assert [(fault["path"], fault.get("found")) for fault in content[holder]] == [("/a", "x"), ("/b", None)]
    assert content.get("receiptId") == ("r-1" if accepted else None)
