"""Weeks are ISO weeks by the clock of London."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hub.quality.weeks import last_weeks, weeks_between

WEDNESDAY = datetime(2026, 3, 4, 12, tzinfo=UTC)


def test_the_running_week_is_the_last_and_cannot_be_compared() -> None:
    weeks = last_weeks(3, WEDNESDAY)
    assert [week.label for week in weeks] == ["2026-W08", "2026-W09", "2026-W10"]
    assert [week.whole for week in weeks] == [True, True, False]
    assert (weeks[0].first, weeks[-1].last) == (date(2026, 2, 16), date(2026, 3, 8))


def test_weeks_follow_one_another_without_a_gap_and_are_an_hour_short_or_long_when_the_clock_changes() -> None:
    weeks = weeks_between(date(2026, 3, 16), date(2026, 10, 25), WEDNESDAY)
    assert all(one.until == other.since for one, other in pairwise(weeks))
    hours = {week.label: (week.until - week.since) / timedelta(hours=1) for week in weeks}
    assert (hours["2026-W13"], hours["2026-W14"], hours["2026-W43"]) == (167, 168, 169)
    assert weeks[2].since == datetime(2026, 3, 29, 23, tzinfo=UTC)


def test_a_moment_before_midnight_in_london_is_still_of_the_week() -> None:
    late = datetime(2026, 7, 19, 22, 59, tzinfo=UTC)  # Sunday 23:59 in London
    assert last_weeks(1, late)[0].label == "2026-W29"
    assert last_weeks(1, late + timedelta(minutes=1))[0].label == "2026-W30"


def test_a_period_may_begin_and_end_within_a_week_and_those_parts_are_not_whole() -> None:
    weeks = weeks_between(date(2025, 12, 31), date(2026, 1, 13), WEDNESDAY)
    assert [(week.label, week.first.day, week.last.day, week.whole) for week in weeks] == [
        ("2026-W01", 31, 4, False),
        ("2026-W02", 5, 11, True),
        ("2026-W03", 12, 13, False),
    ]
    assert weeks_between(date(2026, 1, 2), date(2026, 1, 1), WEDNESDAY) == ()
