"""The broker gives each slip to one worker at a time, waits without polling, and loses nothing that matters."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from threading import Event, Thread
from time import monotonic
from uuid import uuid4

import pytest

from hub.broker import Broker, Taken
from hub.broker.embedded import EmbeddedBroker
from hub.broker.sweeper import Sweeper
from hub.ledger import Ledger
from hub.ledger.engine import open_ledger
from hub.message.slip import Lane, Slip
from tests.doubles.traffic import Desk, admission, new_message

LEASE = 30.0


@pytest.fixture(params=["embedded"])
def broker(request: pytest.FixtureRequest, desk: Desk, ledger: Ledger) -> Iterator[Broker]:
    """A broker over the ledger."""
    made = EmbeddedBroker(ledger, desk.clock, lease_seconds=LEASE)
    yield made
    made.stop()


def admit(ledger: Ledger, *ids: str) -> None:
    for id in ids:
        ledger.admit(admission(id, new_message(id)))


def subjects(taken: Sequence[Taken]) -> list[str]:
    return [one.slip.id for one in taken]


def test_slips_come_in_the_order_of_their_announcement(ledger: Ledger, broker: Broker) -> None:
    admit(ledger, "m1", "m2", "m3")
    taken = broker.take(Lane.INTAKE, 2, 0)
    assert [one.slip for one in taken] == [Slip(Lane.INTAKE, "m1"), Slip(Lane.INTAKE, "m2")]
    assert subjects(broker.take(Lane.INTAKE, 2, 0)) == ["m3"]
    assert subjects(broker.take(Lane.INTAKE, 2, 0)) == []


def test_a_lane_gets_its_own_slips_only(desk: Desk, ledger: Ledger, broker: Broker) -> None:
    (delivery,) = desk.record(ledger, "m1", "court")
    assert subjects(broker.take(Lane.SEND, 10, 0)) == [delivery]
    assert subjects(broker.take(Lane.SUBSCRIBE, 10, 0)) == []


def test_a_slip_that_is_done_never_comes_back(desk: Desk, ledger: Ledger, broker: Broker) -> None:
    admit(ledger, "m1")
    broker.done(broker.take(Lane.INTAKE, 10, 0))
    desk.clock.advance(LEASE * 10)
    assert subjects(broker.take(Lane.INTAKE, 10, 0)) == []


def test_a_slip_whose_worker_is_gone_comes_back_after_its_lease(desk: Desk, ledger: Ledger, broker: Broker) -> None:
    admit(ledger, "m1")
    lost = broker.take(Lane.INTAKE, 10, 0)
    desk.clock.advance(LEASE - 1)
    assert subjects(broker.take(Lane.INTAKE, 10, 0)) == []
    desk.clock.advance(1)
    assert subjects(broker.take(Lane.INTAKE, 10, 0)) == ["m1"]
    broker.done(lost)


def test_workers_side_by_side_never_get_the_same_slip(ledger: Ledger, broker: Broker) -> None:
    admit(ledger, *(f"m{n}" for n in range(60)))
    got: list[str] = []

    def work() -> None:
        while taken := broker.take(Lane.INTAKE, 3, 0):
            got.extend(subjects(taken))
            broker.done(taken)

    threads = [Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == sorted(f"m{n}" for n in range(60))


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
    assert subjects(broker.take(Lane.INTAKE, 10, 0)) == []


def test_a_slip_with_a_time_wakes_the_worker_at_that_time(desk: Desk) -> None:
    ledger = open_ledger(desk.url, lambda: datetime.now(UTC), lambda: str(uuid4()))
    broker = EmbeddedBroker(ledger, lambda: datetime.now(UTC), lease_seconds=0.05)
    admit(ledger, "m1")
    assert subjects(broker.take(Lane.INTAKE, 10, 0)) == ["m1"]
    assert subjects(broker.take(Lane.INTAKE, 10, 30)) == ["m1"]
    ledger.close()


def test_the_sweeper_rings_for_what_lost_its_slip(desk: Desk, ledger: Ledger, broker: Broker) -> None:
    admit(ledger, "m1")
    broker.done(broker.take(Lane.INTAKE, 10, 0))
    desk.clock.advance(60)
    assert Sweeper(ledger=ledger, grace_seconds=60).sweep().messages == 1
    assert subjects(broker.take(Lane.INTAKE, 10, 0)) == ["m1"]
