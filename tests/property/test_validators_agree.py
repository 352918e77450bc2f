"""Both validators agree on documents that somebody has damaged, and a refused document never goes unexplained."""

import copy
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.document import Element, examine, schema, wording, xml
from hub.message.errors import Severity

SPI = Path(__file__).resolve().parents[2] / "schemas" / "spi" / "spi.xsd"
KINDS = (
    "missing unexpected order pattern length range enumeration type attribute fixed empty text root namespace duplicate"
)
RULES = {f"schema-{kind}" for kind in KINDS.split(" ")}
CASE = """<NewCaseMessage xmlns="http://www.dca.gov.uk/xmlschemas/libra" xmlns:b="http://www.govtalk.gov.uk/people/bs7666"
    Flow="NewCasesFromThePolice" Interface="LibraStandardProsecutorPolice" SchemaVersion="0.6g">
<Case><PTIURN>99ZZ0000124</PTIURN><OriginatingOrganisation>099ZZ00</OriginatingOrganisation><CaseInitiation>C</CaseInitiation>
<InitialHearing><CourtHearingLocation>B99ZZ01</CourtHearingLocation><DateOfHearing>2024-07-01</DateOfHearing><TimeOfHearing>10:00:00</TimeOfHearing></InitialHearing>
<OtherPartyOfficerInCase><OfficerName><PersonFamilyName>Sample</PersonFamilyName></OfficerName><PoliceOfficerRank>PC</PoliceOfficerRank>
<PoliceWorkerReferenceNumber>0001</PoliceWorkerReferenceNumber><PoliceWorkerLocationCode>099ZZ00</PoliceWorkerLocationCode></OtherPartyOfficerInCase>
<Defendant><ProsecutorReference>2499ZZ0000000000017E</ProsecutorReference><PoliceIndividualDefendant>
<PersonDefendant><BasePersonDetails><PersonName><PersonGivenName1>Test</PersonGivenName1><PersonFamilyName>Person</PersonFamilyName></PersonName>
<EmailDetails><EmailAddress1>test@example.org</EmailAddress1></EmailDetails><Birthdate>1990-01-31</Birthdate><Gender>9</Gender></BasePersonDetails></PersonDefendant>
<PerceivedBirthYear>1990</PerceivedBirthYear>
<Address><b:PAON>   1           Dummy House</b:PAON><b:StreetDescription>Nowhere Lane</b:StreetDescription><b:Town>Anytown</b:Town><b:PostCode>ZZ1 1ZZ</b:PostCode></Address>
<PersonEthnicity><ObservedEthnicity>1</ObservedEthnicity><SelfDefinedEthnicity>W1</SelfDefinedEthnicity></PersonEthnicity>
<CustodyStatus>U</CustodyStatus><LanguageOptions><DocumentationLanguage>E</DocumentationLanguage><HearingLanguage>E</HearingLanguage></LanguageOptions>
</PoliceIndividualDefendant>
<Offence><BaseOffenceDetails><OffenceSequenceNumber>1</OffenceSequenceNumber><OffenceCode>ZZ99001</OffenceCode><OffenceWording>Synthetic wording.</OffenceWording>
<OffenceTiming><OffenceDateCode>1</OffenceDateCode><OffenceStart><OffenceDateStartDate>2024-06-01</OffenceDateStartDate></OffenceStart></OffenceTiming>
<ChargeDate>2024-06-02</ChargeDate><ArrestDate>2024-06-01</ArrestDate></BaseOffenceDetails></Offence></Defendant></Case></NewCaseMessage>"""
VALUES = [
    "", " ", "  \n", "x", "é", "£", "1", "0", "-1", "+5", "007", "1.0", "1_0", "\u0661", "999", "1000", "99999999999999999999",
    "2024-01-01", " 2024-01-01 ", "2024-02-30", "2024-01-01Z", "24:00:00", "10:00:00", "10:00", "10:00:00-00:00", "1990Z", "0000",
    "A", "W1", "W1,", "a@b", "a+b@c", "ZZ1 1ZZ", "ZZ11ZZ", "    A", "   1 House", "          House", "a|b", "x" * 5000,
]  # fmt: skip
MUTATIONS = st.tuples(
    st.sampled_from(
        ["remove", "repeat", "swap", "move", "rename", "foreign", "value", "mark", "unmark", "text", "child"]
    ),
    st.integers(0, 10_000),
    st.integers(0, 10_000),
)


def damage(root: Element, what: str, which: int, how: int) -> None:
    """Does one thing to the `which`-th element."""
    elements = list(root.iter())
    element, other = elements[which % len(elements)], elements[how % len(elements)]
    if what in ("value", "rename", "foreign", "mark", "unmark", "child"):
        change(element, other, what, how)
    elif (parent := element.getparent()) is not None:
        displace(element, parent, what, how)


def change(element: Element, other: Element, what: str, how: int) -> None:
    match what:
        case "value" if len(element) == 0:
            element.text = VALUES[how % len(VALUES)]
        case "rename":
            element.tag = other.tag
        case "foreign":
            element.tag = xml.local_name(element.tag)
        case "mark":
            element.set(["Flow", "extra", "{urn:x}extra"][how % 3], VALUES[how % len(VALUES)])
        case "unmark" if element.keys():
            del element.attrib[element.keys()[how % len(element.keys())]]
        case "child":
            element.insert(how % (len(element) + 1), copy.deepcopy(other))


def displace(element: Element, parent: Element, what: str, how: int) -> None:
    match what:
        case "text":
            element.tail = (element.tail or "") + ["", " ", "stray"][how % 3]
        case "remove":
            parent.remove(element)
        case "repeat":
            parent.insert(parent.index(element), copy.deepcopy(element))
        case "swap" if (following := element.getnext()) is not None:
            parent.insert(parent.index(element), following)
        case "move":
            parent.insert(how % len(parent), element)


@pytest.fixture(scope="module")
def explained() -> examine.xmlschema.XMLSchema10:
    return examine.load(SPI)


def test_both_accept_the_document_before_it_is_damaged(explained: examine.xmlschema.XMLSchema10) -> None:
    root = xml.parse(CASE.encode())
    assert schema.load(SPI).accepts(root)
    assert examine.examine(explained, root) == []


@settings(max_examples=200, deadline=None)
@given(st.lists(MUTATIONS, min_size=1, max_size=4))
def test_both_validators_agree_on_a_damaged_document_and_both_say_why(
    explained: examine.xmlschema.XMLSchema10, mutations: list[tuple[str, int, int]]
) -> None:
    root = xml.parse(CASE.encode())
    for mutation in mutations:
        damage(root, *mutation)
    root = xml.parse(xml.serialise(root))
    accepted = schema.load(SPI).accepts(root)
    complaints = schema.load(SPI).complaints(root)
    assert bool(complaints) == (not accepted)
    try:
        findings = examine.examine(explained, root)
    except examine.Beyond:
        return  # then the sender is told in lxml's words
    assert bool(findings) == bool(complaints)
    assert {finding.rule for finding in findings} | {fault.rule for fault in complaints} <= RULES
    assert len(findings) <= wording.MOST_FAULTS
    assert all(fault.severity is Severity.ERROR and fault.line and fault.path.startswith("/") for fault in complaints)


def test_a_value_that_xmlschema_cannot_hold_is_told_in_the_words_of_lxml() -> None:
    year = xml.parse(
        b'<s:schema xmlns:s="http://www.w3.org/2001/XMLSchema"><s:element name="Year" type="s:gYear"/></s:schema>'
    )
    document = xml.parse(b"<Year>99999999999999999999</Year>")
    with pytest.raises(examine.Beyond):
        examine.examine(examine.xmlschema.XMLSchema10(xml.serialise(year).decode()), document)
