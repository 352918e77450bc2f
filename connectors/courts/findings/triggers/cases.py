"""Triggers of which a case can have one (courts 2.4, scope "case"). Each says the first place that raises it.

Rule: TRPR0015 and TRPR0027 depend on what is left of the others, and are in `connectors.courts.findings.triggers.work`.
"""

from __future__ import annotations

from collections.abc import Iterator

from connectors.courts.findings.heard import Heard, HeardOffence, HeardResult
from connectors.courts.findings.standing import OFFENCES
from connectors.courts.findings.triggers import case_trigger
from connectors.courts.findings.triggers.offences import by_offence, by_result, guilty_or_admitted

_STOPS_WARRANT = "EO"
_DOMESTIC, _VULNERABLE, _CONDITIONS_CANCELLED = "LG", "LH", "LI"
_GRANTED = "granted"


def results_of(case: Heard, group: str) -> Iterator[tuple[HeardOffence, HeardResult]]:
    """The results of a group."""
    codes = case.groups("result-triggers").get(group, frozenset())
    return ((offence, result) for offence, result in case.results if str(result.code) in codes)


def first_result(case: Heard, group: str) -> str | None:
    """The first result of a group."""
    return next((result.path for _, result in results_of(case, group)), None)


def first_qualified(case: Heard, qualifier: str) -> str | None:
    """The first result with a qualifier."""
    return next((result.path for _, result in case.results if qualifier in result.qualifiers), None)


@case_trigger("TRPR0002", "Warrant issued")
def warrant_issued(case: Heard) -> str | None:
    """A warrant, on a result without the qualifier that stops it (courts 2.4)."""
    found = results_of(case, "TRPR0002")
    return next((result.path for _, result in found if _STOPS_WARRANT not in result.qualifiers), None)


@case_trigger("TRPR0005", "Remanded in custody")
def remanded(case: Heard) -> str | None:
    """A remand in custody (courts 2.4)."""
    return first_result(case, "TRPR0005")


@case_trigger("TRPR0006", "Imprisoned")
def imprisoned(case: Heard) -> str | None:
    """A sentence of imprisonment or detention (courts 2.4)."""
    return first_result(case, "TRPR0006")


@case_trigger("TRPR0007", "Defendant dead")
def dead(case: Heard) -> str | None:
    """The defendant has died (courts 2.4)."""
    return first_result(case, "TRPR0007")


@case_trigger("TRPR0008", "Breach of bail")
def breach_of_bail(case: Heard) -> str | None:
    """Failing to surrender, and that very offence guilty or admitted (courts 2.4)."""
    found = (one for one in case.offences if by_offence(one, case, "bail") and guilty_or_admitted(one))
    return next((offence.path for offence in found), None)


@case_trigger("TRPR0010", "Conditional bail")
def conditional_bail(case: Heard) -> str | None:
    """Not in custody, and conditions given, varied or cancelled (courts 2.4)."""
    person, body = case.defendant.individual, case.defendant.organisation
    status = person.custody_status if person is not None else body.custody_status if body is not None else None
    if status is not None and status.text.strip() in case.groups("accepted-values").get("in_custody", frozenset()):
        return None
    conditions = None if person is None else person.bail_conditions
    if any(part.strip() for part in (conditions or "").split(";")):
        return f"{case.place}/Defendant/CourtIndividualDefendant/PersonDefendant/BailConditions"
    return first_result(case, "TRPR0010") or first_qualified(case, _CONDITIONS_CANCELLED)


@case_trigger("TRPR0012", "Warrant withdrawn")
def warrant_withdrawn(case: Heard) -> str | None:
    """A warrant that was withdrawn (courts 2.4)."""
    return first_result(case, "TRPR0012")


@case_trigger("TRPR0019", "Bail direction")
def bail_direction(case: Heard) -> str | None:
    """Custody with a direction about bail (courts 2.4)."""
    return first_result(case, "TRPR0019")


@case_trigger("TRPR0022", "Extradition order")
def extradited(case: Heard) -> str | None:
    """An order for extradition (courts 2.4)."""
    return first_result(case, "TRPR0022")


@case_trigger("TRPR0023", "Domestic violence")
def domestic_violence(case: Heard) -> str | None:
    """The qualifier of a domestic violence case on any result (courts 2.4)."""
    return first_qualified(case, _DOMESTIC)


@case_trigger("TRPR0024", "Vulnerable victim")
def vulnerable_victim(case: Heard) -> str | None:
    """The qualifier of a vulnerable or intimidated victim on any result (courts 2.4)."""
    return first_qualified(case, _VULNERABLE)


@case_trigger("TRPR0025", "Case reopened")
def reopened(case: Heard) -> str | None:
    """A reopened case, or a statutory declaration, with its result on the same offence (courts 2.4)."""
    for offence in case.offences:
        for kind in ("reopened", "declared"):
            if by_offence(offence, case, kind) and by_result(offence, case, kind):
                return offence.path
    return None


@case_trigger("TRPR0029", "Civil proceedings", OFFENCES)
def civil_proceedings(case: Heard) -> str | None:
    """A case that is not recordable, with an order of list C1, or an application of C2 that was granted (2.4)."""
    if case.recordable:
        return None
    for offence in case.offences:
        granted = any(_GRANTED in result.text.lower() for result in offence.results)
        if by_offence(offence, case, "civil") or (granted and by_offence(offence, case, "civil_granted")):
            return offence.path
    return None


@case_trigger("TRPR0030", "Pre-charge bail application", OFFENCES)
def bail_application(case: Heard) -> str | None:
    """An application about bail before charge, in a case that is not recordable (courts 2.4)."""
    found = (one for one in case.offences if not case.recordable and by_offence(one, case, "bail_application"))
    return next((offence.path for offence in found), None)
