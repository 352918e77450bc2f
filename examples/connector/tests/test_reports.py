"""What no sample shows, since a sample must pass: documents that are refused, and the desk's answers."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hub.contract import Outbound, Reply, Stamp, Trust
from hub.contract.tables import Tables
from hub.document.lift import lift
from hub.flow.judge import Judge
from hub.message.envelope import Decoded
from hub.message.errors import Fault, Refused
from hub.message.probation import PreSentenceReport

from cjhub_example_connector.interface import INTERFACE
from cjhub_example_connector.reports import DeskReports

DESK = Trust(party="zed-report-desk", agency="probation")
STAMP = Stamp(id="s-1", correlation_id="c-1", at=datetime(2026, 3, 9, 17, tzinfo=UTC))


def document(**changes: Any) -> dict[str, Any]:
    whole = {
        "interface": INTERFACE,
        "kind": "report",
        "id": "RD-1-1",
        "sentAt": "2026-03-09T16:20:00+00:00",
        "case": {"urn": "41ZD0000126"},
        "subject": {"crn": "X320741"},
        "report": {"number": "RD-1", "state": "writing"},
    }
    return whole | changes


def read(content: dict[str, Any], tables: Tables) -> Decoded:
    reader = DeskReports()
    opened = reader.open(lift(json.dumps(content).encode()), DESK)
    [decoded] = reader.decode(opened, tables)
    return decoded


def test_every_fault_of_a_document_is_told_at_once(judge: Judge) -> None:
    wrong = document(sentAt="yesterday", subject={}, report={"state": "lost"})
    with pytest.raises(Refused) as refusal:
        read(wrong, judge.found.tables)
    assert {fault.path for fault in refusal.value.faults} == {
        "/sentAt",
        "/report/number",
        "/report/state",
        "/subject/crn",
    }


@pytest.mark.parametrize("name", ["case", "subject", "report"])
def test_a_part_that_is_missing_or_is_no_object_is_told_by_its_name(judge: Judge, name: str) -> None:
    for content in (document(**{name: None}), document(**{name: "text"})):
        with pytest.raises(Refused) as refusal:
            read(content, judge.found.tables)
        assert f"/{name}" in {fault.path for fault in refusal.value.faults}


def test_an_identifier_that_cannot_be_read_is_kept_as_written_with_a_finding(judge: Judge) -> None:
    decoded = read(document(subject={"crn": "unknown to us"}), judge.found.tables)
    assert isinstance(decoded.body, PreSentenceReport)
    assert decoded.body.crn is not None
    assert (decoded.body.crn.text, decoded.body.crn.value) == ("unknown to us", None)
    assert [finding.path for finding in decoded.findings] == ["/subject/crn"]


def test_a_document_of_another_interface_is_not_ours() -> None:
    assert not DeskReports().recognise(lift(b'{"interface": "urn:example:report-desk:2", "kind": "report"}'))
    assert not DeskReports().recognise(lift(b'["urn:example:report-desk:1"]'))
    assert not DeskReports().recognise(lift(b"<report-desk/>"))


def test_an_answer_names_the_document_and_its_faults() -> None:
    reader = DeskReports()
    opened = reader.open(lift(json.dumps(document()).encode()), DESK)
    fault = Fault(path="/sentAt", rule="date-time", words="a date and time")
    told = answer(reader.reply(opened, Reply(accepted=False, receipt_id="r-1", faults=(fault,)), STAMP))
    assert (told["about"], told["taken"]) == ("RD-1-1", False)
    assert told["faults"] == [{"at": "/sentAt", "rule": "date-time", "words": "a date and time"}]


def test_a_document_that_could_not_be_opened_is_answered_too() -> None:
    told = answer(DeskReports().reply(None, Reply(accepted=False, receipt_id="r-1"), STAMP))
    assert (told["receipt"], "about" in told) == ("r-1", False)


def answer(outbound: Outbound) -> dict[str, Any]:
    told = json.loads(outbound.body)
    assert isinstance(told, dict)
    return told
