"""cjhub endpoint: how the ways out are, and their gates closed and opened with who and why."""

import json
import os
import pwd
from collections.abc import Callable
from datetime import timedelta

import pytest

from hub.ledger import Ledger
from hub.ledger.attempt import Gate
from hub.message.lifecycle import DeliveryEvent
from tests.doubles.traffic import Desk
from tests.unit.cli.conftest import Run, fail

ME = f"operator:{pwd.getpwuid(os.getuid()).pw_name}"


def gate(ledger: Ledger) -> Gate:
    row = ledger.endpoint("court")
    assert row is not None
    return row.gate


def test_the_list_shows_gates_reasons_failures_and_what_is_undelivered(
    run: Callable[..., Run], desk: Desk, ledger: Ledger
) -> None:
    (id,) = desk.record(ledger, "m1", "court")
    desk.record(ledger, "m2", "court")
    fail(ledger, id, DeliveryEvent.RETRY, due_at=desk.clock.at, away=True)
    ledger.break_gate("court", desk.clock.at + timedelta(seconds=15), "no connection")
    assert json.loads(run("endpoint", "list", "--json").out) == {
        "code": "court",
        "party": "court",
        "gate": "broken",
        "changed_at": "2026-03-02T09:00:00.000Z",
        "reason": "no connection",
        "failures": 1,
        "probe_at": "2026-03-02T09:00:15.000Z",
        "in_flight": 8,
        "on_dead": "stop",
        "undelivered": 2,
        "oldest_at": "2026-03-02T09:00:00.000Z",
    }
    shown = run("endpoint", "list").out
    assert all(words in shown for words in ("failures", "at a time", "court", "broken", "no connection"))


def test_a_hold_closes_the_gate_and_says_how_to_open_it(run: Callable[..., Run], desk: Desk, ledger: Ledger) -> None:
    desk.record(ledger, "m1", "court")
    told = run("endpoint", "hold", "court", "--reason", "their maintenance")
    assert told.code == 0
    assert told.out.strip() == (
        "endpoint court, which was up, is held: 1 undelivered, "
        'nothing more goes to it until cjhub endpoint release court --reason "..."'
    )
    assert gate(ledger) is Gate.HELD
    line = ledger.audit_of("endpoint", "court")[-1]
    assert (line.action, line.actor, line.detail["reason"]) == ("held", ME, "their maintenance")


def test_a_release_opens_the_gate_and_says_what_goes(run: Callable[..., Run], desk: Desk, ledger: Ledger) -> None:
    ledger.hold("court", "operator:test", "their maintenance")
    (id,) = desk.record(ledger, "m1", "court")
    told = run("endpoint", "release", "court", "--reason", "maintenance is over")
    assert told.code == 0
    assert told.out.strip() == (
        "endpoint court, which was held (their maintenance), is up: "
        "of 1 undelivered one goes first, and more with each answer"
    )
    assert gate(ledger) is Gate.UP
    row = ledger.delivery(id)
    assert row is not None
    assert row.status.value == "DUE"
    line = ledger.audit_of("endpoint", "court")[-1]
    assert (line.action, line.actor, line.detail["reason"]) == ("released", ME, "maintenance is over")


def test_a_broken_gate_is_released_without_waiting_for_its_next_try(
    run: Callable[..., Run], desk: Desk, ledger: Ledger
) -> None:
    ledger.break_gate("court", desk.clock.at + timedelta(seconds=15), "no connection")
    said = json.loads(run("endpoint", "release", "court", "--reason", "they are back", "--json").out)
    assert (said["done"], said["was"], said["gate"], said["undelivered"]) == (True, "broken", "up", 0)
    assert gate(ledger) is Gate.UP


@pytest.mark.parametrize(("act", "other", "is_"), [("hold", "release", "held"), ("release", "hold", "up")])
def test_a_gate_that_is_so_already_is_refused_with_what_is_possible(
    run: Callable[..., Run], ledger: Ledger, act: str, other: str, is_: str
) -> None:
    if act == "hold":
        ledger.hold("court", "operator:test", "their maintenance")
    told = run("endpoint", act, "court", "--reason", "twice", "--json")
    said = json.loads(told.out)
    assert told.code == 1
    assert f"endpoint court is {is_} already" in told.err
    assert (said["done"], said["gate"]) == (False, is_)
    assert said["possible"] == [f'cjhub endpoint {other} court --reason "..."']


@pytest.mark.parametrize("act", ["hold", "release"])
def test_an_unknown_endpoint_ends_with_1_and_names_those_there_are(
    run: Callable[..., Run], ledger: Ledger, act: str
) -> None:
    told = run("endpoint", act, "coutr", "--reason", "a slip of the pen")
    assert told.code == 1
    assert "no endpoint has the code coutr; there are: court" in told.err


@pytest.mark.parametrize("act", ["hold", "release"])
def test_without_a_reason_nothing_is_done(run: Callable[..., Run], ledger: Ledger, act: str) -> None:
    assert run("endpoint", act, "court").code == 2
    assert ledger.audit_of("endpoint", "court") == ()
