"""Pre-sentence reports, as probation tells of them."""

import json
from typing import Any

import pytest

from connectors.probation import READERS
from hub.contract import Trust
from hub.contract.tables import Tables
from hub.document.lift import lift
from hub.message.envelope import Decoded
from hub.message.errors import Refused
from hub.message.probation import PreSentenceReport, ReportStatus

READER = READERS[0]
PROBATION = Trust(party="nowhere-probation", agency="probation")
UUID = "0b5f1c3a-6c1d-4b39-9a29-5f3c1c7d9e11"
URN = f"urn:uk:gov:hmpps:pre-sentence-service:report:{UUID}"


def event(kind: str = "pre-sentence.report.completed", **more: object) -> dict[str, Any]:
    return {
        "eventType": kind,
        "version": 1,
        "occurredAt": "2026-03-10T11:15:00Z",
        "personReference": {"identifiers": [{"type": "CRN", "value": "X320741"}, {"type": "NOMS", "value": "A1234BC"}]},
        **more,
    }


def read(data: object) -> Decoded:
    document = lift(json.dumps(data).encode())
    assert READER.recognise(document)
    return next(iter(READER.decode(READER.open(document, PROBATION), Tables({}))))


def report(data: object) -> PreSentenceReport:
    body = read(data).body
    assert isinstance(body, PreSentenceReport)
    return body


def refusal(data: object) -> dict[str, str]:
    with pytest.raises(Refused) as caught:
        read(data)
    return {fault.path: fault.rule for fault in caught.value.faults}


@pytest.mark.parametrize(
    ("kind", "status"),
    [("created", ReportStatus.REQUESTED), ("started", ReportStatus.STARTED), ("completed", ReportStatus.DELIVERED)],
)
def test_each_event_says_where_the_report_stands(kind: str, status: ReportStatus) -> None:
    body = report(event(f"pre-sentence.report.{kind}", additionalInformation={"any": URN}))
    assert body.status is status
    assert (body.completed_at is not None) is (status is ReportStatus.DELIVERED)


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"additionalInformation": {"reportUrn": URN}}, URN),
        ({"additionalInformation": {"reportId": UUID}}, UUID),
        ({"additionalInformation": {"reportId": UUID, "z": URN}}, URN),
        ({"detailUrl": f"https://p.invalid/reports/{UUID}/pdf"}, UUID),
    ],
)
def test_the_report_is_named_by_its_urn_or_id_or_address(more: dict[str, Any], named: str) -> None:
    assert report(event(**more)).report_id == named


def test_a_report_that_is_not_named_and_a_person_that_is_not_known_are_both_told() -> None:
    data = event(personReference={"identifiers": [{"type": "PERSON", "value": "1"}]}, additionalInformation={})
    assert refusal(data) == {"/additionalInformation/reportId": "required", "/additionalInformation/": "required"}


def test_the_person_and_the_document_are_references() -> None:
    body = report(event(additionalInformation={"ref": URN, "eventNumber": 3}, detailUrl="https://p.invalid/1"))
    assert body.crn is not None and body.crn.value == "X320741"
    assert body.noms_number is not None and body.noms_number.value == "A1234BC"
    assert (body.event_number, body.document_ref) == ("3", "https://p.invalid/1")


def test_a_completed_report_without_an_address_is_found() -> None:
    decoded = read(event(additionalInformation={"ref": URN}))
    assert [(one.code, one.path) for one in decoded.findings] == [("MISSING", "/detailUrl")]


def test_another_event_of_probation_s_is_not_carried() -> None:
    assert refusal(event("probation-case.sentence.created")) == {"/eventType": "not-carried"}
