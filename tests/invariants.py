"""What must hold whatever went wrong: nothing that was accepted is lost; a recipient sees a delivery under one id with
the same bytes; the messages of a case come to it in order; the record is sound and every status moved by the table.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from hub.ledger import Ledger
from hub.ledger.attempt import DeliveryRow
from hub.message.lifecycle import DeliveryEvent, DeliveryStatus, progress
from tests.doubles.peer import Peer

EVENTS = {
    "retry": DeliveryEvent.RETRY,
    "lapse": DeliveryEvent.LAPSE,
    "acknowledged": DeliveryEvent.ACKNOWLEDGE,
    "invalid": DeliveryEvent.REJECT,
    "dead": DeliveryEvent.EXHAUST,
    "expired": DeliveryEvent.EXPIRE,
    "discarded": DeliveryEvent.DISCARD,
    "revive": DeliveryEvent.REVIVE,
}
ENDS_AN_ATTEMPT = {"retry", "lapse", "acknowledged", "invalid", "dead"}


def messages_of(ledger: Ledger, submissions: Iterable[str]) -> list[str]:
    """The messages of these submissions, each of which has one."""
    found = [ledger.messages_of(id, 0, 2) for id in submissions]
    assert all(len(one) == 1 for one in found), "what was accepted is not there"
    return [id for [(_, id)] in found]


def assert_nothing_is_lost(ledger: Ledger, submissions: Iterable[str], peers: dict[str, Peer]) -> None:
    """Each message that was accepted was delivered to each recipient, which has seen it."""
    ids = messages_of(ledger, submissions)
    for id in ids:
        rows = {row.endpoint: row.status for row in ledger.deliveries_of(id)}
        assert rows == dict.fromkeys(peers, DeliveryStatus.ACKNOWLEDGED), id
    for code, peer in peers.items():
        assert set(ids) == {one.message for one in peer.came}, code


def assert_one_id_and_the_same_bytes(*peers: Peer) -> None:
    """However often a message came, it came under one id, and what came under an id was always the same."""
    for peer in peers:
        ids, bodies = defaultdict(set), defaultdict(set)
        for one in peer.came:
            ids[one.message].add(one.id)
            bodies[one.id].add(one.body)
        assert all(len(found) == 1 for found in (*ids.values(), *bodies.values()))


def assert_in_order(ledger: Ledger, *peers: Peer) -> None:
    """By case, each recipient saw the messages for the first time in the order in which they were accepted."""
    for peer in peers:
        seen = dict.fromkeys(one.message for one in peer.came)
        by_case: dict[str | None, list[int]] = defaultdict(list)
        for id in seen:
            row = ledger.message(id)
            assert row is not None
            by_case[row.case_id].append(row.seq)
        assert all(seqs == sorted(seqs) for seqs in by_case.values())


def assert_the_record_is_sound(ledger: Ledger, submissions: Iterable[str]) -> None:
    """The chain of the audit holds, and by the audit every delivery moved along the table to where it stands."""
    while ledger.seal_once(5000):
        pass
    verdict = ledger.verify_audit()
    assert verdict.sound, verdict.breaks
    assert_each_status_moved_by_the_table(ledger, messages_of(ledger, submissions))


def assert_each_status_moved_by_the_table(ledger: Ledger, messages: Iterable[str]) -> None:
    """By the audit every delivery of these messages moved along the table to where it stands."""
    for id in messages:
        for row in ledger.deliveries_of(id):
            assert _as_told(ledger, row) is row.status


def _as_told(ledger: Ledger, row: DeliveryRow) -> DeliveryStatus:
    """Where the audit says that a delivery has come to. That it was reached and claimed is not told."""
    actions = [one.action for one in ledger.audit_of("delivery", row.id)]
    assert actions[0] == "queued"
    status = DeliveryStatus.DUE
    for action in actions[1:]:
        if action in ENDS_AN_ATTEMPT:
            status = progress(status, DeliveryEvent.CLAIM)
        if action in EVENTS:
            status = progress(status, EVENTS[action])
    return row.status if status is DeliveryStatus.DUE and row.settled_at is None else status


def assert_all(ledger: Ledger, submissions: Iterable[str], peers: dict[str, Peer]) -> None:
    """Everything above."""
    given = list(submissions)
    assert_nothing_is_lost(ledger, given, peers)
    assert_one_id_and_the_same_bytes(*peers.values())
    assert_in_order(ledger, *peers.values())
    assert_the_record_is_sound(ledger, given)
