"""Business rules on a case file: small pure functions, each with the field's own code.

Which apply, from when and how hard is data (config/rules.toml); they ship as warnings. Source: police-spi 5.6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from hub.discovery.rules import RuleSetting
from hub.message.case import CaseFileSubmission, Defendant, Offence
from hub.message.envelope import Body
from hub.message.errors import Fault
from hub.message.values import Dated

Breach = tuple[str, str]
"""Where a rule is broken (a path in the canonical body), and the words that say how to mend it."""

Rule = Callable[[CaseFileSubmission, date], Iterator[Breach]]

RULES: dict[str, Rule] = {}


@dataclass(frozen=True, slots=True)
class RuleBook:
    """The rules in force and how hard each is."""

    settings: Mapping[str, RuleSetting]

    def faults(self, body: Body, on: date) -> tuple[Fault, ...]:
        """Every breach of a rule in force on a date. Only case files have rules yet."""
        if not isinstance(body, CaseFileSubmission):
            return ()
        initiation = body.initiation.value if body.initiation else None
        found: list[Fault] = []
        for code, setting in self.settings.items():
            if not setting.applies(on) or (setting.initiation and initiation not in setting.initiation):
                continue
            found += [Fault(path=p, rule=code, words=w, severity=setting.severity) for p, w in RULES[code](body, on)]
        return tuple(found)


def rule(code: str) -> Callable[[Rule], Rule]:
    """Register a rule under its code."""

    def keep(function: Rule) -> Rule:
        RULES[code] = function
        return function

    return keep


def _offences(case: CaseFileSubmission) -> Iterator[tuple[str, Defendant, Offence]]:
    for number, defendant in enumerate(case.defendants, 1):
        for offence in defendant.offences:
            yield f"/Case/Defendant[{number}]/Offence[{offence.position}]", defendant, offence


def _after(dated: Dated | None, on: date) -> bool:
    return dated is not None and dated.value is not None and dated.value > on


@rule("CASE_INITIATION_CODE_INVALID")
def initiation_known(case: CaseFileSubmission, on: date) -> Iterator[Breach]:
    """The initiation code is missing or not in the list."""
    if case.initiation is None or case.initiation.value is None:
        yield "/Case/CaseInitiation", "The initiation code is missing or unknown. Use C, Q, S, J or O."


@rule("SUMMONS_CODE_INVALID")
def summons_known(case: CaseFileSubmission, on: date) -> Iterator[Breach]:
    """A summons case whose summons code is missing or unknown."""
    if case.summons_code is None or case.summons_code.value is None:
        yield "/Case/SummonsCode", "A summons needs a summons code: A, B, E, M or W."


@rule("DATE_OF_HEARING_IN_THE_PAST")
def hearing_to_come(case: CaseFileSubmission, on: date) -> Iterator[Breach]:
    """The first hearing is before today."""
    day = case.first_hearing.on.value if case.first_hearing and case.first_hearing.on else None
    if day is not None and day < on:
        yield (
            "/Case/InitialHearing/DateOfHearing",
            f"The hearing date is before {on}. Give the date of a hearing to come.",
        )


@rule("DATE_OF_HEARING_EARLIER_THAN_OFFENCE_COMMITTED_DATE")
def hearing_after_offence(case: CaseFileSubmission, on: date) -> Iterator[Breach]:
    """The first hearing is before an offence started."""
    day = case.first_hearing.on.value if case.first_hearing and case.first_hearing.on else None
    for path, _, offence in _offences(case):
        if day is not None and _after(offence.started_on, day):
            yield f"{path}/OffenceStart", "The offence starts after the hearing. One of the two dates is wrong."


@rule("CHARGE_DATE_IN_FUTURE")
def charged(case: CaseFileSubmission, on: date) -> Iterator[Breach]:
    """The charge date is missing or after today."""
    for path, _, offence in _offences(case):
        if offence.charged_on is None or _after(offence.charged_on, on):
            yield f"{path}/ChargeDate", "The charge date is missing or in the future. Give the day of the charge."


@rule("ARREST_DATE_IN_FUTURE")
def arrested(case: CaseFileSubmission, on: date) -> Iterator[Breach]:
    """The arrest date is missing or after today."""
    for path, _, offence in _offences(case):
        if offence.arrested_on is None or _after(offence.arrested_on, on):
            yield f"{path}/ArrestDate", "The arrest date is missing or in the future. Give the day of the arrest."


@rule("BAIL_CONDITIONS_REQUIRED")
def bail_conditions(case: CaseFileSubmission, on: date) -> Iterator[Breach]:
    """Conditional bail without conditions."""
    for number, defendant in enumerate(case.defendants, 1):
        person = defendant.individual
        if person is None or person.custody_status is None or person.custody_status.value != "CONDITIONAL_BAIL":
            continue
        if not (person.bail_conditions or "").strip():
            yield f"/Case/Defendant[{number}]/BailConditions", "Conditional bail needs its conditions."


@rule("OFFENCE_CODE_IS_GENERIC")
def offence_specific(case: CaseFileSubmission, on: date) -> Iterator[Breach]:
    """The generic code 998."""
    for path, _, offence in _offences(case):
        if offence.code is not None and offence.code.text.strip() == "998":
            yield f"{path}/OffenceCode", "998 is the generic code. Give the code of the offence itself."


@rule("DEFENDANT_DOB_IN_FUTURE")
def born(case: CaseFileSubmission, on: date) -> Iterator[Breach]:
    """A date of birth after today."""
    for number, defendant in enumerate(case.defendants, 1):
        if defendant.individual is not None and _after(defendant.individual.born_on, on):
            yield f"/Case/Defendant[{number}]/Birthdate", "The date of birth is in the future."
