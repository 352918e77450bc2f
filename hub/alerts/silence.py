"""Parties that should have been heard from, and when they have been silent for too long.

Rule: only the hours in which something is expected count, by the clock of London: over a weekend that does not count no
time passes. Bank holidays are days like others.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hub.discovery.parties import DAYS, Sends

LONDON = ZoneInfo("Europe/London")

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Something is expected at least `every` so many of the hours that count: `hours` (from, before) of `days` (Monday
    is 0).
    """

    every: timedelta
    hours: tuple[int, int] = (0, 24)
    days: tuple[int, int] = (0, 6)

    def silent(self, since: datetime, now: datetime) -> bool:
        """Whether more than `every` of the hours that count has passed since a moment."""
        left, day, today = self.every, since.astimezone(LONDON).date(), now.astimezone(LONDON).date()
        while day <= today and left >= timedelta(0):
            if self.days[0] <= day.weekday() <= self.days[1]:
                begins, ends = (_at(day, hour) for hour in self.hours)
                left -= max(timedelta(0), min(ends, now) - max(begins, since))
            day += _DAY
        return left < timedelta(0)

    @property
    def words(self) -> str:
        """How often something is expected, and in which hours where not all count."""
        days = "" if self.days == (0, 6) else "-".join(DAYS[day] for day in self.days)
        hours = "" if self.hours == (0, 24) else "-".join(f"{hour:02d}" for hour in self.hours)
        of = " ".join(filter(None, (days, hours)))
        every = f"{self.every / timedelta(hours=1):g} hours"
        return f"{every} of {of}" if of else every


def expected_of(sends: Sends) -> Expected | None:
    """What a party's file says of when it is to be heard from; None where it says nothing."""
    if sends.expected_every_hours is None:
        return None
    first_hour, last_hour = (int(hour) for hour in sends.expected_hours.split("-"))
    first_day, last_day = (DAYS.index(day) for day in sends.expected_days.split("-"))
    every = timedelta(hours=sends.expected_every_hours)
    return Expected(every=every, hours=(first_hour, last_hour), days=(first_day, last_day))


def _at(day: date, hour: int) -> datetime:
    """The moment at which a clock in London shows an hour of a day; 24 is the end of it."""
    on = day + _DAY if hour == 24 else day
    return datetime.combine(on, time(hour % 24), LONDON).astimezone(UTC)
