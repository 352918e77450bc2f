"""How long to go on trying."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from hub.contract import Again, Final
from hub.flow.send.patience import Patience
from hub.message.lifecycle import DeliveryEvent
from tests.examples import NOW

PATIENCE = Patience(waits=(1, 5, 60), attempts=4, jitter=lambda: 1.0)


def attempt(number: int, deadline: datetime | None = NOW + timedelta(hours=72)) -> Any:
    return SimpleNamespace(attempt=number, deadline=deadline)


def waits(patience: Patience, *, away: bool) -> list[float]:
    dues = [patience.after(attempt(n), "no", NOW, away=away, wait=None).due_at for n in range(1, 6)]
    return [(due - NOW).total_seconds() for due in dues if due]


def test_waits_follow_the_schedule_and_the_last_one_repeats() -> None:
    assert waits(Patience(waits=(1, 5, 60), attempts=9, jitter=lambda: 1.0), away=False) == [1, 5, 60, 60, 60]


def test_a_peer_that_cannot_be_reached_is_not_waited_for_longer_than_it_takes_to_see_that_it_is_back() -> None:
    assert waits(Patience(waits=(1, 900), attempts=9, jitter=lambda: 1.0), away=True) == [1, 300, 300, 300, 300]


def test_the_peer_s_own_wait_is_kept() -> None:
    outcome = PATIENCE.judge(attempt(1), Again(words="busy", after=30), "status 503", NOW)
    assert (outcome.event, outcome.due_at) == (DeliveryEvent.RETRY, NOW + timedelta(seconds=30))


def test_the_last_attempt_that_was_answered_makes_it_dead() -> None:
    assert PATIENCE.after(attempt(3), "busy", NOW, away=False, wait=None).event is DeliveryEvent.RETRY
    assert PATIENCE.after(attempt(4), "busy", NOW, away=False, wait=None).event is DeliveryEvent.EXHAUST


def test_a_peer_that_cannot_be_reached_uses_nothing_up_where_a_deadline_ends_it() -> None:
    assert PATIENCE.after(attempt(400), "away", NOW, away=True, wait=None).event is DeliveryEvent.RETRY
    assert PATIENCE.after(attempt(4, None), "away", NOW, away=True, wait=None).event is DeliveryEvent.EXHAUST


def test_what_a_peer_calls_wrong_is_invalid_and_what_cannot_be_delivered_is_dead() -> None:
    assert PATIENCE.judge(attempt(1), Final(words="no", invalid=True), "status 400", NOW).event is DeliveryEvent.REJECT
    assert (
        PATIENCE.judge(attempt(1), Final(words="no", invalid=False), "status 401", NOW).event is DeliveryEvent.EXHAUST
    )
