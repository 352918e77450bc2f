"""cjhub alerts: what is open, since when, and a command to type next that can be typed."""

import json
import shlex
from collections.abc import Callable
from datetime import timedelta

import pytest

from hub.alerts.conditions import Kind
from hub.ledger import Ledger
from hub.ledger.incident import Condition
from tests.doubles.traffic import Desk
from tests.unit.cli.conftest import Run

HELD = Condition(kind=Kind.HELD, subject="court", words="held by an operator since 2026-03-02 09:00 UTC")


def say(ledger: Ledger, *conditions: Condition) -> None:
    ledger.alerts.reconcile(conditions, timedelta(seconds=90), owed=False)


def test_without_an_alert_it_ends_with_0(run: Callable[..., Run], ledger: Ledger) -> None:
    told = run("alerts")
    assert (told.code, told.out.strip()) == (0, "no alert is open")
    assert "no hub runs on this data folder" in told.err


def test_an_open_alert_is_shown_with_what_to_type_and_ends_with_1(run: Callable[..., Run], ledger: Ledger) -> None:
    say(ledger, HELD)
    told = run("alerts")
    assert told.code == 1
    assert all(
        words in told.out for words in ("2026-03-02T09:00", "held", "court", 'cjhub endpoint release court --reason "')
    )


def test_what_is_over_is_shown_only_where_it_is_asked_for(run: Callable[..., Run], desk: Desk, ledger: Ledger) -> None:
    say(ledger, HELD)
    desk.clock.advance(3600)
    say(ledger)
    assert run("alerts", "--json").out == ""
    told = run("alerts", "--all", "--json")
    said = json.loads(told.out)
    assert told.code == 0
    assert (said["state"], said["opened_at"], said["closed_at"], said["next"]) == (
        "closed",
        "2026-03-02T09:00:00.000Z",
        "2026-03-02T10:00:00.000Z",
        None,
    )
    assert "60 minutes" in run("alerts", "--all").out


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_a_command_that_can_be_typed(
    run: Callable[..., Run], desk: Desk, ledger: Ledger, kind: Kind
) -> None:
    (delivery_id,) = desk.record(ledger, "m1", "court")
    example = delivery_id if kind in (Kind.STOPPED, Kind.BURIED, Kind.PENDING) else None
    say(ledger, Condition(kind=kind, subject="court", words="it is wrong", example=example))
    typed = shlex.split(json.loads(run("alerts", "--json").out)["next"])
    assert typed[0] == "cjhub"
    if kind is Kind.HELD:
        ledger.hold("court", "operator:test", "their maintenance")
    assert run(*("a reason" if word == "..." else word for word in typed[1:])).code in (0, 1)
    assert example is None or example in typed


def test_doctor_mentions_what_is_open(run: Callable[..., Run], ledger: Ledger) -> None:
    say(ledger, HELD)
    checks = [json.loads(line) for line in run("doctor", "--json").out.splitlines()]
    (alert,) = (check for check in checks if check["name"] == "alert")
    assert (alert["verdict"], alert["words"]) == ("warn", f"held court: {HELD.words}")
    assert alert["todo"].startswith("cjhub alerts")
