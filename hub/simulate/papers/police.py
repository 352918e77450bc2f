"""A case file as a force's system sends it: NewCaseMessage in RouteData (police-spi 1.3, 1.4 and 2)."""

from __future__ import annotations

from hub.document.escape import escape
from hub.message.case import CaseFileSubmission, Defendant, Offence
from hub.message.identifiers import Identifier
from hub.message.people import Address, Individual, Officer, Organisation, PersonName
from hub.message.values import Coded, Dated
from hub.simulate.cast import Police
from hub.simulate.markup import group, leaf

LIBRA = "http://www.dca.gov.uk/xmlschemas/libra"
BS7666 = "http://www.govtalk.gov.uk/people/bs7666"
OPERATIONS = "http://schemas.cjse.gov.uk/common/operations"
ENTITIES = "http://schemas.cjse.gov.uk/common/businessentities"
COURTS_SYSTEM = "C00CommonPlatform"


def case_file(case: CaseFileSubmission, police: Police, reference: str) -> bytes:
    """A case file in its envelope; `reference` is the force's own number for this message."""
    return route_data(new_case(case), "SPINewCase", reference, (police.system, COURTS_SYSTEM), police.ou_code)


def route_data(content: str, stream: str, reference: str, route: tuple[str, str], ou_code: str | None = None) -> bytes:
    """A payload in RouteData: escaped once, as the receiving systems expect. `route` is from which system to which."""
    source, destination = route
    version = {"VersionNumber": "1.0"}
    written = group(
        "RouteData",
        group(
            "RequestFromSystem",
            leaf("CorrelationID", reference),
            leaf("SystemID", source),
            leaf("OrganizationalUnitID", ou_code),
            **version,
        ),
        group(
            "DataStream",
            leaf("cjseEntity:System", source),
            leaf("cjseEntity:DataStreamType", stream),
            leaf("cjseEntity:SystemDataStreamID", reference),
            leaf("cjseEntity:ContentType", "text/xml"),
            f"<cjseEntity:DataStreamContent>{escape(content)}</cjseEntity:DataStreamContent>",
            **version,
        ),
        group(
            "Routes",
            group(
                "Route",
                leaf("RouteID", "1"),
                leaf("RouteSourceSystem", source),
                leaf("RouteDestinationSystem", destination),
                **version,
            ),
            **version,
        ),
        xmlns=OPERATIONS,
        xmlns__cjseEntity=ENTITIES,
        **version,
        RequestResponse="Request",
    )
    return written.encode()


def new_case(case: CaseFileSubmission) -> str:
    """The payload, in the order of police-spi 2.1."""
    slot = case.first_hearing
    initiation = leaf("CaseInitiation", code(case.initiation))
    if case.summons_code is not None:
        initiation = leaf("InitiationCode", code(case.initiation)) + leaf("SummonsCode", code(case.summons_code))
    return group(
        "NewCaseMessage",
        group(
            "Case",
            leaf("PTIURN", case.ptiurn.text),
            leaf("OriginatingOrganisation", plain(case.originating_organisation)),
            initiation,
            leaf("CPSorganisation", plain(case.cps_organisation)),
            leaf("CaseMarker", code(case.markers)),
            group(
                "InitialHearing",
                leaf("CourtHearingLocation", plain(slot.court) if slot else None),
                leaf("DateOfHearing", day(slot.on) if slot else None),
                leaf("TimeOfHearing", slot.at.text if slot and slot.at else None),
            ),
            _officer(case.officer) if case.officer else "",
            *(_defendant(defendant) for defendant in case.defendants),
        ),
        xmlns=LIBRA,
        xmlns__b=BS7666,
        Flow="NewCasesFromThePolice",
        Interface="LibraStandardProsecutorPolice",
        SchemaVersion="0.6g",
    )


def _officer(officer: Officer) -> str:
    return group(
        "OtherPartyOfficerInCase",
        group("OfficerName", *name_parts(officer.name)),
        leaf("PoliceOfficerRank", officer.rank),
        leaf("PoliceWorkerReferenceNumber", officer.reference),
        leaf("PoliceWorkerLocationCode", plain(officer.location)),
    )


def _defendant(defendant: Defendant) -> str:
    who = ""
    if defendant.individual is not None:
        who = _individual(defendant.individual)
    elif defendant.organisation is not None:
        who = _organisation(defendant.organisation)
    offences = (_offence(offence) for offence in defendant.offences)
    return group("Defendant", leaf("ProsecutorReference", plain(defendant.asn)), who, *offences)


def _individual(person: Individual) -> str:
    return group(
        "PoliceIndividualDefendant",
        group(
            "PersonDefendant",
            person_details(person),
            leaf("PNCidentifier", pnc(person)),
            leaf("BailConditions", person.bail_conditions),
        ),
        _address(person.address),
        leaf("CustodyStatus", code(person.custody_status)),
        group(
            "LanguageOptions",
            leaf("DocumentationLanguage", code(person.documentation_language)),
            leaf("HearingLanguage", code(person.hearing_language)),
        ),
        _parent(person),
    )


def _parent(person: Individual) -> str:
    parent = person.parent_guardian
    if parent is None:
        return ""
    details = group(
        "BasePersonDetails", group("PersonName", *name_parts(parent.name)), leaf("Gender", code(parent.gender))
    )
    return group("ParentGuardianDetails", details, _address(parent.address))


def _organisation(company: Organisation) -> str:
    return group(
        "PoliceCorporateDefendant",
        group("OrganisationName", leaf("OrganisationName", company.name)),
        _address(company.address),
    )


def _address(address: Address | None) -> str:
    parts = address.structured if address else None
    if parts is None:
        return ""
    return group(
        "Address",
        leaf("b:PAON", parts.paon),
        leaf("b:StreetDescription", parts.street),
        leaf("b:Town", parts.town),
        leaf("b:PostCode", plain(parts.postcode)),
    )


def _offence(offence: Offence) -> str:
    details = group(
        "BaseOffenceDetails",
        leaf("OffenceSequenceNumber", offence.position),
        leaf("OffenceCode", plain(offence.code)),
        leaf("OffenceWording", both_tongues(offence)),
        timing(offence),
        leaf("ChargeDate", day(offence.charged_on)),
        leaf("ArrestDate", day(offence.arrested_on)),
        leaf("LocationOfOffence", offence.location),
    )
    return group("Offence", details, leaf("ProsecutionFacts", offence.facts))


# --- what cases and results share (police-spi 2.2 and 2.5) -----------------------------------------------------------


def person_details(person: Individual) -> str:
    """BasePersonDetails of a defendant."""
    return group(
        "BasePersonDetails",
        group("PersonName", *name_parts(person.name)),
        leaf("Birthdate", day(person.born_on)),
        leaf("Gender", code(person.gender)),
    )


def name_parts(name: PersonName) -> tuple[str, ...]:
    """The parts of a name in their order."""
    return leaf("PersonTitle", name.title), leaf("PersonGivenName1", name.given), leaf("PersonFamilyName", name.family)


def timing(offence: Offence) -> str:
    """When the offence was committed."""
    start = group("OffenceStart", leaf("OffenceDateStartDate", day(offence.started_on)))
    return group("OffenceTiming", leaf("OffenceDateCode", code(offence.date_code)), start)


def both_tongues(offence: Offence) -> str | None:
    """The wording; with the Welsh behind two bars where there is any (police-spi 2.5)."""
    return f"{offence.wording}||{offence.wording_welsh}" if offence.wording_welsh else offence.wording


def pnc(person: Individual) -> str | None:
    """A PNC id as this interface has it: without its slash (police-spi 4)."""
    return person.pnc_id.value.replace("/", "") if person.pnc_id and person.pnc_id.value else None


def code(coded: Coded | None) -> str | None:
    """The text of a code."""
    return None if coded is None else coded.text


def plain(identifier: Identifier | None) -> str | None:
    """The text of an identifier."""
    return None if identifier is None else identifier.text


def day(dated: Dated | None) -> str | None:
    """The text of a date."""
    return None if dated is None else dated.text
