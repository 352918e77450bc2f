"""What a recipient gets of a message that came in another dialect, and what is said of it."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from lxml import etree

from connectors.spi.payload import NEW_CASE, RESULTED_CASE, write
from hub.contract import Report, ReportKind
from hub.document import Element
from hub.document.schema import load as load_schema
from hub.document.xml import parse
from hub.message.case import (
    CaseFileSubmission,
    Defendant,
    Duration,
    HearingSlot,
    NextHearing,
    Offence,
    OffenceEnd,
    Outcome,
    Period,
    Result,
)
from hub.message.envelope import Body, Envelope, Message, Sender, Source
from hub.message.hearing import HearingResulted
from hub.message.identifiers import (
    Identifier,
    read_asn,
    read_offence_code,
    read_ou_code,
    read_pnc,
    read_postcode,
    read_ptiurn,
)
from hub.message.people import (
    Address,
    AddressLines,
    Emails,
    Individual,
    Officer,
    ParentGuardian,
    PersonName,
    StructuredAddress,
    Telephones,
    Victim,
)
from hub.message.values import Coded, Dated, Numbered, Timed
from tests.doubles.spi import BUNDLE, TABLES

DAY = Dated("04/03/2026", date(2026, 3, 4))
SLOT = HearingSlot(court=read_ou_code("B01LY00"), on=DAY, at=Timed("10.15", time(10, 15)))
LINES = AddressLines(line_1="1 Sample Street", line_2="Anytown", postcode=read_postcode("zz11zz"))
PERSON = Individual(name=PersonName(given="Siân", family="O\u2019Example"), address=Address(lines=LINES))
OFFENCE = Offence(
    position=1,
    code=read_offence_code("TH68010"),
    wording="Stole sweets.",
    started_on=DAY,
    results=(Result(code=Coded("1017", "1017"), text="Absolute discharge."),),
)
RESULT = HearingResulted(
    ptiurn=read_ptiurn("01ZD0005526"),
    slot=SLOT,
    psa_code=Coded("2577", "2577"),
    defendants=(Defendant(asn=read_asn("26/01ZD/00/56M"), individual=PERSON, offences=(OFFENCE,)),),
)
CASE = CaseFileSubmission(
    ptiurn=read_ptiurn("01ZD0005526"),
    originating_organisation=read_ou_code("001ZD00"),
    initiation=Coded("CHG", "CHARGE"),
    first_hearing=SLOT,
    officer=Officer(name=PersonName(family="Officer"), rank="PC"),
    defendants=(Defendant(asn=read_asn("26/01ZD/00/56M"), individual=PERSON, offences=(OFFENCE,)),),
)


def fitted(body: Body) -> tuple[Element, list[Report]]:
    """The payload of a body from another dialect, which is valid, and the reports."""
    envelope = Envelope(
        message_id="00000000-0000-4000-8000-000000000001",
        correlation_id="00000000-0000-4000-8000-000000000002",
        sender=Sender(party="anyforce"),
        source=Source(dialect="exchange", version="1"),
        accepted_at=datetime(2026, 3, 2, tzinfo=UTC),
    )
    payload = NEW_CASE if isinstance(body, CaseFileSubmission) else RESULTED_CASE
    text, reports = write(payload, Message(envelope=envelope, body=body), TABLES)
    root = parse(text.encode())
    assert load_schema(BUNDLE.schema("spi/spi.xsd")).accepts(root)
    return root, list(reports)


def of(root: Element, name: str) -> list[str]:
    return [node.text or "" for node in root.iter() if etree.QName(node).localname == name]


def said(reports: list[Report], kind: ReportKind) -> set[str]:
    return {report.path.rpartition("/")[2] for report in reports if report.kind is kind}


def with_person(**changes: Any) -> HearingResulted:
    (defendant,) = RESULT.defendants
    return replace(RESULT, defendants=(replace(defendant, individual=replace(PERSON, **changes)),))


def with_offence(**changes: Any) -> HearingResulted:
    (defendant,) = RESULT.defendants
    return replace(RESULT, defendants=(replace(defendant, offences=(replace(OFFENCE, **changes),)),))


def with_result(**changes: Any) -> HearingResulted:
    return with_offence(results=(replace(OFFENCE.results[0], **changes),))


def test_readings_are_spelt_as_the_interface_spells_them() -> None:
    root, _ = fitted(with_person(pnc_id=read_pnc("05/77121L"), custody_status=Coded("CB", "CONDITIONAL_BAIL")))
    assert of(root, "DateOfHearing") == ["2026-03-04"]
    assert of(root, "TimeOfHearing") == ["10:15:00"]
    assert of(root, "ProsecutorReference") == ["2601ZD0000000000056M"]
    assert of(root, "PNCidentifier") == ["20050077121L"]
    assert of(root, "BailStatus") == ["B"]
    assert of(root, "AddressLine5") == ["ZZ1 1ZZ"]


def test_letters_that_the_interface_has_not_are_spelt_without_and_reported() -> None:
    root, reports = fitted(RESULT)
    assert (of(root, "PersonGivenName1"), of(root, "PersonFamilyName")) == (["Sian"], ["O'Example"])
    assert said(reports, ReportKind.ADAPTED) == {"PersonGivenName1", "PersonFamilyName"}
    assert not any("Si" in report.words or "Example" in report.words for report in reports)


def test_what_is_too_long_is_cut_and_reported_with_its_place() -> None:
    root, reports = fitted(with_result(text="x" * 2600))
    assert of(root, "ResultText") == ["x" * 2500]
    (report,) = [one for one in reports if one.kind is ReportKind.TRUNCATED]
    assert report.path == ("/ResultedCaseMessage/Session/Case/Defendant[1]/Offence[1]/Result[1]/ResultText")


def test_the_defaults_are_those_of_the_known_sender_and_are_reported() -> None:
    bare = replace(
        RESULT,
        ptiurn=Identifier("", None, None),
        defendants=(Defendant(individual=PERSON, offences=(replace(OFFENCE, ended=OffenceEnd(on=DAY)),)),),
    )
    root, reports = fitted(bare)
    filled = {name: of(root, name) for name in said(reports, ReportKind.DEFAULTED)}
    assert filled == {
        "PTIURN": ["00PP0000008"],
        "ProsecutorReference": ["0800PP0100000000001H"],
        "Gender": ["9"],
        "BailStatus": ["A"],
        "PresentAtHearing": [""],
        "OffenceSequenceNumber": ["001"],
        "OffenceDateCode": ["4"],
        "InitiatedDate": ["2026-03-04"],
        "FinalDisposalIndicator": [""],
    }


def test_a_conviction_date_without_a_finding_says_guilty() -> None:
    root, _ = fitted(with_offence(convicted_on=DAY))
    assert of(root, "Finding") == ["G"]


def test_no_plea_is_invented() -> None:
    root, _ = fitted(RESULT)
    assert of(root, "Plea") == []


def test_an_amount_has_a_plus_sign_and_whole_pence_rounded_down() -> None:
    root, reports = fitted(with_result(outcome=Outcome(amount=Numbered("£120.009", Decimal("120.009")))))
    assert of(root, "ResultAmountSterling") == ["+120.00"]
    assert said(reports, ReportKind.TRUNCATED) == {"ResultAmountSterling"}


def test_a_duration_over_999_days_becomes_its_first_and_last_day() -> None:
    period = Period(length=Numbered("1000", Decimal(1000)), unit=Coded("D", "DAYS"))
    root, reports = fitted(with_result(outcome=Outcome(duration=Duration(primary=period))))
    assert (of(root, "DurationStartDate"), of(root, "DurationEndDate")) == (["2026-03-04"], ["2028-11-28"])
    assert of(root, "DurationValue") == []
    assert said(reports, ReportKind.ADAPTED) >= {"DurationValue"}


def test_a_period_without_its_number_is_left_out_whole() -> None:
    root, _ = fitted(with_result(outcome=Outcome(duration=Duration(primary=Period(unit=Coded("D", "DAYS"))))))
    assert of(root, "DurationUnit") == []


def test_only_four_qualifiers_go_and_the_rest_is_reported() -> None:
    root, reports = fitted(with_result(qualifiers=tuple(Coded(code, code) for code in ("A", "B", "B", "C", "D"))))
    assert of(root, "ResultCodeQualifier") == ["A", "B", "B", "C"]
    assert said(reports, ReportKind.TRUNCATED) == {"ResultCodeQualifier"}


def test_a_next_hearing_without_a_day_is_left_out_and_reported() -> None:
    root, reports = fitted(with_result(next_hearing=NextHearing(slot=HearingSlot(court=read_ou_code("B01LY00")))))
    assert of(root, "NextHearing") == []
    assert "NextHearing" in said(reports, ReportKind.ADAPTED)


def test_offences_without_a_result_are_not_sent_and_that_is_reported() -> None:
    (defendant,) = RESULT.defendants
    others = replace(defendant, offences=(replace(OFFENCE, results=()), replace(OFFENCE, position=2)))
    root, reports = fitted(replace(RESULT, defendants=(others,)))
    assert of(root, "OffenceSequenceNumber") == ["002"]
    assert "Offence" in said(reports, ReportKind.ADAPTED)


def test_a_code_of_another_list_is_never_guessed() -> None:
    root, reports = fitted(with_offence(plea=Coded("G", None), mode_of_trial=Coded("x", "ELECTS_JURY")))
    assert of(root, "Plea") == []
    assert of(root, "ModeOfTrial") == ["04"]
    assert "Plea" in said(reports, ReportKind.ADAPTED)


def test_a_postcode_that_stands_apart_takes_the_fifth_line_and_that_is_reported() -> None:
    full = replace(LINES, line_3="Three", line_4="Four", line_5="Five")
    root, reports = fitted(with_person(address=Address(lines=full)))
    assert [of(root, f"AddressLine{number}") for number in (4, 5)] == [["Four"], ["ZZ1 1ZZ"]]
    assert "AddressLine5" in said(reports, ReportKind.TRUNCATED)


@pytest.mark.parametrize(
    ("paon", "fixed"),
    [
        ("12", "  12 "),
        ("12a", "  12A"),
        ("12-14", "  12   14 "),
        ("7 Rose Cottage", "   7      Rose Cottage"),
        ("The Old Mill, Annexe", "          The Old Mill Annexe"),
        ("  14 ", "  14 "),
        (None, " " * 10),
    ],
)
def test_a_building_is_put_into_its_fixed_layout(paon: str | None, fixed: str) -> None:
    parts = StructuredAddress(paon=paon, street="Dummy Road", town="Anytown")
    (defendant,) = CASE.defendants
    person = replace(PERSON, address=Address(structured=parts))
    root, _ = fitted(replace(CASE, defendants=(replace(defendant, individual=person),)))
    assert of(root, "PAON") == [fixed]


def test_an_address_in_lines_is_put_into_parts_for_a_case_file() -> None:
    root, reports = fitted(CASE)
    assert (of(root, "StreetDescription"), of(root, "Town"), of(root, "PostCode")) == (
        ["1 Sample Street"],
        ["Anytown"],
        ["ZZ1 1ZZ"],
    )
    assert "Address" in said(reports, ReportKind.ADAPTED)


def test_a_guardian_whose_address_has_no_line_is_left_out_and_that_is_reported() -> None:
    guardian = ParentGuardian(name=PersonName(family="Example"), address=Address(lines=AddressLines()))
    (defendant,) = CASE.defendants
    youth = replace(defendant, individual=replace(PERSON, parent_guardian=guardian))
    root, reports = fitted(replace(CASE, defendants=(youth,)))
    assert of(root, "ParentGuardianDetails") == []
    assert "ParentGuardianDetails" in said(reports, ReportKind.ADAPTED)


def test_a_summons_has_the_pair_of_codes_and_any_other_case_the_one() -> None:
    root, _ = fitted(replace(CASE, initiation=Coded("SUM", "SUMMONS"), summons_code=Coded("1", "MCA_CASE")))
    assert (of(root, "InitiationCode"), of(root, "SummonsCode"), of(root, "CaseInitiation")) == (["S"], ["M"], [])
    root, _ = fitted(CASE)
    assert (of(root, "InitiationCode"), of(root, "CaseInitiation")) == ([], ["C"])


def test_what_the_schema_requires_and_nobody_knows_goes_empty_and_that_is_reported() -> None:
    root, reports = fitted(CASE)
    assert of(root, "PoliceWorkerReferenceNumber") == [""]
    assert "PoliceWorkerReferenceNumber" in said(reports, ReportKind.DEFAULTED)


def test_a_name_in_one_piece_becomes_the_family_name_and_a_lone_second_address_the_first() -> None:
    root, _ = fitted(with_person(name=PersonName(display="Ash Example"), emails=Emails(secondary="ash@example.org")))
    assert of(root, "PersonFamilyName") == ["Ash Example"]
    assert (of(root, "EmailAddress1"), of(root, "EmailAddress2")) == (["ash@example.org"], [])


def test_a_telephone_number_keeps_its_digits_and_an_address_that_is_none_is_left_out() -> None:
    root, reports = fitted(
        with_person(telephones=Telephones(mobile="+44 (7700) 900001"), emails=Emails(primary="ash+work@example.org"))
    )
    assert of(root, "TelephoneNumberMobile") == ["0044 7700 900001"]
    assert of(root, "EmailDetails") == []
    assert {"EmailAddress1", "EmailDetails"} <= said(reports, ReportKind.ADAPTED)


def test_welsh_stands_behind_the_english_and_a_victim_without_an_address_is_left_out_and_reported() -> None:
    offence = replace(OFFENCE, wording_welsh="Dygodd losin.", victims=(Victim(name=PersonName(family="Example")),))
    (defendant,) = CASE.defendants
    root, reports = fitted(replace(CASE, defendants=(replace(defendant, offences=(offence,)),)))
    assert of(root, "OffenceWording") == ["Stole sweets.||Dygodd losin."]
    assert of(root, "OtherPartyVictim") == []
    assert "OtherPartyVictim" in said(reports, ReportKind.ADAPTED)
