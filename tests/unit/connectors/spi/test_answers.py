"""What is answered to senders, and what recipients' answers mean."""

import json

import pytest
from lxml import etree

from connectors.police.spi import CaseReader
from connectors.spi.answers import judge
from hub.contract import Again, Delivered, Final, PeerAnswer, Reply
from hub.document.schema import load as load_schema
from hub.document.xml import parse
from hub.message.errors import Fault, Severity
from tests.doubles.spi import BUNDLE, STAMP, opened, sample, submitted

CASE = sample("spi-case/every-field")
TAKEN = Reply(accepted=True, receipt_id="r-1")
NS = {"e": "http://schemas.cjse.gov.uk/endpoint/types/", "o": "http://schemas.cjse.gov.uk/common/operations"}


def refused(*rules: str) -> Reply:
    return Reply(
        accepted=False, receipt_id="r-1", faults=tuple(Fault(path="/x", rule=rule, words="wrong") for rule in rules)
    )


def codes(body: bytes) -> list[int]:
    return [
        int(node.text or "") for node in parse(body).iter() if etree.QName(node).localname in ("Code", "ResponseCode")
    ]


def test_a_submit_that_is_kept_is_answered_with_1_and_its_own_request_id() -> None:
    reply = CaseReader().reply(opened(CaseReader(), submitted(CASE)), TAKEN, STAMP)
    (response,) = parse(reply.body)[0]
    assert response.findtext("e:RequestID", namespaces=NS) == "req-1"
    assert (codes(reply.body), response.findtext("e:ResponseText", namespaces=NS)) == ([1], "Success")
    assert load_schema(BUNDLE.schema("cjse/endpoint.xsd")).accepts(response)


def test_a_submit_is_answered_with_the_first_code_of_its_own_layer_only() -> None:
    held = opened(CaseReader(), submitted(CASE, RequestID="a b", ExecMode="ROUTE", SourceID=None))
    reply = CaseReader().reply(held, Reply(accepted=False, receipt_id="r", faults=held.faults), STAMP)
    assert codes(reply.body) == [304]
    held = opened(CaseReader(), submitted(CASE))
    assert codes(CaseReader().reply(held, refused("OI-306", "schema"), STAMP).body) == [1]


def test_a_submit_in_soap_1_2_is_answered_in_soap_1_2() -> None:
    space = "http://www.w3.org/2003/05/soap-envelope"
    reply = CaseReader().reply(opened(CaseReader(), submitted(CASE, space)), TAKEN, STAMP)
    assert parse(reply.body).tag == f"{{{space}}}Envelope"
    assert reply.content_type.startswith("application/soap+xml")


def test_a_refused_route_is_answered_with_every_code_in_ascending_order_and_the_senders_own_block() -> None:
    held = opened(CaseReader(), CASE)
    reply = CaseReader().reply(held, refused("OI-1359", "schema", "OI-306", "OI-306"), STAMP)
    root = parse(reply.body)
    assert codes(reply.body) == [306, 1310, 1359]
    assert load_schema(BUNDLE.schema("cjse/operations.xsd")).accepts(root)
    unit = root.find("o:ResponseToSystem/o:OrganizationalUnitID", NS)
    assert unit is not None
    assert (unit.text, unit.get("literalvalue")) == ("042ZZ00", "Any Force")
    assert [node.text for node in root.iterfind("o:OperationStatus/o:ResponseContext", NS)] == [
        "InvalidCorrelationID",
        "UnusableDataStream",
        "DisallowedDataStreamType",
    ]
    assert {node.text for node in root.iterfind("o:OperationStatus/o:RouteId", NS)} == {"1"}


def test_a_warning_is_no_reason_for_a_code() -> None:
    faults = (
        Fault(path="", rule="OI-301", words="wrong"),
        Fault(path="", rule="schema", words="odd", severity=Severity.WARNING),
    )
    reply = CaseReader().reply(opened(CaseReader(), CASE), Reply(accepted=False, receipt_id="r", faults=faults), STAMP)
    assert codes(reply.body) == [301]


def test_a_bare_case_file_and_one_that_was_never_opened_get_a_problem_document() -> None:
    for held in (opened(CaseReader(), sample("spi-case/charge")), None):
        reply = CaseReader().reply(held, refused("schema"), STAMP)
        assert reply.content_type == "application/problem+json"
        assert json.loads(reply.body)["faults"][0]["rule"] == "schema"


def answer(code: int, status: int = 200) -> PeerAnswer:
    body = f'<SubmitResponseMes xmlns="{NS["e"]}"><RequestID> </RequestID><ResponseCode>{code}</ResponseCode></SubmitResponseMes>'
    return PeerAnswer(status=status, body=body.encode())


@pytest.mark.parametrize("code", [1, 102, 199])
def test_a_code_below_200_is_success(code: int) -> None:
    assert isinstance(judge(answer(code)), Delivered)


@pytest.mark.parametrize(("code", "status"), [(200, 200), (201, 200), (202, 200), (0, 500)])
def test_a_code_of_the_two_hundreds_and_0_ask_for_another_try(code: int, status: int) -> None:
    assert isinstance(judge(answer(code, status)), Again)


def test_a_code_from_300_on_is_final_and_only_309_blames_the_message() -> None:
    assert {code: judge(answer(code)) for code in (300, 304, 309)} == {
        300: Final(words="the recipient answered 300", invalid=False),
        304: Final(words="the recipient answered 304", invalid=False),
        309: Final(words="the recipient answered 309", invalid=True),
    }


def test_a_route_that_is_refused_in_the_answer_is_invalid() -> None:
    verdict = judge(PeerAnswer(status=200, body=sample("spi-answer/refused-bare").encode()))
    assert verdict == Final(words="the recipient refuses it: 1310", invalid=True)


def test_without_a_code_the_http_status_decides() -> None:
    assert isinstance(judge(PeerAnswer(status=0)), Delivered)
    assert isinstance(judge(PeerAnswer(status=503, body=b"<SubmitResponseMes")), Again)


@pytest.mark.parametrize(
    ("request_id", "delivered"), [("req-1", True), (" req-1 ", True), (" ", True), ("req-2", False)]
)
def test_a_success_for_another_request_is_no_answer_to_this_one(request_id: str, delivered: bool) -> None:
    body = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><SubmitResponseMes '
        f'xmlns="http://schemas.cjse.gov.uk/endpoint/types/"><RequestID>{request_id}</RequestID>'
        "<ResponseCode>1</ResponseCode></SubmitResponseMes></s:Body></s:Envelope>"
    )
    meant = judge(PeerAnswer(status=200, body=body.encode(), id="req-1"))
    assert isinstance(meant, Delivered if delivered else Final)
    assert not (isinstance(meant, Final) and meant.invalid)
