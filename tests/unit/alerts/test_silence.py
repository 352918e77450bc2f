"""When a party has been silent for too long: the hours that count, by the clock of London."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.alerts.silence import Expected, expected_of
from hub.discovery.parties import Sends

WEEK = (0, 4)
FRIDAY_FIVE = datetime(2026, 3, 6, 17, 0, tzinfo=UTC)
ALWAYS, WORKDAYS = Expected(every=timedelta(hours=24)), Expected(every=timedelta(hours=24), days=WEEK)
OFFICE = Expected(every=timedelta(hours=24), hours=(7, 19), days=WEEK)


def after(expected: Expected, since: datetime) -> datetime:
    """The last moment, to the minute, at which nothing is said yet."""
    now = since
    while not expected.silent(since, now + timedelta(minutes=1)):
        now += timedelta(minutes=1)
    return now


@pytest.mark.parametrize(
    ("expected", "until"),
    [
        (ALWAYS, datetime(2026, 3, 7, 17, 0, tzinfo=UTC)),
        (WORKDAYS, datetime(2026, 3, 9, 17, 0, tzinfo=UTC)),  # Monday: Friday had seven hours left
        (OFFICE, datetime(2026, 3, 10, 17, 0, tzinfo=UTC)),  # Tuesday: two on Friday, twelve on Monday, ten
    ],
    ids=["all hours", "mon-fri", "mon-fri 07-19"],
)
def test_only_hours_that_count_pass(expected: Expected, until: datetime) -> None:
    assert after(expected, FRIDAY_FIVE) == until


def test_a_whole_weekend_is_no_silence_where_only_weekdays_count() -> None:
    hourly = Expected(every=timedelta(hours=1), days=WEEK)
    saturday = datetime(2026, 3, 7, 0, 0, tzinfo=UTC)
    assert not any(hourly.silent(saturday, saturday + timedelta(hours=hours)) for hours in range(49))
    assert hourly.silent(saturday, saturday + timedelta(hours=49, minutes=1))


def test_hours_are_those_of_the_clock_in_london_in_summer_too() -> None:
    one_hour = Expected(every=timedelta(hours=1), hours=(7, 19))
    midnight = datetime(2026, 7, 1, 0, 0, tzinfo=UTC)
    assert after(one_hour, midnight) == datetime(2026, 7, 1, 7, 0, tzinfo=UTC), "seven in London is six in UTC"


def test_the_night_on_which_the_clock_changes_has_an_hour_less() -> None:
    day = Expected(every=timedelta(hours=24))
    before = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
    assert after(day, before) == before + timedelta(hours=24)
    sunday = Expected(every=timedelta(hours=22, minutes=59), days=(6, 6))
    assert sunday.silent(before, datetime(2026, 3, 29, 23, 0, tzinfo=UTC))
    assert not Expected(every=timedelta(hours=23), days=(6, 6)).silent(before, datetime(2026, 3, 31, tzinfo=UTC))


def test_a_silence_of_years_is_found_at_once() -> None:
    assert OFFICE.silent(datetime(1990, 1, 1, tzinfo=UTC), FRIDAY_FIVE)


def test_what_a_file_says_is_what_is_expected() -> None:
    assert expected_of(Sends()) is None
    assert expected_of(Sends(expected_every_hours=24)) == ALWAYS
    said = Sends(expected_every_hours=24, expected_hours="07-19", expected_days="mon-fri")
    assert expected_of(said) == OFFICE
    assert (ALWAYS.words, OFFICE.words) == ("24 hours", "24 hours of mon-fri 07-19")
