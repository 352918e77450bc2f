"""Exceptions on the defendant: identifiers, names, address, bail (courts 2.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from connectors.courts.findings.exceptions import Stumble, beyond, exception
from connectors.courts.findings.heard import Heard
from connectors.courts.findings.owner import is_sound_asn
from connectors.courts.findings.standing import OFFENCES
from hub.message.identifiers import is_dummy_asn
from hub.message.people import Address

_PNC = re.compile(r"[0-9]{4}/[0-9]{7}[A-HJ-NP-RT-Z]", re.ASCII)
_LINES = ("line_1", "line_2", "line_3", "line_4", "line_5")
_NAME, _TITLE, _ORGANISATION, _REASON = 35, 35, 255, 2500
_REASON_PATH = "ReasonForBailConditionsOrCustody"


def at(case: Heard, inside: str) -> str:
    """A path below the defendant, as a person or an organisation."""
    kind = "CourtCorporateDefendant" if case.defendant.individual is None else "CourtIndividualDefendant"
    return f"{case.place}/Defendant/{kind}/{inside}"


def in_person(case: Heard, inside: str) -> str:
    """A path below the name of a person."""
    return at(case, f"PersonDefendant/BasePersonDetails/PersonName/{inside}")


def squeezed(text: str | None) -> str | None:
    """A name as it is measured: trimmed, and white space within it as one space (courts 2.1)."""
    return None if text is None else " ".join(text.split())


@exception("HO100206")
def asn(case: Heard) -> Iterator[Stumble]:
    """An ASN without its form, or with another check letter; an empty one too (courts 2.3)."""
    if not is_sound_asn(case.asn):
        words = "this does not have the form of an ASN, or its check letter does not belong to it"
        yield Stumble(f"{case.place}/Defendant/ProsecutorReference", words)


@exception("HO100321", OFFENCES)
def dummy_asn(case: Heard) -> Iterator[Stumble]:
    """A placeholder in place of the ASN, sound by itself, in a recordable case (courts 2.3)."""
    if case.recordable and is_sound_asn(case.asn) and is_dummy_asn(case.asn):
        words = "this is a placeholder, and an offence of the case is recordable: the true ASN is needed"
        yield Stumble(f"{case.place}/Defendant/ProsecutorReference", words)


@exception("HO100209")
def pnc_id(case: Heard) -> Iterator[Stumble]:
    """A PNC id that is no year, seven digits and a letter; its check letter is not worked out here (courts 2.3)."""
    person, body = case.defendant.individual, case.defendant.organisation
    held = person.pnc_id if person is not None else body.pnc_id if body is not None else None
    if held is not None and held.text and not _PNC.search(f"{held.text[:4]}/{held.text[4:]}"):
        inside = "PNCidentifier" if person is None else "PersonDefendant/PNCidentifier"
        yield Stumble(at(case, inside), "this is not a year, seven digits and a check letter")


@exception("HO100211")
def organisation_name(case: Heard) -> Iterator[Stumble]:
    """The name of an organisation has 1 to 255 characters (courts 2.3)."""
    body = case.defendant.organisation
    if body is not None and beyond(body.name, 1, _ORGANISATION):
        yield Stumble(at(case, "OrganisationName/OrganisationName"), "the name has 1 to 255 characters")


@exception("HO100212")
def title(case: Heard) -> Iterator[Stumble]:
    """A title has at most 35 characters (courts 2.3)."""
    person = case.defendant.individual
    if person is not None and beyond(squeezed(person.name.title), 0, _TITLE):
        yield Stumble(in_person(case, "PersonTitle"), "a title has at most 35 characters")


@exception("HO100213")
def given_names(case: Heard) -> Iterator[Stumble]:
    """Each given name has at most 35 characters (courts 2.3)."""
    person = case.defendant.individual
    if person is not None:
        for number, name in enumerate((person.name.given, person.name.given_2, person.name.given_3), 1):
            if beyond(squeezed(name), 0, _NAME):
                yield Stumble(in_person(case, f"PersonGivenName{number}"), "a given name has at most 35 characters")


@exception("HO100215")
def family_name(case: Heard) -> Iterator[Stumble]:
    """A family name has 1 to 35 characters (courts 2.3)."""
    person = case.defendant.individual
    if person is not None and beyond(squeezed(person.name.family), 1, _NAME):
        yield Stumble(in_person(case, "PersonFamilyName"), "a family name has 1 to 35 characters")


def _address(case: Heard) -> Address | None:
    held = case.defendant.individual or case.defendant.organisation
    return None if held is None else held.address


@exception("HO100101")
def first_line(case: Heard) -> Iterator[Stumble]:
    """An address without its first line, which of one in parts is made of street, locality, town or area (2.3)."""
    held = _address(case)
    if held is None:
        return
    words = "there is no first line of an address"
    if held.lines is not None:
        if held.lines.line_1 is None:
            yield Stumble(at(case, "Address/SimpleAddress/AddressLine1"), words)
    elif held.structured is not None:
        parts = held.structured
        if not any((parts.usrn, parts.street, parts.locality, parts.town, parts.administrative_area)):
            yield Stumble(at(case, "Address/ComplexAddress"), words)


@exception("HO100217")
def address_lines(case: Heard) -> Iterator[Stumble]:
    """Each line that is there has 1 to 35 characters; an empty one fails (courts 2.3)."""
    held = _address(case)
    if held is not None and held.lines is not None:
        for number, name in enumerate(_LINES, 1):
            if beyond(getattr(held.lines, name), 1, _NAME):
                path = at(case, f"Address/SimpleAddress/AddressLine{number}")
                yield Stumble(path, "a line of an address has 1 to 35 characters")


def _bail_reason(case: Heard) -> str | None:
    return None if case.defendant.individual is None else case.defendant.individual.bail_reason


@exception("HO100220")
def bail_reason(case: Heard) -> Iterator[Stumble]:
    """The reason for bail conditions or custody, if there, has 1 to 2500 characters (courts 2.3)."""
    if beyond(_bail_reason(case), 1, _REASON):
        yield Stumble(at(case, _REASON_PATH), "the reason has 1 to 2500 characters, or is left out")


@exception("HO100106")
def bail_reason_empty(case: Heard) -> Iterator[Stumble]:
    """The reason is there and empty: once on each result, which takes it over (courts 2.3)."""
    if _bail_reason(case) == "":
        yield from _on_results(case, "the reason for bail conditions, which this result takes over, is empty")


@exception("HO100107")
def bail_reason_long(case: Heard) -> Iterator[Stumble]:
    """The reason is longer than 2500 characters: once on each result, which takes it over (courts 2.3)."""
    if len(_bail_reason(case) or "") > _REASON:
        yield from _on_results(case, "the reason for bail conditions, which this result takes over, is too long")


def _on_results(case: Heard, words: str) -> Iterator[Stumble]:
    return (Stumble(result.path, words, offence.number, "bail reason") for offence, result in case.results)
