"""What the tables' lines cannot say of the police messages: choices, pairs, fixed attributes, and the real samples.

The lines themselves are tried in test_tables.py (police-spi 2, 3 and 7, courts 1.6).
"""

from itertools import permutations, product
from pathlib import Path

import pytest
from lxml import etree

from hub.document import Element
from tests.unit.schemas.layers import payload, verdicts
from tests.unit.schemas.tables import HERE, LIBRA, document, element, judge, read

SUMMONS = "NewCaseMessage spi/spi of an individual"
CHARGE = "NewCaseMessage spi/spi of an organisation"
RESULT = "ResultedCaseMessage spi/spi of an individual"
OFFICER_ADDRESS = "Case/OtherPartyOfficerInCase/StructuredAddress"
DURATION = "Session/Case/Defendant/Offence/Result/Outcome/Duration"
FIXED = {"Interface": "LibraStandardProsecutorPolice", "SchemaVersion": "0.6g"}
FLOWS = {SUMMONS: "NewCasesFromThePolice", RESULT: "ResultedCasesForThePolice"}

# police-spi 7: envelope, routing and payload of each sample that is at hand; a layer that is absent is left out
POLICE_SAMPLES = {
    "em-SingleDefendantSingeOffence.xml": "RV PV",
    "em-SingleDefendantSingeOffenceSJP.xml": "RV PV",
    "em-DefendantSingleOffenceSJP.xml": "RV PV",
    "em-SingleDefendantMultipleOffenceSJP.xml": "RV PV",
    "em-AddDefendant.xml": "RV PV",
    "em-CorporateDefendantAllfields.xml": "RV PV",
    "em-CorporateDefendantCC.xml": "RV PV",
    "em-IndividualAndCorporateDefendants.xml": "RV PV",
    "em-IndividualDefendantAllfields.xml": "RV PV",
    "em-OIValidationForMandatoryFields.xml": "RX PV",
    "em-OIValidationMalformedXml.xml": "RV PX",
    "em-MultipleDefendantAllfields.xml": "RV PX",
    "em-errors-MDIMinimalSPIMessage.xml": "EV RV PV",
    "em-errors-MDINoDestinationId.xml": "EX RV PV",
    "em-errors-MDINoRequestId.xml": "EX RV PV",
    "ca-SingleDefendantSingeOffenceDaylightSaving.xml": "RV PV",
    "sc-IndividualDefendantAllfields.xml": "RV PX",
    "sc-SingleDefendantSingeOffence.xml": "PX",
    "ep-PoliceCase.xml": "PV",
    "vr-IndividualDefendantAllfields.xml": "RV PV",
    "af-SPI_In_Message.xml": "EV RV PX",
    "af-SPI_In_Message_invalid.xml": "EX RV PX",
    "em-CjseResponse.xml": "EV",
    "em-async-response-from-cjse.xml": "RV",
    "af-SPI_In_Message_Async_Response.xml": "EV RV",
}


@pytest.mark.parametrize("file", ["minimal-new-case.xml", "minimal-result.xml"])
def test_a_minimal_message_is_valid(file: str) -> None:
    assert judge("spi/spi", read(HERE / file))


@pytest.mark.parametrize("kept", list(product([True, False], repeat=3)), ids=str)
def test_an_address_needs_a_locality_a_town_or_an_area(kept: tuple[bool, ...]) -> None:
    root = document("spi.txt", SUMMONS)
    address = element(root, OFFICER_ADDRESS)
    for name, keep in zip(("Locality", "Town", "AdministrativeArea"), kept, strict=True):
        if not keep:
            address.remove(element(address, name))
    assert judge("spi/spi", root) is any(kept)


@pytest.mark.parametrize("order", list(permutations(("Locality", "Town", "AdministrativeArea"))), ids=str)
def test_the_places_of_an_address_come_in_one_order(order: tuple[str, ...]) -> None:
    root = document("spi.txt", SUMMONS)
    address = element(root, OFFICER_ADDRESS)
    _rearrange(address, list(order))
    assert judge("spi/spi", root) is (order == ("Locality", "Town", "AdministrativeArea"))


@pytest.mark.parametrize(
    ("codes", "valid"),
    [
        (("InitiationCode", "SummonsCode"), True),
        (("CaseInitiation",), True),
        ((), False),
        (("InitiationCode",), False),
        (("SummonsCode",), False),
        (("SummonsCode", "InitiationCode"), False),
        (("CaseInitiation", "CaseInitiation"), False),
        (("InitiationCode", "SummonsCode", "CaseInitiation"), False),
        (("CaseInitiation", "InitiationCode", "SummonsCode"), False),
        (("CaseInitiation", "SummonsCode"), False),
    ],
)
def test_a_case_begins_with_a_summons_pair_or_one_initiation(codes: tuple[str, ...], valid: bool) -> None:
    root = document("spi.txt", CHARGE)
    initiation = element(root, "Case/CaseInitiation")
    for code in codes:
        initiation.addprevious(_made(code, "S"))
    element(root, "Case").remove(initiation)
    assert judge("spi/spi", root) is valid


def test_a_defendant_is_an_individual_or_an_organisation_never_both_never_neither() -> None:
    root = document("spi.txt", CHARGE)
    organisation = element(root, "Case/Defendant/PoliceCorporateDefendant")
    individual = element(document("spi.txt", SUMMONS), "Case/Defendant/PoliceIndividualDefendant")
    organisation.addnext(individual)
    assert not judge("spi/spi", root)
    element(root, "Case/Defendant").remove(organisation)
    assert judge("spi/spi", root)
    element(root, "Case/Defendant").remove(individual)
    assert not judge("spi/spi", root)


def test_a_result_gives_one_form_of_address_never_both() -> None:
    root = document("spi.txt", RESULT)
    guardian = "Session/Case/Defendant/CourtIndividualDefendant/ParentGuardianDetails/Address"
    address = element(root, "Session/Case/Defendant/CourtIndividualDefendant/Address")
    simple = element(address, "SimpleAddress")
    simple.addnext(element(root, f"{guardian}/ComplexAddress"))
    element(root, guardian).append(_made("SimpleAddress"))
    element(root, f"{guardian}/SimpleAddress").append(_made("AddressLine1", "1 Nowhere Lane"))
    assert not judge("spi/spi", root)
    address.remove(simple)
    assert judge("spi/spi", root)


@pytest.mark.parametrize(
    ("parts", "valid"),
    [
        ("", True),
        ("V U", True),
        ("SV SU", True),
        ("V U SV SU", True),
        ("S", True),
        ("E", True),
        ("E S", True),
        ("S S S", True),
        ("E E S E S S", True),
        ("V U E S", True),
        ("SV SU S", True),
        ("V", False),
        ("U", False),
        ("U V", False),
        ("V U V U", False),
        ("V U SV", False),
        ("SU", False),
        ("SV SU V U", False),
        ("S V U", False),
        ("V U S SV SU", False),
    ],
)
def test_a_duration_has_pairs_then_dates_in_any_number_and_order(parts: str, valid: bool) -> None:
    made = {
        "V": ("DurationValue", "12"),
        "U": ("DurationUnit", "M"),
        "SV": ("SecondaryDurationValue", "6"),
        "SU": ("SecondaryDurationUnit", "W"),
        "S": ("DurationStartDate", "2024-07-01"),
        "E": ("DurationEndDate", "2024-08-01"),
    }
    root = document("spi.txt", RESULT)
    element(root, DURATION)[:] = [_made(*made[part]) for part in parts.split()]
    assert judge("spi/spi", root) is valid


@pytest.mark.parametrize("table", FLOWS)
def test_the_root_carries_its_three_fixed_attributes_and_no_other(table: str) -> None:
    wanted = {"Flow": FLOWS[table], **FIXED}
    for name, value in wanted.items():
        spoilt = (value.swapcase(), value + "x", "", f"{value} {value}", f"\N{NO-BREAK SPACE}{value}x")
        assert [text for text in spoilt if judge("spi/spi", _with_attributes(table, wanted | {name: text}))] == []
        assert judge("spi/spi", _with_attributes(table, wanted | {name: f" {value}\n"}))
        rest = {key: text for key, text in wanted.items() if key != name}
        assert not judge("spi/spi", _with_attributes(table, rest))
        assert not judge("spi/spi", _with_attributes(table, rest | {f"{{{LIBRA}}}{name}": value}))
    assert not judge("spi/spi", _with_attributes(table, wanted | {"Version": "1"}))


def test_each_message_has_its_own_flow() -> None:
    assert not judge("spi/spi", _with_attributes(SUMMONS, {"Flow": FLOWS[RESULT], **FIXED}))
    assert not judge("spi/spi", _with_attributes(RESULT, {"Flow": FLOWS[SUMMONS], **FIXED}))


@pytest.mark.parametrize("name", ["Case", "Session", "Address", "PersonName", "NewCase", "Defendant"])
def test_no_part_of_a_message_is_a_message(name: str) -> None:
    assert not judge("spi/spi", _made(name))


def test_a_message_in_no_namespace_is_not_valid() -> None:
    root = document("spi.txt", SUMMONS)
    for part in root.iter("*"):
        part.tag = etree.QName(part).localname
    assert not judge("spi/spi", root)


@pytest.mark.parametrize("file", POLICE_SAMPLES)
def test_a_real_police_sample_is_judged_as_by_the_published_schemas(samples: Path, file: str) -> None:
    assert verdicts(samples / "police" / file) == POLICE_SAMPLES[file]


def test_every_real_police_sample_has_a_verdict(samples: Path) -> None:
    assert {path.name for path in (samples / "police").glob("*.xml")} == set(POLICE_SAMPLES)


def test_every_real_result_is_valid_and_two_files_hold_none(samples: Path) -> None:
    files = sorted((samples / "results").glob("*.xml"))
    empty = {"cp-expectedSPIOutPayload.xml", "cp-xmlResponseExample.xml"}
    assert {file.name for file in files if not verdicts(file).endswith("PV")} == empty
    results = [payload(file) for file in files if file.name not in empty]
    assert {root.tag for root in results if root is not None} == {f"{{{LIBRA}}}ResultedCaseMessage"}
    assert len(results) == 32


def _made(name: str, text: str | None = None) -> Element:
    made = etree.Element(f"{{{LIBRA}}}{name}")
    made.text = text
    return made


def _rearrange(parent: Element, order: list[str]) -> None:
    """Puts the named children, which stand together, in this order."""
    named = [element(parent, name) for name in order]
    at = min(parent.index(part) for part in named)
    for part in named:
        parent.remove(part)
    parent[at:at] = named


def _with_attributes(table: str, attributes: dict[str, str]) -> Element:
    root = document("spi.txt", table)
    for name in list(root.attrib):
        del root.attrib[name]
    for name, text in attributes.items():
        root.set(name, text)
    return root
