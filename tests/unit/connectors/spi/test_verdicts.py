"""The lexical rules of the interface, row by row: each value is accepted or refused by both validators alike.

The rows are those of police-spi 2 (kinds of type, shared blocks, addresses), 3 (results) and 8, point 9 (known traps).
"""

from functools import cache

import pytest

from hub.document import Element, examine, schema
from hub.document.xml import local_name, parse
from tests.doubles.spi import BUNDLE, payload, sample

PATH = BUNDLE.schema("spi/spi.xsd")
CASE, RESULT = "spi-case/every-field", "spi-result/organisation"
YES, NO = True, False

# kind of type: values that are accepted, values that are refused, for an element of that kind
ROWS: list[tuple[str, str, bool, tuple[str, ...]]] = [
    # whitespace is kept, counted and tested
    (CASE, "PTIURN", YES, ("", "42ZZ0007726", "x" * 11)),
    (CASE, "PTIURN", NO, ("x" * 12, "42ZZ0007726 ")),
    (CASE, "OffenceCode", YES, ("", "12345678")),
    (CASE, "OffenceCode", NO, ("123456789",)),
    (CASE, "VehicleCode", YES, ("B", "")),
    (CASE, "VehicleCode", NO, (" B",)),
    (CASE, "PostCode", YES, ("AB1 2CD", "A1 1AA", "WC1A 1AA", "GR 1AA", "GIR 0AA")),
    (CASE, "PostCode", NO, ("AB1 2CD ", " AB1 2CD", "AB12CD", "AB1  2CD", "ab1 2cd", "ASCN 1ZZ", "")),
    # restricted strings
    (CASE, "PersonFamilyName", YES, ("O'Neil", "\u00a3\u20ac^{}[]_~", "a\tb", " ", "x" * 35)),
    (CASE, "PersonFamilyName", NO, ("", "Ren\u00e9e", "a`b", "a|b", "a\u00a0b", "x" * 36)),
    (CASE, "TelephoneNumberMobile", YES, ("07700 900001", "-", "1" * 20)),
    (CASE, "TelephoneNumberMobile", NO, ("", "+447700900001", "1" * 21, "07700\t900001")),
    (CASE, "EmailAddress1", YES, ("a@b", "o'neil.x_y-z@example.org")),
    (CASE, "EmailAddress1", NO, ("a+b@c", "a@", "@b", "a@b@c", " a@b", "x" * 128 + "@b")),
    (CASE, "PNCidentifier", YES, ("", "20250000098L", "x" * 13)),
    (CASE, "PNCidentifier", NO, ("2025/0000098L", "x" * 14)),
    (CASE, "SelfDefinedEthnicity", YES, ("W1", "NS")),
    (CASE, "SelfDefinedEthnicity", NO, ("W1,", "w1", "1W", "")),
    (CASE, "DriverNumber", YES, ("SPECI911029RI9AB", "SPE,I911029RI9AB", "SPECI9,1029RI9AB")),
    (CASE, "DriverNumber", NO, ("", "speci911029ri9ab", "SPECI921029RI9AB", "SPECI911329RI9AB", "SPECI911029RI9A")),
    # the fixed layout of a building; the range %-+ is % & ' ( ) * + and nothing else
    (CASE, "PAON", YES, ("   1 ", "  12A", "     ", "          House", "   1A   3B", "          %&'()*+0Z:;<=>?@ az")),
    (CASE, "PAON", NO, ("", "   1", " House", "    1 House", "          The House, West", "          a-b")),
    (CASE, "PAON", NO, ("          St. James", "          1/2", "          $", "          " + "x" * 91, "   1 \n")),
    # integers
    (CASE, "OffenceSequenceNumber", YES, ("0", "999", "007", "+5", "-0", " 5 ", "\n5\t")),
    (CASE, "OffenceSequenceNumber", NO, ("", "1.0", "1000", "-1", "5 5", "\u0661", "1_0")),
    (CASE, "AlcoholLevelAmount", NO, ("1000", "", "52.0")),
    # integers with a pattern: the digits as written
    (CASE, "Gender", YES, ("0", "1", "2", "9", " 1 ")),
    (CASE, "Gender", NO, ("3", "+1", "01", "")),
    (CASE, "OffenceDateCode", YES, ("1", "6", " 4\n")),
    (CASE, "OffenceDateCode", NO, ("0", "7", "01", "-1", "")),
    (CASE, "OccupationCode", YES, ("02201", "1", " 12 ")),
    (CASE, "OccupationCode", NO, ("", "123456", "+1", "-1")),
    # dates, times and years
    (CASE, "Birthdate", YES, ("1990-01-31", " 1990-01-31 ", "1990-01-31Z", "1990-01-31-00:00", "1990-01-31+14:00")),
    (CASE, "Birthdate", NO, ("", "1990-02-30", "31-01-1990", "1990-1-31", "19900131", "1990-01-31+14:01")),
    (CASE, "TimeOfHearing", YES, ("09:30:00", "09:30:00.0000000-00:00", "09:30:00.001", "09:30:00Z", " 09:30:00+01:00 ")),
    (CASE, "TimeOfHearing", NO, ("", "09:30", "9:30:00", "25:00:00", "09:60:00", "09:30:00+0100")),
    (CASE, "PerceivedBirthYear", YES, ("2009", "2009Z", " 2009 ", "2009+01:00")),
    (CASE, "PerceivedBirthYear", NO, ("", "09", "2009-01")),
    # results
    (RESULT, "ResultAmountSterling", YES, ("+100.00", " 100 ", "0", "00100.50", "99999999999999", ".5", "100.")),
    (RESULT, "ResultAmountSterling", NO, ("", "-1", "0.001", "1e2", "100000000000000", "\u00a3100", "1,000")),
    (RESULT, "PSAcode", YES, ("2577", " 2577 ", "0001")),
    (RESULT, "PSAcode", NO, ("257", "+2577", "25770", "")),
    (RESULT, "ResultCode", YES, ("0", "9999", "1015", "01015", "+1")),
    (RESULT, "ResultCode", NO, ("10000", "-1", "")),
    (RESULT, "FinalDisposalIndicator", YES, ("Y", "")),
    (RESULT, "FinalDisposalIndicator", NO, ("Y ", "YN")),
]  # fmt: skip
CASES = [
    pytest.param(name, element, accepted, text, id=f"{element}-{'is' if accepted else 'is-not'}-{text[:24]!r}")
    for name, element, accepted, texts in ROWS
    for text in texts
]


@cache
def explained() -> examine.xmlschema.XMLSchema10:
    return examine.load(PATH)


def document(name: str) -> Element:
    return parse((payload(name) if name == CASE else sample(name)).encode())


def verdicts(root: Element) -> tuple[bool, bool]:
    return schema.load(PATH).accepts(root), not examine.examine(explained(), root)


@pytest.mark.parametrize("name", [CASE, RESULT])
def test_the_documents_are_valid_as_they_stand(name: str) -> None:
    assert verdicts(document(name)) == (True, True)


@pytest.mark.parametrize(("name", "element", "accepted", "text"), CASES)
def test_a_value_has_the_verdict_of_the_interface(name: str, element: str, accepted: bool, text: str) -> None:
    root = document(name)
    next(node for node in root.iter() if local_name(node.tag) == element).text = text
    assert verdicts(root) == (accepted, accepted)


@pytest.mark.parametrize(
    ("change", "accepted"),
    [
        (('SchemaVersion="0.6g"', 'SchemaVersion=" 0.6g "'), YES),
        (('SchemaVersion="0.6g"', 'SchemaVersion="0.6G"'), NO),
        (('SchemaVersion="0.6g"', ""), NO),
        (('SchemaVersion="0.6g"', 'SchemaVersion="0.6g" Extra="1"'), NO),
        (('Flow="NewCasesFromThePolice"', 'Flow=" NewCasesFromThePolice"'), YES),
        (('Flow="NewCasesFromThePolice"', 'Flow="ResultedCasesForThePolice"'), NO),
        (("<PTIURN>42ZZ", "<PTIURN>42<!-- a comment -->ZZ"), YES),
        (("<PTIURN>42ZZ", "<PTIURN>42<?an instruction?>ZZ"), YES),
        (("<PTIURN>42ZZ", "<PTIURN><![CDATA[42]]>ZZ"), YES),
        (("<PTIURN>", '<PTIURN Kind="1">'), NO),
        (("</PTIURN>", "</PTIURN>stray"), NO),
        (("<CaseInitiation>Q</CaseInitiation>", "<InitiationCode>S</InitiationCode>"), NO),
        (("<CaseInitiation>Q</CaseInitiation>", ""), NO),
        (
            ("<CaseInitiation>Q</CaseInitiation>", "<InitiationCode>S</InitiationCode><SummonsCode>M</SummonsCode>"),
            YES,
        ),
        (("<b:Locality>Eastfield</b:Locality><b:Town>Anytown</b:Town>", "<b:Locality>Eastfield</b:Locality>"), YES),
        (
            ("<b:Locality>Eastfield</b:Locality><b:Town>Anytown</b:Town>", "<b:Town>Anytown</b:Town><b:Locality>E</b:Locality>"),
            NO,
        ),
        (("<b:Town>Anytown</b:Town>", "<Town>Anytown</Town>"), NO),
        (("<PersonEthnicity/>", "<PersonEthnicity> </PersonEthnicity>"), YES),
        (
            ('SchemaVersion="0.6g"', 'SchemaVersion="0.6g" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
             'xsi:schemaLocation="http://www.dca.gov.uk/xmlschemas/libra elsewhere.xsd"'),
            YES,
        ),
    ],
)  # fmt: skip
def test_a_document_has_the_verdict_of_the_interface(change: tuple[str, str], accepted: bool) -> None:
    text = payload(CASE)
    assert change[0] in text
    assert verdicts(parse(text.replace(*change, 1).encode())) == (accepted, accepted)
