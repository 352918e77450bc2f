"""Identifiers read as the dossiers' worked examples say."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.message.identifiers import (
    Identifier,
    Reason,
    asn_check_letter,
    check_letter,
    force_of_asn,
    force_of_ptiurn,
    is_dummy_asn,
    is_dummy_ptiurn,
    make_asn,
    make_cro,
    make_pnc,
    make_ptiurn,
    read_asn,
    read_ccr,
    read_crn,
    read_cro,
    read_noms,
    read_offence_code,
    read_ou_code,
    read_pnc,
    read_postcode,
    read_ptiurn,
    urn_root,
)

Read = Callable[[str], Identifier]

READERS = (
    read_ptiurn,
    read_asn,
    read_pnc,
    read_cro,
    read_ccr,
    read_ou_code,
    read_noms,
    read_crn,
    read_offence_code,
    read_postcode,
)


def test_every_reason_carries_a_sentence() -> None:
    assert all(len(reason.words.split()) > 2 for reason in Reason)
    assert Reason("check_letter") is Reason.CHECK_LETTER


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("blank", ["", "   ", "\n\t"])
def test_nothing_given_is_told_apart_from_a_wrong_form(read: Read, blank: str) -> None:
    assert read(blank) == Identifier(blank, None, Reason.EMPTY)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("text", ["?", "not/an_id!", "\uff11\uff12\uff13\uff14", "\u017f\u0131\u00df", "A" * 5000])
def test_what_cannot_be_read_keeps_its_text_and_has_no_normal_form(read: Read, text: str) -> None:
    assert read(text) == Identifier(text, None, Reason.FORMAT)


# --- the check letter ---


@pytest.mark.parametrize(("number", "letter"), [(0, "Z"), (1, "A"), (2, "B"), (22, "Y"), (23, "Z"), (790163001, "B")])
def test_a_check_letter_is_the_remainder_by_23(number: int, letter: str) -> None:
    assert check_letter(number) == letter


# --- PTIURN (reference-data 1.3) ---


@pytest.mark.parametrize(
    ("text", "value", "reason"),
    [
        ("01ZD0303208", "01ZD0303208", None),
        ("16BH0037004", "16BH0037004", None),
        ("37QI4405072", "37QI4405072", None),
        ("01zd0300108", "01ZD0300108", None),
        (" 01ZD 0303208\n", "01ZD0303208", None),
        ("01ZD/0303208", "01ZD0303208", None),
        ("276H9498350", "276H9498350", None),
        ("42B54322", "42B54322", Reason.LENGTH),
        ("ABCD123", "ABCD123", Reason.LENGTH),
        ("82CD34397719", "82CD34397719", Reason.LENGTH),
        ("10U080495764", "10U080495764", Reason.LENGTH),
        ("TVL12345", "TVL12345", Reason.LENGTH),
        ("TFL12345-ABC", "TFL12345-ABC", Reason.NOT_POLICE),
        ("tfl12345-abc", "TFL12345-ABC", Reason.NOT_POLICE),
        ("01AB1234514/2", "01AB1234514/2", None),
        ("01AB1234514 (M)", "01AB1234514(M)", None),
        ("01AB1234514(m)/2", "01AB1234514(M)/2", None),
        ("00NP0000008", "00NP0000008", Reason.DUMMY),
        ("00PP0000008", "00PP0000008", Reason.DUMMY),
        ("42001234508", "42001234508", Reason.DUMMY),
        ("70", None, Reason.FORMAT),
        ("URN_NUMBER", None, Reason.FORMAT),
        ("XXXXXXXXX", None, Reason.FORMAT),
        ("01AB1234514/0", None, Reason.FORMAT),
    ],
)
def test_a_ptiurn_reads_as_the_dossier_says(text: str, value: str | None, reason: Reason | None) -> None:
    assert read_ptiurn(text) == Identifier(text, value, reason)


@pytest.mark.parametrize(
    ("urn", "root"),
    [
        ("01AB1234514", "01AB1234514"),
        ("01AB1234514/2", "01AB1234514"),
        ("01AB1234514(M)", "01AB1234514"),
        (" 01ab1234514(M)/2 ", "01AB1234514"),
        ("01AB/1234514/2", "01AB1234514"),
        ("TFL12345-ABC", "TFL12345-ABC"),
    ],
)
def test_the_parts_of_a_split_case_share_a_root(urn: str, root: str) -> None:
    assert urn_root(urn) == root


@pytest.mark.parametrize(
    ("urn", "force"),
    [("01ZD0303208", "01"), ("07zz0000124/2", "07"), ("00NP0000008", "00"), ("TVL12345", None), ("URN_NUMBER", None)],
)
def test_a_ptiurn_names_its_force_when_it_starts_with_two_digits(urn: str, force: str | None) -> None:
    assert force_of_ptiurn(urn) == force


@pytest.mark.parametrize(
    ("urn", "dummy"),
    [("00NP0000008", True), ("00pp0000008", True), ("42001234508", True), ("00AB1234508", False), ("NP00123", False)],
)
def test_a_dummy_ptiurn_is_known_by_its_front(urn: str, dummy: bool) -> None:
    assert is_dummy_ptiurn(urn) is dummy


# --- ASN (reference-data 1.2) ---


@pytest.mark.parametrize(
    "asn",
    [
        "1101ZD0100000448754K",
        "1101ZD0100000410836V",
        "0416BH0000000090557N",
        "22FD112200001234560X",
        "2202XC0200000000021R",
        "2005FF0500000000555P",
        "9700000000000123456K",
        "1301ZD0100000449640W",
        "2499ZZ0000000000017E",
    ],
)
def test_an_asn_with_its_right_letter_is_sound(asn: str) -> None:
    assert read_asn(asn) == Identifier(asn, asn, None)


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("1101ZD0100000410804A", "1101ZD0100000410804A", "K"),
        ("24/54CS/01/123X", "2454CS0100000000123X", "R"),
        ("2006MM0600000003131B", "2006MM0600000003131B", "L"),
    ],
)
def test_an_asn_with_a_wrong_letter_is_read_with_a_finding(text: str, value: str, expected: str) -> None:
    assert read_asn(text) == Identifier(text, value, Reason.CHECK_LETTER)
    assert asn_check_letter(value) == expected


@pytest.mark.parametrize(
    "text",
    [
        "11/01ZD/01/448754K",
        "11/01ZD/01/00000448754K",
        "1101ZD01448754K",
        "1101zd0100000448754k",
        " 1101ZD 01 00000448754 K ",
        "11B01ZD0100000448754K",
        "11001ZD0100000448754K",
    ],
)
def test_every_form_of_an_asn_has_one_normal_form(text: str) -> None:
    assert read_asn(text) == Identifier(text, "1101ZD0100000448754K", None)


def test_a_letter_that_is_never_a_check_letter_is_named_as_such() -> None:
    assert read_asn("1101ZD0100000448754S").reason is Reason.IMPOSSIBLE_LETTER
    assert read_pnc("20120052494O").reason is Reason.IMPOSSIBLE_LETTER


@pytest.mark.parametrize(
    "text", ["TFL", "1101ZD01K", "1101ZD0100000A48754K", "1101ZD01000004487540", "SecondDefendant"]
)
def test_an_asn_that_cannot_be_expanded_has_no_normal_form(text: str) -> None:
    assert read_asn(text) == Identifier(text, None, Reason.FORMAT)


def test_an_error_in_the_unit_of_an_asn_is_not_seen_by_its_letter() -> None:
    assert read_asn("1101XX0100000448754K").reason is None


@pytest.mark.parametrize(
    "front",
    [
        "0800NP01",
        "0800PP01",
        "0800NRPR",
        "2412LN00",
        "2400NP00",
        "24630017",
        "2406SS01",
        "2400XX01",
        "24501100",
        "2450OF00",
        "2450SJ00",
    ],
)
def test_each_pattern_of_dummy_asn_is_known_and_still_read(front: str) -> None:
    asn = make_asn(year=int(front[:2]), force=front[2:4], unit=front[4:6], system=front[6:8], sequence=1)
    assert read_asn(asn) == Identifier(asn, asn, Reason.DUMMY)
    assert is_dummy_asn(asn)


def test_the_worked_dummy_has_a_good_letter_and_is_a_dummy() -> None:
    assert read_asn("0800NP0100000000001H").reason is Reason.DUMMY


def test_a_dummy_with_a_wrong_letter_is_told_of_its_letter_and_still_known_as_a_dummy() -> None:
    assert read_asn("0800NP0100000000001A").reason is Reason.CHECK_LETTER
    assert is_dummy_asn("08/00NP/01/1A")


def test_a_dummy_may_have_letters_where_its_sequence_should_be() -> None:
    assert read_asn("0800NRPRABCDEFGHJKLM").value is None
    assert is_dummy_asn("0800NRPRABCDEFGHJKLM")


@pytest.mark.parametrize("asn", ["1101ZD0100000448754K", "2450AA1100000000001A", "0800NP01", ""])
def test_an_ordinary_asn_is_no_dummy(asn: str) -> None:
    assert not is_dummy_asn(asn)


@pytest.mark.parametrize(
    ("asn", "force"), [("11/01ZD/01/448754K", "01"), ("22FD112200001234560X", "FD"), ("rubbish", None)]
)
def test_an_asn_names_its_force(asn: str, force: str | None) -> None:
    assert force_of_asn(asn) == force


# --- PNC id (reference-data 1.4, prisons-probation-cps 4.1) ---


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1979/0163001B", "1979/0163001B"),
        ("79/163001B", "1979/0163001B"),
        ("1979/163001B", "1979/0163001B"),
        ("19790163001B", "1979/0163001B"),
        ("1979/0163001b", "1979/0163001B"),
        (" 1979/0163001B ", "1979/0163001B"),
        ("2002/0073319Z", "2002/0073319Z"),
        ("2003/0000003Y", "2003/0000003Y"),
        ("033Y", "2003/0000003Y"),
        ("03/3Y", "2003/0000003Y"),
        ("1967/9893091D", "1967/9893091D"),
        ("1999/1234567B", "1999/1234567B"),
        ("2020/0000009N", "2020/0000009N"),
        ("20/9N", "2020/0000009N"),
        ("2020/00009N", "2020/0000009N"),
        ("2021/0009999M", "2021/0009999M"),
        ("1999/0044342D", "1999/0044342D"),
        ("2003/0062845E", "2003/0062845E"),
        ("03/62845E", "2003/0062845E"),
        ("1981/0154257C", "1981/0154257C"),
        ("2001/0171310W", "2001/0171310W"),
    ],
)
def test_a_pnc_id_reads_as_the_dossier_says(text: str, value: str) -> None:
    assert read_pnc(text) == Identifier(text, value, None)


@pytest.mark.parametrize(
    ("text", "value", "reason"),
    [
        ("1980/0163001B", "1980/0163001B", Reason.CHECK_LETTER),
        ("1999/1234567A", "1999/1234567A", Reason.CHECK_LETTER),
        ("2003/1234567a", "2003/1234567A", Reason.CHECK_LETTER),
        ("12/1234567B", "2012/1234567B", Reason.CHECK_LETTER),
        ("2001/0171310S", "2001/0171310S", Reason.IMPOSSIBLE_LETTER),
        ("20120052494O", "2012/0052494O", Reason.IMPOSSIBLE_LETTER),
    ],
)
def test_a_pnc_id_with_a_wrong_letter_is_read_with_a_finding(text: str, value: str, reason: Reason) -> None:
    assert read_pnc(text) == Identifier(text, value, reason)


@pytest.mark.parametrize(
    "text",
    [
        "TOTALLYINVALID",
        "1X23/1234567A",
        "1923/1234567AA",
        "1999/0001234567B",
        "199/1234567B",
        "0099/1234567B",
        "2000/0000001",
        "200800000GGG",
        "Test PNC",
    ],
)
def test_a_pnc_id_in_a_bad_form_has_no_normal_form(text: str) -> None:
    assert read_pnc(text) == Identifier(text, None, Reason.FORMAT)


def test_without_a_slash_a_short_pnc_id_starts_with_two_digits_of_year() -> None:
    assert read_pnc("202000009N").value == "2020/2000009N"


@pytest.mark.parametrize(("year", "century"), [("38", "20"), ("39", "19")])
def test_a_two_digit_year_turns_at_39_whatever_the_day(year: str, century: str) -> None:
    assert read_pnc(f"{year}/1A").value == f"{century}{year}/0000001A"


# --- CRO number (reference-data 1.5, prisons-probation-cps 4.1) ---


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("65656/91H", "065656/91H"),
        ("123456/99L", "123456/99L"),
        ("123456/99l", "123456/99L"),
        ("265416/21G", "265416/21G"),
        ("41504/71A", "041504/71A"),
        ("085227/65L", "085227/65L"),
        ("SF83/50058Z", "SF83/50058Z"),
        ("sf83/50058z", "SF83/50058Z"),
        ("SF05/482703J", "SF05/482703J"),
        ("SF80/41396X", "SF80/41396X"),
        ("SF89/25862Y", "SF89/25862Y"),
        ("SF99/12345M", "SF99/12345M"),
        (" 123456 / 99L ", "123456/99L"),
    ],
)
def test_a_cro_number_reads_as_the_dossier_says(text: str, value: str) -> None:
    assert read_cro(text) == Identifier(text, value, None)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("85227/65G", "085227/65G"),
        ("123456/99B", "123456/99B"),
        ("123456/99Z", "123456/99Z"),
        ("SF99/123456Z", "SF99/123456Z"),
        ("SF39/83146J", "SF39/83146J"),
    ],
)
def test_a_cro_number_with_a_wrong_letter_is_read_with_a_finding(text: str, value: str) -> None:
    assert read_cro(text) == Identifier(text, value, Reason.CHECK_LETTER)


@pytest.mark.parametrize("text", ["SF88/1234H", "SF11/1C"])
def test_a_short_small_file_number_may_be_checked_padded_to_five(text: str) -> None:
    assert read_cro(text) == Identifier(text, text, None)


@pytest.mark.parametrize("text", ["SF88/1234P", "SF11/1X"])
def test_a_short_small_file_number_is_not_checked_padded_to_six(text: str) -> None:
    assert read_cro(text) == Identifier(text, text, Reason.CHECK_LETTER)


def test_the_cro_number_of_zeros_is_a_dummy() -> None:
    assert read_cro("0/00Z") == Identifier("0/00Z", "000000/00Z", Reason.DUMMY)


@pytest.mark.parametrize("text", ["ACRO", "12345", "1234567/99L", "SF99/L", "123456-99L"])
def test_a_cro_number_in_a_bad_form_has_no_normal_form(text: str) -> None:
    assert read_cro(text) == Identifier(text, None, Reason.FORMAT)


# --- court case reference (reference-data 1.6) ---


@pytest.mark.parametrize(
    ("text", "value", "reason"),
    [
        ("97/1626/008395Q", "97/1626/008395Q", None),
        ("97/1626/8395q", "97/1626/008395Q", None),
        ("21/2732/000007P", "21/2732/000007P", None),
        ("23/1234/012345P", "23/1234/012345P", Reason.CHECK_LETTER),
        ("05/9876/123456R", "05/9876/123456R", Reason.CHECK_LETTER),
        ("55/7777/051367B", "55/7777/051367B", Reason.CHECK_LETTER),
        ("97/162/008395Q", None, Reason.FORMAT),
    ],
)
def test_a_court_case_reference_reads_as_the_dossier_says(text: str, value: str | None, reason: Reason | None) -> None:
    assert read_ccr(text) == Identifier(text, value, reason)


# --- those without a check letter (reference-data 1.7, 1.8, 1.10; police-spi 2.3) ---


@pytest.mark.parametrize(
    ("text", "value", "reason"),
    [
        ("B01LY00", "B01LY00", None),
        ("b01ly00", "B01LY00", None),
        ("116HQ00", "116HQ00", None),
        ("0300000", "0300000", None),
        ("35NB00", "35NB00", None),
        ("50OF00", "50OF00", None),
        ("GAFTL00", "GAFTL00", None),
        ("B000000", "B000000", None),
        ("Z000000", "Z000000", Reason.DUMMY),
        ("0000000", "0000000", Reason.DUMMY),
        ("B01N_01", None, Reason.FORMAT),
        ("B@1EF$1", None, Reason.FORMAT),
        ("B01LY", None, Reason.FORMAT),
        ("K01LY00", None, Reason.FORMAT),
    ],
)
def test_an_ou_code_reads_as_the_dossier_says(text: str, value: str | None, reason: Reason | None) -> None:
    assert read_ou_code(text) == Identifier(text, value, reason)


@pytest.mark.parametrize(
    ("text", "value"), [("A1234BC", "A1234BC"), ("g9542vp", "G9542VP"), ("AA1111A", None), ("A1234B", None)]
)
def test_a_noms_number_is_a_letter_four_digits_and_two_letters(text: str, value: str | None) -> None:
    assert read_noms(text).value == value


@pytest.mark.parametrize(
    ("text", "value", "reason"),
    [
        ("X320741", "X320741", None),
        ("d001022", "D001022", None),
        ("XX320741", "XX320741", Reason.OLD_FORM),
        ("X32074", None, Reason.FORMAT),
    ],
)
def test_a_crn_is_a_letter_and_six_digits(text: str, value: str | None, reason: Reason | None) -> None:
    assert read_crn(text) == Identifier(text, value, reason)


@pytest.mark.parametrize(
    ("text", "value", "reason"),
    [
        ("TH68010", "TH68010", None),
        ("SX03001A", "SX03001A", None),
        ("COML001", "COML001", None),
        ("COML007C", "COML007C", None),
        ("XX00123", "XX00123", None),
        ("th68010", "TH68010", None),
        ("TH68A01", "TH68A01", Reason.NOT_NATIONAL),
        ("05MC001", "05MC001", Reason.NOT_NATIONAL),
        ("XX001", "XX001", Reason.NOT_NATIONAL),
        ("ABC00", "ABC00", Reason.NOT_NATIONAL),
        ("TT123456", "TT123456", Reason.NOT_NATIONAL),
        ("GM000008", "GM000008", Reason.NOT_NATIONAL),
        ("998A", "998A", Reason.NOT_NATIONAL),
        ("TH680100X", None, Reason.FORMAT),
        ("TH-68010", None, Reason.FORMAT),
    ],
)
def test_an_offence_code_reads_as_the_dossier_says(text: str, value: str | None, reason: Reason | None) -> None:
    assert read_offence_code(text) == Identifier(text, value, reason)


@pytest.mark.parametrize(
    ("text", "value", "reason"),
    [
        ("ZZ1 1ZZ", "ZZ1 1ZZ", None),
        ("zz11zz", "ZZ1 1ZZ", None),
        ("W1A  1AA", "W1A 1AA", None),
        ("N111AA", "N11 1AA", None),
        ("GIR0AA", "GIR 0AA", None),
        ("FIQQ1ZZ", "FIQQ 1ZZ", None),
        ("nf1 1nf", "NF1 1NF", Reason.DUMMY),
        ("NF11FA", "NF1 1FA", Reason.DUMMY),
        ("ABCD 1AA", None, Reason.FORMAT),
        ("12345", None, Reason.FORMAT),
    ],
)
def test_a_postcode_has_one_space_before_its_last_three(text: str, value: str | None, reason: Reason | None) -> None:
    assert read_postcode(text) == Identifier(text, value, reason)


# --- builders ---


def test_builders_give_sound_identifiers_in_normal_form() -> None:
    assert make_ptiurn(force="01", unit="ZD", serial=3032, year=2008) == "01ZD0303208"
    assert make_asn(year=2011, force="01", unit="ZD", system="01", sequence=448754) == "1101ZD0100000448754K"
    assert make_pnc(year=1979, serial=163001) == "1979/0163001B"
    assert make_cro(year=1991, serial=65656) == "065656/91H"
    assert make_cro(year=1983, serial=50058, small_file=True) == "SF83/50058Z"


@pytest.mark.parametrize(
    "build",
    [
        lambda: make_ptiurn(force="1", unit="ZD", serial=1, year=2008),
        lambda: make_ptiurn(force="01", unit="ZD", serial=100_000, year=2008),
        lambda: make_asn(year=2011, force="01", unit="zd", sequence=1),
        lambda: make_asn(year=2011, force="01", unit="Z", system="001", sequence=1),
        lambda: make_asn(year=2011, force="01", unit="ZD", sequence=10**11),
        lambda: make_pnc(year=79, serial=1),
        lambda: make_pnc(year=1979, serial=10_000_000),
        lambda: make_cro(year=1991, serial=1_000_000),
        lambda: make_cro(year=1991, serial=-1, small_file=True),
    ],
)
def test_a_builder_refuses_parts_that_do_not_fit(build: Callable[[], str]) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        build()


# --- real material ---


def _values(folder: Path, element: str) -> set[str]:
    """The distinct texts of an element over a folder, escaped inner layers included."""
    shown = re.compile(rf"(?:<|&lt;)(?:\w+:)?{element}(?:>|&gt;)([^<&]+)")
    return {text for file in folder.glob("*.xml") for text in shown.findall(file.read_text(encoding="utf-8"))}


def test_nearly_every_asn_of_the_real_results_is_sound_or_a_dummy(samples: Path) -> None:
    read = [read_asn(text) for text in _values(samples / "results", "ProsecutorReference")]
    readable = [asn for asn in read if asn.value]
    sound = [asn for asn in readable if asn.reason in (None, Reason.DUMMY)]
    assert len(sound) / len(readable) > 0.9


def test_every_case_reference_of_the_real_results_is_read_but_the_placeholder(samples: Path) -> None:
    texts = _values(samples / "results", "PTIURN") | _values(samples / "police", "PTIURN")
    assert {text for text in texts if read_ptiurn(text).value is None} == {"URN_NUMBER"}
