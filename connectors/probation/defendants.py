"""A defendant of a resulted hearing in the JSON of Common Platform: the person, and what the hearing was about.

Rule: the tables of courts 4.1. Dates are ISO, genders in words, bail by its letter.
"""

from __future__ import annotations

from connectors.probation.offences import Writing, offence_json
from hub.contract.reports import code_for, given, lines_of
from hub.document import JsonValue
from hub.message.case import Defendant
from hub.message.people import Address, Ethnicity, Individual, Organisation, PersonName
from hub.message.values import Coded

GENDERS = frozenset({"MALE", "FEMALE", "NOT_KNOWN", "NOT_SPECIFIED"})


def defendant_json(defendant: Defendant, position: int, writing: Writing) -> JsonValue:
    """One defendant with the offences."""
    person, body = defendant.individual, defendant.organisation
    holder = person or body
    defendant_id = _id(defendant, position, writing)
    pnc = None if holder is None else holder.pnc_id
    cro = None if holder is None else holder.cro_number
    return given(
        id=defendant_id,
        prosecutionCaseId=writing.case_id,
        masterDefendantId=None if person is None else person.master_defendant_id,
        pncId=None if pnc is None else pnc.value or pnc.text,
        croNumber=None if cro is None else cro.value or cro.text,
        isYouth=False if person is not None and person.born_on is not None and person.born_on.value else None,
        prosecutionAuthorityReference=None if defendant.asn is None else defendant.asn.value or defendant.asn.text,
        aliases=_aliases(person),
        offences=[
            offence_json(offence, index, defendant_id, writing) for index, offence in enumerate(defendant.offences)
        ],
        personDefendant=None if person is None else _person(person, defendant, writing),
        legalEntityDefendant=None if body is None else _legal_entity(body, writing),
    )


def _id(defendant: Defendant, position: int, writing: Writing) -> str:
    """From the case and the surest identifier that the source gives; from the place in the list where it gives none."""
    holder = defendant.individual or defendant.organisation
    known = (defendant.asn, None if holder is None else holder.pnc_id, None if holder is None else holder.cro_number)
    keys = [identifier.value for identifier in known if identifier is not None and identifier.value]
    return writing.reports.derived_id(
        f"{writing.path}/id", "defendant", writing.case_id, *(keys[:1] or [f"position {position}"])
    )


def _aliases(person: Individual | None) -> list[JsonValue] | None:
    if person is None or not person.aliases:
        return None
    return [
        given(
            title=alias.title, firstName=alias.given, middleName=_middle(alias), lastName=alias.family or alias.display
        )
        for alias in person.aliases
    ]


def _person(person: Individual, defendant: Defendant, writing: Writing) -> JsonValue:
    asn = defendant.asn
    return given(
        personDetails=_details(person, writing),
        arrestSummonsNumber=None if asn is None else asn.value or asn.text,
        bailStatus=_bail(person.custody_status, writing),
        bailConditions=person.bail_conditions,
        bailReasons=person.bail_reason,
        driverNumber=None if person.driver is None else person.driver.number,
    )


def _details(person: Individual, writing: Writing) -> JsonValue:
    name, path = person.name, f"{writing.path}/personDefendant/personDetails"
    last = name.family
    if last is None and name.display is not None:
        writing.reports.adapted(f"{path}/lastName", "the whole name: the source does not part it")
        last = name.display
    born = None if person.born_on is None else person.born_on.value
    if person.born_on is not None and born is None and person.born_on.text.strip():
        writing.reports.adapted(f"{path}/dateOfBirth", "left out: it could not be read as a date")
    return given(
        title=name.title,
        firstName=name.given,
        middleName=_middle(name),
        lastName=last,
        dateOfBirth=None if born is None else born.isoformat(),
        gender=_gender(person.gender),
        address=_address(person.address, f"{path}/address", writing),
        contact=_contact(person),
        ethnicity=_ethnicity(person.ethnicity, writing),
        documentationLanguageNeeds=_reading(person.documentation_language),
        hearingLanguageNeeds=_reading(person.hearing_language),
    ) | _nationality(person.nationality)


def _middle(name: PersonName) -> str | None:
    parts = [part for part in (name.given_2, name.given_3) if part]
    return " ".join(parts) or None


def _gender(gender: Coded | None) -> str | None:
    return gender.value if gender is not None and gender.value in GENDERS else None


def _reading(coded: Coded | None) -> str | None:
    return None if coded is None else coded.value


def _nationality(nationality: Coded | None) -> dict[str, JsonValue]:
    """Three capitals are a code of ISO 3166, anything else is a description."""
    if nationality is None or not nationality.text.strip():
        return {}
    text = nationality.text.strip()
    is_code = len(text) == 3 and text.isascii() and text.isalpha() and text.isupper()
    return {"nationalityCode": text} if is_code else {"nationalityDescription": text}


def _contact(person: Individual) -> JsonValue:
    phones, emails = person.telephones, person.emails
    contact = given(
        home=None if phones is None else phones.home,
        work=None if phones is None else phones.business,
        mobile=None if phones is None else phones.mobile,
        primaryEmail=None if emails is None else emails.primary,
        secondaryEmail=None if emails is None else emails.secondary,
    )
    return contact or None


def _ethnicity(ethnicity: Ethnicity | None, writing: Writing) -> JsonValue:
    """In words: the descriptions of the lists that the codes are of."""
    if ethnicity is None:
        return None
    described = given(
        observedEthnicityDescription=_name_in("ethnicity_observed", ethnicity.observed, writing),
        selfDefinedEthnicityDescription=_name_in("ethnicity_self_defined", ethnicity.self_defined, writing),
    )
    return described or None


def _name_in(table: str, coded: Coded | None, writing: Writing) -> str | None:
    code = code_for(writing.tables, table, coded)
    return None if code is None else writing.tables.row(table, code).get("name")


def _bail(status: Coded | None, writing: Writing) -> JsonValue:
    """The letter and its words (courts 5.4)."""
    code = code_for(writing.tables, "bail_status", status)
    if code is None:
        return None
    return {
        "id": writing.reports.derived_id(f"{writing.path}/personDefendant/bailStatus/id", "bail-status", code),
        "code": code,
        "description": writing.tables.row("bail_status", code).get("name", code),
    }


def _legal_entity(body: Organisation, writing: Writing) -> JsonValue:
    path = f"{writing.path}/legalEntityDefendant/organisation"
    return {"organisation": given(name=body.name, address=_address(body.address, f"{path}/address", writing))}


def _address(address: Address | None, path: str, writing: Writing) -> JsonValue:
    lines, put_together = lines_of(address)
    if lines is None:
        return None
    if put_together:
        writing.reports.adapted(path, "put together in lines from the parts of the address")
    code = lines.postcode
    return given(
        address1=lines.line_1,
        address2=lines.line_2,
        address3=lines.line_3,
        address4=lines.line_4,
        address5=lines.line_5,
        postcode=None if code is None else code.value or code.text,
    )
