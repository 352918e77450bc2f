"""Several processes over one PostgreSQL: claims never overlap, a key has one first, order and numbers stay whole."""

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Barrier, Event
from time import monotonic
from typing import TypeVar

import pytest
from sqlalchemy import event

from hub.assemble import new_id
from hub.broker.embedded import EmbeddedBroker
from hub.ledger import Ledger
from hub.ledger.account import NewAudit
from hub.ledger.admission import Conflict, Fresh, Kept, OrderKey, Repeated
from hub.ledger.attempt import Gate, KeptOutbound
from hub.ledger.decision import Decision, Known, NewDelivery
from hub.ledger.engine import SqlLedger, open_ledger
from hub.ledger.incident import Condition
from hub.ledger.register import KeyLink
from hub.message.errors import Unavailable
from hub.message.lifecycle import DeliveryEvent, DeliveryStatus, MessageEvent, MessageStatus
from hub.message.slip import Lane
from tests.doubles.traffic import URN, Desk, admission, end, new_message, opens
from tests.hubs import wait_until

Made = TypeVar("Made")
ACK = DeliveryEvent.ACKNOWLEDGE
ASN, NOMS = OrderKey("ASN", "2101AB0100000012345R"), OrderKey("NOMS", "A1234AA")


@pytest.fixture(params=["postgres"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    with request.getfixturevalue("postgres").database() as url:
        yield Desk(url)


@pytest.fixture
def ledgers(desk: Desk) -> Iterator[list[Ledger]]:
    """Four ledgers over one database, as four processes have them."""
    with ExitStack() as stack:
        made = [desk.open("court", "cps") for _ in range(4)]
        for ledger in made:
            stack.callback(ledger.close)
        yield made


def together(*works: Callable[[], Made]) -> list[Made]:
    """Run these at the same moment; what each gave."""
    start = Barrier(len(works))

    def run(work: Callable[[], Made]) -> Made:
        start.wait(30)
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def in_case(case_id: str, *endpoints: str) -> Callable[[Kept, Known], Decision]:
    """Records everything in one case, with a delivery to each endpoint."""

    def decide(kept: Kept, known: Known) -> Decision:
        held = known.case.case if known.case else None
        change = opens(case_id, datetime(2026, 3, 2, tzinfo=UTC), KeyLink(kind=URN.kind, value=URN.value))
        if held is not None:
            change = replace(change, case=replace(held, version=held.version + 1))
        to = tuple(NewDelivery(party=code, endpoint=code, dialect="spi") for code in endpoints)
        return Decision(event=MessageEvent.RECORD, case_id=case_id, change=change, deliveries=to)

    return decide


@dataclass(eq=False)
class LateCommit:
    """A commit that has been reached, and is made when told to go."""

    reached: Event = field(default_factory=Event)
    go: Event = field(default_factory=Event)

    def __call__(self, _connection: object) -> None:
        self.reached.set()
        self.go.wait(30)


@contextmanager
def late_commit(ledger: Ledger) -> Iterator[LateCommit]:
    """What this ledger writes is committed when told to."""
    assert isinstance(ledger, SqlLedger)
    held = LateCommit()
    event.listen(ledger.writing, "commit", held)
    try:
        yield held
    finally:
        held.go.set()
        event.remove(ledger.writing, "commit", held)


def waits_for_a_lock(desk: Desk) -> bool:
    """Whether some transaction on this database waits for another."""
    with desk.behind() as connection:
        wanted = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        return bool(connection.exec_driver_sql(wanted).scalar())


# --- the door


def test_fifty_at_once_with_one_key_through_four_processes_give_one_fresh_and_one_receipt(
    ledgers: list[Ledger],
) -> None:
    copies = [
        replace(admission("1", new_message(f"m{n}", URN), raw=b"same"), submission_id=f"s{n}", receipt=b"%d" % n)
        for n in range(50)
    ]
    answers = together(*(lambda n=n: ledgers[n % 4].admit(copies[n]) for n in range(50)))  # type: ignore[misc]
    assert sum(isinstance(answer, Fresh) for answer in answers) == 1
    assert sum(isinstance(answer, Repeated) for answer in answers) == 49
    assert len({answer.receipt for answer in answers if not isinstance(answer, Conflict)}) == 1
    assert sum(ledgers[0].counts().messages.values()) == 1
    assert len(ledgers[1].claim_slips(Lane.INTAKE, 100, 60)) == 1


def test_keys_and_contents_that_cross_each_other_in_four_processes_are_all_kept(ledgers: list[Ledger]) -> None:
    keys = [f"k{n}" for n in range(24)]

    def send(number: int) -> list[object]:
        order = keys if number % 2 else keys[::-1]
        made = [
            admission(
                f"{number}-{key}", new_message(f"m{number}-{key}", OrderKey("ASN", key)), key=key, raw=key.encode()
            )
            for key in order
        ]
        with ThreadPoolExecutor(len(made)) as pool:
            return list(pool.map(ledgers[number].admit, made))

    answers = together(*(lambda n=n: send(n) for n in range(4)))  # type: ignore[misc]
    kinds = [type(answer) for each in answers for answer in each]
    assert (kinds.count(Fresh), kinds.count(Repeated)) == (24, 72)


def test_what_is_accepted_later_of_a_case_waits_for_what_is_being_accepted_and_nothing_else_does(
    desk: Desk, ledgers: list[Ledger]
) -> None:
    with late_commit(ledgers[0]) as commit, ThreadPoolExecutor(3) as pool:
        slow = pool.submit(ledgers[0].admit, admission("1", new_message("m1", URN)))
        commit.reached.wait(30)
        quick = pool.submit(ledgers[1].admit, admission("2", new_message("m2", URN, ASN)))
        wait_until(lambda: waits_for_a_lock(desk))
        other = pool.submit(ledgers[2].admit, admission("3", new_message("m3", NOMS)))
        assert isinstance(other.result(30), Fresh)
        assert ledgers[2].message("m2") is None, "nobody sees the second before the first"
        commit.go.set()
        assert isinstance(slow.result(30), Fresh)
        assert isinstance(quick.result(30), Fresh)
    tickets = {row.id: row.seq for row in ledgers[2].recent(10)}
    assert tickets["m1"] < tickets["m2"]


# --- claims


def test_slips_are_never_claimed_twice_by_four_processes(ledgers: list[Ledger]) -> None:
    for n in range(120):
        ledgers[0].admit(admission(str(n), new_message(f"m{n}")))

    def work(ledger: Ledger) -> list[str]:
        got: list[str] = []
        while claimed := ledger.claim_slips(Lane.INTAKE, 7, 60):
            got += [one.slip.id for one in claimed]
            ledger.finish_slips([one.number for one in claimed])
        return got

    got = [id for each in together(*(lambda one=one: work(one) for one in ledgers)) for id in each]  # type: ignore[misc]
    assert len(got) == len(set(got)) == 120
    assert ledgers[0].counts().slips == {}


def test_four_processes_have_no_more_deliveries_under_way_than_an_endpoint_takes(desk: Desk) -> None:
    with ExitStack() as stack:
        made = [desk.open("court", in_flight=5) for _ in range(4)]
        for ledger in made:
            stack.callback(ledger.close)
        ids = [desk.record(made[0], f"m{n}", "court", urn=OrderKey("PTIURN", str(n)))[0] for n in range(40)]
        delivered: list[str] = []
        while len(delivered) < 40:
            claims = together(*(lambda n=n: made[n].claim_many(ids[n::4], 60) for n in range(4)))  # type: ignore[misc]
            taken = [one for each in claims for one in each]
            assert 0 < len(taken) <= 5
            for ledger, each in zip(made, claims, strict=True):
                assert all(ledger.settle_many([end(one, ACK) for one in each]))
            delivered += [one.delivery_id for one in taken]
        assert sorted(delivered) == sorted(ids)


def test_one_delivery_is_claimed_by_one_of_four_processes(desk: Desk, ledgers: list[Ledger]) -> None:
    for n in range(10):
        (id,) = desk.record(ledgers[0], f"m{n}", "court", urn=OrderKey("PTIURN", str(n)))
        claims = together(*(lambda one=one, id=id: one.claim_delivery(id, 60) for one in ledgers))  # type: ignore[misc]
        (claimed,) = (one for one in claims if one is not None)
        assert ledgers[0].settle(end(claimed, ACK))


def test_two_words_on_one_claim_settle_it_once(desk: Desk, ledgers: list[Ledger]) -> None:
    (id,) = desk.record(ledgers[0], "m1", "court")
    claimed = ledgers[0].claim_delivery(id, 60)
    assert claimed is not None
    words = together(*(lambda one=one: one.settle(end(claimed, ACK)) for one in ledgers))  # type: ignore[misc]
    assert sorted(words) == [False, False, False, True]
    assert [row.action for row in ledgers[0].audit_of("delivery", id)].count("acknowledged") == 1


def test_an_old_holder_cannot_keep_bytes_while_the_new_one_claims(desk: Desk, ledgers: list[Ledger]) -> None:
    old_bytes, new_bytes = (KeptOutbound(body=body, content_type="x") for body in (b"old", b"new"))
    for n in range(10):
        (id,) = desk.record(ledgers[0], f"m{n}", "court", urn=OrderKey("PTIURN", str(n)))
        old = ledgers[0].claim_delivery(id, 60)
        assert old is not None
        desk.clock.advance(61)
        ledgers[0].sweep(60, 100)

        def take_over(id: str = id) -> tuple[bool, bytes | None]:
            claimed = ledgers[1].claim_delivery(id, 60)
            assert claimed is not None
            return ledgers[1].keep_outbound(id, claimed.fence, new_bytes), claimed.outbound and claimed.outbound.body

        def keep(id: str = id, fence: int = old.fence) -> tuple[bool, bytes | None]:
            return ledgers[0].keep_outbound(id, fence, old_bytes), None

        taken, late = together(take_over, keep)
        assert late == (False, None)
        assert taken == (True, None)
        kept = ledgers[0].outbound(id)
        assert kept is not None
        assert kept.body == b"new"


# --- order


def test_a_case_taken_in_by_four_processes_keeps_the_order_of_acceptance_and_loses_no_version(
    desk: Desk, ledgers: list[Ledger]
) -> None:
    ids = [f"m{n:02}" for n in range(40)]
    for id in ids:
        ledgers[0].admit(admission(id, new_message(id, URN)))

    def work(number: int) -> None:
        for id in ids[::-1][number::4]:
            for taken in ledgers[number].intake([id], in_case("case-1", "court", "cps")):
                assert taken.error is None

    together(*(lambda n=n: work(n) for n in range(4)))  # type: ignore[misc]
    lanes: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for id in ids:
        for row in ledgers[0].deliveries_of(id):
            lanes[row.endpoint].append((row.lane_seq, id))
    assert {code: [id for _, id in sorted(rows)] for code, rows in lanes.items()} == {"court": ids, "cps": ids}
    assert [seq for seq, _ in sorted(lanes["court"])] == list(range(1, 41))
    view = ledgers[0].case_view("case-1")
    assert view is not None
    assert view.case.version == 40


def test_two_keys_of_one_case_taken_in_at_once_change_it_one_after_the_other(ledgers: list[Ledger]) -> None:
    links = (KeyLink(kind=ASN.kind, value=ASN.value), KeyLink(kind=NOMS.kind, value=NOMS.value))
    ledgers[0].admit(admission("0", new_message("m0", ASN, NOMS)))
    made = Decision(
        event=MessageEvent.STRAND, case_id="case-1", change=opens("case-1", datetime(2026, 3, 2, tzinfo=UTC), *links)
    )
    ledgers[0].intake(["m0"], lambda kept, known: made)
    for n in range(20):
        ledgers[0].admit(admission(f"a{n}", new_message(f"a{n}", ASN)))
        ledgers[0].admit(admission(f"n{n}", new_message(f"n{n}", NOMS)))
    together(
        *(
            lambda ledger=ledger, name=name: [ledger.intake([f"{name}{n}"], in_case("case-1")) for n in range(20)]
            for ledger, name in zip(ledgers, ("a", "n"), strict=False)
        )  # type: ignore[misc]
    )
    view = ledgers[0].case_view("case-1")
    assert view is not None
    assert view.case.version == 41


def test_a_message_that_misses_its_case_while_another_opens_it_is_run_again(ledgers: list[Ledger]) -> None:
    def miss_or_find(kept: Kept, known: Known) -> Decision:
        if known.links:
            return Decision(event=MessageEvent.STRAND, case_id=known.links[0].case_id)
        return Decision(event=MessageEvent.MISS, reason="no case is known")

    for n in range(15):
        noms, urn = OrderKey("NOMS", f"A{n}"), OrderKey("PTIURN", f"U{n}")
        ledgers[0].admit(admission(f"r{n}", new_message(f"r{n}", noms)))
        ledgers[0].admit(admission(f"c{n}", new_message(f"c{n}", urn, noms)))
        link = KeyLink(kind="NOMS", value=noms.value, moves=True)
        change = opens(f"case-{n}", datetime(2026, 3, 2, tzinfo=UTC), link)
        opened = Decision(event=MessageEvent.STRAND, case_id=f"case-{n}", change=change)

        def open_case(id: str = f"c{n}", made: Decision = opened) -> object:
            return ledgers[1].intake(
                [id], lambda kept, known: made if kept.message.id == id else miss_or_find(kept, known)
            )

        together(lambda id=f"r{n}": ledgers[0].intake([id], miss_or_find), open_case)  # type: ignore[misc]
        message = ledgers[0].message(f"r{n}")
        assert message is not None
        assert message.status in (MessageStatus.ACCEPTED, MessageStatus.STRANDED), "it does not wait unmatched for ever"


def test_the_next_of_a_lane_goes_though_it_comes_while_the_one_before_is_settled(
    desk: Desk, ledgers: list[Ledger]
) -> None:
    (first,) = desk.record(ledgers[0], "m1", "court")
    claimed = ledgers[0].claim_delivery(first, 60)
    assert claimed is not None
    ledgers[0].admit(admission("m2", new_message("m2", URN)))
    with late_commit(ledgers[1]) as commit, ThreadPoolExecutor(2) as pool:
        coming = pool.submit(ledgers[1].intake, ["m2"], in_case(URN.value, "court"))
        commit.reached.wait(30)
        settling = pool.submit(ledgers[0].settle, end(claimed, ACK))
        wait_until(lambda: waits_for_a_lock(desk))
        commit.go.set()
        assert coming.result(30)[0].error is None
        assert settling.result(30)
    (second,) = ledgers[0].deliveries_of("m2")
    assert second.status is DeliveryStatus.DUE
    assert ledgers[1].claim_delivery(second.id, 60) is not None


def test_two_that_say_the_same_without_any_key_are_seen_by_each_other(ledgers: list[Ledger]) -> None:
    def decide(kept: Kept, known: Known) -> Decision:
        event = MessageEvent.REPEAT if known.seen else MessageEvent.MISS
        return Decision(event=event)

    for n in range(10):
        for copy in range(4):
            ledgers[0].admit(admission(f"{n}-{copy}", new_message(f"m{n}-{copy}", words=f"the same {n}")))
        together(*(lambda copy=copy, n=n: ledgers[copy].intake([f"m{n}-{copy}"], decide) for copy in range(4)))  # type: ignore[misc]
    counts = ledgers[0].counts().messages
    assert (counts[MessageStatus.UNMATCHED], counts[MessageStatus.DUPLICATE]) == (10, 30)


@pytest.mark.parametrize("other", ["break", "answer"])
def test_an_operators_hold_is_not_undone_by_what_comes_at_the_same_moment(
    desk: Desk, ledgers: list[Ledger], other: str
) -> None:
    (id,) = desk.record(ledgers[0], "m1", "court")
    claimed = ledgers[0].claim_delivery(id, 60)
    assert claimed is not None
    if other == "answer":
        ledgers[0].break_gate("court", desk.clock.at, "no connection")
    with late_commit(ledgers[1]) as commit, ThreadPoolExecutor(2) as pool:
        holding = pool.submit(ledgers[1].hold, "court", "ops", "maintenance")
        commit.reached.wait(30)
        if other == "answer":
            coming = pool.submit(ledgers[2].settle, end(claimed, ACK))
        else:
            coming = pool.submit(ledgers[2].break_gate, "court", desk.clock.at, "no connection")
        wait_until(lambda: waits_for_a_lock(desk))
        commit.go.set()
        assert holding.result(30)
        assert coming.result(30) is (other == "answer")
    court = ledgers[0].endpoint("court")
    assert court is not None
    assert (court.gate, court.reason) == (Gate.HELD, "maintenance")


def test_sweeps_at_once_do_everything_once_and_take_no_lease_that_is_in_force(
    desk: Desk, ledgers: list[Ledger]
) -> None:
    ids = [desk.record(ledgers[0], f"m{n}", "court", urn=OrderKey("PTIURN", str(n)))[0] for n in range(8)]
    assert len(ledgers[0].claim_many(ids, 60)) == 8
    expiring = desk.record(ledgers[0], "e", "cps", deadline=desk.clock.at + timedelta(seconds=30))
    desk.clock.advance(61)
    swept = together(*(lambda one=one: one.sweep(60, 100) for one in ledgers))  # type: ignore[misc]
    assert (sum(one.lapsed for one in swept), sum(one.expired for one in swept)) == (8, 1)
    assert [row.action for row in ledgers[0].audit_of("delivery", expiring[0])] == ["queued", "expired"]
    held = ledgers[0].claim_many(ids, 60)
    assert sum(one.lapsed for one in together(*(lambda one=one: one.sweep(60, 100) for one in ledgers))) == 0  # type: ignore[misc]
    assert all(ledgers[0].settle_many([end(one, ACK) for one in held]))


# --- the sealer and the feed


def test_of_several_sealers_only_one_numbers_and_there_are_no_gaps(ledgers: list[Ledger]) -> None:
    def work(number: int) -> int:
        sealed = 0
        for n in range(25):
            ledgers[number].note([NewAudit(actor="ops", action=f"{n}", subject_kind="test", subject_id=str(number))])
            sealed += ledgers[number].seal_once(10)
        return sealed

    sealed = together(*(lambda n=n: work(n) for n in range(4)))  # type: ignore[misc]
    assert sum(each > 0 for each in sealed) == 1
    holder = ledgers[max(range(4), key=lambda n: sealed[n])]
    while holder.seal_once(10):
        pass
    verdict = holder.verify_audit()
    assert (verdict.sound, verdict.rows, verdict.head.number) == (True, 100, 100)
    for number in range(4):
        rows = holder.audit_of("test", str(number))
        assert [row.action for row in rows] == [str(n) for n in range(25)]


# --- alerts


@pytest.mark.parametrize("lease", [0, 90])
def test_of_four_that_see_an_incident_at_the_same_moment_one_opens_it_and_one_closes_it(
    desk: Desk, ledgers: list[Ledger], lease: int
) -> None:
    away = [Condition(kind="endpoint", subject="court", words="the recipient cannot be reached")]
    for conditions, state in ((away, "opened"), ([], "closed")) * 5:
        changed = together(
            *(partial(ledger.alerts.reconcile, conditions, timedelta(seconds=lease), owed=False) for ledger in ledgers)
        )
        assert [alert.state for each in changed for alert in each] == [state]
    assert len(ledgers[0].alerts.newest(100)) == 5


# --- the embedded broker


def test_a_slip_of_another_process_is_seen_within_a_second(desk: Desk) -> None:
    def now() -> datetime:
        return datetime.now(UTC)

    here, there = (open_ledger(desk.url, now, new_id) for _ in range(2))
    broker = EmbeddedBroker(there, now)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(broker.take, Lane.INTAKE, 10, 30)
        begun = monotonic()
        here.admit(admission("1", new_message("m1"), received_at=now()))
        taken = waiting.result(30)
        seconds = monotonic() - begun
    sys.stdout.write(f"seen after {seconds:.2f} s\n")
    assert [one.slip.id for one in taken] == ["m1"]
    assert seconds < 1
    here.close()
    there.close()


def test_a_unit_that_can_never_be_written_ends_after_a_few_attempts(ledgers: list[Ledger]) -> None:
    ledgers[0].add_key("42", "one hash", "first", ["read"])
    begun = monotonic()
    with pytest.raises(Exception, match="UniqueViolation uq_party_keys_key_hash"):
        ledgers[1].add_key("42", "one hash", "again", ["read"])
    assert monotonic() - begun < 5


def test_a_closed_ledger_takes_nothing(ledgers: list[Ledger]) -> None:
    ledgers[0].close()
    with pytest.raises(Unavailable):
        ledgers[0].note([NewAudit(actor="ops", action="x", subject_kind="test", subject_id="1")])
