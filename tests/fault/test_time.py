"""The clock of the machine steps back, steps forward and changes to winter time: nothing is lost and nothing is stuck.

The hub asks nothing of a sender's clock: no door compares a time that a partner wrote with its own, so there is no
window outside which it refuses; order is that of acceptance.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread

import pytest

from hub.flow.accept import Arrival
from tests.doubles.clock import Clock
from tests.doubles.manners import answers, judges
from tests.doubles.peer import Came, Peer, peer
from tests.doubles.spi import submitted
from tests.exchanges import TRUST, Exchange, exchange, family, urn
from tests.hubs import wait_until
from tests.invariants import assert_all
from tests.papers import case_file

TEN_MINUTES = 600.0


@pytest.fixture
def courts() -> Iterator[dict[str, Peer]]:
    with ExitStack() as stack:
        yield {code: stack.enter_context(peer(answers())) for code in ("court-1", "court-2")}


class Traffic:
    """A sender that gives documents of ten cases in turn until it is told to stop."""

    def __init__(self, made: Exchange) -> None:
        self._made, self._stop = made, Event()
        self._thread = Thread(target=self._run)

    def __enter__(self) -> Traffic:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(30)

    def go_on(self, many: int) -> None:
        """Wait until so many more are accepted."""
        before = len(self._made.accepted)
        wait_until(lambda: len(self._made.accepted) >= before + many, 30)

    def _run(self) -> None:
        number = 0
        while not self._stop.is_set():
            self._made.give(1 + number % 10, number)
            number += 1


def not_at_once() -> Callable[[Came], int]:
    """Every third message is asked to come again, three times, so that there are always due times ahead."""
    seen: dict[str, int] = {}

    def verdict(came: Came) -> int:
        seen[came.id] = seen.get(came.id, 0) + 1
        return 503 if seen[came.id] <= 3 and list(seen).index(came.id) % 3 == 0 else 200

    return verdict


@pytest.mark.promise(
    "Time",
    "The clock of the machine steps ten minutes back, or forward, under load, and later back again",
    holds="new work flows at once; nothing is lost or stuck",
)
@pytest.mark.parametrize("step", [-TEN_MINUTES, TEN_MINUTES], ids=["back", "forward"])
def test_a_clock_that_steps_ten_minutes_under_traffic_and_later_back_again_loses_nothing(
    step: float, courts: dict[str, Peer], tmp_path: Path, figure: Callable[[str], None]
) -> None:
    courts["court-2"].manner = judges(not_at_once())
    with exchange(tmp_path, courts) as made:
        with Traffic(made) as traffic:
            for by in (step, -step):
                traffic.go_on(20)
                made.clock.advance(by)
                traffic.go_on(20)
                seen = len(courts["court-1"].came)
                wait_until(lambda before=seen: len(courts["court-1"].came) >= before + 20, 30)  # new work flows at once
        stood = made.pass_time(made.settled, step=15, most=3600)
        assert_all(made.hub.ledger, made.accepted, courts)
        figure(
            f"clock stepped {step:+.0f} s and {-step:+.0f} s under {len(made.accepted)} messages: all delivered in order, "
            f"the last {stood:.0f} s (moved clock) after the last was accepted"
        )


@pytest.mark.promise(
    "Time",
    "The clock steps ten minutes back while deliveries wait for their next attempt",
    holds="they are made when the clock has caught up, at the latest; others at once",
)
def test_what_was_due_before_the_clock_stepped_back_is_done_when_it_has_caught_up(
    courts: dict[str, Peer], tmp_path: Path, figure: Callable[[str], None]
) -> None:
    courts["court-2"].manner = answers(503)
    with exchange(tmp_path, courts) as made:
        for case in range(1, 11):
            made.give(case)
        wait_until(lambda: len(courts["court-2"].came) >= 10 and made.at_rest())
        made.clock.advance(-TEN_MINUTES)
        courts["court-2"].manner = answers()
        for case in range(11, 21):
            made.give(case)  # these wait for nothing
        wait_until(lambda: len(courts["court-2"].came) >= 20)
        stood = made.pass_time(made.settled, step=10, most=TEN_MINUTES + 60)
        assert_all(made.hub.ledger, made.accepted, courts)
        figure(
            f"what was to be tried again 1 s later, when the clock stepped back 10 min, stood {stood:.0f} s (moved clock)"
        )


@pytest.mark.promise(
    "Time",
    "A hub started again with its clock ten minutes back",
    holds="it accepts, delivers and seals at once",
)
def test_a_hub_started_anew_with_its_clock_ten_minutes_back_goes_on_at_once(
    courts: dict[str, Peer], tmp_path: Path, figure: Callable[[str], None]
) -> None:
    clock = Clock()
    with exchange(tmp_path, courts, clock=clock) as made:
        made.give(1)
        wait_until(made.settled)
        wait_until(lambda: made.hub.ledger.feed_head() == 1)
        given = made.accepted
    clock.advance(-TEN_MINUTES)
    with exchange(tmp_path, courts, clock=clock) as made:
        made.accepted += given
        made.give(1, 1)
        wait_until(made.settled)
        wait_until(lambda: made.hub.ledger.feed_head() == 2, 5)
        assert_all(made.hub.ledger, made.accepted, courts)
        seen = sum(len(court.came) for court in courts.values())
        figure(
            f"{len(made.accepted)} messages, {seen} deliveries to 2 courts, 2 events sealed, without the clock having moved"
        )


@pytest.mark.promise(
    "Time",
    "A sender whose clock is wrong by anything from ten minutes to years: every document is dated before the one that came before it",
    holds="nothing is refused for its date, and the order is that of acceptance; no door compares a sender's clock with its own",
)
def test_the_order_is_that_of_acceptance_whatever_senders_clocks_say(
    courts: dict[str, Peer], tmp_path: Path, figure: Callable[[str], None]
) -> None:
    apart = [timedelta(minutes=10 * number) for number in range(-5, 5)] + [
        timedelta(days=900 * n) for n in range(1, 11)
    ]
    with exchange(tmp_path, courts) as made:
        for number, by in enumerate(apart):
            words = case_file(f"c-{number}", urn(1), family(number), sequence=1).decode()
            dated = submitted(words, RequestID=f"r-{number}", Timestamp=f"{made.clock() - by:%Y-%m-%dT%H:%M:%SZ}")
            arrival = Arrival(raw=dated.encode(), trust=TRUST, door="test", dialects=("spi-case",))
            answer = made.hub.flow.door(arrival)
            assert answer.outcome == "accepted", answer.faults
            made.accepted.append(answer.submission_id)
        wait_until(made.settled)
        assert_all(made.hub.ledger, made.accepted, courts)
        figure(
            f"{len(apart)} documents of one case, dated from 50 minutes ahead to {apart[-1].days // 365} years ago, each before "
            "the one that came before it: all accepted, and delivered in the order of acceptance"
        )


@pytest.mark.promise(
    "Time",
    "The hour that is missing in March, and the one that comes twice in October",
    holds="order and moments stay as they were",
)
@pytest.mark.parametrize("month", [3, 10], ids=["to summer time", "to winter time"])
def test_the_hour_that_is_missing_or_comes_twice_changes_nothing(
    month: int, courts: dict[str, Peer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, figure: Callable[[str], None]
) -> None:
    day = {3: 29, 10: 25}[month]  # the clocks change at 01:00 UTC
    monkeypatch.setenv("TZ", "Europe/London")
    time.tzset()
    courts["court-2"].manner = judges(not_at_once())
    try:
        with exchange(tmp_path, courts, clock=Clock(datetime(2026, month, day, 0, 30, tzinfo=UTC))) as made:
            for number in range(12):
                made.give(1 + number % 3, number)
                made.clock.advance(600)
            stood = made.pass_time(made.settled, step=5, most=300)
            assert stood < 300
            assert_all(made.hub.ledger, made.accepted, courts)
            rows = [made.hub.ledger.submission(id) for id in made.accepted]
            times = [row.received_at for row in rows if row]
            assert {later - first for first, later in pairwise(times)} == {timedelta(minutes=10)}
            figure(
                f"{len(times)} messages, one each ten minutes over the change: kept as ten minutes apart, delivered in "
                f"order, those that were asked to come again within {stood:.0f} s (moved clock)"
            )
    finally:
        monkeypatch.undo()
        time.tzset()
