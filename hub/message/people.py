"""People and organisations as every agency's messages speak of them.

Rule: absent (None), empty ("") and given stay apart, so that a sender's dialect can be written back as it came.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from hub.message.identifiers import Identifier
from hub.message.values import Coded, Dated, Numbered

Asn = Annotated[Identifier, "Asn"]
PncId = Annotated[Identifier, "PncId"]
CroNumber = Annotated[Identifier, "CroNumber"]
Ptiurn = Annotated[Identifier, "Ptiurn"]
OuCode = Annotated[Identifier, "OuCode"]
NomsNumber = Annotated[Identifier, "NomsNumber"]
Crn = Annotated[Identifier, "Crn"]
Postcode = Annotated[Identifier, "Postcode"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonName:
    """A person's name in its parts, or as one display form where the sender has no parts."""

    title: str | None = None
    given: str | None = None
    given_2: str | None = None
    given_3: str | None = None
    family: str | None = None
    display: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Telephones:
    """Telephone numbers as written."""

    business: str | None = None
    home: str | None = None
    mobile: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Emails:
    """E-mail addresses as written."""

    primary: str | None = None
    secondary: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuredAddress:
    """An address in the parts of BS7666; `saon` and `paon` keep their fixed-width layout (police-spi 2.3)."""

    saon: str | None = None
    paon: str | None = None
    street: str | None = None
    usrn: Numbered | None = None
    locality: str | None = None
    town: str | None = None
    administrative_area: str | None = None
    post_town: str | None = None
    postcode: Postcode | None = None
    uprn: Numbered | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressLines:
    """An address as lines; `postcode` only where the sender keeps it apart from the lines."""

    line_1: str | None = None
    line_2: str | None = None
    line_3: str | None = None
    line_4: str | None = None
    line_5: str | None = None
    postcode: Postcode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where somebody lives or an organisation sits: in parts or in lines, as the sender gave it."""

    structured: StructuredAddress | None = None
    lines: AddressLines | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ethnicity:
    """Ethnicity as observed by an officer and as the person defines it."""

    observed: Coded | None = None
    self_defined: Coded | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """A driving licence."""

    number: str | None = None
    licence_code: Coded | None = None
    licence_issue: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParentGuardian:
    """A youth's parent or guardian."""

    name: PersonName
    telephones: Telephones | None = None
    emails: Emails | None = None
    born_on: Dated | None = None
    gender: Coded | None = None
    address: Address | None = None
    ethnicity: Ethnicity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Individual:
    """A person in a case. `custody_status` is the bail or custody status; `present` whether at the hearing."""

    name: PersonName
    telephones: Telephones | None = None
    emails: Emails | None = None
    born_on: Dated | None = None
    age: Numbered | None = None
    gender: Coded | None = None
    pnc_id: PncId | None = None
    cro_number: CroNumber | None = None
    noms_number: NomsNumber | None = None
    crn: Crn | None = None
    master_defendant_id: str | None = None
    nationality: Coded | None = None
    nationality_2: Coded | None = None
    bail_conditions: str | None = None
    bail_reason: str | None = None
    perceived_birth_year: Numbered | None = None
    address: Address | None = None
    ethnicity: Ethnicity | None = None
    occupation_code: Coded | None = None
    occupation: str | None = None
    offender: Coded | None = None
    custody_status: Coded | None = None
    present: Coded | None = None
    documentation_language: Coded | None = None
    hearing_language: Coded | None = None
    language_needs: str | None = None
    special_needs: str | None = None
    driver: Driver | None = None
    counterpart_issue: str | None = None
    aliases: tuple[PersonName, ...] = ()
    parent_guardian: ParentGuardian | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """A company or other body that is prosecuted."""

    name: str | None = None
    telephone: str | None = None
    emails: Emails | None = None
    pnc_id: PncId | None = None
    cro_number: CroNumber | None = None
    address: Address | None = None
    custody_status: Coded | None = None
    present: Coded | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Officer:
    """The officer in the case."""

    name: PersonName
    rank: str | None = None
    reference: str | None = None
    location: OuCode | None = None
    address: StructuredAddress | None = None
    telephones: Telephones | None = None
    dx: str | None = None
    fax: str | None = None
    emails: Emails | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Victim:
    """A victim named on an offence. `name` is None where the sender leaves the name out altogether."""

    name: PersonName | None = None
    address: StructuredAddress | None = None
    telephones: Telephones | None = None
    emails: Emails | None = None
    born_on: Dated | None = None
    gender: Coded | None = None
    ethnicity: Ethnicity | None = None
