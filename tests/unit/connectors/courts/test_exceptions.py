"""Each exception stands where courts 2.3 says: its code, the number of its offence, its place, and how many times."""

import pytest

from connectors.courts.findings.exceptions import EXCEPTIONS
from tests.doubles.results import ASN, findings, message, next_hearing, offence, result, told
from tests.doubles.results import duration as lasting

LONG = "x" * 2501
AMOUNT = "<Outcome><ResultAmountSterling>{}</ResultAmountSterling></Outcome>"
POINTS = "<Outcome><PenaltyPoints>{}</PenaltyPoints></Outcome>"


def second(*results: str, **changed: str | None) -> str:
    """A message whose second offence, number 7, has these results or changes."""
    return message(offence(), offence("TH68010", *results, **{"OffenceSequenceNumber": "007", **changed}))


def two(text: str | None = None, **changed: str | None) -> str:
    """A message of one offence with two results."""
    return message(offence("TH68010", result(), text or result()), **changed)


FOUND = {
    "HO100100": [
        (second(OffenceDateCode="7"), [7]),
        (second(result("fine")), [7]),
        (message(offence(), offence("LA12509", OffenceSequenceNumber="007")), [7]),
        (second(ConvictionDate="2026-02-30"), [7]),
        (message(DateOfHearing="4 March"), [None]),
        (second(result("1015", after=next_hearing(on="soon"))), [7]),
    ],
    "HO100101": [(message(AddressLine1=None, AddressLine2="Anytown"), [None])],
    "HO100103": [
        (message(TimeOfHearing="10.00"), [None]),
        (second(result("4027", after=next_hearing(at="25:00"))), [7]),
        (second(OffenceStartTime="9:30", OffenceEndTime="24:10"), [7, 7]),
    ],
    "HO100106": [(two(ReasonForBailConditionsOrCustody=""), [1, 1])],
    "HO100107": [(two(ReasonForBailConditionsOrCustody=LONG), [1, 1])],
    "HO100108": [
        (message(BailStatus="R"), [None]),
        (message(BailStatus=""), [None]),
        (message(offence("TH68010", result(), result(), Finding="X")), [1, 1]),
        (message(offence("TH68010", result(), result(), ModeOfTrial="00")), [1, 1]),
        (message(offence("TH68010", ModeOfTrial="10")), [1]),
        (second(result("4027", after=next_hearing(bail="X"))), [7]),
        (second(result("1002", after=lasting("3", "F"))), [7]),
        (message(CourtHearingLocation="B99XX00", PSAcode="0000"), [None]),
    ],
    "HO100200": [
        (two(CourtHearingLocation="B@1LY00"), [None, 1, 1]),
        (two(CourtHearingLocation=""), [None, 1, 1]),
        (second(result("4027", after=next_hearing(court="K01LY00"))), [7]),
        (second(result("4027", after=next_hearing(court="0433"))), [7]),
        (message(offence(), offence(OffenceSequenceNumber="2"), ProsecutorReference="1234567"), [1, 2]),
    ],
    "HO100201": [(message(PTIURN="01ZZ12"), [None]), (message(PTIURN="01ZZ00000123"), [None])],
    "HO100206": [
        (message(ProsecutorReference=f"{ASN[:-1]}C"), [None]),
        (message(ProsecutorReference="26B01ZZ0100000000124C"), [None]),
    ],
    "HO100209": [
        (message(PNCidentifier="200800000GGG"), [None]),
        (message(PNCidentifier="2008/0000001A", organisation=True), [None]),
    ],
    "HO100211": [(message(OrganisationName="", organisation=True), [None])],
    "HO100212": [(message(PersonTitle="x" * 36), [None])],
    "HO100213": [(message(PersonGivenName1="x" * 36, PersonGivenName2="y" * 36), [None, None])],
    "HO100215": [(message(PersonFamilyName="x" * 36), [None]), (message(PersonFamilyName="  "), [None])],
    "HO100217": [(message(AddressLine1="", AddressLine2="x" * 36), [None, None])],
    "HO100220": [(two(ReasonForBailConditionsOrCustody=""), [None])],
    "HO100232": [(second(LocationOfOffence=""), [7]), (second(LocationOfOffence="x" * 81), [7])],
    "HO100233": [(message(offence(), offence("01UNTIT", OffenceSequenceNumber="007")), [7])],
    "HO100234": [(second(OffenceWording=""), [7]), (second(OffenceWording=LONG), [7])],
    "HO100237": [(second(AlcoholLevelAmount="1000"), [7])],
    "HO100239": [(second(OffenceSequenceNumber="1000"), [1000])],
    "HO100240": [(message(offence("RT88191", result("999"), OffenceSequenceNumber="7")), [7])],
    "HO100242": [
        (second(result("1002", after=lasting("0", "M"))), [7]),
        (second(result("1002", after=lasting("1000", "D", "Secondary"))), [7]),
    ],
    "HO100243": [
        (second(result(after=AMOUNT.format(text))), [7]) for text in ("0.00", "-1.00", "1.001", "1000000000000")
    ],
    "HO100244": [
        (second(result("3008", after=POINTS.format("0"))), [7]),
        (second(result("1052", after=lasting("0", "H", "Secondary"))), [7]),
    ],
    "HO100245": [(second(result("1015", LONG)), [7])],
    "HO100246": [(second(result("999")), [7])],
    "HO100247": [(second(result("1015", "Fined.", "", "ABC")), [7, 7])],
    "HO100249": [(message(PSAcode="0099"), [None])],
    "HO100300": [
        (message(CourtHearingLocation="B99XX00"), [None]),
        (message(CourtHearingLocation="B99XX00", PSAcode="9998"), [None, None]),
        (message(CourtHearingLocation="B99XX00", PSAcode="0000"), [None]),
        (message(CourtHearingLocation="01LY00"), [None]),
        (second(result("4027", after=next_hearing(court="C99XX00"))), [7]),
        (message(ProsecutorReference="2699QQ0100000000123J"), [None]),
    ],
    "HO100305": [
        (second(result("1015"), ConvictionDate=None), [7]),
        (second(result("3047", after=next_hearing()), ConvictionDate=None), [7]),
        (second(result("1000", after=next_hearing()), Finding="N", ConvictionDate=None), [7]),
    ],
    "HO100306": [
        (message(offence(), offence("TH99999", OffenceSequenceNumber="007")), [7]),
        (message(offence(), offence("th68010", OffenceSequenceNumber="007")), [7]),
    ],
    "HO100307": [(second(result("9991")), [7]), (second(result("9991"), result("9992")), [7, 7])],
    "HO100309": [(second(result("1015", "Fined.", "A", "Q")), [7]), (second(result("1015", "Fined.", "a")), [7])],
    "HO100321": [(message(ProsecutorReference="0800NP0100000000001H"), [None])],
    "HO100322": [(second(result("4027", after=next_hearing(court=None))), [7]), (second(result("4027")), [7])],
    "HO100323": [(second(result("4027")), [7])],
    "HO100331": [(message(*[offence() for _ in range(101)]), [None])],
}

NOT_FOUND = {
    "HO100100": [second(OffenceDateCode="6"), second(AlcoholLevelAmount="")],
    "HO100101": [message(AddressLine1="")],
    "HO100103": [
        message(TimeOfHearing="at 23:59Z"),
        second(OffenceStartTime=""),
        second(OffenceStartTime="noon", OffenceDateCode="7"),
    ],
    "HO100106": [two(), two(ReasonForBailConditionsOrCustody=" ")],
    "HO100107": [two(ReasonForBailConditionsOrCustody=LONG[1:])],
    "HO100108": [
        message(BailStatus="CB"),
        second(Finding="C"),
        second(Finding=None, ModeOfTrial=None),
        second(Finding="NG", ModeOfTrial="9"),
        second(result("1002", after=lasting("3", "."))),
        second(result("1002", after=lasting("3", None))),
        message(CourtHearingLocation="B99XX00"),
    ],
    "HO100200": [message(CourtHearingLocation="b01ly00"), second(result("4027", after=next_hearing(court="")))],
    "HO100201": [message(PTIURN="01zz0000123"), message(PTIURN="01ZZ123")],
    "HO100206": [message(ProsecutorReference="26/01zz/01/123b"), message(ProsecutorReference="0800NP0100000000001H")],
    "HO100209": [message(PNCidentifier="20080000001A"), message(PNCidentifier="")],
    "HO100211": [message(organisation=True)],
    "HO100212": [message(PersonTitle=" " * 30 + "x" * 35)],
    "HO100213": [message(PersonGivenName1="x" * 17 + "    " + "y" * 17)],
    "HO100215": [message(PersonFamilyName="x" * 35)],
    "HO100217": [message(AddressLine2="x" * 35)],
    "HO100220": [two(ReasonForBailConditionsOrCustody="x")],
    "HO100232": [second(LocationOfOffence=None), second(LocationOfOffence="x" * 80)],
    "HO100233": [second()],
    "HO100234": [second(OffenceWording="x" * 2500)],
    "HO100237": [second(AlcoholLevelAmount="999")],
    "HO100239": [second(OffenceSequenceNumber="999")],
    "HO100240": [second(result(None, "As agreed.")), second(result("01015"))],
    "HO100242": [second(result("1002", after=lasting("0", ""))), second(result("1002", after=lasting("999", "D")))],
    "HO100243": [second(result(after=AMOUNT.format("+10.00"))), second(result(after=AMOUNT.format("999999999999.99")))],
    "HO100244": [second(result("3008", after=POINTS.format("3"))), second(result("1015", after=POINTS.format("0")))],
    "HO100245": [second(result("1015", "")), second(result("1015", LONG[1:]))],
    "HO100246": [
        message(offence("RT88191", result("999"))),
        second(result("999"), Finding="A"),
    ],
    "HO100247": [second(result("1015", "Fined.", "A", "BA"))],
    "HO100249": [message(PSAcode="0100")],
    "HO100300": [
        message(CourtHearingLocation="b01ly77"),
        second(result("4027", after=next_hearing(court="01LY00"))),
        second(result("4027", after=next_hearing(court=""))),
    ],
    "HO100305": [
        message(offence("RT88191", result("1015"), ConvictionDate=None)),
        second(result("1000"), ConvictionDate=None),
        second(result("1015"), ConvictionDate=None, Plea="7"),
        second(result("1015"), ConvictionDate="2026-02-02"),
    ],
    "HO100306": [
        message(offence("TH68010B")),
        message(offence("05MC001")),
        message(offence("")),
        message(offence("TH9XYZ")),
        message(offence("SX03002")),
    ],
    "HO100307": [second(result("999")), second(result(None, "As agreed."))],
    "HO100309": [second(result("1015", "Fined.", "A", "BA")), second(result("1015", "Fined.", "ABC"))],
    "HO100321": [message(offence("RT88191"), ProsecutorReference="0800NP0100000000001H"), message()],
    "HO100322": [
        message(offence("RT88191", result("4027"))),
        second(result("4575")),
        second(result("4027", "Bailed to appear at Liverpool Crown Court.", after=next_hearing(court=None))),
        second(result("4027", "Bailed to appear at Liverpool Crown Court on 01/04/2026 or such other date.")),
        second(result("4027", after=next_hearing(court=""))),
    ],
    "HO100323": [second(result("4027", after=next_hearing(court=None)))],
    "HO100331": [message(*[offence() for _ in range(100)])],
}


def of(code: str, text: str) -> list[int | None]:
    return [number for one, number in told(text) if one == code]


@pytest.mark.parametrize(("code", "text", "at"), [(code, *one) for code, some in FOUND.items() for one in some])
def test_an_exception_stands_on_each_element_that_is_wrong(code: str, text: str, at: list[int | None]) -> None:
    assert of(code, text) == at


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in NOT_FOUND.items() for text in texts])
def test_an_exception_does_not_stand_on_what_is_only_near_it(code: str, text: str) -> None:
    assert of(code, text) == []


def test_every_exception_has_examples_on_both_sides() -> None:
    assert set(FOUND) == set(NOT_FOUND) == set(EXCEPTIONS)


def test_a_sound_result_has_no_findings() -> None:
    assert told(message()) == []


def test_one_element_carries_the_highest_code_alone() -> None:
    dummy_of_nobody = message(ProsecutorReference="2600NP0000000000001X")
    assert [code for code, _ in told(dummy_of_nobody) if code in ("HO100206", "HO100300", "HO100321")] == ["HO100321"]
    unknown_and_low = message(CourtHearingLocation="B99XX00", PSAcode="0050")
    assert [code for code, _ in told(unknown_and_low) if code in ("HO100249",)] == []


def test_a_case_that_reopens_another_keeps_its_triggers_and_has_no_exceptions() -> None:
    text = message(
        offence("MC80524", result("4584")), offence("NOTHING", result("9991")), ProsecutorReference="nothing"
    )
    assert [code for code, _ in told(text)] == ["TRPR0025"]


def test_a_finding_says_where_in_the_message_it_stands() -> None:
    text = message(offence(), offence("TH99999", result(), result("9991", "Text.", "A", "Q")))
    places = {one.code: one.path.removeprefix("/ResultedCaseMessage/Session/Case/Defendant/") for one in findings(text)}
    assert places == {
        "HO100306": "Offence[2]/BaseOffenceDetails/OffenceCode",
        "HO100307": "Offence[2]/Result[2]/ResultCode",
        "HO100309": "Offence[2]/Result[2]/ResultCodeQualifier[2]",
    }


def test_a_finding_holds_no_value_of_the_message() -> None:
    text = message(offence("TH99999"), PersonFamilyName="Unmistakable" * 4, PNCidentifier="200800000GGG")
    told_of = findings(text)
    assert len(told_of) == 3
    assert not [one for one in told_of if "Unmistakable" in one.words or "GGG" in one.words or "TH99999" in one.words]
