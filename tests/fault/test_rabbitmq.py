"""RabbitMQ ends, forgets, fills up or is slow to come: submissions go on being kept, and nothing that was kept is lost.

Each test puts messages into the ledger and lets steps do them; lost means not done in the end.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from time import monotonic

import pytest
from structlog.testing import capture_logs

from hub.broker.rabbitmq import RabbitBroker
from hub.broker.sweeper import Sweeper
from hub.ledger import Ledger
from hub.ledger.decision import Decision
from hub.message.lifecycle import MessageEvent, MessageStatus
from hub.message.slip import Lane
from hub.wire import Standing
from hub.wire.amqp import Address
from hub.wire.amqp.publish import knock
from tests.doubles.traffic import Desk, admission, new_message
from tests.hubs import wait_until
from tests.servers.rabbitmq import RabbitNode

GRACE = 60.0


@dataclass
class Run:
    """A ledger, a broker over it, and two threads that do the steps of lane intake."""

    desk: Desk
    ledger: Ledger
    broker: RabbitBroker
    taken: list[str] = field(default_factory=list)
    slowest: float = 0.0
    _stop: Event = field(default_factory=Event)

    def accept(self, *ids: str) -> None:
        """Keep messages, one by one, and note how long the slowest took."""
        for id in ids:
            begun = monotonic()
            self.ledger.admit(admission(id, new_message(id)))
            self.slowest = max(self.slowest, monotonic() - begun)

    def work(self) -> None:
        """Take and do, until told to stop."""
        while not self._stop.is_set():
            taken = self.broker.take(Lane.INTAKE, 16, 0.2)
            self.taken += [one.slip.id for one in taken]
            self.ledger.intake([one.slip.id for one in taken], lambda kept, known: Decision(event=MessageEvent.RECORD))
            self.broker.done(taken)

    def sweep(self) -> int:
        """Let the grace pass and look for what stands still."""
        self.desk.clock.advance(GRACE)
        return Sweeper(ledger=self.ledger, grace_seconds=GRACE).sweep().messages

    def recorded(self) -> int:
        return self.ledger.counts().messages[MessageStatus.RECORDED]

    def waits(self) -> int:
        """Slips in the outbox."""
        return sum(self.ledger.counts().slips.values())


@contextmanager
def running(desk: Desk, ledger: Ledger, url: str, **more: float) -> Iterator[Run]:
    broker = RabbitBroker(ledger, desk.clock, Address(url), **more)  # type: ignore[arg-type]
    run = Run(desk, ledger, broker)
    threads = [Thread(target=run.work) for _ in range(2)]
    broker.start(tuple(Lane))
    for thread in threads:
        thread.start()
    try:
        yield run
    finally:
        run._stop.set()
        broker.stop()
        for thread in threads:
            thread.join(10)
        broker.close()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "hub.db")


@pytest.fixture
def ledger(desk: Desk) -> Iterator[Ledger]:
    opened = desk.open()
    yield opened
    opened.close()


@pytest.fixture
def clean(rabbit: RabbitNode) -> RabbitNode:
    """The node, without any queue of ours."""
    rabbit.delete_queues()
    return rabbit


def told(run: Run, words: str) -> str:
    """A line of figures. Before it: the record is sound, and each message was recorded once."""
    while run.ledger.seal_once(1000):
        pass
    verdict = run.ledger.verify_audit()
    assert verdict.sound, verdict.breaks
    for row in run.ledger.recent(10_000):
        actions = [one.action for one in run.ledger.audit_of("message", row.id)]
        assert (row.status, actions.count("recorded")) == (MessageStatus.RECORDED, 1), row.id
    again = len(run.taken) - len(set(run.taken))
    return (
        f"{words}; {run.recorded()} messages, each recorded once, {again} slips came twice; slowest accept "
        f"{run.slowest * 1000:.0f} ms"
    )


def ids(first: int, count: int) -> list[str]:
    return [f"m{number}" for number in range(first, first + count)]


@pytest.mark.promise(
    "RabbitMQ",
    "A broker stopped, then killed, with one process and no door: 300 messages accepted before and 300 during each",
    holds="each message is recorded once",
)
def test_a_broker_that_stops_and_one_that_is_killed_lose_nothing(
    desk: Desk, ledger: Ledger, clean: RabbitNode, figure: Callable[[str], None]
) -> None:
    with running(desk, ledger, clean.url()) as run:
        interrupted(run, clean, clean.stop, 0)
        interrupted(run, clean, clean.kill, 600)
        wait_until(lambda: run.waits() == 0 and clean.depth("cjhub.intake") == 0)
        assert set(run.taken) == set(ids(0, 1200))
        figure(told(run, "stopped, killed"))


def interrupted(run: Run, node: RabbitNode, end: Callable[[], None], first: int) -> None:
    """Accept 600 messages, half of them while the node is down, and wait until all are recorded."""
    run.accept(*ids(first, 300))
    wait_until(lambda: len(run.taken) > first)
    end()
    try:
        wait_until(lambda: run.broker.standing() is Standing.AWAY)
        run.accept(*ids(first + 300, 300))
        assert run.waits() >= 300
    finally:
        node.start()
    wait_until(lambda: run.recorded() == first + 600, 60)


@pytest.mark.promise(
    "RabbitMQ",
    "Every queue of the hub deleted three times while messages come",
    holds="the queues are declared anew, and what lost its slip is rung for again",
)
def test_with_every_queue_deleted_in_mid_flight_nothing_is_lost(
    desk: Desk, ledger: Ledger, clean: RabbitNode, figure: Callable[[str], None]
) -> None:
    with running(desk, ledger, clean.url(), silence_seconds=3.0) as run:
        for first in range(0, 600, 200):
            run.accept(*ids(first, 200))
            clean.delete_queues()
        wait_until(lambda: run.waits() == 0, 120)
        wait_until(lambda: clean.depth("cjhub.intake") == 0, 120)  # one that hears nothing is mended after two silences
        found = run.sweep()
        wait_until(lambda: run.recorded() == 600, 180)
        figure(told(run, f"queues deleted three times: {found} slips rung again by the sweeper"))


@pytest.mark.promise(
    "RabbitMQ",
    "A queue that RabbitMQ lists and cannot use",
    holds="it is deleted and declared anew",
)
def test_a_queue_that_rabbitmq_has_but_cannot_use_is_made_anew(
    desk: Desk, ledger: Ledger, clean: RabbitNode, figure: Callable[[str], None]
) -> None:
    with running(desk, ledger, clean.url(), silence_seconds=1.0) as run:
        run.accept(*ids(0, 50))
        wait_until(lambda: run.recorded() == 50)
        clean.ctl("eval", "ra:force_delete_server(quorum_queues, {'%2F_cjhub.intake', node()}).")
        run.accept(*ids(50, 50))
        wait_until(lambda: run.waits() == 0, 30)
        run.sweep()
        wait_until(lambda: run.recorded() == 100, 60)
        figure(told(run, "queue broken"))


@pytest.mark.promise(
    "RabbitMQ",
    "The virtual host deleted with all that is in it while messages come, and made again",
    holds="messages are accepted meanwhile, and recorded once it is there",
)
def test_with_the_whole_vhost_deleted_in_mid_flight_nothing_is_lost(
    desk: Desk, ledger: Ledger, rabbit: RabbitNode, figure: Callable[[str], None]
) -> None:
    make_vhost(rabbit)
    with running(desk, ledger, rabbit.url("wiped")) as run:
        run.accept(*ids(0, 200))
        wait_until(lambda: run.taken)
        rabbit.ctl("delete_vhost", "wiped")
        wait_until(lambda: run.broker.standing() is Standing.AWAY)
        run.accept(*ids(200, 200))
        make_vhost(rabbit)
        wait_until(lambda: run.waits() == 0, 60)
        found = run.sweep()
        wait_until(lambda: run.recorded() == 400, 60)
        figure(told(run, f"vhost deleted: {found} slips rung again by the sweeper"))
    rabbit.ctl("delete_vhost", "wiped")


def make_vhost(node: RabbitNode) -> None:
    node.ctl("add_vhost", "wiped")
    node.ctl("set_permissions", "-p", "wiped", "guest", ".*", ".*", ".*")


@pytest.mark.promise(
    "RabbitMQ",
    "RabbitMQ not there when the hub starts",
    holds="the hub starts, accepts, and does the work once RabbitMQ is there",
)
def test_a_broker_that_is_away_at_the_start_keeps_nobody_waiting(
    desk: Desk, ledger: Ledger, clean: RabbitNode, figure: Callable[[str], None]
) -> None:
    clean.stop()
    try:
        with running(desk, ledger, clean.url()) as run:
            run.accept(*ids(0, 100))
            assert run.broker.standing() is Standing.AWAY
            assert (run.waits(), run.recorded()) == (100, 0)
            clean.start()
            wait_until(lambda: run.recorded() == 100, 60)
            figure(told(run, "away at the start"))
    finally:
        clean.start()


def test_while_the_broker_is_blocked_submissions_are_kept_and_drain_afterwards(
    desk: Desk, ledger: Ledger, clean: RabbitNode
) -> None:
    with alarm(clean) as over, running(desk, ledger, clean.url()) as run:
        wait_until(lambda: run.broker.standing() is Standing.UP)  # it is told only to who publishes
        run.accept(*ids(0, 100))
        wait_until(lambda: run.broker.standing() is Standing.BLOCKED)
        run.accept(*ids(100, 100))
        assert (run.waits(), run.recorded()) == (200, 0)
        over()
        wait_until(lambda: run.recorded() == 200 and run.waits() == 0, 60)
        told(run, "blocked")


def test_a_hub_ends_soon_although_the_broker_is_blocked(desk: Desk, ledger: Ledger, clean: RabbitNode) -> None:
    with alarm(clean):
        with running(desk, ledger, clean.url()) as run:
            wait_until(lambda: run.broker.standing() is Standing.UP)
            run.accept("m1")
            wait_until(lambda: run.broker.standing() is Standing.BLOCKED)
            begun = monotonic()
        assert monotonic() - begun < 8
    assert not [one for one in threading.enumerate() if one.name.startswith(("amqp", "relay"))]
    assert run.waits() == 1


@contextmanager
def alarm(node: RabbitNode) -> Iterator[Callable[[], None]]:
    """The node's memory alarm, until the end or until it is called off."""

    def over() -> None:
        node.ctl("set_vm_memory_high_watermark", "0.4")

    node.ctl("set_vm_memory_high_watermark", "0")
    try:
        yield over
    finally:
        over()


def test_a_step_slower_than_the_heartbeat_loses_no_connection(desk: Desk, ledger: Ledger, clean: RabbitNode) -> None:
    broker = RabbitBroker(ledger, desk.clock, Address(clean.url(query="?heartbeat=2")))
    with capture_logs() as logs:
        broker.start([Lane.INTAKE])
        ledger.admit(admission("m1", new_message("m1")))
        taken = broker.take(Lane.INTAKE, 10, 20)
        Event().wait(5)  # the step
        broker.done(taken)
        assert not broker.take(Lane.INTAKE, 10, 0.5)
        lost = [entry for entry in logs if entry["event"] == "broker" and entry["standing"] != "up"]
    broker.close()
    assert [one.slip.id for one in taken] == ["m1"]
    assert not lost
    assert clean.depth("cjhub.intake") == 0


def test_a_user_with_rights_on_our_queues_only_is_enough(desk: Desk, ledger: Ledger, clean: RabbitNode) -> None:
    clean.ctl("add_user", "cjhub", "pw")
    clean.ctl("set_permissions", "cjhub", r"^cjhub\.", r"^(cjhub\.|amq\.default$)", r"^cjhub\.")  # docs/cli.md
    try:
        with running(desk, ledger, clean.url().replace("guest:guest", "cjhub:pw")) as run:
            run.accept(*ids(0, 20))
            wait_until(lambda: run.recorded() == 20 and run.waits() == 0)
    finally:
        clean.ctl("delete_user", "cjhub")


def test_the_doctor_says_whether_the_broker_can_be_had(rabbit: RabbitNode) -> None:
    here, nowhere = Address(rabbit.url()), Address("amqp://guest:s3cret@127.0.0.1:1/")
    assert knock(here, 10) == ""
    assert "refused" in knock(nowhere, 1)
    assert "s3cret" not in knock(nowhere, 1)
    assert "ACCESS_REFUSED" in knock(Address(rabbit.url().replace("guest:guest", "guest:s3cret")), 2)


def test_a_wrong_password_is_told_in_the_brokers_words_and_without_it(
    desk: Desk, ledger: Ledger, clean: RabbitNode
) -> None:
    broker = RabbitBroker(ledger, desk.clock, Address(clean.url().replace("guest:guest", "guest:s3cret")))
    with capture_logs() as logs:
        broker.start([Lane.INTAKE])
        wait_until(lambda: logs)
        broker.close()
    assert "ACCESS_REFUSED" in logs[0]["why"]
    assert "s3cret" not in str(logs)


def test_what_is_not_ours_in_a_queue_of_ours_is_dropped(desk: Desk, ledger: Ledger, clean: RabbitNode) -> None:
    with running(desk, ledger, clean.url()) as run:
        wait_until(lambda: run.broker.standing() is Standing.UP)
        for body in (b"", b"\xff\xfe", b"x" * 100_000, b"no-such-message"):
            clean.publish("cjhub.intake", body)
        run.accept("m1")
        wait_until(lambda: run.recorded() == 1)
        wait_until(lambda: clean.depth("cjhub.intake") == 0)
