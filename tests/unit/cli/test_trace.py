"""cjhub trace: found by any of its ids, and where something stands still, why and what to do."""

import json
from collections.abc import Callable
from datetime import timedelta

from hub.cli.trace import about_delivery, ago, story_of
from hub.ledger import Ledger
from hub.ledger.admission import Verdict
from hub.message.lifecycle import DeliveryEvent
from tests.doubles.traffic import URN, Desk, admission, new_message
from tests.unit.cli.conftest import Run, fail


def told(run: Callable[..., Run], wanted: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in run("trace", wanted, "--json").out.splitlines()]


def advice(desk: Desk, ledger: Ledger, id: str) -> str:
    """What is said about the only delivery of a message."""
    row = ledger.message(id)
    assert row is not None
    (way,) = story_of(ledger, row).ways
    said = about_delivery(way, desk.clock.at)
    return said.words if said else ""


def typed(run: Callable[..., Run], wanted: str) -> list[str]:
    """The commands that the first advice gives."""
    (line,) = told(run, wanted)
    return line["advice"][0]["commands"]  # type: ignore[index,no-any-return]


def test_a_message_is_found_by_its_own_id_its_delivery_its_submission_its_case_and_its_urn(
    run: Callable[..., Run], desk: Desk, ledger: Ledger
) -> None:
    (delivery,) = desk.record(ledger, "m1", "court")
    for wanted in ("m1", delivery, "s-m1", URN.value, f" {URN.value.lower()} "):
        (line,) = told(run, wanted)
        assert line["message"]["id"] == "m1"  # type: ignore[index]


def test_a_case_shows_its_messages_in_the_order_of_acceptance(
    run: Callable[..., Run], desk: Desk, ledger: Ledger
) -> None:
    desk.record(ledger, "m1", "court")
    desk.record(ledger, "m2", "court")
    assert [line["message"]["id"] for line in told(run, URN.value)] == ["m1", "m2"]  # type: ignore[index]


def test_the_timeline_has_every_step_and_the_delivery(run: Callable[..., Run], desk: Desk, ledger: Ledger) -> None:
    (delivery,) = desk.record(ledger, "m1", "court")
    fail(ledger, delivery, DeliveryEvent.ACKNOWLEDGE, answer="status 202")
    (line,) = told(run, "m1")
    steps = [step["action"] for step in line["timeline"]]  # type: ignore[attr-defined]
    assert steps[:2] == ["accepted", "recorded"]
    assert "queued" in steps
    assert line["deliveries"][0]["status"] == "ACKNOWLEDGED"  # type: ignore[index]
    assert line["advice"] == []


def test_people_get_the_same_with_what_to_do(run: Callable[..., Run], desk: Desk, ledger: Ledger) -> None:
    (delivery,) = desk.record(ledger, "m1", "court")
    desk.record(ledger, "m2", "court")
    fail(ledger, delivery, DeliveryEvent.EXHAUST, reason="attempts used")
    shown = run("trace", "m1")
    assert shown.code == 0
    assert "message m1" in shown.out
    assert "DEAD" in shown.out
    assert "attempts used. Retry it, give it up, or let the next ones pass;" in shown.out
    assert "1 more waits behind it." in shown.out
    assert f'\n     cjhub delivery retry {delivery} --reason "..."\n' in shown.out


def test_a_stopped_delivery_gives_every_command_that_ends_it(
    run: Callable[..., Run], desk: Desk, ledger: Ledger
) -> None:
    (delivery,) = desk.record(ledger, "m1", "court")
    fail(ledger, delivery, DeliveryEvent.REJECT, reason="it does not know the court")
    acts = ["retry", "discard", "replay"]
    assert typed(run, "m1") == [f'cjhub delivery {act} {delivery} --reason "..."' for act in acts]
    desk.record(ledger, "m2", "court")
    assert typed(run, "m2") == [f"cjhub trace {delivery}"]
    acts.insert(2, "let-pass")
    assert typed(run, "m1") == [f'cjhub delivery {act} {delivery} --reason "..."' for act in acts]


def test_the_command_to_type_says_where_the_hub_is_as_this_one_did(
    run: Callable[..., Run], desk: Desk, ledger: Ledger
) -> None:
    desk.record(ledger, "m1", "court")
    ledger.hold("court", "operator", "moving house")
    folder = desk.path.parent
    (line,) = (json.loads(line) for line in run("trace", "m1", "--json", "--data", folder).out.splitlines())
    assert line["advice"][0]["commands"] == [f'cjhub endpoint release court --reason "..." --data {folder}']


def test_what_others_are_let_past_is_not_named_as_in_the_way(desk: Desk, ledger: Ledger) -> None:
    first, second = (desk.record(ledger, id, "court")[0] for id in ("m1", "m2"))
    desk.record(ledger, "m3", "court")
    fail(ledger, first, DeliveryEvent.EXHAUST, reason="attempts used")
    assert ledger.let_pass(first, "operator:test", "urgent")
    assert f"behind delivery {second}, which is DUE" in advice(desk, ledger, "m3")


def test_a_buried_message_gives_the_command_that_runs_it_again(run: Callable[..., Run], ledger: Ledger) -> None:
    ledger.admit(admission("m1", new_message("m1", URN)))
    assert ledger.bury("m1", "TypeError at record.py:1")
    assert typed(run, "m1") == ['cjhub message rerun m1 --reason "..."']


def test_a_delivery_that_waits_its_turn_names_the_one_before_it(desk: Desk, ledger: Ledger) -> None:
    (first,) = desk.record(ledger, "m1", "court")
    desk.record(ledger, "m2", "court")
    fail(ledger, first, DeliveryEvent.REJECT, reason="it does not know the court")
    assert f"behind delivery {first}, which is INVALID: it does not know the court" in advice(desk, ledger, "m2")


def test_a_delivery_that_will_be_tried_again_says_when_and_why(desk: Desk, ledger: Ledger) -> None:
    (delivery,) = desk.record(ledger, "m1", "court")
    due = desk.clock.at + timedelta(minutes=5)
    fail(ledger, delivery, DeliveryEvent.RETRY, due_at=due, reason="it answered 503")
    assert advice(desk, ledger, "m1") == "attempt 2 is due at 2026-03-02T09:05:00.000Z: it answered 503."


def test_a_held_way_out_gives_the_operators_reason(desk: Desk, ledger: Ledger) -> None:
    desk.record(ledger, "m1", "court")
    ledger.hold("court", "operator", "moving house")
    assert "held by an operator: moving house" in advice(desk, ledger, "m1")


def test_a_broken_way_out_says_when_it_is_tried_again(desk: Desk, ledger: Ledger) -> None:
    desk.record(ledger, "m1", "court")
    ledger.break_gate("court", desk.clock.at + timedelta(seconds=15), "5 attempts did not reach it")
    assert "5 attempts did not reach it; tried again at 2026-03-02T09:00:15.000Z" in advice(desk, ledger, "m1")


def test_a_delivery_long_due_points_at_a_hub_that_does_not_run(desk: Desk, ledger: Ledger) -> None:
    desk.record(ledger, "m1", "court")
    assert advice(desk, ledger, "m1") == ""
    desk.clock.advance(7200)
    assert advice(desk, ledger, "m1").startswith("due for 2 hours: see that a hub runs")


def test_a_refused_submission_is_shown_with_its_faults(run: Callable[..., Run], ledger: Ledger) -> None:
    fault = {"line": 3, "path": "/A", "rule": "schema-order", "severity": "error", "words": "A stands wrong."}
    ledger.admit(admission("bad", verdict=Verdict.REFUSED, faults=json.dumps([fault])))
    (line,) = told(run, "s-bad")
    assert line["submission"]["faults"] == [fault]  # type: ignore[index]
    assert "A stands wrong." in run("trace", "s-bad").out


def test_nothing_found_ends_with_1(run: Callable[..., Run], ledger: Ledger) -> None:
    shown = run("trace", "99ZZ9999999")
    assert shown.code == 1
    assert "nothing in this ledger" in shown.err


def test_lengths_of_time_are_told_in_their_largest_unit(desk: Desk) -> None:
    now = desk.clock.at
    told = [ago(now - timedelta(seconds=seconds), now) for seconds in (-5, 45, 119, 120, 7200, 200_000)]
    assert told == ["0 seconds", "45 seconds", "119 seconds", "2 minutes", "2 hours", "2 days"]
