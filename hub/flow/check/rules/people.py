"""Business rules on defendants, and on their parents and guardians (police-spi 5.6)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TypeGuard

from hub.flow.check.rules.asked import Asked, Breach, is_after, is_blank, is_unknown
from hub.message.identifiers import Identifier
from hub.message.people import Address, Emails, Individual, ParentGuardian

Placed = Iterable[tuple[str, Individual]] | Iterable[tuple[str, ParentGuardian]]
"""People with their places."""

_PNC = re.compile(r"[0-9A-Za-z'.\-_]{0,13}", re.ASCII)
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9\-]*[A-Za-z0-9])?"
_EMAIL = re.compile(rf"[A-Za-z0-9'_+\-]+(?:\.[A-Za-z0-9'_+\-]+)*@(?:{_LABEL}\.)+{_LABEL}", re.ASCII)
_POSTCODE = re.compile(
    r"GIR ?0AA|(?:ASCN|STHL|TDCU|BBND|[BFS]IQQ|PCRN|TKCA) ?1ZZ|"
    r"(?:ZZ[0-9]{1,2}|[A-PR-UWYZ](?:[0-9]{1,2}|[0-9][A-HJKPS-UW]|[A-HK-Y][0-9](?:[0-9]|[ABEHMNPRV-Y])?))"
    r" ?[0-9][ABD-HJLNP-UW-Z]{2}",
    re.ASCII | re.IGNORECASE,
)
_MEND_EMAIL = "This is no e-mail address: it has a dot too many or too few, or a character that no address has."
_MEND_POSTCODE = "No postcode has these letters in these places. Leave it out where there is none."


def bail_conditions(asked: Asked) -> Iterator[Breach]:
    """Conditional bail without conditions (police-spi 5.6)."""
    for path, person in asked.people():
        status = None if person.custody_status is None else person.custody_status.value
        if status == "CONDITIONAL_BAIL" and is_blank(person.bail_conditions):
            yield f"{path}/BailConditions", "Conditional bail needs its conditions."


def custody_status_known(asked: Asked) -> Iterator[Breach]:
    """A person whose custody status is missing or unknown (police-spi 5.6)."""
    for path, person in asked.people():
        if person.custody_status is None or person.custody_status.value is None:
            yield f"{path}/CustodyStatus", "The custody status is missing or unknown. Use B, C, L, P, R, S or U."


def offender_known(asked: Asked) -> Iterator[Breach]:
    """The offender code is not in the list (police-spi 5.6)."""
    for path, person in asked.people():
        if is_unknown(person.offender):
            yield f"{path}/OffenderCode", "The offender code is not in the list. Use PO or PYO."


def observed_ethnicity_known(asked: Asked) -> Iterator[Breach]:
    """The ethnicity observed is not in the list (police-spi 5.6)."""
    return _observed(asked.people())


def self_defined_ethnicity_known(asked: Asked) -> Iterator[Breach]:
    """The ethnicity that a person states is not in the list (police-spi 5.6)."""
    return _self_defined(asked.people())


def guardian_observed_ethnicity_known(asked: Asked) -> Iterator[Breach]:
    """The same of a parent or guardian (police-spi 5.6, a variant whose code is ours)."""
    return _observed(asked.guardians())


def guardian_self_defined_ethnicity_known(asked: Asked) -> Iterator[Breach]:
    """The same of a parent or guardian (police-spi 5.6, a variant whose code is ours)."""
    return _self_defined(asked.guardians())


def _observed(placed: Placed) -> Iterator[Breach]:
    for path, one in placed:
        if one.ethnicity is not None and is_unknown(one.ethnicity.observed):
            yield f"{path}/ObservedEthnicity", "The code of the ethnicity observed is not in the list."


def _self_defined(placed: Placed) -> Iterator[Breach]:
    for path, one in placed:
        if one.ethnicity is not None and is_unknown(one.ethnicity.self_defined):
            yield f"{path}/SelfDefinedEthnicity", "The code of the ethnicity stated is not in the list."


def born(asked: Asked) -> Iterator[Breach]:
    """A date of birth after today (police-spi 5.6)."""
    for path, person in asked.people():
        if is_after(person.born_on, asked.on):
            yield f"{path}/Birthdate", "The date of birth is in the future."


def seems_born(asked: Asked) -> Iterator[Breach]:
    """A perceived year of birth after this year (police-spi 5.6)."""
    for path, person in asked.people():
        year = None if person.perceived_birth_year is None else person.perceived_birth_year.value
        if year is not None and year > asked.on.year:
            yield f"{path}/PerceivedBirthYear", "The perceived year of birth is in the future."


def guardian_born(asked: Asked) -> Iterator[Breach]:
    """A parent or guardian's date of birth after today (police-spi 5.6; the code is ours)."""
    for path, guardian in asked.guardians():
        if is_after(guardian.born_on, asked.on):
            yield f"{path}/Birthdate", "The date of birth is in the future."


def reachable(asked: Asked) -> Iterator[Breach]:
    """A defendant's e-mail address that is none, more strictly than the schema (police-spi 5.6; the code is ours)."""
    for path, defendant in asked.defendants():
        held = defendant.individual or defendant.organisation
        if held is not None:
            yield from _emails(path, held.emails)


def guardian_reachable(asked: Asked) -> Iterator[Breach]:
    """A parent or guardian's e-mail address that is none (police-spi 5.6; the code is ours)."""
    for path, guardian in asked.guardians():
        yield from _emails(path, guardian.emails)


def _emails(path: str, held: Emails | None) -> Iterator[Breach]:
    if held is None:
        return
    for name, address in (("EmailAddress1", held.primary), ("EmailAddress2", held.secondary)):
        if address and _EMAIL.fullmatch(address) is None:
            yield f"{path}/{name}", _MEND_EMAIL


def organisation_postcode(asked: Asked) -> Iterator[Breach]:
    """The postcode of an organisation has letters that no postcode has there (police-spi 5.6 and 4).

    ZZ, which no place has, is left alone here and below: systems write it where there is no address.
    """
    for path, defendant in asked.defendants():
        if defendant.organisation is not None:
            yield from _postcode(path, defendant.organisation.address)


def personal_postcode(asked: Asked) -> Iterator[Breach]:
    """The postcode of a person has letters that no postcode has there (police-spi 5.6 and 4)."""
    for path, person in asked.people():
        yield from _postcode(path, person.address)


def guardian_postcode(asked: Asked) -> Iterator[Breach]:
    """The postcode of a parent or guardian has letters that no postcode has there (police-spi 5.6 and 4)."""
    for path, guardian in asked.guardians():
        yield from _postcode(path, guardian.address)


def _postcode(path: str, held: Address | None) -> Iterator[Breach]:
    parts = None if held is None else held.structured or held.lines
    postcode = None if parts is None else parts.postcode
    if _given(postcode) and _POSTCODE.fullmatch(postcode.text.strip()) is None:
        yield f"{path}/PostCode", _MEND_POSTCODE


def pnc_formed(asked: Asked) -> Iterator[Breach]:
    """A PNC id that the interface cannot carry; a slash in it does not count (police-spi 5.6 and 2.2)."""
    for path, defendant in asked.defendants():
        held = defendant.individual or defendant.organisation
        if held is not None and _given(held.pnc_id) and not _PNC.fullmatch(held.pnc_id.text.replace("/", "")):
            yield f"{path}/PNCidentifier", "This is no PNC id: give year, number and check letter."


def cro_formed(asked: Asked) -> Iterator[Breach]:
    """A CRO number that the interface cannot carry, of more than twelve characters (police-spi 5.6 and 2.4)."""
    for path, defendant in asked.defendants():
        held = defendant.individual or defendant.organisation
        if held is not None and _given(held.cro_number) and len(held.cro_number.text) > 12:
            yield f"{path}/CROnumber", "This is no CRO number: it has more than twelve characters."


def _given(held: Identifier | None) -> TypeGuard[Identifier]:
    return held is not None and bool(held.text.strip())
