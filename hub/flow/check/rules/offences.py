"""Business rules on offences (police-spi 5.6, defendant rules that look at an offence)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hub.flow.check.rules.asked import Asked, Breach, is_after, is_blank, is_unknown
from hub.message.case import Offence

OFFENCES, REQUIREMENTS = "offence_codes", "offence_requirements"

GENERIC, EXEMPT = "998", "998A"
"""The code that names no offence, and the one beside it that is not looked up (police-spi 4)."""


def charged(asked: Asked) -> Iterator[Breach]:
    """The charge date is missing or after today (police-spi 5.6)."""
    for path, _, offence in asked.offences():
        if offence.charged_on is None or is_after(offence.charged_on, asked.on):
            yield f"{path}/ChargeDate", "The charge date is missing or in the future. Give the day of the charge."


def arrested(asked: Asked) -> Iterator[Breach]:
    """The arrest date is missing or after today (police-spi 5.6)."""
    for path, _, offence in asked.offences():
        if offence.arrested_on is None or is_after(offence.arrested_on, asked.on):
            yield f"{path}/ArrestDate", "The arrest date is missing or in the future. Give the day of the arrest."


def offence_known(asked: Asked) -> Iterator[Breach]:
    """The offence code is in no row; 998A is not looked up, and 998 has a rule of its own (police-spi 5.6).

    A code of eight characters is known by its first seven, and an area's own code with the force in front (courts 2.2).
    """
    force = asked.case.ptiurn.text.strip()[:2]
    for path, _, offence in asked.offences():
        code = _code(offence)
        if code in (GENERIC, EXEMPT):
            continue
        if not any(one in asked.table(OFFENCES) for one in (code, code[:7] if len(code) == 8 else code, force + code)):
            yield f"{path}/OffenceCode", "No offence has this code. Give it as the offence index has it."


def offence_specific(asked: Asked) -> Iterator[Breach]:
    """The generic code 998 (police-spi 5.6)."""
    for path, _, offence in asked.offences():
        if _code(offence) == GENERIC:
            yield f"{path}/OffenceCode", "998 is the generic code. Give the code of the offence itself."


def located(asked: Asked) -> Iterator[Breach]:
    """An offence that the table says needs a location, without one (police-spi 5.6)."""
    for path, _, offence in asked.offences():
        if _requires(asked, offence).get("needs_location") == "Y" and is_blank(offence.location):
            yield f"{path}/LocationOfOffence", "This offence needs the place where it was committed."


def level_method_given(asked: Asked) -> Iterator[Breach]:
    """An offence that the table says is related to drink or drugs, without the method of measuring (police-spi 5.6)."""
    for path, _, offence in asked.offences():
        method = None if offence.alcohol is None else offence.alcohol.method
        if _requires(asked, offence).get("needs_level") == "Y" and (method is None or is_blank(method.text)):
            yield f"{path}/AlcoholLevelMethod", "This offence needs the method by which the level was measured."


def level_amount_given(asked: Asked) -> Iterator[Breach]:
    """An offence that the table says is related to drink or drugs, without the level (police-spi 5.6)."""
    for path, _, offence in asked.offences():
        amount = None if offence.alcohol is None else offence.alcohol.amount
        if _requires(asked, offence).get("needs_level") == "Y" and (amount is None or is_blank(amount.text)):
            yield f"{path}/AlcoholLevelAmount", "This offence needs the level that was measured."


def level_method_known(asked: Asked) -> Iterator[Breach]:
    """The method by which a level was measured is not in the list (police-spi 5.6)."""
    for path, _, offence in asked.offences():
        if offence.alcohol is not None and is_unknown(offence.alcohol.method):
            yield f"{path}/AlcoholLevelMethod", "This method of measuring is not in the list."


def vehicle_known(asked: Asked) -> Iterator[Breach]:
    """The code of the vehicle is not in the list (police-spi 5.6)."""
    for path, _, offence in asked.offences():
        if offence.vehicle is not None and is_unknown(offence.vehicle.code):
            yield f"{path}/VehicleCode", "The vehicle code is not in the list. Use L or O."


def facts_stated(asked: Asked) -> Iterator[Breach]:
    """A summons with code M whose offence has no statement of facts (police-spi 5.6)."""
    if _is_act_case(asked):
        for path, _, offence in asked.offences():
            if is_blank(offence.facts):
                yield f"{path}/ProsecutionFacts", "A summons with code M needs the facts of every offence."


def facts_stated_in_welsh(asked: Asked) -> Iterator[Breach]:
    """A summons with code M for a person whose documents are in Welsh, without the facts in Welsh (police-spi 5.6)."""
    if not _is_act_case(asked):
        return
    for path, defendant, offence in asked.offences():
        person = defendant.individual
        language = None if person is None else person.documentation_language
        if language is not None and language.value == "WELSH" and is_blank(offence.facts_welsh):
            yield f"{path}/ProsecutionFacts", "The documents are wanted in Welsh: give the facts in Welsh, after ||."


def _is_act_case(asked: Asked) -> bool:
    return asked.case.summons_code is not None and asked.case.summons_code.value == "MCA_CASE"


def _code(offence: Offence) -> str:
    return "" if offence.code is None else offence.code.text.strip()


def _requires(asked: Asked, offence: Offence) -> Mapping[str, str]:
    return asked.table(REQUIREMENTS).find(_code(offence)) or {}
