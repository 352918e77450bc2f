"""What a business rule is asked, and how it walks through a case file.

Rule: a rule is a small pure function. It looks at one canonical case file, the day that counts as today and our tables,
never at a clock; it names the place of each breach, and never a value of the case in its words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from hub.contract.reference import ReferenceTable
from hub.contract.tables import Tables
from hub.message.case import CaseFileSubmission, Defendant, Offence
from hub.message.people import Individual, ParentGuardian
from hub.message.values import Coded, Dated

Breach = tuple[str, str]
"""Where a rule is broken (a path in the canonical body), and the words that say how to mend it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One case file to be judged, today's date in London, and the tables that it may be judged by."""

    case: CaseFileSubmission
    on: date
    tables: Tables

    def offences(self) -> Iterator[tuple[str, Defendant, Offence]]:
        """Each offence with its place and its defendant."""
        for path, defendant in self.defendants():
            for offence in defendant.offences:
                yield f"{path}/Offence[{offence.position}]", defendant, offence

    def defendants(self) -> Iterator[tuple[str, Defendant]]:
        """Each defendant with its place."""
        for number, defendant in enumerate(self.case.defendants, 1):
            yield f"/Case/Defendant[{number}]", defendant

    def people(self) -> Iterator[tuple[str, Individual]]:
        """Each defendant who is a person, with the place of the defendant."""
        for path, defendant in self.defendants():
            if defendant.individual is not None:
                yield path, defendant.individual

    def guardians(self) -> Iterator[tuple[str, ParentGuardian]]:
        """Each parent or guardian, with its place."""
        for path, person in self.people():
            if person.parent_guardian is not None:
                yield f"{path}/ParentGuardianDetails", person.parent_guardian

    def table(self, name: str) -> ReferenceTable:
        """A table that the rule needs; whoever asks has seen that it is loaded."""
        return self.tables.reference.tables[name]


Check: TypeAlias = Callable[[Asked], Iterator[Breach]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule: its function, something that breaks it, and the reference tables without which it is not asked.

    `asks`: tables that make it ask more where they are loaded.
    """

    check: Check
    example: str
    needs: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()


def is_after(dated: Dated | None, day: date) -> bool:
    """Whether a date is read and later than a day."""
    return dated is not None and dated.value is not None and dated.value > day


def is_unknown(code: Coded | None) -> bool:
    """Whether a code is given and not in its list; an empty one is not given."""
    return code is not None and code.value is None and bool(code.text.strip())


def is_blank(text: str | None) -> bool:
    """Whether a text is missing, or has nothing but spaces."""
    return not (text or "").strip()
