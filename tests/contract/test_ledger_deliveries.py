"""Deliveries: claims, fences, order, gates, what an operator may do, and what the sweeper finds."""

import json
from datetime import timedelta

import pytest

from hub.ledger import Ledger
from hub.ledger.account import Swept
from hub.ledger.admission import OrderKey, Verdict
from hub.ledger.attempt import Claimed, DeliveryRow, EndpointConfig, Gate, KeptOutbound
from hub.message.lifecycle import DeliveryEvent, DeliveryStatus, OnDead
from hub.message.slip import Lane
from tests.doubles.traffic import Desk, admission, end, new_message

ACK, RETRY, REJECT, EXHAUST = (
    DeliveryEvent.ACKNOWLEDGE,
    DeliveryEvent.RETRY,
    DeliveryEvent.REJECT,
    DeliveryEvent.EXHAUST,
)
BYTES = KeptOutbound(body=b"first", content_type="text/xml", headers=(("X-Id", "1"),), name="a.xml", path="/in")


def claim(ledger: Ledger, id: str) -> Claimed:
    claimed = ledger.claim_delivery(id, 60)
    assert claimed is not None
    return claimed


def row(ledger: Ledger, id: str) -> DeliveryRow:
    found = ledger.delivery(id)
    assert found is not None
    return found


def status(ledger: Ledger, *ids: str) -> list[str]:
    return [row(ledger, id).status.value for id in ids]


def rung(ledger: Ledger, lane: Lane = Lane.SEND) -> list[str]:
    """The subjects of the due slips, which are taken and finished."""
    claimed = ledger.claim_slips(lane, 1000, 60)
    ledger.finish_slips([one.number for one in claimed])
    return [one.slip.id for one in claimed]


# --- one delivery


def test_a_delivery_is_claimed_once_and_settled_with_its_fence(desk: Desk, ledger: Ledger) -> None:
    (id,) = desk.record(ledger, "m1", "court")
    claimed = claim(ledger, id)
    assert (claimed.fence, claimed.attempt, claimed.canonical, claimed.outbound) == (1, 1, b"<m>m1</m>", None)
    assert claimed.message.keys == (OrderKey("PTIURN", "01AA0000126"),)
    assert ledger.claim_delivery(id, 60) is None
    assert ledger.settle(end(claimed, ACK, answer="202"))
    assert not ledger.settle(end(claimed, ACK))
    settled = row(ledger, id)
    assert (settled.status, settled.answer, settled.settled_at) == (DeliveryStatus.ACKNOWLEDGED, "202", desk.clock.at)


def test_a_retry_is_due_again_at_its_time_with_the_bytes_of_the_first_attempt(desk: Desk, ledger: Ledger) -> None:
    (id,) = desk.record(ledger, "m1", "court")
    first = claim(ledger, id)
    assert ledger.keep_outbound(id, first.fence, BYTES)
    assert ledger.settle(end(first, RETRY, due_at=desk.clock.at + timedelta(seconds=30), reason="503"))
    rung(ledger)
    assert ledger.claim_delivery(id, 60) is None
    desk.clock.advance(30)
    assert rung(ledger) == [id]
    second = claim(ledger, id)
    assert (second.fence, second.attempt, second.outbound) == (2, 2, BYTES)
    assert ledger.keep_outbound(id, second.fence, KeptOutbound(body=b"other", content_type="x"))
    assert ledger.outbound(id) == BYTES


def test_what_was_put_off_untried_uses_up_no_attempt_and_keeps_its_bytes(desk: Desk, ledger: Ledger) -> None:
    (id,) = desk.record(ledger, "m1", "court")
    first = claim(ledger, id)
    assert ledger.keep_outbound(id, first.fence, BYTES)
    assert ledger.settle(end(first, RETRY, due_at=desk.clock.at, tried=False))
    assert row(ledger, id).attempts == 0
    second = claim(ledger, id)
    assert (second.fence, second.attempt, second.outbound) == (2, 1, BYTES)


def test_an_old_fence_settles_and_keeps_nothing(desk: Desk, ledger: Ledger) -> None:
    (id,) = desk.record(ledger, "m1", "court")
    old = claim(ledger, id)
    desk.clock.advance(61)
    assert ledger.sweep(60, 100).lapsed == 1
    assert not ledger.settle(end(old, ACK))
    new = claim(ledger, id)
    assert not ledger.settle(end(old, ACK))
    assert not ledger.keep_outbound(id, old.fence, BYTES)
    assert ledger.outbound(id) is None
    assert ledger.settle(end(new, ACK))


def test_many_are_claimed_kept_and_settled_together(desk: Desk, ledger: Ledger) -> None:
    ids = [desk.record(ledger, f"m{n}", "court", urn=OrderKey("PTIURN", str(n)))[0] for n in range(4)]
    claimed = ledger.claim_many([*ids, "unknown"], 60)
    kept = ledger.keep_outbound_many([(one.delivery_id, one.fence, BYTES) for one in claimed])
    stale = end(claimed[0], ACK)
    settled = ledger.settle_many([*(end(one, ACK) for one in claimed), stale])
    assert kept == (True,) * 4
    assert settled == (True, True, True, True, False)
    assert status(ledger, *ids) == ["ACKNOWLEDGED"] * 4


def test_what_is_due_can_be_claimed_without_slips(desk: Desk, ledger: Ledger) -> None:
    (first,) = desk.record(ledger, "m1", "court")
    desk.clock.advance(1)
    (second,) = desk.record(ledger, "m2", "court", urn=OrderKey("PTIURN", "2"))
    assert [one.delivery_id for one in ledger.claim_due(1, 60)] == [first]
    assert [one.delivery_id for one in ledger.claim_due(5, 60)] == [second]


def test_the_timeline_tells_every_attempt(desk: Desk, ledger: Ledger) -> None:
    (id,) = desk.record(ledger, "m1", "court")
    first = claim(ledger, id)
    ledger.keep_outbound(id, first.fence, BYTES)
    ledger.settle(end(first, RETRY, answer="503", due_at=desk.clock.at, away=True))
    ledger.settle(end(claim(ledger, id), ACK, answer="202"))
    lines = [(line.action, line.detail.get("attempt"), line.detail.get("answer")) for line in ledger.timeline("m1")]
    assert lines[2:] == [
        ("queued", None, None),
        ("encoded", None, None),
        ("retry", 1, "503"),
        ("acknowledged", 2, "202"),
    ]
    assert ledger.audit_of("delivery", id)[0].action == "queued"


def receipts(ledger: Ledger) -> list[tuple[str, str]]:
    """What the sender was told, by delivery."""
    ledger.seal_once(100)
    told = [json.loads(event.body) for event in ledger.feed_after(0, "42", 100) if event.type == "BusinessReceipt"]
    return [(one["delivery"], one["status"]) for one in told]


def test_a_sender_is_told_of_what_does_not_go_its_way_and_nobody_else_is(desk: Desk, ledger: Ledger) -> None:
    refused, dead = (desk.record(ledger, f"m{n}", party)[0] for n, party in enumerate(("court", "cps")))
    ledger.settle(end(claim(ledger, refused), REJECT, reason="unknown court"))
    ledger.settle(end(claim(ledger, dead), EXHAUST, reason="no answer"))
    assert receipts(ledger) == [(refused, "REJECTED"), (dead, "PENDING")]
    ledger.discard(dead, "operator:ada", "the court closed")
    assert receipts(ledger)[2:] == [(dead, "UNCONFIRMED")]  # an attempt was made: it may have arrived
    events = [one for one in ledger.feed_after(0, "42", 100) if one.type == "BusinessReceipt"]
    assert {(one.message_id, json.loads(one.body)["about"]) for one in events} == {("m0", "m0"), ("m1", "m1")}
    assert not [one for one in ledger.feed_after(0, "court", 100) if one.type == "BusinessReceipt"]
    assert not [one for one in events if "closed" in one.body or "answer" in one.body or "unknown" in one.body]


def test_a_deadline_that_passes_is_told_as_expired_or_where_it_was_sent_as_unconfirmed(
    desk: Desk, ledger: Ledger
) -> None:
    never, once = (
        desk.record(ledger, f"m{n}", party, deadline=desk.clock.at + timedelta(hours=1))[0]
        for n, party in enumerate(("court", "cps"))
    )
    ledger.settle(end(claim(ledger, once), RETRY, due_at=desk.clock.at + timedelta(hours=2), away=True))
    desk.clock.advance(3601)
    assert ledger.sweep(60, 100).expired == 2
    assert sorted(receipts(ledger)) == sorted([(never, "EXPIRED"), (once, "UNCONFIRMED")])


def test_what_is_delivered_is_not_told_by_itself(desk: Desk, ledger: Ledger) -> None:
    (id,) = desk.record(ledger, "m1", "court")
    ledger.settle(end(claim(ledger, id), ACK, answer="202"))
    assert receipts(ledger) == []


# --- order


def test_the_next_of_a_case_waits_until_the_one_before_is_settled(desk: Desk, ledger: Ledger) -> None:
    first, second, third = (desk.record(ledger, f"m{n}", "court")[0] for n in range(3))
    assert status(ledger, first, second, third) == ["DUE", "WAITING", "WAITING"]
    assert rung(ledger) == [first]
    ledger.settle(end(claim(ledger, first), RETRY, due_at=desk.clock.at))
    assert status(ledger, second) == ["WAITING"]
    ledger.settle(end(claim(ledger, first), ACK))
    assert status(ledger, first, second, third) == ["ACKNOWLEDGED", "DUE", "WAITING"]
    assert second in rung(ledger)


@pytest.mark.parametrize("event", [EXHAUST, REJECT])
def test_a_stopped_delivery_stops_its_own_lane_only(desk: Desk, ledger: Ledger, event: DeliveryEvent) -> None:
    to_court, to_cps = desk.record(ledger, "m1", "court", "cps")
    behind_court, behind_cps = desk.record(ledger, "m2", "court", "cps")
    (other,) = desk.record(ledger, "m3", "court", urn=OrderKey("PTIURN", "other"))
    ledger.settle(end(claim(ledger, to_court), event))
    ledger.settle(end(claim(ledger, to_cps), ACK))
    assert status(ledger, behind_court, behind_cps, other) == ["WAITING", "DUE", "DUE"]
    assert ledger.blocked_behind(to_court) == 1
    assert ledger.blocked_behind(other) == 0


def test_a_discarded_delivery_lets_the_next_go(desk: Desk, ledger: Ledger) -> None:
    first, second, third = (desk.record(ledger, f"m{n}", "court")[0] for n in range(3))
    assert ledger.discard(second, "ops", "sent by hand")
    assert status(ledger, first, second, third) == ["DUE", "DISCARDED", "WAITING"]
    ledger.settle(end(claim(ledger, first), EXHAUST))
    assert ledger.discard(first, "ops", "sent by hand")
    assert status(ledger, third) == ["DUE"]
    assert not ledger.discard(first, "ops", "twice")
    assert ledger.audit_of("delivery", first)[-1].actor == "ops"


def test_a_revived_delivery_goes_again_with_the_same_id_and_bytes(desk: Desk, ledger: Ledger) -> None:
    first, second = (desk.record(ledger, f"m{n}", "court")[0] for n in range(2))
    attempt = claim(ledger, first)
    ledger.keep_outbound(first, attempt.fence, BYTES)
    ledger.settle(end(attempt, EXHAUST))
    rung(ledger)
    assert ledger.revive(first, "ops", "their server is back")
    assert not ledger.revive(second, "ops", "it is not stopped")
    assert rung(ledger) == [first]
    assert claim(ledger, first).outbound == BYTES


def test_an_operator_lets_the_next_pass_and_it_is_marked(desk: Desk, ledger: Ledger) -> None:
    first, second, third = (desk.record(ledger, f"m{n}", "court")[0] for n in range(3))
    assert not ledger.let_pass(first, "ops", "it is not stopped")
    ledger.settle(end(claim(ledger, first), EXHAUST))
    assert ledger.let_pass(first, "ops", "urgent warrant behind it")
    assert claim(ledger, second).marks == (f"passed:{first}",)
    assert status(ledger, first, third) == ["DEAD", "WAITING"]
    assert ledger.blocked_behind(first) == 0


def test_an_endpoint_may_let_the_dead_be_passed_by_its_setting(desk: Desk, ledger: Ledger) -> None:
    ledger.upsert_endpoints([EndpointConfig(code="court", party="court", on_dead=OnDead.PASS)])
    first, second = (desk.record(ledger, f"m{n}", "court")[0] for n in range(2))
    ledger.settle(end(claim(ledger, first), EXHAUST))
    assert claim(ledger, second).marks == (f"passed:{first}",)


def test_a_replay_is_a_new_delivery_that_names_the_old(desk: Desk, ledger: Ledger) -> None:
    (first,) = desk.record(ledger, "m1", "court")
    ledger.settle(end(claim(ledger, first), ACK))
    replay = ledger.replay(first, "ops", "they lost it")
    assert replay is not None
    again = claim(ledger, replay)
    assert (again.replays, again.marks, again.outbound) == (first, (f"replay:{first}",), None)
    assert ledger.replay("unknown", "ops", "?") is None


# --- endpoints


def test_an_endpoint_gets_no_more_attempts_at_a_time_than_it_may(desk: Desk) -> None:
    ledger = desk.open("court", in_flight=2)
    ids = [desk.record(ledger, f"m{n}", "court", urn=OrderKey("PTIURN", str(n)))[0] for n in range(5)]
    assert rung(ledger) == ids
    claimed = ledger.claim_many(ids, 60)
    assert [one.delivery_id for one in claimed] == ids[:2]
    assert rung(ledger) == []
    ledger.settle(end(claimed[0], ACK))
    assert rung(ledger) == [ids[2]]
    assert [one.delivery_id for one in ledger.claim_many(ids, 60)] == [ids[2]]
    ledger.close()


def test_every_delivery_gets_its_turn_at_a_full_endpoint(desk: Desk) -> None:
    ledger = desk.open("court", in_flight=3)
    ids = [desk.record(ledger, f"m{n}", "court", urn=OrderKey("PTIURN", str(n)))[0] for n in range(25)]
    rounds = 0
    while subjects := rung(ledger):
        rounds += 1
        claimed = ledger.claim_many(subjects, 60)
        assert len(claimed) <= 3
        ledger.settle_many([end(one, ACK) for one in claimed])
    assert status(ledger, *ids) == ["ACKNOWLEDGED"] * 25
    assert rounds <= 15
    ledger.close()


def test_behind_a_held_gate_nothing_rings_and_release_lets_one_go_first(desk: Desk, ledger: Ledger) -> None:
    (before,) = desk.record(ledger, "m0", "court", urn=OrderKey("PTIURN", "0"))
    assert rung(ledger) == [before]
    assert ledger.hold("court", "ops", "their maintenance")
    assert not ledger.hold("court", "ops", "twice")
    ids = [desk.record(ledger, f"m{n}", "court", urn=OrderKey("PTIURN", str(n)))[0] for n in range(1, 6)]
    assert rung(ledger) == []
    assert status(ledger, *ids) == ["WAITING"] * 5
    assert ledger.claim_delivery(before, 60) is None
    desk.clock.advance(3600)
    ledger.sweep(60, 100)
    assert rung(ledger) == []
    assert ledger.release("court", "ops", "done")
    assert rung(ledger) == [before]
    seen = [before]
    ledger.settle(end(claim(ledger, before), ACK))
    while subjects := rung(ledger):
        seen += subjects
        ledger.settle_many([end(one, ACK) for one in ledger.claim_many(subjects, 60)])
    assert sorted(seen) == sorted([before, *ids])
    assert [line.action for line in ledger.audit_of("endpoint", "court")] == ["held", "released"]


def test_a_broken_gate_lets_one_probe_through_and_opens_with_an_answer(desk: Desk, ledger: Ledger) -> None:
    ids = [desk.record(ledger, f"m{n}", "court", urn=OrderKey("PTIURN", str(n)))[0] for n in range(3)]
    ledger.settle(end(claim(ledger, ids[0]), RETRY, due_at=desk.clock.at, away=True))
    failing = ledger.endpoint("court")
    assert failing is not None
    assert failing.failures == 1
    assert ledger.break_gate("court", desk.clock.at + timedelta(seconds=30), "no connection")
    rung(ledger)
    assert ledger.claim_many(ids, 60) == ()
    assert ledger.sweep(60, 100).probed == 0
    desk.clock.advance(30)
    assert ledger.sweep(60, 100).probed == 1
    (probe,) = rung(ledger)
    claimed = ledger.claim_many(ids, 60)
    assert [one.delivery_id for one in claimed] == [probe]
    ledger.settle(end(claimed[0], RETRY, due_at=desk.clock.at, away=True))
    assert ledger.claim_many(ids, 60) == ()
    assert ledger.break_gate("court", desk.clock.at + timedelta(seconds=60), "still none")
    desk.clock.advance(60)
    ledger.sweep(60, 100)
    ledger.settle(end(claim(ledger, rung(ledger)[-1]), ACK))
    up = ledger.endpoint("court")
    assert up is not None
    assert (up.gate, up.failures) == (Gate.UP, 0)
    assert len(rung(ledger)) == 2


def test_what_was_put_off_untried_is_no_answer_of_its_endpoint(desk: Desk, ledger: Ledger) -> None:
    ids = [desk.record(ledger, f"m{n}", "court", urn=OrderKey("PTIURN", str(n)))[0] for n in range(2)]
    away, put_off = ledger.claim_many(ids, 60)
    ledger.settle_many(
        [
            end(away, RETRY, due_at=desk.clock.at, away=True),
            end(put_off, RETRY, due_at=desk.clock.at, tried=False),
        ]
    )
    ledger.break_gate("court", desk.clock.at, "no connection")
    ledger.sweep(60, 100)
    (probe,) = ledger.claim_many(ids, 60)
    ledger.settle(end(probe, RETRY, due_at=desk.clock.at, tried=False))
    court = ledger.endpoint("court")
    assert court is not None
    assert (court.gate, court.failures) == (Gate.BROKEN, 1)


def test_the_configuration_does_not_open_a_held_gate(ledger: Ledger) -> None:
    ledger.hold("court", "ops", "maintenance")
    ledger.upsert_endpoints([EndpointConfig(code="court", party="court", in_flight=3)])
    (court, _) = ledger.endpoints()
    assert (court.gate, court.in_flight, court.reason) == (Gate.HELD, 3, "maintenance")
    assert not ledger.break_gate("court", court.changed_at, "no connection")


# --- the sweeper


def test_a_lapsed_lease_is_due_again(desk: Desk, ledger: Ledger) -> None:
    (id,) = desk.record(ledger, "m1", "court")
    claim(ledger, id)
    rung(ledger)
    desk.clock.advance(59)
    assert ledger.sweep(60, 100).lapsed == 0
    desk.clock.advance(1)
    assert ledger.sweep(60, 100).lapsed == 1
    assert rung(ledger) == [id]
    assert ledger.timeline("m1")[-1].action == "lapse"


def test_a_deadline_ends_what_waits_and_the_next_of_the_case_goes(desk: Desk, ledger: Ledger) -> None:
    deadline = desk.clock.at + timedelta(seconds=100)
    (first,) = desk.record(ledger, "m1", "court", deadline=deadline)
    (second,) = desk.record(ledger, "m2", "court")
    desk.clock.advance(100)
    assert ledger.claim_delivery(first, 60) is None
    assert ledger.sweep(60, 100).expired == 1
    assert status(ledger, first, second) == ["EXPIRED", "DUE"]


def test_lost_slips_are_rung_again_but_not_at_every_sweep(desk: Desk, ledger: Ledger) -> None:
    (delivery,) = desk.record(ledger, "m1", "court")
    ledger.admit(admission("2", new_message("m2", OrderKey("PTIURN", "2"))))
    ledger.admit(admission("3", verdict=Verdict.PENDING))
    rung(ledger)
    rung(ledger, Lane.INTAKE)
    assert ledger.sweep(60, 100).messages == 0
    desk.clock.advance(60)
    swept = ledger.sweep(60, 100)
    assert (swept.messages, swept.deliveries, swept.submissions) == (1, 1, 1)
    again = ledger.sweep(60, 100)
    assert (again.messages, again.deliveries, again.submissions) == (0, 0, 0)
    assert rung(ledger) == [delivery]
    assert sorted(rung(ledger, Lane.INTAKE)) == ["m2", "s-3"]


def test_what_is_not_delivered_is_counted_per_endpoint(desk: Desk, ledger: Ledger) -> None:
    start = desk.clock.at
    first, _ = desk.record(ledger, "m1", "court", "cps")
    desk.clock.advance(60)
    desk.record(ledger, "m2", "court")
    ledger.settle(end(claim(ledger, first), EXHAUST))
    court, cps = ledger.undelivered()
    assert (court.endpoint, court.count, court.oldest_at) == ("court", 2, start)
    assert (cps.endpoint, cps.count) == ("cps", 1)
    assert ledger.counts().deliveries[DeliveryStatus.DEAD] == 1


@pytest.mark.parametrize("desk", ["sqlite"], indirect=True)
def test_a_process_that_has_the_database_alone_takes_everything_up_again_at_once(desk: Desk, ledger: Ledger) -> None:
    (sending,) = desk.record(ledger, "m1", "court")
    (waiting,) = desk.record(ledger, "m2", "cps")
    claim(ledger, sending)
    ledger.admit(admission("3", verdict=Verdict.PENDING))
    rung(ledger)
    rung(ledger, Lane.INTAKE)
    recovered = ledger.recover()
    assert (recovered.lapsed, recovered.submissions) == (1, 1)
    assert set(rung(ledger)) == {sending, waiting}
    assert claim(ledger, sending).attempt == 2
    assert len(rung(ledger, Lane.INTAKE)) == 1


@pytest.mark.parametrize("desk", ["postgres"], indirect=True)
def test_a_process_that_shares_the_database_takes_nothing_from_the_others_at_its_start(
    desk: Desk, ledger: Ledger
) -> None:
    (sending,) = desk.record(ledger, "m1", "court")
    held = claim(ledger, sending)
    assert [one.slip.id for one in ledger.claim_slips(Lane.SEND, 10, 60)] == [sending]
    other = desk.open()
    assert other.recover() == Swept()
    assert rung(other) == []
    assert ledger.settle(end(held, ACK))
    other.close()
