"""A whole hub whose slips go by RabbitMQ: a case file comes in at the door and lies in the court's folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from hub.assemble import Hub, clock, lookout_of
from hub.broker.rabbitmq import RabbitBroker
from hub.broker.sweeper import Sweeper
from hub.flow.shadow import Shadow
from hub.message.lifecycle import DeliveryStatus
from hub.wire import Standing
from hub.wire.amqp import Address
from hub.worker import Pace, Steps, Worker
from tests.hubs import COURT, FORCE, running_hub, wait_until, web_door
from tests.papers import case_file
from tests.servers.rabbitmq import RabbitNode


@contextmanager
def on_rabbitmq(hub: Hub, node: RabbitNode) -> Iterator[Hub]:
    """The hub with its workers and doors on RabbitMQ. Its ledger stays: within one process SQLite does."""
    hub.worker.stop()
    flow = hub.flow
    broker = RabbitBroker(hub.ledger, clock, Address(node.url()))
    shadow = Shadow(rule=flow.rule, ledger=flow.ledger, candidates=flow.found.candidates, trust_of=flow.trust_of)
    lookout = lookout_of(hub.settings, hub.found, hub.ledger)
    steps = Steps(flow=flow, sending=hub.sending, shadow=shadow, lookout=lookout)
    worker = Worker(steps=steps, broker=broker, sweeper=Sweeper(ledger=hub.ledger), pace=Pace(seal_seconds=0.05))
    worker.start()
    try:
        yield replace(hub, broker=broker, worker=worker)
    finally:
        worker.stop()
        broker.close()


def test_case_files_reach_the_court_and_one_that_comes_while_the_broker_is_away_does_later(
    tmp_path: Path, rabbit: RabbitNode
) -> None:
    rabbit.delete_queues()
    with (
        running_hub(tmp_path, {"force-41": FORCE, "court": COURT}) as embedded,
        on_rabbitmq(embedded, rabbit) as hub,
        web_door(hub) as client,
    ):
        force = client("force-41")
        wait_until(lambda: hub.broker.standing() is Standing.UP, 30)
        for number in range(20):
            assert force.post("/v1/messages", case_file(f"c-{number}", f"41ZD00{number:02d}126")).status == 202
        wait_until(lambda: hub.ledger.counts().deliveries[DeliveryStatus.ACKNOWLEDGED] == 20, 60)
        assert force.get("/readyz").json()["broker"] == "up"
        rabbit.stop()
        try:
            assert force.post("/v1/messages", case_file("c-20", "41ZD0020126")).status == 202
            wait_until(lambda: force.get("/readyz").json()["broker"] == "away")
            assert force.get("/readyz").status == 200
            assert 'hub_broker{standing="away"} 1.0' in force.get("/metrics").data.decode()
        finally:
            rabbit.start()
        wait_until(lambda: hub.ledger.counts().deliveries[DeliveryStatus.ACKNOWLEDGED] == 21, 60)
    assert len(list((tmp_path / "court").glob("*"))) == 21
