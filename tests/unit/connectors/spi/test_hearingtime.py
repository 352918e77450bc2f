"""The time of a hearing: the clock in court, whatever a force's system writes after it (police-spi 6)."""

from datetime import time

import pytest

from connectors.police.spi import CaseReader
from hub.contract import Trust
from hub.message.case import CaseFileSubmission
from hub.message.envelope import Decoded
from hub.message.values import Timed
from tests.doubles.spi import TABLES, document, sample

CHARGE = sample("spi-case/charge")
SUMMER, WINTER = "2026-07-09", "2026-12-09"


def read(at: str, on: str, **traits: str) -> Decoded:
    """A case file with a hearing at this time, from a force of these traits."""
    text = CHARGE.replace(">10:00:00<", f">{at}<").replace(">2026-04-14<", f">{on}<")
    assert at in text
    assert on in text
    reader = CaseReader()
    opened = reader.open(document(text), Trust(party="anyforce", agency="police", traits=traits))
    (held,) = reader.decode(opened, TABLES)
    return held


def clock(at: str, on: str, **traits: str) -> Timed | None:
    body = read(at, on, **traits).body
    assert isinstance(body, CaseFileSubmission)
    assert body.first_hearing is not None
    return body.first_hearing.at


@pytest.mark.parametrize("on", [SUMMER, WINTER])
@pytest.mark.parametrize("at", ["09:00:00.0000000-00:00", "09:00:00Z", "09:00:00"])
def test_where_times_are_local_the_clock_stands_as_written_summer_and_winter(at: str, on: str) -> None:
    assert clock(at, on, times_are_local="true") == Timed(at, time(9))


@pytest.mark.parametrize(
    ("at", "on", "expected"),
    [
        ("09:00:00Z", SUMMER, time(10)),
        ("09:00:00.0000000-00:00", SUMMER, time(10)),
        ("09:00:00.000+01:00", SUMMER, time(9)),
        ("09:00:00", SUMMER, time(9)),
        ("09:00:00Z", WINTER, time(9)),
        ("09:00:00+01:00", WINTER, time(8)),
        ("09:00:00Z", "2026-03-28", time(9)),
        ("09:00:00Z", "2026-03-29", time(10)),
        ("09:00:00Z", "2026-10-24", time(10)),
        ("09:00:00Z", "2026-10-25", time(9)),
    ],
)
def test_where_offsets_are_true_the_date_of_the_hearing_decides_the_clock_in_london(
    at: str, on: str, expected: time
) -> None:
    assert clock(at, on, times_are_local="false") == Timed(at, expected)


def test_where_nothing_is_known_of_the_sender_the_clock_stands_as_written() -> None:
    assert clock("09:00:00Z", SUMMER) == Timed("09:00:00Z", time(9))


def test_the_text_of_the_time_and_its_date_stay_as_received() -> None:
    body = read("09:00:00Z", SUMMER, times_are_local="false").body
    assert isinstance(body, CaseFileSubmission)
    assert body.first_hearing is not None
    assert body.first_hearing.on is not None
    assert (body.first_hearing.at, body.first_hearing.on.text) == (Timed("09:00:00Z", time(10)), SUMMER)


def test_an_offset_that_would_move_a_hearing_to_another_day_is_told_and_moves_nothing() -> None:
    held = read("23:30:00Z", SUMMER, times_are_local="false")
    assert isinstance(held.body, CaseFileSubmission)
    assert held.body.first_hearing is not None
    assert held.body.first_hearing.at == Timed("23:30:00Z", time(23, 30))
    assert [(one.code, one.path) for one in held.findings] == [
        ("HEARING_TIME_OFFSET", "/NewCaseMessage/Case/InitialHearing/TimeOfHearing")
    ]


@pytest.mark.parametrize(("at", "on"), [("noon", SUMMER), ("09:00:00Z", "soon")])
def test_what_cannot_be_read_is_left_as_it_is(at: str, on: str) -> None:
    held = clock(at, on, times_are_local="false")
    assert held is not None
    assert held.text == at
    assert held.value == (None if at == "noon" else time(9))
