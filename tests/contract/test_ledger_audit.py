"""The audit and the feed: sealed in order, without gaps, and proof against alteration."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from hub.ledger import Ledger
from hub.ledger.account import ChainHead, NewAudit
from hub.ledger.decision import Decision, NewEvent
from hub.message.lifecycle import MessageEvent
from tests.doubles.traffic import Desk, admission, new_message

GUARDS = ("audit_keeps_rows", "audit_keeps_sealed", "seals_stay", "seals_keep")


@contextmanager
def intruder(desk: Desk, *, guards: bool = False) -> Iterator[Connection]:
    """Somebody who writes to the database behind the hub's back; without `guards` he has removed its triggers."""
    with desk.behind() as connection:
        on_table = connection.dialect.name == "postgresql"
        for name in () if guards else GUARDS:
            of = f" ON {name.partition('_')[0]}" if on_table else ""
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}{of}")
        yield connection


def act(ledger: Ledger, *actions: str) -> None:
    for action in actions:
        ledger.note([NewAudit(actor="ops", action=action, subject_kind="test", subject_id="1", detail={"n": action})])


@pytest.fixture
def sealed(ledger: Ledger) -> Ledger:
    """A ledger with three sealed batches: rows 1-3, 4-5, 6."""
    for batch in (("a", "b", "c"), ("d", "e"), ("f",)):
        act(ledger, *batch)
        ledger.seal_once(100)
    return ledger


def test_an_untouched_audit_is_sound(sealed: Ledger) -> None:
    verdict = sealed.verify_audit()
    assert (verdict.sound, verdict.rows, verdict.head.number) == (True, 6, 6)
    assert [row.number for row in sealed.audit_of("test", "1")] == [1, 2, 3, 4, 5, 6]


def test_rows_are_numbered_in_batches_in_the_order_of_their_commits(ledger: Ledger) -> None:
    act(ledger, *"abcde")
    assert [row.number for row in ledger.audit_of("test", "1")] == [None] * 5
    assert [ledger.seal_once(2) for _ in range(4)] == [2, 2, 1, 0]
    assert [(row.number, row.action) for row in ledger.audit_of("test", "1")] == list(enumerate("abcde", 1))
    assert ledger.verify_audit().sound


@pytest.mark.parametrize(
    ("crime", "found"),
    [
        ("UPDATE audit SET detail = '{}' WHERE number = 4", "row 4 was altered"),
        ("UPDATE audit SET actor = 'nobody' WHERE number = 1", "row 1 was altered"),
        ("UPDATE audit SET at = at + 1 WHERE number = 6", "row 6 was altered"),
        ("UPDATE audit SET row_hash = 'x' WHERE number = 2", "row 2 was altered"),
        ("DELETE FROM audit WHERE number = 2", "2 rows stand where batch 1 has 3"),
        ("DELETE FROM audit WHERE number = 6", "0 rows stand where batch 3 has 1"),
        ("DELETE FROM seals WHERE batch = 2", "batch 2 is missing before batch 3"),
        ("UPDATE seals SET hash = 'x' WHERE batch = 1", "batch 1 (rows 1 to 3) is not as it was sealed"),
        (
            "INSERT INTO audit (number, at, actor, action, subject_kind, subject_id, detail, row_hash)"
            " SELECT 7, at, actor, action, subject_kind, subject_id, detail, row_hash FROM audit WHERE number = 6",
            "1 rows after number 6 are numbered but not sealed",
        ),
    ],
)
def test_whatever_is_altered_removed_or_inserted_is_found(desk: Desk, sealed: Ledger, crime: str, found: str) -> None:
    with intruder(desk) as connection:
        connection.exec_driver_sql(crime)
    verdict = sealed.verify_audit()
    assert not verdict.sound
    assert found in verdict.breaks


def test_a_chain_cut_at_its_end_no_longer_holds_an_anchor_kept_elsewhere(desk: Desk, sealed: Ledger) -> None:
    anchor = sealed.verify_audit().head
    act(sealed, "later")
    sealed.seal_once(100)
    assert sealed.verify_audit(anchor).sound
    with intruder(desk) as connection:
        connection.exec_driver_sql("DELETE FROM audit WHERE number >= 6")
        connection.exec_driver_sql("DELETE FROM seals WHERE batch >= 3")
    assert sealed.verify_audit().sound
    assert sealed.verify_audit(anchor).breaks == ("the chain does not hold the anchor at number 6",)
    assert not sealed.verify_audit(ChainHead(number=5, hash="invented")).sound


@pytest.mark.parametrize(
    "crime",
    [
        "UPDATE audit SET actor = 'nobody' WHERE number = 1",
        "DELETE FROM audit WHERE number = 1",
        "DELETE FROM seals",
        "UPDATE seals SET hash = 'x'",
    ],
)
def test_the_database_itself_refuses_to_change_what_was_sealed(desk: Desk, sealed: Ledger, crime: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"), intruder(desk, guards=True) as connection:
        connection.exec_driver_sql(crime)
    assert sealed.verify_audit().sound


def test_only_one_ledger_seals_until_its_lease_is_over(desk: Desk, ledger: Ledger) -> None:
    other = desk.open()
    act(ledger, "a")
    assert ledger.seal_once(10) == 1
    act(ledger, "b")
    assert other.seal_once(10) == 0
    desk.clock.advance(11)
    assert other.seal_once(10) == 1
    act(ledger, "c")
    assert ledger.seal_once(10) == 0
    assert ledger.verify_audit().sound
    other.close()


def test_the_feed_shows_sealed_events_in_order_without_gaps_to_those_entitled(ledger: Ledger) -> None:
    for n, audience in enumerate((("cps", "court"), ("court",), ("cps", "cps"))):
        ledger.admit(admission(str(n), new_message(f"m{n}")))
        event = NewEvent(type="HearingListed", audience=audience, body=json.dumps({"n": n}))
        made = Decision(event=MessageEvent.STRAND, case_id=f"case-{n}", events=(event,))
        ledger.intake([f"m{n}"], lambda kept, known, made=made: made)
    assert (ledger.feed_after(0, None, 10), ledger.feed_head()) == ((), 0)
    while ledger.seal_once(2):
        pass
    everything = ledger.feed_after(0, None, 10)
    assert [(event.position, event.message_id, event.case_id) for event in everything] == [
        (1, "m0", "case-0"),
        (2, "m1", "case-1"),
        (3, "m2", "case-2"),
    ]
    assert [event.position for event in ledger.feed_after(0, "cps", 10)] == [1, 3]
    assert [event.position for event in ledger.feed_after(1, "court", 10)] == [2]
    assert [event.position for event in ledger.feed_after(0, "court", 1)] == [1]
    assert everything[2].audience == ("cps",)
    assert ledger.feed_after(0, "prison", 10) == ()
    assert ledger.feed_head() == 3


def test_the_timeline_of_a_message_holds_its_submission_and_its_deliveries(desk: Desk, ledger: Ledger) -> None:
    desk.record(ledger, "m1", "court")
    desk.record(ledger, "m2", "court")
    kinds = [(row.subject_kind, row.action) for row in ledger.timeline("m1")]
    assert kinds == [("message", "accepted"), ("message", "recorded"), ("delivery", "queued")]
    assert {row.message_id for row in ledger.audit_of("case", "01AA0000126")} == {"m1", "m2"}
    assert [row.action for row in ledger.audit_of("submission", "s-m1")] == ["accepted", "recorded"]
