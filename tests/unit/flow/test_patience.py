"""How long to go on trying."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from hub.contract import Again, Final
from hub.flow.send.patience import Patience
from hub.message.lifecycle import DeliveryEvent
from tests.examples import NOW

PATIENCE = Patience(waits=(1, 5, 60), attempts=4, jitter=lambda: 1.0)


def attempt(number: int) -> Any:
    return SimpleNamespace(attempt=number)


def test_waits_follow_the_schedule_and_the_last_one_repeats() -> None:
    patience = Patience(waits=(1, 5, 60), attempts=9, jitter=lambda: 1.0)
    waits = [patience.after(attempt(n), "away", NOW, away=True, wait=None).due_at for n in range(1, 6)]
    assert [due - NOW for due in waits if due] == [timedelta(seconds=s) for s in (1, 5, 60, 60, 60)]


def test_the_peer_s_own_wait_is_kept() -> None:
    outcome = PATIENCE.judge(attempt(1), Again(words="busy", after=30), "status 503", NOW)
    assert (outcome.event, outcome.due_at) == (DeliveryEvent.RETRY, NOW + timedelta(seconds=30))


def test_the_last_attempt_makes_it_dead() -> None:
    assert PATIENCE.after(attempt(4), "away", NOW, away=True, wait=None).event is DeliveryEvent.EXHAUST


def test_a_probe_that_fails_uses_up_no_attempt_and_is_an_attempt_that_was_not_reached() -> None:
    outcome = PATIENCE.probed("away", NOW)
    assert (outcome.event, outcome.away, outcome.tried) == (DeliveryEvent.RETRY, True, False)
    assert outcome.due_at == NOW + timedelta(seconds=PATIENCE.probe_seconds)


def test_what_a_peer_calls_wrong_is_invalid_and_what_cannot_be_delivered_is_dead() -> None:
    assert PATIENCE.judge(attempt(1), Final(words="no", invalid=True), "status 400", NOW).event is DeliveryEvent.REJECT
    assert (
        PATIENCE.judge(attempt(1), Final(words="no", invalid=False), "status 401", NOW).event is DeliveryEvent.EXHAUST
    )
