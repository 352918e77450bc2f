"""The quality report: what a party's submissions failed on, by rule, unit and week.

Rule: it is made of counts alone: rule ids, paths without positions, units and weeks. No value of a document is in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hub.ledger.account import QualityRow
from hub.ledger.admission import Verdict
from hub.quality.weeks import Week

NOT_KNOWN = "not known"
"""The unit of what was refused before its identifiers could be read."""

SEVERITIES = ("error", "warning", "finding")
"""From what refuses a document to what is only questionable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekQuality:
    """What was submitted in a week, and what it broke."""

    week: Week
    verdicts: Mapping[Verdict, int]
    rows: tuple[QualityRow, ...]

    @property
    def submitted(self) -> int:
        """Every document that came, whatever became of it."""
        return sum(self.verdicts.values())

    @property
    def refused(self) -> int:
        """Those that were not taken: refused, or in conflict with an earlier one."""
        return self.verdicts.get(Verdict.REFUSED, 0) + self.verdicts.get(Verdict.CONFLICT, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """How many documents of a unit broke a rule, week by week; None as the unit where none was readable."""

    severity: str
    rule: str
    unit: str | None
    documents: tuple[int, ...]

    @property
    def total(self) -> int:
        """In all weeks."""
        return sum(self.documents)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The weeks of one party, in order."""

    party: str
    name: str
    weeks: tuple[WeekQuality, ...]

    def lines(self) -> tuple[Line, ...]:
        """A line for each rule and unit: what refuses first, then the most frequent first."""
        counts: dict[tuple[str, str, str | None], list[int]] = {}
        for at, week in enumerate(self.weeks):
            for row in week.rows:
                held = counts.setdefault((row.severity, row.rule, row.unit), [0] * len(self.weeks))
                held[at] += row.submissions
        lines = [
            Line(severity=severity, rule=rule, unit=unit, documents=tuple(held))
            for (severity, rule, unit), held in counts.items()
        ]
        return tuple(sorted(lines, key=lambda line: (_rank(line.severity), -line.total, line.rule, line.unit or "~")))

    def rules(self) -> tuple[str, ...]:
        """Every rule that was broken, once, in the order of the lines."""
        return tuple(dict.fromkeys(line.rule for line in self.lines()))

    def places(self, rule: str) -> tuple[tuple[str, int], ...]:
        """Where a rule was broken and how often, the most frequent first."""
        return places(row for week in self.weeks for row in week.rows if row.rule == rule)


def places(rows: Iterable[QualityRow]) -> tuple[tuple[str, int], ...]:
    """Where these rules were broken and how often, the most frequent first; the whole document is `/`."""
    counted: Counter[str] = Counter()
    for row in rows:
        for place in row.places:
            counted[place.path or "/"] += place.times
    return tuple(sorted(counted.items(), key=lambda each: (-each[1], each[0])))


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity)
