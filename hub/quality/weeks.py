"""Weeks as the people of a force count them: ISO weeks, Monday to Sunday, by the clock of London.

Rule: a week is a span of moments, so that the ledger needs no calendar; where the clock changes it is an hour shorter
or longer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")

_DAY, _WEEK = timedelta(days=1), timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """An ISO week, or the part of it that is wanted: its first and last day. `over` once the last day is past."""

    first: date
    last: date
    over: bool

    @property
    def label(self) -> str:
        """As ISO 8601 writes it: 2026-W09."""
        year, week, _ = self.first.isocalendar()
        return f"{year}-W{week:02d}"

    @property
    def whole(self) -> bool:
        """Whether it can be compared with others: all seven days, and they are past."""
        return self.over and self.last - self.first == _WEEK - _DAY

    @property
    def since(self) -> datetime:
        """Its first moment."""
        return _midnight(self.first)

    @property
    def until(self) -> datetime:
        """The first moment after it."""
        return _midnight(self.last + _DAY)


def last_weeks(count: int, now: datetime) -> tuple[Week, ...]:
    """So many weeks, the one that runs now the last of them."""
    sunday = _sunday(now.astimezone(LONDON).date())
    return weeks_between(sunday - count * _WEEK + _DAY, sunday, now)


def weeks_between(first: date, last: date, now: datetime) -> tuple[Week, ...]:
    """The weeks from one day to another, both included; the first and the last may be parts of a week."""
    made = []
    while first <= last:
        end = min(_sunday(first), last)
        made.append(Week(first=first, last=end, over=_midnight(end + _DAY) <= now))
        first = end + _DAY
    return tuple(made)


def _sunday(day: date) -> date:
    return day + (6 - day.weekday()) * _DAY


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LONDON).astimezone(UTC)
