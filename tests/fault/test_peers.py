"""Recipients that behave badly: nobody else waits for them, and they lose nothing themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event

import pytest

from hub.ledger.attempt import Gate
from tests.doubles.manners import Manner, answers, closes, dies, hangs, rubbish, slow, trickles
from tests.doubles.peer import Peer, peer
from tests.exchanges import Exchange, exchange, p99
from tests.figures import FULL
from tests.hubs import wait_until
from tests.invariants import assert_all

CASES, TIMES = 6, 3
GOOD = ("court-1", "court-2")
UNREACHED = {"hangs": hangs, "trickles": trickles, "rubbish": rubbish, "closes": closes, "dies": dies}


@pytest.fixture
def courts() -> Iterator[dict[str, Peer]]:
    """Three courts; the last is the one that goes wrong."""
    with ExitStack() as stack:
        yield {code: stack.enter_context(peer(answers())) for code in (*GOOD, "bad")}


def give_all(made: Exchange) -> None:
    for number in range(TIMES):
        for case in range(1, CASES + 1):
            made.give(case, number)


def others_are_done(made: Exchange) -> None:
    """The good ones have everything, while the clock stands still and the bad one is bad."""
    wait_until(lambda: not made.undelivered(*GOOD), 20)
    assert made.undelivered("bad") == CASES * TIMES


@pytest.mark.promise(
    "Recipients",
    "A recipient that hangs, trickles its answer, answers what is no HTTP, closes at once, or takes the message and dies before it answers",
    holds="the others have everything meanwhile; its gate closes after five attempts, one probe a minute; once it is well it gets all, in order",
)
@pytest.mark.parametrize("manner", UNREACHED)
def test_one_that_gives_no_usable_answer_costs_the_others_nothing_and_gets_all_in_order_later(
    manner: str, courts: dict[str, Peer], tmp_path: Path, figure: Callable[[str], None]
) -> None:
    bad = courts["bad"]
    bad.manner = UNREACHED[manner]
    with exchange(tmp_path, courts) as made:
        figure(_through_a_breaker(made, bad, lambda: setattr(bad, "manner", answers())))


@pytest.mark.promise(
    "Recipients",
    "A recipient that refuses connections",
    holds="as above",
)
def test_one_that_is_away_costs_the_others_nothing_and_gets_all_in_order_later(
    courts: dict[str, Peer], tmp_path: Path, figure: Callable[[str], None]
) -> None:
    bad = courts["bad"]
    bad.leave()
    with exchange(tmp_path, courts) as made:
        figure(_through_a_breaker(made, bad, bad.come))


def _through_a_breaker(made: Exchange, bad: Peer, mend: Callable[[], None]) -> str:
    """Until the breaker opens, three probes of one delivery each, and the recovery; the figures of it."""
    give_all(made)
    others_are_done(made)
    broke = made.pass_time(lambda: made.gate("bad") is Gate.BROKEN, step=5)
    knocks, failures = bad.knocks, made.failures("bad")
    made.pass_time(lambda: made.failures("bad") >= failures + 3, step=15)
    probes = made.failures("bad") - failures
    assert bad.knocks - knocks <= probes, "more than one at a time was let through to a broken endpoint"
    mend()
    mended = made.pass_time(made.settled, step=5)
    assert made.gate("bad") is Gate.UP
    assert_all(made.hub.ledger, made.accepted, made.peers)
    delays = made.delays(*GOOD)
    again = len(bad.came) - CASES * TIMES
    return (
        f"breaker after {broke:.0f} s, {probes} probes, all delivered {mended:.0f} s after it was well (moved clock), "
        f"{again} seen again under the same id; the others' slowest {delays[-1] * 1000:.0f} ms"
    )


@pytest.mark.promise(
    "Recipients",
    "A recipient that answers 500 for an hour (moved clock)",
    holds="only the first message of each case is tried, with the same id and bytes; the gate stays open, since it answers",
)
def test_one_that_answers_500_for_an_hour_is_asked_again_with_the_same_id_and_bytes(
    courts: dict[str, Peer], tmp_path: Path, figure: Callable[[str], None]
) -> None:
    bad = courts["bad"]
    bad.manner = answers(500)
    with exchange(tmp_path, courts) as made:
        give_all(made)
        others_are_done(made)
        end = made.clock().timestamp() + 3600
        made.pass_time(lambda: made.clock().timestamp() >= end, step=30)
        assert made.gate("bad") is Gate.UP, "an answer of any kind shows that it is there"
        refused = len(bad.came)
        heads = {one.message for one in bad.came}
        assert len(heads) == CASES, "only the first of each case is tried"
        bad.manner = answers()
        mended = made.pass_time(made.settled, step=60)
        assert_all(made.hub.ledger, made.accepted, courts)
        figure(
            f"{refused} answers 500 in an hour to {CASES} heads of lanes, then all delivered {mended:.0f} s later "
            f"(moved clock); the others' slowest {made.delays(*GOOD)[-1] * 1000:.0f} ms"
        )


@pytest.mark.promise(
    "Recipients",
    "A recipient that is away for 24 hours (moved clock)",
    holds="no delivery dies of it; one alert is opened and the same one closed; then all is delivered in order",
)
def test_one_that_is_away_for_a_day_has_nothing_dead_and_then_gets_all_in_order(
    courts: dict[str, Peer], tmp_path: Path, figure: Callable[[str], None]
) -> None:
    bad = courts["bad"]
    bad.leave()
    with exchange(tmp_path, courts, alert_seconds=0.05) as made:
        give_all(made)
        end = made.clock().timestamp() + 24 * 3600
        made.pass_time(lambda: made.clock().timestamp() >= end, step=600, most=25 * 3600)
        failures = made.failures("bad")
        bad.come()
        mended = made.pass_time(made.settled, step=15)
        assert_all(made.hub.ledger, made.accepted, courts)
        actions = [row.action for row in made.hub.ledger.audit_of("endpoint", "bad")]
        assert actions == ["broken", "released"]
        wait_until(lambda: not made.hub.ledger.alerts.standing())
        alerts = [one for one in made.hub.ledger.alerts.newest(100) if one.kind == "broken"]
        assert [(one.subject, one.state) for one in alerts] == [("bad", "closed")]
        figure(
            f"{failures} attempts in a day that reached nobody, 0 deliveries dead, 1 alert opened and closed; then all "
            f"{CASES * TIMES} delivered in {mended:.0f} s (moved clock)"
        )


def test_one_that_asks_for_patience_is_left_alone_for_so_long(courts: dict[str, Peer], tmp_path: Path) -> None:
    bad = courts["bad"]
    bad.manner = answers(503, Retry_After="120")
    with exchange(tmp_path, courts) as made:
        made.give(1)
        wait_until(lambda: bad.came and made.at_rest())
        bad.manner = answers()
        made.clock.advance(119)
        wait_until(made.at_rest)
        assert len(bad.came) == 1
        made.clock.advance(1)
        wait_until(made.settled)
        assert_all(made.hub.ledger, made.accepted, courts)


@pytest.mark.promise(
    "Recipients",
    "One recipient of four that answers no message before the others have all of theirs",
    holds="the others' p99 changes by no more than a tenth",
    short="3 rounds of 100 messages with and without it, instead of 7 of 500",
)
@pytest.mark.slow
def test_one_of_four_that_takes_half_a_minute_leaves_the_others_as_quick_as_they_were(
    tmp_path: Path, figure: Callable[[str], None]
) -> None:
    many, rounds = (500, 7) if FULL else (100, 3)
    without, with_one = [], []
    for number in range(rounds):  # in turns, so that whatever else the machine does weighs on both
        without.append(_round(tmp_path / f"without-{number}", many, None))
        with_one.append(_round(tmp_path / f"with-{number}", many, Event()))
    (p50, p99_), (slow50, slow99) = (tuple(map(min, zip(*each, strict=True))) for each in (without, with_one))
    figure(
        f"{rounds} rounds of {many} messages to three courts, the best of each: p50 and p99 without a slow fourth "
        f"{p50 * 1000:.0f} and {p99_ * 1000:.0f} ms, with it {slow50 * 1000:.0f} and {slow99 * 1000:.0f} ms "
        f"({100 * (slow99 / p99_ - 1):+.0f} %)"
    )
    assert slow99 < 1.1 * p99_ + 0.02, "20 ms are less than this machine tells apart"


def _round(folder: Path, many: int, held: Event | None) -> tuple[float, float]:
    """The other three's median and p99, with a fourth that answers none before they have everything, or does at once.

    A message is given as soon as the one before it has arrived everywhere else, so that no queue of ours is measured.
    """
    three = ("court-1", "court-2", "court-3")
    with ExitStack() as stack:
        peers = {code: stack.enter_context(peer(answers())) for code in three}
        begun = Event()
        manner: Manner = answers() if held is None else slow(held, begun)
        peers["slow"] = stack.enter_context(peer(manner))
        made = stack.enter_context(exchange(folder, peers, timeout_seconds=25))
        for case in range(1, 5 if held else 1):  # it has as many in hand as it may have, one by one
            begun.clear()
            made.give(9000 + case)
            wait_until(begun.is_set)
        before = {code: len(peers[code].came) for code in three}
        for number in range(many):
            made.give(1 + number % 50, number)
            wait_until(lambda n=number + 1: all(len(peers[code].came) >= before[code] + n for code in three), 60)
        wait_until(lambda: not made.undelivered(*three), 60)
        if held is not None:
            assert made.undelivered("slow") == many + 4, "the slow one has answered none"
            held.set()
        wait_until(made.settled, 60)
        assert_all(made.hub.ledger, made.accepted, peers)
        delays = made.delays(*three)
        return delays[len(delays) // 2], p99(delays)
