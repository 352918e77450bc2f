"""NewCaseMessage, the case file that police send (police-spi 2), and the canonical case file: one table, both ways."""

from __future__ import annotations

from dataclasses import replace

from connectors.spi import BS7666, LIBRA
from connectors.spi.blocks import (
    BASE_PERSON,
    BIRTHDATE,
    CRO,
    EMAIL_DETAILS,
    GENDER,
    ORGANISATION_HEAD,
    PARTED,
    PERSON_NAME,
    SLOT,
    TELEPHONE_DETAILS,
    VICTIM_NAME,
    offence_details,
)
from connectors.spi.fitting import Fit
from connectors.spi.shape import Group, Inline, Leaf, Nested, Shape
from connectors.spi.values import (
    ASN,
    DRIVER_NUMBER,
    MARKERS,
    OU_CODE,
    PNC_ID,
    PTIURN,
    TELEPHONE,
    coded,
    name,
    text,
    whole,
    worded,
)
from hub.contract import ReportKind
from hub.message.case import CaseFileSubmission, Defendant, Offence
from hub.message.people import (
    Address,
    AddressLines,
    Driver,
    Ethnicity,
    Individual,
    Officer,
    Organisation,
    ParentGuardian,
    StructuredAddress,
    Telephones,
    Victim,
)

ROOT = f"{{{LIBRA}}}NewCaseMessage"
DIALECT = "spi-case"
MARKS = {"Flow": "NewCasesFromThePolice", "Interface": "LibraStandardProsecutorPolice", "SchemaVersion": "0.6g"}

# --- addresses -------------------------------------------------------------------------------------------------------


def _settled_address(held: Address, fit: Fit) -> Address:
    """An address in lines, put into parts: street, then locality, town, area and post town as far as lines go."""
    if held.structured is not None or held.lines is None:
        return held
    fit.report(ReportKind.ADAPTED, "an address in lines, sent in parts")
    return Address(structured=_parted(held.lines))


def _parted(lines: AddressLines) -> StructuredAddress:
    given = [line for line in (lines.line_1, lines.line_2, lines.line_3, lines.line_4, lines.line_5) if line]
    street, rest = (given[0], given[1:]) if given else (None, [])
    placed = rest if len(rest) > 1 else [None, *rest]
    locality, town, area, post_town = (*placed, None, None, None)[:4]
    return StructuredAddress(
        street=street,
        locality=locality,
        town=town,
        administrative_area=area,
        post_town=post_town,
        postcode=lines.postcode,
    )


ADDRESS = Nested(
    element="Address",
    field="address",
    shape=Shape(
        record=Address,
        space=BS7666,
        parts=(Inline(field="structured", shape=PARTED, required=True),),
        settle=_settled_address,
    ),
    required=True,
)
ETHNICITY = Nested(
    element="PersonEthnicity",
    field="ethnicity",
    shape=Shape(
        record=Ethnicity,
        parts=(
            Leaf(element="ObservedEthnicity", field="observed", kind=coded("ethnicity_observed", "[0-9]")),
            Leaf(
                element="SelfDefinedEthnicity",
                field="self_defined",
                kind=coded("ethnicity_self_defined", "[A-Z][A-Z0-9]"),
            ),
        ),
    ),
)

# --- the officer and the victims -------------------------------------------------------------------------------------

OFFICER = Shape(
    record=Officer,
    parts=(
        Nested(element="OfficerName", field="name", shape=PERSON_NAME, always=True, required=True),
        Leaf(element="PoliceOfficerRank", field="rank", kind=text(35), required=True),
        Leaf(element="PoliceWorkerReferenceNumber", field="reference", kind=text(15), required=True),
        Leaf(element="PoliceWorkerLocationCode", field="location", kind=OU_CODE, required=True),
        Nested(element="StructuredAddress", field="address", shape=PARTED, optional=True),
        Nested(
            element="TelephoneDetails",
            field="telephones",
            shape=Shape(
                record=Telephones,
                parts=(
                    Leaf(element="TelephoneNumberBusiness", field="business", kind=TELEPHONE),
                    Leaf(element="TelephoneNumberMobile", field="mobile", kind=TELEPHONE),
                ),
            ),
        ),
        Leaf(element="DXaddress", field="dx", kind=text(80)),
        Leaf(element="FAXnumber", field="fax", kind=TELEPHONE),
        EMAIL_DETAILS,
    ),
)
VICTIM = Shape(
    record=Victim,
    parts=(
        Nested(element="PersonDetails", field="name", shape=VICTIM_NAME),
        Nested(element="Address", field="address", shape=PARTED, required=True),
        TELEPHONE_DETAILS,
        EMAIL_DETAILS,
        BIRTHDATE,
        Leaf(element="Gender", field="gender", kind=GENDER),
        ETHNICITY,
    ),
)

# --- defendants ------------------------------------------------------------------------------------------------------


def _english(person: Individual, fit: Fit) -> str:
    return "E"


INDIVIDUAL = Shape(
    record=Individual,
    parts=(
        Group(
            element="PersonDefendant",
            parts=(
                BASE_PERSON,
                Leaf(element="PNCidentifier", field="pnc_id", kind=PNC_ID),
                Leaf(element="PersonStatedNationality", field="nationality", kind=worded("[A-Z0-9]{1,3}", 3)),
                Leaf(element="BailConditions", field="bail_conditions", kind=text(2500)),
            ),
        ),
        Leaf(element="PerceivedBirthYear", field="perceived_birth_year", kind=whole(1, 9999, 4)),
        ADDRESS,
        ETHNICITY,
        Leaf(element="OccupationCode", field="occupation_code", kind=worded("[0-9]{1,5}", 5)),
        Leaf(element="Occupation", field="occupation", kind=text(54)),
        CRO,
        Leaf(element="OffenderCode", field="offender", kind=coded("offender", ".{0,3}")),
        Leaf(element="CustodyStatus", field="custody_status", kind=coded("custody_status")),
        Group(
            element="LanguageOptions",
            parts=(
                Leaf(
                    element="DocumentationLanguage",
                    field="documentation_language",
                    kind=coded("language"),
                    default=_english,
                    required=True,
                ),
                Leaf(
                    element="HearingLanguage",
                    field="hearing_language",
                    kind=coded("language"),
                    default=_english,
                    required=True,
                ),
            ),
        ),
        Leaf(element="LanguageNeeds", field="language_needs", kind=text(150)),
        Leaf(element="SpecialNeeds", field="special_needs", kind=text(80)),
        Nested(
            element="DriverInformation",
            field="driver",
            shape=Shape(
                record=Driver,
                parts=(
                    Leaf(element="DriverNumber", field="number", kind=DRIVER_NUMBER),
                    Leaf(element="DriverLicenceCode", field="licence_code", kind=worded("[A-Z0-9]", 1)),
                    Leaf(element="DriverLicenceIssue", field="licence_issue", kind=text(2)),
                ),
            ),
        ),
        Leaf(element="CounterpartIssue", field="counterpart_issue", kind=text(1)),
        Nested(element="Alias", field="aliases", shape=PERSON_NAME, many=True, optional=True),
        Nested(
            element="ParentGuardianDetails",
            field="parent_guardian",
            optional=True,
            shape=Shape(record=ParentGuardian, parts=(BASE_PERSON, ADDRESS, ETHNICITY)),
        ),
    ),
)
ORGANISATION = Shape(
    record=Organisation,
    parts=(
        *ORGANISATION_HEAD,
        ADDRESS,
        CRO,
        Leaf(element="Alias", field="aliases", kind=name(255), many=True),
    ),
)
OFFENCE = Shape(
    record=Offence,
    parts=(
        offence_details(width=1),
        Leaf(element="ProsecutionFacts", field="facts", kind=text(4000), welsh="facts_welsh"),
        Nested(element="OtherPartyVictim", field="victims", shape=VICTIM, many=True, optional=True),
    ),
)


def _settled_defendant(held: Defendant, fit: Fit) -> Defendant:
    """One of individual and organisation: the schema takes either."""
    if held.individual is None and held.organisation is None:
        fit.miss("PoliceIndividualDefendant")
    return replace(held, organisation=None) if held.individual is not None else held


DEFENDANT = Shape(
    record=Defendant,
    parts=(
        Leaf(element="ProsecutorReference", field="asn", kind=ASN, required=True),
        Nested(element="PoliceIndividualDefendant", field="individual", shape=INDIVIDUAL),
        Nested(element="PoliceCorporateDefendant", field="organisation", shape=ORGANISATION),
        Nested(element="Offence", field="offences", shape=OFFENCE, many=True, required=True, numbered=True),
    ),
    settle=_settled_defendant,
)

# --- the case --------------------------------------------------------------------------------------------------------


def _is_summons(case: CaseFileSubmission) -> bool:
    return case.summons_code is not None


def _is_other(case: CaseFileSubmission) -> bool:
    return case.summons_code is None


INITIATION, SUMMONS = coded("initiation"), coded("summons")
CASE = Shape(
    record=CaseFileSubmission,
    parts=(
        Group(
            element="Case",
            parts=(
                Leaf(element="PTIURN", field="ptiurn", kind=PTIURN, required=True),
                Leaf(element="OriginatingOrganisation", field="originating_organisation", kind=OU_CODE, required=True),
                Leaf(
                    element="InitiationCode",
                    field="initiation",
                    kind=coded("initiation"),
                    when=_is_summons,
                    required=True,
                ),
                Leaf(
                    element="SummonsCode", field="summons_code", kind=coded("summons"), when=_is_summons, required=True
                ),
                Leaf(
                    element="CaseInitiation",
                    field="initiation",
                    kind=coded("initiation"),
                    when=_is_other,
                    required=True,
                ),
                Leaf(element="Informant", field="informant", kind=text(92)),
                Leaf(element="CPSorganisation", field="cps_organisation", kind=OU_CODE),
                Leaf(element="CaseMarker", field="markers", kind=MARKERS),
                Nested(element="InitialHearing", field="first_hearing", shape=SLOT, required=True),
                Leaf(element="VehicleOperatorLicenceNumber", field="vehicle_operator_licence", kind=text(9)),
                Nested(element="OtherPartyOfficerInCase", field="officer", shape=OFFICER, required=True),
                Nested(element="Defendant", field="defendants", shape=DEFENDANT, many=True, required=True),
            ),
        ),
    ),
)
