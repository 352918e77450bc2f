"""Reference data: published tables of offences, courts, results, as an operator loaded them (docs/reference.md).

Rule: a table never guesses. A code that is not there has no row; a table that was not loaded is not there at all, and
whoever needs it leaves its question open. Where rows have dates, one look-up is for one day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

STARTS, ENDS = ("start_date", "valid_from"), ("end_date", "valid_to")
"""The columns that say from which day and to which day, both included, a row is in force."""


class ReferenceTable:
    """One published table: its columns, its rows in the order published, and a look-up by the first column."""

    __slots__ = ("_by_code", "_ends", "_starts", "columns", "name", "rows")

    def __init__(self, name: str, columns: Sequence[str], rows: Iterable[tuple[str, ...]]) -> None:
        self.name = name
        self.columns = tuple(columns)
        self.rows = tuple(rows)
        self._starts = _first_of(self.columns, STARTS)
        self._ends = _first_of(self.columns, ENDS)
        self._by_code: dict[str, list[int]] = {}
        for place, row in enumerate(self.rows):
            self._by_code.setdefault(row[0], []).append(place)

    def __len__(self) -> int:
        return len(self.rows)

    def __contains__(self, code: str) -> bool:
        return code in self._by_code

    def find(self, code: str, on: date | None = None) -> Mapping[str, str] | None:
        """The row of a code: of several the one that started last; with `on`, of those in force on that day."""
        places = self._by_code.get(code, ())
        rows = [self.rows[place] for place in places if on is None or self._holds(self.rows[place], on)]
        if not rows:
            return None
        latest = rows[0] if len(rows) == 1 else max(rows, key=self._start)
        return dict(zip(self.columns, latest, strict=True))

    def every(self) -> Iterator[Mapping[str, str]]:
        """Each row, in the order published."""
        return (dict(zip(self.columns, row, strict=True)) for row in self.rows)

    def _start(self, row: tuple[str, ...]) -> str:
        return "" if self._starts is None else row[self._starts]

    def _holds(self, row: tuple[str, ...], on: date) -> bool:
        day = on.isoformat()
        return self._start(row) <= day and (self._ends is None or not row[self._ends] or day <= row[self._ends])


def _first_of(columns: tuple[str, ...], names: tuple[str, ...]) -> int | None:
    return next((columns.index(name) for name in names if name in columns), None)


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """The tables that are loaded, by name. Two are equal only where they are one, so that it may be a key."""

    tables: Mapping[str, ReferenceTable] = field(default_factory=dict)

    def has(self, *names: str) -> bool:
        """Whether every one of these tables is loaded."""
        return all(name in self.tables for name in names)

    def find(self, table: str, code: str, on: date | None = None) -> Mapping[str, str] | None:
        """The row of a code in a table; None where there is no such row, or no such table."""
        held = self.tables.get(table)
        return None if held is None else held.find(code, on)


NO_REFERENCE = Reference()
"""Nothing is loaded."""
