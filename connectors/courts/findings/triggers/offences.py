"""Triggers of which each offence can have one (courts 2.4, scope "off").

Rule: result codes and offences are data (config/groups/result-triggers.toml, offence-lists.toml); what is here is how
they are put together.
"""

from __future__ import annotations

import re

from connectors.courts.findings.classes import admitted
from connectors.courts.findings.heard import Heard, HeardOffence
from connectors.courts.findings.standing import OFFENCES, RESULTS
from connectors.courts.findings.triggers import offence_trigger

_SEX_OFFENDER = re.compile(r"sex(?:ual)? (?:off?ender|off?en[cs]es act)", re.IGNORECASE)
_FINAL = "F"


def by_result(offence: HeardOffence, case: Heard, group: str) -> bool:
    """Whether a result of the offence is of a group of results."""
    return offence.has(case.groups("result-triggers").get(group, frozenset()))


def by_offence(offence: HeardOffence, case: Heard, group: str, *, family: bool = False) -> bool:
    """Whether the offence is of a list of offences."""
    return offence.is_any(case.groups("offence-lists").get(group, frozenset()), family=family)


@offence_trigger("TRPR0001", "Disqualified from driving")
def disqualified_driver(offence: HeardOffence, case: Heard) -> bool:
    """A result that disqualifies from driving (courts 2.4)."""
    return by_result(offence, case, "TRPR0001")


@offence_trigger("TRPR0003", "An order was made")
def order_issues(offence: HeardOffence, case: Heard) -> bool:
    """An order, or a youth order with a requirement on the same offence (courts 2.4)."""
    youth = by_result(offence, case, "youth_order") and by_result(offence, case, "youth_requirement")
    return youth or by_result(offence, case, "TRPR0003")


@offence_trigger("TRPR0004", "Sex offender")
def sex_offender(offence: HeardOffence, case: Heard) -> bool:
    """A result of the group, guilt of an offence of list X, or a result text that says so (courts 2.4)."""
    return (
        by_result(offence, case, "TRPR0004")
        or (offence.guilty and by_offence(offence, case, "sex_offence", family=True))
        or any(_SEX_OFFENDER.search(result.text) for result in offence.results)
    )


@offence_trigger("TRPR0016", "Forfeiture order", OFFENCES)
def forfeiture(offence: HeardOffence, case: Heard) -> bool:
    """A forfeiture, in a recordable case (courts 2.4)."""
    return bool(case.recordable) and by_result(offence, case, "TRPR0016")


@offence_trigger("TRPR0017", "Adjourned sine die", OFFENCES)
def adjourned_sine_die(offence: HeardOffence, case: Heard) -> bool:
    """Adjourned without a day, in a recordable case (courts 2.4)."""
    return bool(case.recordable) and by_result(offence, case, "TRPR0017")


@offence_trigger("TRPR0020", "Breach", RESULTS)
def breach(offence: HeardOffence, case: Heard) -> bool:
    """An order dealt with anew, or a final result on an offence of list B that was not found not guilty (2.4)."""
    if by_result(offence, case, "TRPR0020"):
        return True
    if offence.verdict == "NG" or not by_offence(offence, case, "breach", family=True):
        return False
    apart = case.groups("result-triggers").get("no_breach", frozenset())
    codes = [one.code for one in offence.results if one.code is not None and str(one.code) not in apart]
    return any(case.standing.result_type(code) == _FINAL for code in codes)


@offence_trigger("TRPR0021", "Disqualified otherwise than from driving")
def disqualified_otherwise(offence: HeardOffence, case: Heard) -> bool:
    """A disqualification that is not from driving (courts 2.4)."""
    return by_result(offence, case, "TRPR0021")


@offence_trigger("TRPR0026", "Disqualification suspended")
def disqualification_suspended(offence: HeardOffence, case: Heard) -> bool:
    """A disqualification suspended pending appeal (courts 2.4)."""
    return by_result(offence, case, "TRPR0026")


def guilty_or_admitted(offence: HeardOffence) -> bool:
    """Found guilty with a result, or admitted by the plea (courts 2.4)."""
    return offence.guilty or admitted(offence)
