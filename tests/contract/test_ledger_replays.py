"""Replays of many and dead letters: what is wanted, each once, in order, taken back; counted and listed by cursor."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import event

from hub.ledger import Ledger
from hub.ledger.account import Letters
from hub.ledger.admission import OrderKey
from hub.ledger.attempt import DeliveryRow
from hub.ledger.decision import NewDelivery
from hub.ledger.engine import SqlLedger
from hub.ledger.replay import Candidates, ReplayRun, State, Target, Wanted
from hub.message.errors import Misconfigured
from hub.message.lifecycle import DeliveryEvent, DeliveryStatus
from tests.doubles.traffic import Desk, end

ACK, EXHAUST, REJECT = DeliveryEvent.ACKNOWLEDGE, DeliveryEvent.EXHAUST, DeliveryEvent.REJECT
STOPPED = (DeliveryStatus.DEAD, DeliveryStatus.INVALID)
SECOND_CASE = OrderKey("PTIURN", "02BB0000226")


def finish(ledger: Ledger, id: str, event: DeliveryEvent = ACK, **more: object) -> None:
    claimed = ledger.claim_delivery(id, 60)
    assert claimed is not None
    assert ledger.settle(end(claimed, event, **more))


def row(ledger: Ledger, id: str) -> DeliveryRow:
    found = ledger.delivery(id)
    assert found is not None
    return found


def wanted_ids(ledger: Ledger, **more: object) -> list[str]:
    found = ledger.to_replay(Wanted(**more), 0, ledger.last_ticket(), 100)  # type: ignore[arg-type]
    return [one.message.id for one in found.waiting]


def targets(found: Candidates, endpoint: str = "court") -> list[Target]:
    return [
        Target(
            message_id=one.message.id,
            case_id=one.message.case_id,
            new=NewDelivery(party=endpoint, endpoint=endpoint, dialect="spi"),
            replays=next((made.id for made in one.deliveries if made.endpoint == endpoint), None),
        )
        for one in found.waiting
    ]


def replayed(ledger: Ledger, message_id: str) -> list[DeliveryRow]:
    return [one for one in ledger.deliveries_of(message_id) if one.run is not None]


@pytest.fixture
def three(desk: Desk, ledger: Ledger) -> list[str]:
    """Three messages of one case, accepted an hour apart and acknowledged by the court."""
    ids = []
    for id in ("m1", "m2", "m3"):
        ids += desk.record(ledger, id, "court")
        finish(ledger, ids[-1])
        desk.clock.advance(3600)
    return ids


def whole_run(ledger: Ledger, page: int = 100, request: str = "r") -> ReplayRun:
    run, _ = ledger.start_replay(request, "operator:test", "they lost them")
    while run.state is State.OPEN:
        found = ledger.to_replay(Wanted(endpoint="court"), run.cursor, run.last, page)
        moved = ledger.replay_page(run, targets(found), found.reached)
        assert moved is not None
        run = moved
    return run


# --- what is wanted


def test_messages_are_found_by_each_filter_and_by_several_together(desk: Desk, ledger: Ledger) -> None:
    (first,) = desk.record(ledger, "m1", "court")
    start = ledger.message("m1")
    assert start is not None
    desk.record(ledger, "m2", "cps", urn=SECOND_CASE)
    finish(ledger, first, EXHAUST, reason="attempts used")
    assert wanted_ids(ledger) == ["m1", "m2"]
    assert wanted_ids(ledger, message="m2") == ["m2"]
    assert wanted_ids(ledger, cases=(SECOND_CASE.value,)) == ["m2"]
    assert wanted_ids(ledger, sender="42", type="CaseFileSubmission") == ["m1", "m2"]
    assert wanted_ids(ledger, sender="43") == []
    assert wanted_ids(ledger, endpoint="cps") == ["m2"]
    assert wanted_ids(ledger, status=DeliveryStatus.DEAD) == ["m1"]
    assert wanted_ids(ledger, endpoint="cps", status=DeliveryStatus.DEAD) == []
    assert wanted_ids(ledger, until=start.accepted_at) == []
    assert wanted_ids(ledger, since=start.accepted_at, cases=(SECOND_CASE.value,)) == ["m2"]


def test_a_page_ends_where_the_limit_says_and_goes_on_from_there(ledger: Ledger, three: list[str]) -> None:
    last = ledger.last_ticket()
    first = ledger.to_replay(Wanted(), 0, last, 2)
    rest = ledger.to_replay(Wanted(), first.reached, last, 2)
    assert [one.message.id for one in (*first.waiting, *rest.waiting)] == ["m1", "m2", "m3"]
    assert (rest.reached, [made.id for made in rest.waiting[0].deliveries]) == (last, three[2:])
    assert rest.waiting[0].canonical == b"<m>m3</m>"


# --- a run


def test_a_run_makes_each_delivery_once_and_each_names_what_it_replays(ledger: Ledger, three: list[str]) -> None:
    run = whole_run(ledger, page=2)
    made = [one for id in ("m1", "m2", "m3") for one in replayed(ledger, id)]
    assert (run.state, run.made) == (State.DONE, 3)
    assert [one.replays for one in made] == three
    assert {one.run for one in made} == {run.id}
    assert not {one.id for one in made} & set(three)


def test_replays_of_a_case_go_in_order_of_acceptance_behind_what_is_there(
    desk: Desk, ledger: Ledger, three: list[str]
) -> None:
    (live,) = desk.record(ledger, "m4", "court")
    last = ledger.last_ticket()
    run, _ = ledger.start_replay("r", "operator:test", "x")
    found = ledger.to_replay(Wanted(endpoint="court"), 0, last, 3)
    ledger.replay_page(run, targets(found), found.reached)
    order = [live]
    while claimed := ledger.claim_due(10, 60):
        assert [one.delivery_id for one in claimed] == order[-1:]
        ledger.settle(end(claimed[0], ACK))
        order += [one.id for id in ("m1", "m2", "m3") for one in replayed(ledger, id) if one.status.value == "DUE"]
    assert [row(ledger, id).message_id for id in order] == ["m4", "m1", "m2", "m3"]


def test_a_page_is_written_once_whoever_comes_second(ledger: Ledger, three: list[str]) -> None:
    run, before = ledger.start_replay("r", "operator:test", "x")
    found = ledger.to_replay(Wanted(), 0, run.last, 2)
    first, second = (ledger.replay_page(run, targets(found), found.reached) for _ in range(2))
    assert not before
    assert first is not None
    assert (first.cursor, first.made, second) == (found.reached, 2, None)
    assert [len(replayed(ledger, id)) for id in ("m1", "m2", "m3")] == [1, 1, 0]


def test_a_request_that_was_stopped_half_way_is_the_same_run(ledger: Ledger, three: list[str]) -> None:
    run, _ = ledger.start_replay("r", "operator:test", "x")
    found = ledger.to_replay(Wanted(), 0, run.last, 1)
    moved = ledger.replay_page(run, targets(found), found.reached)
    again, before = ledger.start_replay("r", "operator:other", "y")
    other, fresh = ledger.start_replay("another", "operator:other", "y")
    assert (again, before) == (moved, True)
    assert (other.id != run.id, fresh) == (True, False)
    assert whole_run(ledger).id == run.id
    assert ledger.start_replay("r", "operator:test", "once more")[1] is False


def test_what_is_accepted_after_a_run_began_is_not_in_it(desk: Desk, ledger: Ledger, three: list[str]) -> None:
    run, _ = ledger.start_replay("r", "operator:test", "x")
    (late,) = desk.record(ledger, "m4", "court")
    finish(ledger, late)
    assert whole_run(ledger).id == run.id
    assert replayed(ledger, "m4") == []


def test_what_has_come_to_be_on_its_way_meanwhile_is_left_out(ledger: Ledger, three: list[str]) -> None:
    run, _ = ledger.start_replay("r", "operator:test", "x")
    found = ledger.to_replay(Wanted(), 0, run.last, 10)
    ledger.replay(three[0], "operator:other", "by hand")
    moved = ledger.replay_page(run, targets(found), found.reached)
    assert moved is not None
    assert moved.made == 2
    assert replayed(ledger, "m1") == []


def test_a_recipient_that_never_had_it_gets_a_delivery_that_replays_none(ledger: Ledger, three: list[str]) -> None:
    run, _ = ledger.start_replay("r", "operator:test", "new to them")
    found = ledger.to_replay(Wanted(message="m1"), 0, run.last, 10)
    ledger.replay_page(run, targets(found, "cps"), found.reached)
    (made,) = replayed(ledger, "m1")
    assert (made.endpoint, made.replays, made.status.value) == ("cps", None, "DUE")
    note = [line for line in ledger.audit_of("message", "m1") if line.action == "replayed"][-1]
    assert (note.actor, note.detail) == (
        "operator:test",
        {"reason": "new to them", "as": made.id, "to": "cps", "run": run.id},
    )


def test_the_audit_says_who_replayed_what_why_and_in_which_run(ledger: Ledger, three: list[str]) -> None:
    run = whole_run(ledger)
    line = ledger.audit_of("delivery", three[0])[-1]
    assert (line.action, line.actor, line.detail["reason"]) == ("replayed", "operator:test", "they lost them")
    assert (line.detail["as"], line.detail["run"]) == (replayed(ledger, "m1")[0].id, run.id)
    assert [one.action for one in ledger.audit_of("replay", run.id)] == ["started", "done"]
    ledger.seal_once(1000)
    assert ledger.verify_audit().sound


# --- taken back


def test_undoing_gives_up_what_was_not_attempted_and_leaves_the_rest(ledger: Ledger, three: list[str]) -> None:
    run = whole_run(ledger)
    first, second, third = (replayed(ledger, id)[0].id for id in ("m1", "m2", "m3"))
    finish(ledger, first, DeliveryEvent.RETRY, due_at=row(ledger, first).due_at + timedelta(hours=1), reason="503")
    assert ledger.replayed(run.id).unsent == 2
    assert [ledger.undo_replay(run.id, "operator:test", "the wrong day", 1) for _ in range(3)] == [1, 1, 0]
    assert [row(ledger, id).status.value for id in (first, second, third)] == ["DUE", "DISCARDED", "DISCARDED"]
    assert row(ledger, second).reason == "the wrong day"
    found = ledger.replayed(run.id)
    assert (found.unsent, found.others) == (0, {DeliveryStatus.DUE: 1, DeliveryStatus.DISCARDED: 2})
    assert [one.action for one in ledger.audit_of("replay", run.id)][-1] == "undone"


def test_a_run_that_was_undone_makes_no_more(ledger: Ledger, three: list[str]) -> None:
    run, _ = ledger.start_replay("r", "operator:test", "x")
    found = ledger.to_replay(Wanted(), 0, run.last, 10)
    ledger.undo_replay(run.id, "operator:test", "stop", 100)
    assert ledger.replay_page(run, targets(found), found.reached) is None
    held = ledger.replay_run(run.id)
    assert held is not None
    assert held.state is State.UNDONE
    assert [one.id for one in ledger.replay_runs(10)] == [run.id]
    assert replayed(ledger, "m1") == []


# --- dead letters


@pytest.fixture
def letters(desk: Desk, ledger: Ledger) -> list[str]:
    """Five dead letters: three to the court for two reasons, two to the CPS, one of these invalid; a second apart."""
    ids = []
    for number, (code, how, reason) in enumerate(
        [
            ("court", EXHAUST, "Connection refused"),
            ("court", EXHAUST, "503 from 100% of attempts"),
            ("court", EXHAUST, "Connection refused"),
            ("cps", EXHAUST, "Connection refused"),
            ("cps", REJECT, "no such case"),
        ]
    ):
        ids += desk.record(ledger, f"d{number}", code, urn=OrderKey("PTIURN", str(number)))
        finish(ledger, ids[-1], how, reason=reason)
        desk.clock.advance(1)
    return ids


def test_dead_letters_are_counted_by_endpoint_status_and_reason(ledger: Ledger, letters: list[str]) -> None:
    counted = ledger.count_letters(Letters(statuses=STOPPED))
    assert [(one.endpoint, one.status.value, one.reason, one.count) for one in counted] == [
        ("court", "DEAD", "Connection refused", 2),
        ("court", "DEAD", "503 from 100% of attempts", 1),
        ("cps", "DEAD", "Connection refused", 1),
        ("cps", "INVALID", "no such case", 1),
    ]
    assert counted[0].newest_at - counted[0].oldest_at == timedelta(seconds=2)


def test_dead_letters_are_narrowed_by_endpoint_party_age_and_reason(ledger: Ledger, letters: list[str]) -> None:
    def ids(**more: object) -> list[str]:
        return [one.id for one in ledger.letters(Letters(statuses=STOPPED, **more), None, 10).rows]  # type: ignore[arg-type]

    assert ids() == letters
    assert ids(endpoint="cps") == letters[3:]
    assert ids(party="court") == letters[:3]
    assert ids(reason_like="connection REF") == [letters[0], letters[2], letters[3]]
    assert ids(reason_like="100%") == [letters[1]]
    assert ids(reason_like="_") == []
    assert ids(since=row(ledger, letters[3]).created_at) == letters[3:]


def test_pages_of_dead_letters_follow_each_other_without_gap_or_repetition(ledger: Ledger, letters: list[str]) -> None:
    found, after = [], None
    for _ in range(3):
        page = ledger.letters(Letters(statuses=STOPPED), after, 2)
        found += [one.id for one in page.rows]
        after = page.next
    assert (found, after) == (letters, None)
    with pytest.raises(Misconfigured):
        ledger.letters(Letters(statuses=STOPPED), "nonsense", 2)


def test_many_are_revived_and_discarded_as_far_as_their_statuses_allow(ledger: Ledger, letters: list[str]) -> None:
    assert ledger.revive_many([*letters[:2], "unknown"], "operator:test", "their server is back") == 2
    assert ledger.revive_many(letters[:3], "operator:test", "again") == 1
    assert ledger.discard_many(letters[3:], "operator:test", "not wanted") == 2
    assert [row(ledger, id).status.value for id in letters] == ["DUE", "DUE", "DUE", "DISCARDED", "DISCARDED"]
    assert ledger.audit_of("delivery", letters[4])[-1].detail["reason"] == "not wanted"


@pytest.mark.parametrize("desk", ["sqlite"], indirect=True)
def test_dead_letters_are_counted_and_listed_by_index(ledger: Ledger, letters: list[str]) -> None:
    assert isinstance(ledger, SqlLedger)
    said: list[tuple[str, object]] = []

    def note(_c: object, _cursor: object, statement: str, parameters: object, *_more: object) -> None:
        said.append((statement, parameters))

    event.listen(ledger.reading, "before_cursor_execute", note)
    ledger.count_letters(Letters(statuses=STOPPED, party="court", reason_like="refused"))
    after = ledger.letters(Letters(statuses=STOPPED, party="court"), None, 1).next
    ledger.letters(Letters(statuses=STOPPED, party="court"), after, 1)
    event.remove(ledger.reading, "before_cursor_execute", note)
    with ledger.reading.connect() as connection:
        plans = [
            plan[3]
            for statement, parameters in said
            for plan in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[arg-type]
            if "deliveries" in plan[3]
        ]
    assert len(plans) >= 3
    assert not [plan for plan in plans if not re.match(r"SEARCH deliveries USING INDEX ix_deliveries_endpoint", plan)]
