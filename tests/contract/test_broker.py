"""The broker gives each slip to one worker at a time, waits without polling, and loses nothing that matters.

One suite for both brokers. The order in which slips come is promised by neither; the ledger keeps the order of a case.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from time import monotonic
from uuid import uuid4

import pytest

from hub.broker import Broker, Taken
from hub.broker.embedded import EmbeddedBroker
from hub.broker.rabbitmq import RabbitBroker
from hub.broker.sweeper import Sweeper
from hub.ledger import Clock, Ledger
from hub.ledger.admission import Verdict
from hub.ledger.engine import open_ledger
from hub.message.lifecycle import DeliveryEvent
from hub.message.slip import Lane, Slip
from hub.wire import Standing
from hub.wire.amqp import Address
from tests.doubles.traffic import Desk, admission, end, new_message
from tests.hubs import wait_until
from tests.servers.rabbitmq import RabbitNode

LEASE = 30.0
COMES = 20.0  # seconds in which what must come comes

Make = Callable[[Ledger, Clock, float], Broker]


@pytest.fixture(params=["embedded", "rabbitmq"])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Makes brokers, begun for all lanes, and closes them."""
    node: RabbitNode | None = None
    if request.param == "rabbitmq":
        node = request.getfixturevalue("rabbit")
        node.delete_queues()
    with ExitStack() as made:

        def one(ledger: Ledger, clock: Clock, lease: float) -> Broker:
            broker: Broker
            if node is None:
                broker = EmbeddedBroker(ledger, clock, lease_seconds=lease)
            else:
                broker = RabbitBroker(ledger, clock, Address(node.url()), lease_seconds=lease)
            made.callback(broker.close)
            broker.start(tuple(Lane))
            wait_until(lambda: broker.standing() is Standing.UP)
            return broker

        yield one


@pytest.fixture
def broker(make: Make, desk: Desk, ledger: Ledger) -> Broker:
    """A broker over the ledger."""
    return make(ledger, desk.clock, LEASE)


def admit(ledger: Ledger, *ids: str) -> None:
    for id in ids:
        ledger.admit(admission(id, new_message(id)))


def subjects(taken: Sequence[Taken]) -> list[str]:
    return [one.slip.id for one in taken]


def taken_of(broker: Broker, lane: Lane, count: int, limit: int = 10) -> list[Taken]:
    """So many slips, as they come."""
    taken: list[Taken] = []
    while len(taken) < count and (more := broker.take(lane, limit, COMES)):
        assert len(more) <= limit
        taken += more
    return taken


def nothing_comes(broker: Broker, lane: Lane) -> bool:
    """Whether a lane is empty: a broker elsewhere has a moment to show that it is not."""
    return not broker.take(lane, 10, 0 if isinstance(broker, EmbeddedBroker) else 0.5)


def test_every_slip_comes_once_and_never_more_than_asked_for(ledger: Ledger, broker: Broker) -> None:
    admit(ledger, "m1", "m2", "m3")
    taken = taken_of(broker, Lane.INTAKE, 3, limit=2)
    assert sorted((one.slip for one in taken), key=lambda one: one.id) == [
        Slip(Lane.INTAKE, f"m{n}") for n in (1, 2, 3)
    ]
    assert nothing_comes(broker, Lane.INTAKE)


def test_a_lane_gets_its_own_slips_only(desk: Desk, ledger: Ledger, broker: Broker) -> None:
    (delivery,) = desk.record(ledger, "m1", "court")
    assert subjects(taken_of(broker, Lane.SEND, 1)) == [delivery]
    assert subjects(taken_of(broker, Lane.INTAKE, 1)) == ["m1"]
    assert nothing_comes(broker, Lane.SUBSCRIBE)


def test_a_slip_that_is_done_never_comes_back(desk: Desk, ledger: Ledger, broker: Broker) -> None:
    admit(ledger, "m1")
    broker.done(taken_of(broker, Lane.INTAKE, 1))
    desk.clock.advance(LEASE * 10)
    assert nothing_comes(broker, Lane.INTAKE)


def test_a_slip_whose_step_is_not_done_comes_back_after_its_lease(desk: Desk, ledger: Ledger, broker: Broker) -> None:
    admit(ledger, "m1")
    lost = taken_of(broker, Lane.INTAKE, 1)
    desk.clock.advance(LEASE - 1)
    assert nothing_comes(broker, Lane.INTAKE)
    desk.clock.advance(1)
    again = taken_of(broker, Lane.INTAKE, 1)
    assert subjects(again) == ["m1"]
    broker.done(lost)  # too late, and of no harm
    broker.done(again)
    desk.clock.advance(LEASE)
    assert nothing_comes(broker, Lane.INTAKE)


def test_workers_side_by_side_never_get_the_same_slip(ledger: Ledger, broker: Broker) -> None:
    ids = [f"m{n}" for n in range(300)]
    got: list[str] = []

    def work() -> None:
        while len(got) < len(ids):
            taken = broker.take(Lane.INTAKE, 3, 0.2)
            got.extend(subjects(taken))
            broker.done(taken)

    threads = [Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    admit(ledger, *ids)
    for thread in threads:
        thread.join(60)
    assert sorted(got) == sorted(ids)
    assert nothing_comes(broker, Lane.INTAKE)


def test_the_brokers_of_two_processes_give_each_slip_once_between_them(make: Make, desk: Desk, ledger: Ledger) -> None:
    brokers = [make(ledger, desk.clock, LEASE) for _ in range(2)]
    ids = [f"m{n}" for n in range(100)]
    admit(ledger, *ids)
    got: list[str] = []

    def all_came() -> bool:
        for broker in brokers:
            taken = broker.take(Lane.INTAKE, 5, 0.05)
            got.extend(subjects(taken))
            broker.done(taken)
        return len(got) >= len(ids)

    wait_until(all_came)
    assert sorted(got) == sorted(ids)
    assert all(nothing_comes(broker, Lane.INTAKE) for broker in brokers)


def test_a_waiting_worker_is_woken_by_the_commit(ledger: Ledger, broker: Broker) -> None:
    got: list[str] = []
    waits = Event()

    def work() -> None:
        waits.set()
        got.extend(subjects(broker.take(Lane.INTAKE, 10, 30)))

    thread = Thread(target=work)
    thread.start()
    waits.wait(5)
    begun = monotonic()
    admit(ledger, "m1")
    thread.join(10)
    assert got == ["m1"]
    assert monotonic() - begun < 5


def test_stop_wakes_everybody_and_nothing_is_given_after_it(ledger: Ledger, broker: Broker) -> None:
    threads = [Thread(target=broker.take, args=(lane, 10, 60)) for lane in Lane]
    for thread in threads:
        thread.start()
    broker.stop()
    for thread in threads:
        thread.join(10)
    assert not any(thread.is_alive() for thread in threads)
    admit(ledger, "m1")
    assert nothing_comes(broker, Lane.INTAKE)


def test_what_was_taken_before_stop_may_still_be_done(make: Make, desk: Desk, ledger: Ledger) -> None:
    broker = make(ledger, desk.clock, LEASE)
    admit(ledger, "m1", "m2")
    taken = taken_of(broker, Lane.INTAKE, 2)
    broker.stop()
    broker.done(taken[:1])
    broker.close()
    desk.clock.advance(LEASE)
    other = make(ledger, desk.clock, LEASE)
    assert subjects(taken_of(other, Lane.INTAKE, 1)) == [taken[1].slip.id]
    assert nothing_comes(other, Lane.INTAKE)


def test_a_slip_that_is_due_later_comes_then_and_not_before(desk: Desk, ledger: Ledger, broker: Broker) -> None:
    (delivery,) = desk.record(ledger, "m1", "court")
    broker.done(taken_of(broker, Lane.SEND, 1))
    claimed = ledger.claim_delivery(delivery, 60)
    assert claimed is not None
    assert ledger.settle(end(claimed, DeliveryEvent.RETRY, due_at=desk.clock.at + timedelta(seconds=60)))
    assert nothing_comes(broker, Lane.SEND)
    desk.clock.advance(60)
    assert subjects(taken_of(broker, Lane.SEND, 1)) == [delivery]


def test_a_lease_that_ends_wakes_the_worker_at_that_time(make: Make, desk: Desk) -> None:
    ledger = open_ledger(desk.url, lambda: datetime.now(UTC), lambda: str(uuid4()))
    broker = make(ledger, lambda: datetime.now(UTC), 0.05)
    admit(ledger, "m1")
    assert subjects(broker.take(Lane.INTAKE, 10, COMES)) == ["m1"]
    assert subjects(broker.take(Lane.INTAKE, 10, COMES)) == ["m1"]
    broker.close()
    ledger.close()


def test_the_sweeper_rings_for_everything_that_lost_its_slip(desk: Desk, ledger: Ledger, broker: Broker) -> None:
    (delivery,) = desk.record(ledger, "m1", "court")
    admit(ledger, "m2")
    ledger.admit(admission("late", verdict=Verdict.PENDING))
    broker.done(taken_of(broker, Lane.INTAKE, 3))
    broker.done(taken_of(broker, Lane.SEND, 1))
    wait_until(lambda: not sum(ledger.counts().slips.values()))
    desk.clock.advance(60)
    swept = Sweeper(ledger=ledger, grace_seconds=60).sweep()
    assert (swept.messages, swept.submissions, swept.deliveries) == (1, 1, 1)
    assert sorted(subjects(taken_of(broker, Lane.INTAKE, 2))) == ["m2", "s-late"]
    assert subjects(taken_of(broker, Lane.SEND, 1)) == [delivery]
