"""Forms of dates and times: what they read, what they leave unread, and what is no form."""

# ruff: noqa: DTZ001, DTZ007 - clocks without a zone are what is read here

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.contract.mapping.clocks import BadForm, form_of, in_london, in_utc


@pytest.mark.parametrize(
    ("form", "text", "said"),
    [
        ("%d/%m/%Y", "3/2/2026", datetime(2026, 2, 3)),
        ("%d%m%Y", "03022026", datetime(2026, 2, 3)),
        ("%d %b %Y", "3 feb 2026", datetime(2026, 2, 3)),
        ("%d %B, %Y", "3  February, 2026", datetime(2026, 2, 3)),
        ("%y%m%d", "680203", datetime(2068, 2, 3)),
        ("%y%m%d", "690203", datetime(1969, 2, 3)),
        ("%H.%M", "9.05", datetime(1900, 1, 1, 9, 5)),
        ("%H%M", "0905", datetime(1900, 1, 1, 9, 5)),
        ("%I:%M %p", "12:05 am", datetime(1900, 1, 1, 0, 5)),
        ("%I:%M %p", "12:05 PM", datetime(1900, 1, 1, 12, 5)),
        ("%Y-%m-%dT%H:%M:%S.%f", "2026-02-03T04:05:06.1234567", datetime(2026, 2, 3, 4, 5, 6, 123456)),
        ("%Y-%m-%dT%H:%M%z", "2026-02-03T04:05Z", datetime(2026, 2, 3, 4, 5, tzinfo=UTC)),
        ("100%% %Y", "100% 2026", datetime(2026, 1, 1)),
    ],
)
def test_a_text_in_its_form_is_read(form: str, text: str, said: datetime) -> None:
    assert form_of(form)(text) == said


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("%d%m%Y", "1122026"),  # the 1st of December or the 11th of February: nobody can tell
        ("%d%m%Y", "0302202"),
        ("%d/%m/%Y", "31/02/2026"),
        ("%d/%m/%Y", "03/02/26"),
        ("%d/%m/%Y", "03/02/2026 10:00"),
        ("%d/%m/%Y", "٠٣/02/2026"),
        ("%H:%M", "24:00"),
        ("%I:%M %p", "13:00 PM"),
        ("%H:%M%z", "10:00+24:00"),
    ],
)
def test_a_text_that_is_not_in_its_form_is_not_guessed(form: str, text: str) -> None:
    assert form_of(form)(text) is None


@pytest.mark.parametrize("form", ["%Q", "%d/%m/%", "%d %d", "%I:%M"])
def test_what_is_no_form_is_refused(form: str) -> None:
    with pytest.raises(BadForm):
        form_of(form)


@given(st.datetimes(datetime(1900, 1, 1), datetime(2999, 12, 31)))
def test_what_python_writes_in_a_form_is_read_back(at: datetime) -> None:
    for form in ("%d/%m/%Y %H:%M:%S.%f", "%Y%m%d%H%M%S", "%d %b %Y %I:%M %p", "%B %d %Y %H:%M"):
        assert form_of(form)(at.strftime(form)) == datetime.strptime(at.strftime(form), form)


def test_clocks_in_london_and_utc_follow_summer_time() -> None:
    assert in_utc(datetime(2027, 6, 21, 10)) == datetime(2027, 6, 21, 9, tzinfo=UTC)
    assert in_london(datetime(2027, 6, 21, 9)) == datetime(2027, 6, 21, 10)
    assert in_london(datetime(2027, 1, 21, 9)) == datetime(2027, 1, 21, 9)


def test_the_first_day_of_the_calendar_has_no_clock_in_london() -> None:
    assert in_london(datetime(1, 1, 1)) is None
