"""Moments on the command line: the clock is said, and an hour that is none or two is refused."""

from datetime import UTC, datetime

import pytest
import typer

from hub.cli.moments import moment


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-07-01 14:00 UTC", datetime(2026, 7, 1, 14, tzinfo=UTC)),
        ("2026-07-01T14:00:30Z", datetime(2026, 7, 1, 14, 0, 30, tzinfo=UTC)),
        ("2026-07-01 14:00 London", datetime(2026, 7, 1, 13, tzinfo=UTC)),
        ("2026-01-05T14:00 london", datetime(2026, 1, 5, 14, tzinfo=UTC)),
        ("2026-07-01 London", datetime(2026, 6, 30, 23, tzinfo=UTC)),
        (None, None),
    ],
)
def test_a_moment_is_read_by_the_clock_that_it_says(text: str | None, utc: datetime | None) -> None:
    assert moment(text) == utc


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2026-07-01 14:00", "not a moment by a clock"),
        ("yesterday UTC", "not a moment by a clock"),
        ("2026-07-01T14:00+01:00 UTC", "says two clocks"),
        ("2026-10-25 01:30 London", "this hour twice"),
        ("2026-03-29 01:30 London", "no such hour"),
    ],
)
def test_a_moment_that_could_be_another_is_refused(text: str, why: str) -> None:
    with pytest.raises(typer.BadParameter, match=why):
        moment(text)
