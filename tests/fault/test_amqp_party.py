"""A party that speaks AMQP, and what may go wrong between it and the hub: the hub killed, the ledger or the broker away,
a queue full, the party away. Nothing is lost, and the party can tell what comes twice.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pika
import pika.exceptions
import pytest

from hub.assemble import Hub, clock, new_id
from hub.contract import Trust
from hub.flow.accept import Arrival
from hub.ledger import Ledger
from hub.ledger.attempt import Gate
from hub.ledger.engine import open_ledger
from hub.message.lifecycle import DeliveryStatus
from tests.doubles.amqp_party import Got, amqp_party
from tests.hubs import FORCE, running_hub, wait_until
from tests.invariants import assert_the_record_is_sound
from tests.papers import case_file
from tests.servers.postgres import Server, server
from tests.servers.rabbitmq import closing
from tests.servers.vhosts import Vhost

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent.parent
TRUST = Trust(party="force-41", agency="police")
AMQP_FORCE = FORCE.replace("[sends]", "[sends]\namqp = true")
COURT = """
[party]
code = "court"
name = "A court"
agency = "court"
ou_code = "B41ZZ00"
[endpoint]
kind = "amqp"
max_waiting = {limit}
[[routes]]
message = "CaseFileSubmission"
as = "spi-case"
where = {{{{ court = ["B41*"] }}}}
"""
IN, REPLY, OUT = "cjhub.in.force-41", "cjhub.reply.force-41", "cjhub.out.court"
LOST = (pika.exceptions.AMQPError, OSError)


def urn(number: int) -> str:
    return f"41ZD{number:05d}26"


@pytest.fixture
def database(postgres: Server) -> Iterator[str]:
    with postgres.database() as made:
        yield made


@contextmanager
def hub_for(folder: Path, database: str, broker: Vhost, limit: int = 100_000) -> Iterator[Hub]:
    """A hub to which the force and the court speak AMQP, and whose breaker tries again soon."""
    parties = {"force-41": AMQP_FORCE, "court": COURT.format(limit=limit)}
    pace = {"timeout_seconds": 3, "lease_seconds": 10}
    with running_hub(folder, parties, database_url=database, broker_url=broker.url, **pace) as hub:
        object.__setattr__(hub.sending, "patience", replace(hub.sending.patience, probe_seconds=0.3))
        broker.await_queues(IN, REPLY, OUT)
        yield hub


def submit(hub: Hub, number: int, family: str = "Sampleton") -> None:
    raw = case_file(f"c-{number}-{family}", urn(number), family)
    assert hub.flow.door(Arrival(raw=raw, trust=TRUST, door="test", dialects=("spi-case",))).accepted


def acknowledged(hub: Hub) -> int:
    return hub.ledger.counts().deliveries.get(DeliveryStatus.ACKNOWLEDGED, 0)


def waiting_in(broker: Vhost, queue: str) -> int:
    """How many messages of a queue nobody has taken."""
    with closing(pika.BlockingConnection(pika.URLParameters(broker.url))) as connection:
        return int(connection.channel().queue_declare(queue, passive=True).method.message_count)


class Court:
    """A court that takes what comes, over as many connections as it needs."""

    def __init__(self, broker: Vhost) -> None:
        self.got: list[Got] = []
        self._broker, self._stop = broker, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Court:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(30)

    def _run(self) -> None:
        while not self._stop.is_set():
            with suppress(*LOST), amqp_party("court", self._broker.url) as court:
                while not self._stop.is_set():
                    got = court.get("out")
                    if got is None:
                        self._stop.wait(0.02)
                    else:
                        self.got.append(got)
            self._stop.wait(0.2)

    def ids(self) -> list[str]:
        return [one.properties.message_id for one in self.got]

    def bytes_by_id(self) -> dict[str, set[bytes]]:
        found: dict[str, set[bytes]] = defaultdict(set)
        for one in self.got:
            found[one.properties.message_id].add(one.body)
        return found


# --- out, while all goes well


def test_a_court_gets_each_delivery_once_and_those_of_a_case_in_their_order(
    tmp_path: Path, database: str, broker: Vhost
) -> None:
    families = ["Sampleton", "Exampler", "Instanceby"]
    with hub_for(tmp_path, database, broker) as hub, Court(broker) as court:
        for family in families:
            for number in range(20):
                submit(hub, number, family)
        wait_until(lambda: acknowledged(hub) == 60, 60)
        wait_until(lambda: len(court.got) >= 60, 60)
        deliveries = {row.id: row for one in hub.ledger.recent(100) for row in hub.ledger.deliveries_of(one.id)}
    assert sorted(court.ids()) == sorted(deliveries)
    order: dict[str, list[int]] = defaultdict(list)
    for id in court.ids():
        order[deliveries[id].order_key].append(deliveries[id].lane_seq)
    assert len(order) == 20
    assert all(places == sorted(places) for places in order.values())
    written = court.got[0].properties
    assert (written.type, written.delivery_mode) == ("CaseFileSubmission/spi-case", 2)
    assert written.headers["X-Message-Id"] == deliveries[written.message_id].message_id
    assert deliveries[written.message_id].answer == "confirmed in its queue"


@pytest.mark.promise(
    "Recipients",
    "A recipient's AMQP queue that is full",
    holds="deliveries wait, use up no attempt, and come once each when there is room",
)
def test_a_full_queue_is_waited_for_without_using_up_attempts(
    tmp_path: Path, database: str, broker: Vhost, figure: Callable[[str], None]
) -> None:
    with hub_for(tmp_path, database, broker, limit=5) as hub:
        for number in range(40):
            submit(hub, number)
        closed = wait_until(lambda: (row := hub.ledger.endpoint("court")) and row.gate is Gate.BROKEN and row, 60)
        assert closed.failures >= 5
        stood = waiting_in(broker, OUT)
        assert 5 <= stood < 40
        with Court(broker) as court:
            wait_until(lambda: acknowledged(hub) == 40, 120)
            wait_until(lambda: len(court.got) >= 40, 60)
        rows = [row for one in hub.ledger.recent(100) for row in hub.ledger.deliveries_of(one.id)]
        assert_the_record_is_sound(hub.ledger, [one.submission_id for one in hub.ledger.recent(100)])
    assert {len(bodies) for bodies in court.bytes_by_id().values()} == {1}
    assert sorted(court.ids()) == sorted(row.id for row in rows)
    assert {row.attempts for row in rows} == {1}
    figure(f"a queue for 5 took {stood} before it refused; 40 deliveries came once each with one attempt each")


def test_a_delivery_that_the_broker_finds_too_large_is_told_and_holds_up_no_other(
    tmp_path: Path, database: str, broker: Vhost
) -> None:
    large = case_file("c-0", urn(0)).replace(b"&lt;Case&gt;", b"&lt;Case&gt;" + b" " * 200_000)
    with hub_for(tmp_path, database, broker) as hub, Court(broker) as court:
        assert hub.flow.door(Arrival(raw=large, trust=TRUST, door="test", dialects=("spi-case",))).accepted
        for number in range(1, 10):
            submit(hub, number)
        wait_until(lambda: acknowledged(hub) == 9, 60)
        wait_until(lambda: len(set(court.ids())) == 9, 60)
        [stopped] = [
            row
            for one in hub.ledger.recent(20)
            for row in hub.ledger.deliveries_of(one.id)
            if row.status is not DeliveryStatus.ACKNOWLEDGED
        ]
    assert (stopped.status, stopped.answer, stopped.attempts) == (DeliveryStatus.INVALID, "status 413", 1)


# --- in


@contextmanager
def serving(folder: Path, database: str, broker: Vhost) -> Iterator[subprocess.Popen[bytes]]:
    """`cjhub serve` as a process of its own; killed at the end if it still runs."""
    words = ["serve", "--port", "0", "--config", str(folder / "config"), "--data", str(folder / "data")]
    environment = os.environ | {
        "CJHUB_DATABASE_URL": database,
        "CJHUB_BROKER_URL": broker.url,
        "CJHUB_JUDGES": "0",
        "PYTHONPATH": str(ROOT),
    }
    with (folder / "said").open("ab") as said:
        process = subprocess.Popen([sys.executable, "-m", "hub", *words], env=environment, stdout=said, stderr=said)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def opened(database: str) -> Iterator[Ledger]:
    ledger = open_ledger(database, clock, new_id)
    try:
        yield ledger
    finally:
        ledger.close()


def fill(broker: Vhost, queue: str) -> None:
    """Make a queue that holds one message, and put messages into it until it takes no more."""
    with closing(pika.BlockingConnection(pika.URLParameters(broker.url))) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        bounds = {"x-queue-type": "quorum", "x-max-length": 1, "x-overflow": "reject-publish"}
        channel.queue_declare(queue, durable=True, arguments=bounds)

        def refused() -> bool:
            try:
                channel.basic_publish("", queue, b"filler")
                return False
            except pika.exceptions.NackError:
                return True

        wait_until(refused)


def test_a_hub_that_is_killed_between_its_commit_and_its_answer_answers_once_it_is_back(
    tmp_path: Path, database: str, broker: Vhost
) -> None:
    files = tmp_path / "config" / "parties"
    files.mkdir(parents=True)
    (files / "force-41.toml").write_text(AMQP_FORCE)
    fill(broker, REPLY)  # so that the answer cannot be given
    with opened(database) as ledger, amqp_party("force-41", broker.url) as force:
        with serving(tmp_path, database, broker) as process:
            broker.await_queues(IN)
            force.publish(case_file(), message_id="k-1", correlation_id="mine")
            [kept] = wait_until(lambda: ledger.recent(5), 30)
            wait_until(lambda: b"unanswered" in (tmp_path / "said").read_bytes(), 30)
            process.kill()  # SIGKILL: committed, not answered, not acknowledged
            process.wait()
        force.channel.queue_purge(REPLY)
        with serving(tmp_path, database, broker) as process:
            reply = force.reply(60)
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
        assert (reply.properties.type, reply.properties.correlation_id) == ("receipt", "mine")
        row = ledger.submission(kept.submission_id)
        assert row is not None
        assert row.receipt == reply.body
        assert [one.id for one in ledger.recent(5)] == [kept.id]
        assert force.get("reply") is None
        assert waiting_in(broker, IN) == 0


def test_while_the_ledger_is_away_a_document_is_neither_answered_nor_lost(tmp_path: Path, broker: Vhost) -> None:
    with (
        server() as postgres,
        postgres.database() as database,
        hub_for(tmp_path, database, broker) as hub,
        amqp_party("force-41", broker.url) as force,
    ):
        postgres.stop()
        for number in range(3):
            force.publish(case_file(f"c-{number}", urn(number)), message_id=f"k-{number}")
        wait_until(lambda: waiting_in(broker, IN) == 0)  # the hub has them, and can do nothing with them
        assert force.get("reply") is None
        postgres.start()
        replies = list(force.several("reply", 3, 60))
        assert [one.properties.type for one in replies] == ["receipt"] * 3
        assert len(hub.ledger.recent(10)) == 3


@pytest.mark.promise(
    "RabbitMQ",
    "RabbitMQ restarted while a party sends documents by AMQP",
    holds="each document is one message, with one receipt however often it is asked for",
)
def test_a_broker_that_is_restarted_while_documents_come_loses_none_of_them(
    tmp_path: Path, database: str, broker: Vhost, figure: Callable[[str], None]
) -> None:
    count, sent = 60, threading.Event()

    def send() -> None:
        """Each until the broker confirms it, as a party should."""
        left = list(range(count))
        while left:
            with suppress(*LOST), amqp_party("force-41", broker.url) as force:
                while left:
                    force.publish(case_file(f"c-{left[0]}", urn(left[0])), message_id=f"k-{left[0]}")
                    del left[0]
                    if left and left[0] == count // 3:
                        sent.set()
                    sent.wait(0.02)
            threading.Event().wait(0.1)

    with hub_for(tmp_path, database, broker) as hub:
        party = threading.Thread(target=send, daemon=True)
        party.start()
        assert sent.wait(60)
        broker.node.stop()
        broker.node.start()
        party.join(120)
        assert not party.is_alive()
        receipts: dict[str, set[bytes]] = defaultdict(set)
        came = 0
        with amqp_party("force-41", broker.url) as force:
            while len(receipts) < count:
                reply = force.reply(60)
                assert reply.properties.type == "receipt"
                receipts[reply.properties.correlation_id].add(reply.body)
                came += 1
        assert {len(bodies) for bodies in receipts.values()} == {1}
        assert len(hub.ledger.recent(2 * count)) == count
        assert_the_record_is_sound(hub.ledger, [one.submission_id for one in hub.ledger.recent(count)])
    figure(f"{count} documents over a restart of the broker: {count} messages, {came} receipts")


# --- out, while the broker is restarted


def test_what_a_court_that_is_away_does_not_take_stays_in_its_queue_over_a_restart(
    tmp_path: Path, database: str, broker: Vhost
) -> None:
    with hub_for(tmp_path, database, broker) as hub:
        for number in range(10):
            submit(hub, number)
        wait_until(lambda: acknowledged(hub) == 10, 60)
        broker.node.kill()
        broker.node.start()
        wait_until(lambda: waiting_in(broker, OUT) == 10, 60)
        with Court(broker) as court:
            wait_until(lambda: len(court.got) == 10, 60)
    assert len(set(court.ids())) == 10


@pytest.mark.promise(
    "RabbitMQ",
    "RabbitMQ killed while deliveries go out by AMQP",
    holds="every delivery comes, under one id with the same bytes",
)
def test_a_broker_that_is_restarted_while_deliveries_go_out_loses_none_of_them(
    tmp_path: Path, database: str, broker: Vhost, figure: Callable[[str], None]
) -> None:
    count = 150
    with hub_for(tmp_path, database, broker) as hub, Court(broker) as court:
        for number in range(count):
            submit(hub, number)
            if number == count // 2:
                wait_until(lambda: acknowledged(hub), 60)
                broker.node.kill()
        broker.node.start()
        wait_until(lambda: acknowledged(hub) == count, 120)
        wait_until(lambda: len(set(court.ids())) == count, 60)
        assert_the_record_is_sound(hub.ledger, [one.submission_id for one in hub.ledger.recent(2 * count)])
    assert {len(bodies) for bodies in court.bytes_by_id().values()} == {1}
    figure(f"{count} deliveries over a kill of the broker: {count} came, {len(court.got) - count} of them twice")
