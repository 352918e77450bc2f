"""The blocks that case files and results share (police-spi 2.2, 2.3, 2.5), as tables of element and field."""

from __future__ import annotations

import re
from dataclasses import replace

from connectors.spi import BS7666
from connectors.spi.fitting import Fit
from connectors.spi.hearingtime import HEARING_TIME
from connectors.spi.shape import Group, Leaf, Nested, Shape
from connectors.spi.values import (
    CRO_NUMBER,
    DATE,
    EMAIL,
    OFFENCE_CODE,
    OU_CODE,
    PNC_ID,
    POSTCODE,
    TELEPHONE,
    TIME,
    coded,
    name,
    patterned,
    text,
    whole,
)
from hub.contract import ReportKind
from hub.message.case import Alcohol, HearingSlot, Offence, OffenceEnd, Vehicle
from hub.message.people import Emails, PersonName, StructuredAddress, Telephones

# --- people ----------------------------------------------------------------------------------------------------------


def _settled_name(held: PersonName, fit: Fit) -> PersonName:
    """A name that came in one piece goes into the family name, which the interface requires."""
    if held.family or not held.display:
        return held
    fit.report(ReportKind.ADAPTED, "a name in one piece, sent as the family name", "PersonFamilyName")
    return replace(held, family=held.display, display=None)


NAME_PARTS = (
    Leaf(element="PersonTitle", field="title", kind=name(35)),
    Leaf(element="PersonGivenName1", field="given", kind=name(35)),
    Leaf(element="PersonGivenName2", field="given_2", kind=name(35)),
    Leaf(element="PersonGivenName3", field="given_3", kind=name(35)),
)
PERSON_NAME = Shape(
    record=PersonName,
    parts=(*NAME_PARTS, Leaf(element="PersonFamilyName", field="family", kind=name(35), required=True)),
    settle=_settled_name,
)
VICTIM_NAME = Shape(
    record=PersonName,
    parts=(*NAME_PARTS, Leaf(element="PersonFamilyName", field="family", kind=name(35))),
    settle=_settled_name,
)

TELEPHONES = Shape(
    record=Telephones,
    parts=(
        Leaf(element="TelephoneNumberBusiness", field="business", kind=TELEPHONE),
        Leaf(element="TelephoneNumberHome", field="home", kind=TELEPHONE),
        Leaf(element="TelephoneNumberMobile", field="mobile", kind=TELEPHONE),
    ),
)


def _settled_emails(held: Emails, fit: Fit) -> Emails:
    """A secondary address that is the only one takes the first place (police-spi 3)."""
    return Emails(primary=held.secondary) if held.primary is None else held


EMAILS = Shape(
    record=Emails,
    parts=(
        Leaf(element="EmailAddress1", field="primary", kind=EMAIL, required=True),
        Leaf(element="EmailAddress2", field="secondary", kind=EMAIL),
    ),
    settle=_settled_emails,
)
EMAIL_DETAILS = Nested(element="EmailDetails", field="emails", shape=EMAILS, optional=True)
TELEPHONE_DETAILS = Nested(element="TelephoneDetails", field="telephones", shape=TELEPHONES)
BIRTHDATE = Leaf(element="Birthdate", field="born_on", kind=DATE)
GENDER = coded("gender", "[0129]")


def _not_specified(person: object, fit: Fit) -> str:
    return "9"  # courts 1.7


BASE_PERSON = Group(
    element="BasePersonDetails",
    parts=(
        Nested(element="PersonName", field="name", shape=PERSON_NAME, always=True, required=True),
        TELEPHONE_DETAILS,
        EMAIL_DETAILS,
        BIRTHDATE,
        Leaf(
            element="Gender", field="gender", kind=GENDER, default=lambda person, fit: "9", required=True
        ),  # courts 1.7
    ),
)

ORGANISATION_HEAD = (
    Group(
        element="OrganisationName",
        parts=(Leaf(element="OrganisationName", field="name", kind=name(255), required=True),),
    ),
    Leaf(element="TelephoneNumberBusiness", field="telephone", kind=TELEPHONE),
    EMAIL_DETAILS,
    Leaf(element="PNCidentifier", field="pnc_id", kind=PNC_ID),
)
CRO = Leaf(element="CROnumber", field="cro_number", kind=CRO_NUMBER)

# --- addresses in parts ----------------------------------------------------------------------------------------------

_NUMBERED = re.compile(r"[0-9 ]{4}[A-Z ](?:[0-9 ]{4}[A-Z ][A-Za-z0-9 %&'()*+:;<=>?@]{0,90})?", re.ASCII)
_LEADING = re.compile(
    r"\s*([0-9]{1,4})([A-Za-z]?)(?:\s*-\s*([0-9]{1,4})([A-Za-z]?))?(?![A-Za-z0-9])\s*(.*)", re.ASCII | re.DOTALL
)
_NOT_IN_PLACE = re.compile(r"[^A-Za-z0-9 %&'()*+:;<=>?@]+")


def is_placed(held: str) -> bool:
    """Whether a building stands in the fixed layout (police-spi 2.3)."""
    return _NUMBERED.fullmatch(held) is not None


def placed(held: str) -> str:
    """A building in the fixed layout (police-spi 2.3): number and suffix, the end of a range likewise, the name."""
    match = _LEADING.fullmatch(held)
    number, suffix, last, last_suffix, rest = match.groups("") if match else ("", "", "", "", held)
    named = " ".join(_NOT_IN_PLACE.sub(" ", rest).split())[:90]
    first = f"{number:>4}{suffix.upper() or ' '}"
    second = f"{last:>4}{last_suffix.upper() or ' '}"
    return first if number and not last and not named else f"{first}{second}{named}"


PLACE = patterned(_NUMBERED.pattern, placed)


def _settled_parts(held: StructuredAddress, fit: Fit) -> StructuredAddress:
    """A building that has no number and no name is ten blanks; one of town, locality and area must be there."""
    held = replace(held, paon=held.paon if held.paon is not None else " " * 10)
    if not (held.locality or held.town or held.administrative_area) and held.post_town:
        held = replace(held, town=held.post_town)
    return held


def _no_settlement(held: StructuredAddress, fit: Fit) -> str | None:
    if not (held.locality or held.town or held.administrative_area):
        fit.miss("Town")
    return None


PARTED = Shape(
    record=StructuredAddress,
    space=BS7666,
    settle=_settled_parts,
    parts=(
        Leaf(element="SAON", field="saon", kind=PLACE),
        Leaf(element="PAON", field="paon", kind=PLACE, required=True),
        Leaf(element="StreetDescription", field="street", kind=text(100, 1), required=True),
        Leaf(element="UniqueStreetReferenceNumber", field="usrn", kind=whole(1, 99_999_999)),
        Leaf(element="Locality", field="locality", kind=text(35, 1)),
        Leaf(element="Town", field="town", kind=text(30, 1), default=_no_settlement),
        Leaf(element="AdministrativeArea", field="administrative_area", kind=text(30, 1)),
        Leaf(element="PostTown", field="post_town", kind=text(30, 1)),
        Leaf(element="PostCode", field="postcode", kind=POSTCODE),
        Leaf(element="UniquePropertyReferenceNumber", field="uprn", kind=whole(1, 999_999_999_999)),
    ),
)

# --- hearings and offences -------------------------------------------------------------------------------------------

SLOT = Shape(
    record=HearingSlot,
    parts=(
        Leaf(element="CourtHearingLocation", field="court", kind=OU_CODE, required=True),
        Leaf(element="DateOfHearing", field="on", kind=DATE, required=True),
        Leaf(element="TimeOfHearing", field="at", kind=HEARING_TIME, required=True),
    ),
)


def _date_code(offence: Offence, fit: Fit) -> str:
    """1, on or in; 4, between, where start and end are both known (courts 1.7)."""
    return "4" if offence.ended is not None and offence.ended.on is not None else "1"


def _title(offence: Offence, fit: Fit) -> str | None:
    return offence.title


ALCOHOL = Nested(
    element="AlcoholRelatedOffence",
    field="alcohol",
    optional=True,
    shape=Shape(
        record=Alcohol,
        parts=(
            Leaf(element="AlcoholLevelAmount", field="amount", kind=whole(0, 999), required=True),
            Leaf(element="AlcoholLevelMethod", field="method", kind=coded("alcohol_method"), required=True),
        ),
    ),
)
VEHICLE = Nested(
    element="VehicleRelatedOffence",
    field="vehicle",
    shape=Shape(
        record=Vehicle,
        parts=(
            Leaf(element="VehicleCode", field="code", kind=coded("vehicle")),
            Leaf(element="VehicleRegistrationMark", field="registration", kind=text(11)),
        ),
    ),
)


TIMING = Group(
    element="OffenceTiming",
    parts=(
        Leaf(
            element="OffenceDateCode",
            field="date_code",
            kind=coded("offence_date", "[1-6]"),
            default=_date_code,
            required=True,
        ),
        Group(
            element="OffenceStart",
            parts=(
                Leaf(element="OffenceDateStartDate", field="started_on", kind=DATE, required=True),
                Leaf(element="OffenceStartTime", field="started_at", kind=TIME),
            ),
        ),
        Nested(
            element="OffenceEnd",
            field="ended",
            shape=Shape(
                record=OffenceEnd,
                parts=(
                    Leaf(element="OffenceEndDate", field="on", kind=DATE),
                    Leaf(element="OffenceEndTime", field="at", kind=TIME),
                ),
            ),
        ),
    ),
)
WORDING = Leaf(
    element="OffenceWording",
    field="wording",
    kind=text(2500),
    default=_title,
    required=True,
    welsh="wording_welsh",
)


def offence_details(width: int) -> Group:
    """BaseOffenceDetails; the sequence number, by default the position, has at least so many digits."""

    def position(offence: Offence, fit: Fit) -> str | None:
        return f"{offence.position:0{width}d}" if offence.position <= 999 else None

    return Group(
        element="BaseOffenceDetails",
        parts=(
            Leaf(
                element="OffenceSequenceNumber",
                field="sequence",
                kind=whole(0, 999, width),
                default=position,
                required=True,
            ),
            Leaf(element="OffenceCode", field="code", kind=OFFENCE_CODE, required=True),
            Leaf(element="OffenceTitle", field="title", kind=text(120), kept=False),
            WORDING,
            TIMING,
            Leaf(element="ChargeDate", field="charged_on", kind=DATE),
            Leaf(element="ArrestDate", field="arrested_on", kind=DATE),
            Leaf(element="LocationOfOffence", field="location", kind=text(80)),
            ALCOHOL,
            VEHICLE,
        ),
    )
