"""Alerts in the ledger: one row an incident, whoever says how often that it lasts; and the facts that they are made of."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from hub.ledger import Ledger
from hub.ledger.account import NewAudit
from hub.ledger.admission import OrderKey, Verdict
from hub.ledger.incident import Alert, Condition, Heard, Stopped
from hub.message.lifecycle import DeliveryEvent, DeliveryStatus
from hub.message.slip import Lane
from tests.doubles.traffic import Desk, admission, end, new_message

LEASE = timedelta(seconds=90)
AWAY = Condition(kind="endpoint", subject="court", words="the recipient cannot be reached")
DEAD = Condition(kind="deliveries", subject="cps", words="1 DEAD", example="d1")


def say(ledger: Ledger, *conditions: Condition, owed: bool = False) -> list[tuple[str, str]]:
    """Reconcile; the state and the kind of what this call opened or closed."""
    return states(ledger.alerts.reconcile(conditions, LEASE, owed=owed))


def states(changed: Sequence[Alert]) -> list[tuple[str, str]]:
    return [(alert.state, alert.kind) for alert in changed]


def audit(ledger: Ledger, alert: Alert) -> list[tuple[str, str, object]]:
    return [(row.action, row.actor, row.detail["words"]) for row in ledger.audit_of("alert", alert.id)]


def test_what_is_said_again_and_again_opens_one_alert_and_closes_it_once(desk: Desk, ledger: Ledger) -> None:
    assert say(ledger, AWAY) == [("opened", "endpoint")]
    begun = desk.clock.at
    for _ in range(3):
        desk.clock.advance(30)
        assert say(ledger, AWAY) == []
    (alert,) = ledger.alerts.standing()
    assert (alert.opened_at, alert.updated_at, alert.times, alert.words) == (begun, begun, 1, AWAY.words)
    desk.clock.advance(30)
    assert say(ledger) == [("closed", "endpoint")]
    assert say(ledger) == []
    assert ledger.alerts.standing() == ()
    (closed,) = ledger.alerts.newest(10)
    assert (closed.id, closed.closed_at) == (alert.id, desk.clock.at)
    assert audit(ledger, alert) == [("opened", "hub", AWAY.words), ("closed", "hub", AWAY.words)]


def test_only_other_words_change_an_open_alert_and_each_change_is_kept(desk: Desk, ledger: Ledger) -> None:
    say(ledger, AWAY, DEAD)
    desk.clock.advance(30)
    more = Condition(kind="deliveries", subject="cps", words="2 DEAD", example="d1")
    assert say(ledger, AWAY, more) == []
    away, dead = sorted(ledger.alerts.standing(), key=lambda alert: alert.times)
    assert (away.times, dead.times, dead.words, dead.example) == (1, 2, "2 DEAD", "d1")
    assert dead.updated_at == desk.clock.at != dead.opened_at
    assert audit(ledger, dead) == [("opened", "hub", "1 DEAD"), ("updated", "hub", "2 DEAD")]
    assert len(audit(ledger, away)) == 1


def test_what_comes_back_is_a_new_incident(desk: Desk, ledger: Ledger) -> None:
    say(ledger, AWAY)
    say(ledger)
    desk.clock.advance(1)
    assert say(ledger, AWAY) == [("opened", "endpoint")]
    second, first = ledger.alerts.newest(10)
    assert (second.closed_at, first.state) == (None, "closed")
    assert second.id != first.id


def test_what_is_to_be_told_elsewhere_is_kept_until_it_was_told(desk: Desk, ledger: Ledger) -> None:
    say(ledger, AWAY, owed=True)
    say(ledger, owed=True)
    ((first, alert), (second, _)) = ledger.alerts.owed(10, LEASE)
    assert (first, second) == ("opened", "closed")
    ledger.alerts.told(alert.id, "opened")
    assert [state for state, _ in ledger.alerts.owed(10, LEASE)] == ["closed"]
    ledger.alerts.told(alert.id, "closed")
    assert ledger.alerts.owed(10, LEASE) == ()


def test_where_nothing_is_told_elsewhere_nothing_is_kept_for_it_and_old_news_is_none(
    desk: Desk, ledger: Ledger
) -> None:
    say(ledger, AWAY)
    assert ledger.alerts.owed(10, LEASE) == ()
    say(ledger, AWAY, DEAD, owed=True)
    desk.clock.advance(25 * 3600)
    assert ledger.alerts.owed(10, LEASE) == ()


# --- the facts


def test_stopped_deliveries_are_counted_by_endpoint_and_status(desk: Desk, ledger: Ledger) -> None:
    ends = [DeliveryEvent.EXHAUST, DeliveryEvent.EXHAUST, DeliveryEvent.REJECT, DeliveryEvent.ACKNOWLEDGE]
    ids = []
    for n, event in enumerate(ends):
        (id,) = desk.record(ledger, f"m{n}", "court", urn=OrderKey("PTIURN", str(n)))
        claimed = ledger.claim_delivery(id, 60)
        assert claimed is not None
        ledger.settle(end(claimed, event))
        desk.clock.advance(1)
        ids.append(id)
    assert ledger.alerts.facts([]).stopped == (
        Stopped(endpoint="court", status=DeliveryStatus.DEAD, count=2, oldest=ids[0]),
        Stopped(endpoint="court", status=DeliveryStatus.INVALID, count=1, oldest=ids[2]),
    )
    for id in ids[:3]:
        ledger.discard(id, "ops", "given up")
    assert ledger.alerts.facts([]).stopped == ()


def test_buried_messages_are_counted_and_the_oldest_is_named(ledger: Ledger) -> None:
    for n in range(3):
        ledger.admit(admission(f"{n}", new_message(f"m{n}")))
    assert ledger.alerts.facts([]).buried is None
    for n in (2, 1):
        ledger.bury(f"m{n}", "ours")
    assert ledger.alerts.facts([]).buried == (2, "m1")


def test_the_age_of_lanes_of_pending_submissions_and_of_the_audit_is_known(desk: Desk, ledger: Ledger) -> None:
    begun = desk.clock.at
    pending = admission("1", raw=b"later", verdict=Verdict.PENDING, received_at=begun - timedelta(seconds=5))
    ledger.admit(pending)
    desk.clock.advance(60)
    ledger.admit(admission("2", new_message("m2")))
    facts = ledger.alerts.facts([])
    assert facts.slips == ((Lane.INTAKE, begun),)
    assert facts.pending == (pending.submission_id, begun - timedelta(seconds=5))
    assert facts.unsealed == begun
    ledger.seal_once(1000)
    assert ledger.alerts.facts([]).unsealed is None


def test_a_party_is_heard_by_what_it_submits_and_waited_for_since_its_first_key(desk: Desk, ledger: Ledger) -> None:
    assert ledger.alerts.facts(["42", "43"]).heard == ()
    ledger.note([NewAudit(actor="ops", action="x", subject_kind="test", subject_id="1")])
    begun = desk.clock.at
    desk.clock.advance(60)
    ledger.add_key("43", "hash", "first", ["submit"])
    keyed = desk.clock.at
    desk.clock.advance(60)
    refused = admission("1", raw=b"x", verdict=Verdict.REFUSED, received_at=desk.clock.at)
    assert ledger.alerts.facts(["42", "43"]).heard == (
        Heard(party="42", last=None, since=begun),
        Heard(party="43", last=None, since=keyed),
    )
    ledger.admit(refused)
    assert ledger.alerts.facts(["42"]).heard == (Heard(party="42", last=desk.clock.at, since=desk.clock.at),)


# --- several processes


@pytest.mark.parametrize("desk", ["postgres"], indirect=True)
def test_another_process_takes_over_where_the_one_with_the_lease_is_gone(desk: Desk, ledger: Ledger) -> None:
    other = desk.open()
    try:
        assert say(ledger, AWAY) == [("opened", "endpoint")]
        assert say(other) == [], "it has no lease: what it sees may be older"
        assert len(other.alerts.standing()) == 1
        desk.clock.advance(91)
        assert say(other) == [("closed", "endpoint")]
        assert say(ledger, AWAY) == []
    finally:
        other.close()
