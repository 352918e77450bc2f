"""Each business rule on a case file: what breaks it breaks it alone, and what is sound breaks none (police-spi 5.6)."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from connectors.spi.payload import NEW_CASE, read
from hub.contract.reference import NO_REFERENCE, Reference, ReferenceTable
from hub.contract.tables import Tables
from hub.discovery.bundle import Bundle
from hub.discovery.rules import RuleSetting, load_rules
from hub.document.xml import parse
from hub.flow.check.rules import RULES, RuleBook
from hub.message.case import CaseFileSubmission
from hub.message.errors import Severity
from tests.doubles.spi import TABLES, payload

ON = date(2026, 6, 1)
SETTINGS, _ = load_rules(Bundle().files("rules.toml"))


def table(name: str, columns: str, *rows: str) -> ReferenceTable:
    return ReferenceTable(name, columns.split(), [tuple(row.split()) for row in rows])


REFERENCE = Reference(
    {
        "police_units": table("police_units", "ou_code force_code unit_code", "42ZZ00 42 ZZ"),
        "courts": table("courts", "ou_code level1", "B42AZ00 B"),
        "offence_codes": table("offence_codes", "code recordable", "RT88191 N", "RT88333 N", "42LOCAL1 N"),
        "prosecutors": table("prosecutors", "ou_code sjp", "042ZZ00 Y", "GAFTL00 Y", "GAEAA01 N"),
        "case_markers": table("case_markers", "code", "DV", "VI"),
        "offence_requirements": table("offence_requirements", "code needs_location needs_level", "RT88191 Y Y"),
    }
)
LOADED = Tables(TABLES.lists, TABLES.groups, REFERENCE)
BARE = Tables(TABLES.lists, TABLES.groups, NO_REFERENCE)

Change = tuple[str, str]
BEGUN = "<CaseInitiation>Q</CaseInitiation>"
FACTS = "</BaseOffenceDetails></Offence></Defendant></Case>"  # the second offence's, which has none


def begun(code: str, summons: str = "") -> Change:
    if summons:
        return BEGUN, f"<InitiationCode>{code}</InitiationCode><SummonsCode>{summons}</SummonsCode>"
    return BEGUN, BEGUN.replace("Q", code)


def facts(text: str) -> Change:
    return FACTS, FACTS.replace("</Offence>", f"<ProsecutionFacts>{text}</ProsecutionFacts></Offence>", 1)


WELSH = ("<DocumentationLanguage>E<", "<DocumentationLanguage>W<")
COMPANY = (
    "<PoliceCorporateDefendant><OrganisationName><OrganisationName>Sample Ltd</OrganisationName></OrganisationName>"
    "<EmailDetails><EmailAddress1>{email}</EmailAddress1></EmailDetails><Address><b:PAON>   1 </b:PAON>"
    "<b:StreetDescription>Dock Road</b:StreetDescription><b:Town>Anytown</b:Town><b:PostCode>{postcode}</b:PostCode>"
    "</Address></PoliceCorporateDefendant>"
)
PERSON = re.compile(r"<PoliceIndividualDefendant>.*</PoliceIndividualDefendant>", re.DOTALL)
DEFENDANT = re.compile(r"<Defendant>.*</Defendant>", re.DOTALL)


def text_of(*changes: Change) -> str:
    """Our sample with every field, a requisition, with the first place of each change changed."""
    text = payload("spi-case/every-field")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def body_of(text: str) -> CaseFileSubmission:
    body = read(NEW_CASE, parse(text.encode()), TABLES).body
    assert isinstance(body, CaseFileSubmission)
    return body


def company(email: str = "office@example.org", postcode: str = "M1 1AE") -> CaseFileSubmission:
    return body_of(PERSON.sub(COMPANY.format(email=email, postcode=postcode), text_of()))


def broken(body: CaseFileSubmission, tables: Tables = LOADED) -> list[str]:
    return [fault.rule for fault in RuleBook(SETTINGS, tables).faults(body, ON)]


SOUND: dict[str, Sequence[Change]] = {
    "a requisition with every field": [],
    "a charge on conditional bail": [begun("C")],
    "a single justice notice": [begun("J")],
    "a summons with its facts": [begun("S", "M"), facts("Seen on the road.")],
    "a summons of another code without facts": [begun("S", "E")],
    "Welsh facts behind bars": [
        begun("S", "M"), WELSH, facts("Seen.||Gwelwyd."), (" &lt; 7 days old.", ".||Stopiodd y swyddog.")
    ],
    "a hearing on the day of sending": [("2026-07-09", "2026-06-01")],
    "charged on the day of sending": [("<ChargeDate>2026-05-20", "<ChargeDate>2026-06-01")],
    "markers apart and in small letters": [("DVVI", "vi dv")],
    "no markers": [("<CaseMarker>DVVI</CaseMarker>", "")],
    "a room of a court that is known": [("B42AZ00", "B42AZ07")],
    "a prosecutor of the table that is not police": [("<OriginatingOrganisation>042ZZ00", "<OriginatingOrganisation>GAFTL00")],
    "police without the nought": [("<OriginatingOrganisation>042ZZ00", "<OriginatingOrganisation>42ZZ00")],
    "a qualified offence": [("RT88333", "RT88333A")],
    "an area's own offence": [("RT88333", "LOCAL1")],
    "the code that is not looked up": [("RT88333", "998A")],
    "a summons without custody status": [begun("S", "E"), ("<CustodyStatus>B</CustodyStatus>", "")],
    "no ethnicity observed": [("<ObservedEthnicity>1</ObservedEthnicity>", "")],
    "born on the day of sending": [("2009-11-02", "2026-06-01")],
    "perceived to be born this year": [("<PerceivedBirthYear>2009", "<PerceivedBirthYear>2026")],
}  # fmt: skip
BROKEN: list[tuple[str, Sequence[Change]]] = [
    ("CASE_INITIATION_CODE_INVALID", [begun("X")]),
    ("CASE_INITIATION_CODE_INVALID", [begun("")]),
    ("PROSECUTOR_OUCODE_NOT_RECOGNISED", [("<OriginatingOrganisation>042ZZ00", "<OriginatingOrganisation>098AA00")]),
    ("PROSECUTOR_OUCODE_NOT_RECOGNISED", [("<OriginatingOrganisation>042ZZ00", "<OriginatingOrganisation>042")]),
    ("PROSECUTOR_OUCODE_NOT_RECOGNISED", [("<OriginatingOrganisation>042ZZ00", "<OriginatingOrganisation>GAXXX00")]),
    (
        "PROSECUTOR_NOT_RECOGNISED_AS_AN_AUTHORISED_SJP_PROSECUTOR",
        [begun("J"), ("<OriginatingOrganisation>042ZZ00", "<OriginatingOrganisation>GAEAA01")],
    ),
    ("SUMMONS_CODE_INVALID", [begun("S", "X")]),
    ("CASE_MARKER_IS_INVALID", [("DVVI", "DVQQ")]),
    ("CASE_MARKER_IS_INVALID", [("DVVI", "DVV")]),
    ("POLICE_FORCE_CODE_INVALID", [("<PTIURN>42", "<PTIURN>98")]),
    ("COURT_HEARING_LOCATION_OUCODE_INVALID", [("B42AZ00", "B42AZ")]),
    ("COURT_HEARING_LOCATION_OUCODE_INVALID", [("B42AZ00", "B42QQ00")]),
    ("DATE_OF_HEARING_IN_THE_PAST", [("2026-07-09", "2026-05-31")]),
    (
        "DATE_OF_HEARING_EARLIER_THAN_OFFENCE_COMMITTED_DATE",
        [("<OffenceDateStartDate>2026-05-01", "<OffenceDateStartDate>2026-07-10")],
    ),
    ("CHARGE_DATE_IN_FUTURE", [("<ChargeDate>2026-05-20</ChargeDate>", "")]),
    ("CHARGE_DATE_IN_FUTURE", [("<ChargeDate>2026-05-20", "<ChargeDate>2026-06-02")]),
    ("ARREST_DATE_IN_FUTURE", [begun("C"), ("<ArrestDate>2026-05-01</ArrestDate>", "")]),
    ("ARREST_DATE_IN_FUTURE", [begun("C"), ("<ArrestDate>2026-05-01", "<ArrestDate>2026-06-02")]),
    ("OFFENCE_CODE_IS_INVALID", [("RT88333", "RT88999")]),
    ("OFFENCE_CODE_IS_INVALID", [("RT88333", "")]),
    ("OFFENCE_CODE_IS_GENERIC", [("RT88333", "998")]),
    ("OFFENCE_REQUIRES_A_LOCATION", [("<LocationOfOffence>A12, Anytown", "<LocationOfOffence> ")]),
    ("ALCOHOL_DRUG_LEVEL_METHOD_MISSING", [("<AlcoholLevelMethod>B", "<AlcoholLevelMethod>")]),
    ("ALCOHOL_DRUG_LEVEL_AMOUNT_MISSING", [("<AlcoholLevelAmount>52", "<AlcoholLevelAmount>")]),
    ("ALCOHOL_DRUG_LEVEL_METHOD_INVALID", [("<AlcoholLevelMethod>B", "<AlcoholLevelMethod>X")]),
    ("DEFENDANT_OFFENCE_VEHICLE_CODE", [("<VehicleCode>O", "<VehicleCode>X")]),
    ("STATEMENT_OF_FACTS_REQUIRED", [begun("S", "M")]),
    ("STATEMENT_OF_FACTS_WELSH_REQUIRED", [begun("S", "M"), WELSH, facts("Seen.||Gwelwyd.")]),
    ("BAIL_CONDITIONS_REQUIRED", [begun("C"), ("Curfew 21:00 to 06:00; not to contact the complainant", " ")]),
    ("DEFENDANT_CUSTODY_STATUS_INVALID", [begun("C"), ("<CustodyStatus>B", "<CustodyStatus>X")]),
    ("DEFENDANT_CUSTODY_STATUS_INVALID", [begun("C"), ("<CustodyStatus>B</CustodyStatus>", "")]),
    ("OFFENDER_CODE_IS_INVALID", [("<OffenderCode>PYO", "<OffenderCode>XX")]),
    ("DEFENDANT_OBSERVED_ETHNICITY_INVALID", [("<ObservedEthnicity>1", "<ObservedEthnicity>8")]),
    ("DEFENDANT_SELF_DEFINED_ETHNICITY_INVALID", [("<SelfDefinedEthnicity>W1", "<SelfDefinedEthnicity>X9")]),
    (
        "PARENT_GUARDIAN_OBSERVED_ETHNICITY_INVALID",
        [("1</ObservedEthnicity></PersonEthnicity></Parent", "8</ObservedEthnicity></PersonEthnicity></Parent")],
    ),
    (
        "PARENT_GUARDIAN_SELF_DEFINED_ETHNICITY_INVALID",
        [("</PersonEthnicity></Parent", "<SelfDefinedEthnicity>X9</SelfDefinedEthnicity></PersonEthnicity></Parent")],
    ),
    ("DEFENDANT_DOB_IN_FUTURE", [("2009-11-02", "2026-06-02")]),
    ("DEFENDANT_PERCEIVED_BIRTH_YEAR_IN_FUTURE", [("<PerceivedBirthYear>2009", "<PerceivedBirthYear>2027")]),
    ("PARENT_GUARDIAN_DOB_IN_FUTURE", [("1980-02-03", "2026-06-02")]),
    ("DEFENDANT_EMAIL_INVALID", [("rhys@example.org", "rhys@localhost")]),
    ("DEFENDANT_EMAIL_INVALID", [("rhys@example.org", "rhys..s@example.org")]),
    ("DEFENDANT_EMAIL_INVALID", [("r.specimen@example.net", ".rhys@example.org")]),
    (
        "PARENT_GUARDIAN_EMAIL_INVALID",
        [("<Birthdate>1980", "<EmailDetails><EmailAddress1>m@-</EmailAddress1></EmailDetails><Birthdate>1980")],
    ),
    ("INVALID_DEFENDANT_INDIVIDUAL_POST_CODE", [("ZZ2 2ZZ", "QQ1 1AA")]),
    (
        "INVALID_GUARDIAN_POST_CODE",
        [("ZZ2 2ZZ</b:PostCode></Address>\n<PersonEthnicity><ObservedEthnicity>1</ObservedEthnicity></PersonEthnicity></Parent",
          "ZZ2 2CC</b:PostCode></Address>\n<PersonEthnicity><ObservedEthnicity>1</ObservedEthnicity></PersonEthnicity></Parent")],
    ),
    ("INVALID_PNC_ID", [("20250000098L", "2025 000098L")]),
    ("INVALID_CRO_NUMBER", [("004521/25B", "0000004521/25B")]),
]  # fmt: skip


@pytest.mark.parametrize("changes", SOUND.values(), ids=SOUND)
def test_what_is_sound_breaks_no_rule(changes: Sequence[Change]) -> None:
    assert broken(body_of(text_of(*changes))) == []


@pytest.mark.parametrize(("code", "changes"), BROKEN, ids=[f"{at}-{code}" for at, (code, _) in enumerate(BROKEN)])
def test_what_breaks_a_rule_breaks_that_rule_once_and_no_other(code: str, changes: Sequence[Change]) -> None:
    assert broken(body_of(text_of(*changes))) == [code]


def test_an_organisation_has_a_postcode_and_an_address_like_anybody() -> None:
    assert broken(company()) == []
    assert broken(company(postcode="QQ1 1AA")) == ["INVALID_DEFENDANT_POST_CODE"]
    assert broken(company(email="office@localhost")) == ["DEFENDANT_EMAIL_INVALID"]


def test_a_second_defendant_with_the_reference_of_the_first_is_told_of() -> None:
    twice = DEFENDANT.sub(lambda one: one[0] * 2, text_of())
    assert broken(body_of(twice)) == ["DUPLICATE_DEFENDANT"]
    other = twice.replace("2642ZZ0000000000033K", "2642ZZ0000000000034L", 1)
    assert broken(body_of(other)) == []


def test_every_rule_is_broken_by_something_here() -> None:
    here = {code for code, _ in BROKEN} | {"INVALID_DEFENDANT_POST_CODE", "DUPLICATE_DEFENDANT"}
    assert here == set(RULES)


@pytest.mark.parametrize(
    "code", ["SW1A 1AA", "M1 1AE", "B33 8TH", "CR2 6XH", "DN55 1PT", "GIR 0AA", "sw1a1aa", "ASCN 1ZZ"]
)
def test_a_postcode_with_real_letters_is_sound(code: str) -> None:
    assert broken(body_of(text_of(("ZZ2 2ZZ", code)))) == []


@pytest.mark.parametrize("code", ["VV1 1AA", "AI1 1AA", "A1 1CA", "SW1A 1AAA", "SW1A  1AA", "1AA", "A1O 1AA"])
def test_a_postcode_that_cannot_be_one_is_told_of(code: str) -> None:
    assert broken(body_of(text_of(("ZZ2 2ZZ", code)))) == ["INVALID_DEFENDANT_INDIVIDUAL_POST_CODE"]


def test_a_rule_that_needs_a_table_is_left_out_until_it_is_loaded() -> None:
    unknown = body_of(
        text_of(("RT88333", "RT88999"), ("B42AZ00", "B42QQ00"), ("DVVI", "QQ"), ("<PTIURN>42", "<PTIURN>98"))
    )
    assert broken(unknown, BARE) == ["POLICE_FORCE_CODE_INVALID"]
    assert broken(unknown) == [
        "CASE_MARKER_IS_INVALID", "POLICE_FORCE_CODE_INVALID", "COURT_HEARING_LOCATION_OUCODE_INVALID", "OFFENCE_CODE_IS_INVALID"
    ]  # fmt: skip
    assert broken(body_of(text_of(("B42AZ00", "B42AZ"))), BARE) == ["COURT_HEARING_LOCATION_OUCODE_INVALID"]


def test_a_rule_looks_only_at_the_cases_that_it_is_for() -> None:
    """Single justice cases have a shorter list (police-spi 5.6, column J)."""
    wrong = [
        ("B42AZ00", "B42AZ"),
        ("DVVI", "QQ"),
        ("<OffenderCode>PYO", "<OffenderCode>XX"),
        ("2026-07-09", "2026-04-01"),
    ]
    assert broken(body_of(text_of(begun("J"), *wrong))) == []
    assert len(broken(body_of(text_of(begun("O"), *wrong)))) == 5  # two offences started after that hearing


def test_a_breach_names_its_place_and_refuses_where_the_configuration_says_so() -> None:
    body = body_of(text_of(("RT88333", "998")))
    (warned,) = RuleBook(SETTINGS, LOADED).faults(body, ON)
    assert (warned.path, warned.severity) == ("/Case/Defendant[1]/Offence[2]/OffenceCode", Severity.WARNING)
    harder = {"OFFENCE_CODE_IS_GENERIC": RuleSetting(severity=Severity.ERROR)}
    (refused,) = RuleBook(harder, LOADED).faults(body, ON)
    assert refused.severity is Severity.ERROR
    later = {"OFFENCE_CODE_IS_GENERIC": RuleSetting.model_validate({"from": "2026-06-02"})}
    assert RuleBook(later, LOADED).faults(body, ON) == ()


def test_no_rule_fails_on_a_case_file_that_holds_almost_nothing() -> None:
    body = replace(CaseFileSubmission(ptiurn=body_of(text_of()).ptiurn), defendants=())
    assert set(broken(body)) == {
        "CASE_INITIATION_CODE_INVALID", "PROSECUTOR_OUCODE_NOT_RECOGNISED", "COURT_HEARING_LOCATION_OUCODE_INVALID"
    }  # fmt: skip
