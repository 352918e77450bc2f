"""What a document breaks, counted: by message where it is a message's, without positions, and with nobody's values."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from hub.assemble import tools
from hub.contract import Opened, Trust
from hub.document.xml import parse_own
from hub.flow.broken import broken_rules, place_of, unit_in, unit_of
from hub.flow.judge import Judge
from hub.ledger.admission import BrokenRule, OrderKey
from hub.message.case import CaseFileSubmission
from hub.message.envelope import Decoded, Finding
from hub.message.errors import Fault, Severity
from hub.message.identifiers import make_asn, read_ptiurn
from tests.papers import case_file

FORCE = Trust(party="force-41", agency="police")
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
ASN = make_asn(year=2026, force="41", unit="ZE", sequence=5)
WARNING = Severity.WARNING


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    made = tools()
    yield made
    made.layers.explainer.close()


def decoded(urn: str, *findings: Finding) -> Decoded:
    return Decoded(body=CaseFileSubmission(ptiurn=read_ptiurn(urn)), findings=findings)


def finding(path: str, code: str = "UNKNOWN_CODE") -> Finding:
    return Finding(code=code, path=path, words="")


def opened(xml: str) -> Opened:
    return Opened(layers=(), root=parse_own(xml.encode()))


def test_a_document_that_breaks_nothing_counts_nothing(judge: Judge) -> None:
    judged = judge.judge(case_file(), FORCE, AT)
    assert judged.messages
    assert judged.broken == ()


def test_a_task_that_a_message_gives_is_no_breach(judge: Judge) -> None:
    task = Finding(code="TRPR0006", path="/Result", words="", task=True)
    (counted,) = broken_rules((), [()], [decoded("41ZD0000126", task, finding("/Code"))], None)
    assert counted.rule == "UNKNOWN_CODE"


def test_a_refused_document_counts_for_the_unit_that_it_names(judge: Judge) -> None:
    raw = case_file(urn="41ZF0000126").replace(b"2027-03-20", b"tomorrow")
    (broken,) = judge.judge(raw, FORCE, AT).broken
    assert (broken.rule, broken.severity, broken.unit, broken.times) == ("schema-type", "error", "41ZF", 1)
    assert broken.path == "/NewCaseMessage/Case/InitialHearing/DateOfHearing"


def test_a_document_that_cannot_be_read_counts_for_no_unit(judge: Judge) -> None:
    (broken,) = judge.judge(case_file()[:-20], FORCE, AT).broken
    assert (broken.rule, broken.unit) == ("xml-malformed", None)


def test_a_warning_of_a_rule_counts_for_the_unit_of_its_case(judge: Judge) -> None:
    raw = case_file().replace(b"2027-03-20", b"2026-02-20")
    assert judge.judge(raw, FORCE, AT).broken == (
        BrokenRule("DATE_OF_HEARING_IN_THE_PAST", "warning", "/Case/InitialHearing/DateOfHearing", "41ZD", 1),
    )


def test_what_is_of_a_message_counts_for_that_message_and_what_is_of_the_document_for_a_unit_that_all_share() -> None:
    whole = [Fault(path="", rule="ignored-court", words="", severity=WARNING)]
    ruled = [[Fault(path="/Case/A[1]", rule="R", words="", severity=WARNING)], []]
    two = [decoded("41ZD0000126"), decoded("41ZE0000126", finding("/Case/B[1]"), finding("/Case/B[2]"))]
    assert set(broken_rules(whole, ruled, two, None)) == {
        BrokenRule("ignored-court", "warning", "", None, 1),
        BrokenRule("R", "warning", "/Case/A", "41ZD", 1),
        BrokenRule("UNKNOWN_CODE", "finding", "/Case/B", "41ZE", 2),
    }
    same = [decoded("41ZD0000126"), decoded("41ZD0000226")]
    assert broken_rules(whole, [[], []], same, None) == (BrokenRule("ignored-court", "warning", "", "41ZD", 1),)


def test_the_findings_of_a_refused_document_are_not_counted_since_nobody_is_told_of_them() -> None:
    ruled = [[Fault(path="/Case", rule="R", words="")]]
    one = [decoded("41ZD0000126", finding("/Case/B"))]
    assert broken_rules((), ruled, one, None) == (BrokenRule("R", "error", "/Case", "41ZD", 1),)


def test_a_path_has_no_positions_and_no_names_that_a_sender_chose() -> None:
    assert place_of("schema-type", "/Case/Defendant[2]/Offence[11]/Code") == "/Case/Defendant/Offence/Code"
    assert place_of("required", "/personReference/identifiers/0/type") == "/personReference/identifiers/type"
    assert place_of("json-duplicate", "/people/Ada Sampleton") == ""
    assert len(place_of("schema-type", "/x" * 500)) == 200


def test_a_unit_comes_from_the_ptiurn_before_the_asn_and_never_from_another_prosecutors_reference() -> None:
    asn, urn = OrderKey("ASN", ASN), OrderKey("PTIURN", "41ZD0000126")
    assert unit_of([asn, urn]) == "41ZD"
    assert unit_of([asn]) == "41ZE"
    assert unit_of([OrderKey("PTIURN", "TFL12345-ABC"), asn]) == "41ZE"
    assert unit_of([OrderKey("NOMS", "A1234AA")]) is None


def test_a_refused_document_names_its_unit_only_by_a_sound_identifier() -> None:
    assert unit_in(opened(f"<c><ref>{ASN}</ref><urn>41ZD0000126</urn></c>")) == "41ZD"
    assert unit_in(opened(f"<c><ref> {ASN} </ref></c>")) == "41ZE"
    assert unit_in(opened('<c caseURN="41ZD0000126"/>')) == "41ZD"
    wrong = ASN[:-1] + ("A" if ASN[-1] != "A" else "B")
    assert unit_in(opened(f"<c><ref>{wrong}</ref><number>41ZD0000126</number></c>")) is None
    assert unit_in(Opened(layers=(), data={"case": {"ptiUrn": "41ZD0000126"}})) == "41ZD"
    assert unit_in(Opened(layers=(), data="41ZD0000126")) is None
    assert unit_in(None) is None
