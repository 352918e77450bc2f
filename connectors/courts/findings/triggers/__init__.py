"""Triggers: tasks that a result gives to the police, worked out from the message alone (courts 2.4).

One table, `TRIGGERS`: a code, whether it is one for each offence or one for the case, the tables that it needs, and a
function that says where it is raised. Rule: a trigger whose tables are not loaded is left out, never guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from connectors.courts.findings.heard import Heard, HeardOffence


@dataclass(frozen=True, slots=True)
class Raised:
    """One trigger: its code, the number of its offence (None for the case's), the place that raised it, and words."""

    code: str
    offence: int | None
    path: str
    words: str


OffenceRule = Callable[[HeardOffence, Heard], bool]
CaseRule = Callable[[Heard], str | None]
"""The place in the message that raises it, None where nothing does."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """One row of the table."""

    code: str
    name: str
    needs: tuple[str, ...]
    of_offence: OffenceRule | None = None
    of_case: CaseRule | None = None

    def raised(self, case: Heard) -> Iterator[Raised]:
        """Where it is raised in a case."""
        if self.of_case is not None:
            path = self.of_case(case)
            if path is not None:
                yield Raised(self.code, None, path, self.name)
        if self.of_offence is not None:
            for offence in case.offences:
                if self.of_offence(offence, case):
                    yield Raised(self.code, offence.number, offence.path, self.name)


TRIGGERS: dict[str, Trigger] = {}


def offence_trigger(code: str, name: str, *needs: str) -> Callable[[OffenceRule], OffenceRule]:
    """Register a rule that is asked of each offence."""

    def keep(function: OffenceRule) -> OffenceRule:
        TRIGGERS[code] = Trigger(code, name, needs, of_offence=function)
        return function

    return keep


def case_trigger(code: str, name: str, *needs: str) -> Callable[[CaseRule], CaseRule]:
    """Register a rule that is asked of the case."""

    def keep(function: CaseRule) -> CaseRule:
        TRIGGERS[code] = Trigger(code, name, needs, of_case=function)
        return function

    return keep
