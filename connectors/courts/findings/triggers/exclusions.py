"""Which triggers a force or a court does not want (courts 2.4, exclusions). The table is data, in editions by the day.

Rule: the force's row has the owner's two characters as its key; the court's rows are all whose key its OU code begins
with. Only one side has rows: it decides. Both have: a trigger goes only where both leave it out. An empty row counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from connectors.courts.findings.heard import Heard, second_level
from connectors.courts.findings.triggers import Raised

NAME = "trigger-exclusions"
OUT_OF_AREA = "TRPR0027"


@dataclass(frozen=True, slots=True)
class Exclusions:
    """The rows for one owner and one court, None where a side has none. `elsewhere`: the court is of another area."""

    force: frozenset[str] | None
    court: frozenset[str] | None
    elsewhere: bool

    def excludes(self, code: str) -> bool:
        """Whether a trigger goes."""
        rows = [row for row in (self.force, self.court) if row is not None]
        return bool(rows) and all(code in row for row in rows)

    @property
    def may_tell_of_others(self) -> bool:
        """Whether what was left out is told as out of area: the court is elsewhere, and the force takes such tasks."""
        return self.elsewhere and (self.force is None or OUT_OF_AREA not in self.force)


def exclusions_of(case: Heard, owner: str) -> Exclusions:
    """What applies to a case whose owner is known."""
    rows = case.groups(NAME)
    of_court = [codes for key, codes in rows.items() if case.court.startswith(key)]
    return Exclusions(
        force=rows.get(owner),
        court=frozenset().union(*of_court) if of_court else None,
        elsewhere=second_level(case.court) != owner,
    )


@dataclass(slots=True)
class Left:
    """What is left of the triggers raised, and whether any went."""

    exclusions: Exclusions
    kept: list[Raised] = field(default_factory=list)
    went: bool = False

    def put(self, raised: Iterable[Raised]) -> None:
        """Keep what is not excluded; if anything ever went, add that a task lies out of area, once."""
        for one in raised:
            if self.exclusions.excludes(one.code):
                self.went = True
            else:
                self.kept.append(one)

    def tell_of_others(self, place: str) -> None:
        """Add TRPR0027 where something went and it holds; it passes the exclusions itself."""
        if self.went and self.exclusions.may_tell_of_others:
            words = "A task of this result is for another area: the force that owns it does not take it itself"
            self.put([Raised(OUT_OF_AREA, None, place, words)])
