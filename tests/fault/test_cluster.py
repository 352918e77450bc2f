"""A RabbitMQ of three nodes loses the one that leads the queue of lane send, with messages in flight; processes of the
hub know all three addresses.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.doubles.moody import moody
from tests.doubles.senders import Senders
from tests.fleet import fleet, settle_up
from tests.hubs import wait_until
from tests.servers.postgres import Server
from tests.servers.rabbitmq import RabbitNode, rabbit_cluster

QUEUE = "cjhub.send"


@pytest.mark.promise(
    "RabbitMQ",
    "Of three RabbitMQ nodes the one that leads the queue `cjhub.send` killed, with messages in flight",
    holds="the door does not notice; another node leads, and deliveries go on within 15 seconds",
)
@pytest.mark.slow
def test_with_its_leader_killed_the_cluster_goes_on_and_nothing_is_lost(
    tmp_path: Path, postgres: Server, figure: Callable[[str], None]
) -> None:
    with (
        rabbit_cluster(3) as nodes,
        postgres.database() as url,
        moody(moods={}) as court,
        fleet(tmp_path, url, ",".join(node.url() for node in nodes), {"court-1": court}) as hubs,
    ):
        hubs.start("serve", "worker-1")
        hubs.await_ready()
        senders = Senders(hubs.url, hubs.key, count=4)
        senders.start()
        wait_until(lambda: len(court.came) >= 50, 60)
        leader = nodes[0].leader(QUEUE)
        killed = next(node for node in nodes if node.name == leader)
        killed.kill()
        at, arrived = time.time(), len(court.came)
        others = [node for node in nodes if node is not killed]
        wait_until(lambda: (new := others[0].leader(QUEUE)) is not None and new != leader, 60)
        elected = time.time() - at
        kept = senders.kept
        wait_until(lambda: senders.kept >= kept + 50, 120)  # that are accepted after the leader was lost
        late = {one for urn, names in list(senders.accepted.items())[-5:] for one in ((urn, name) for name in names)}
        wait_until(lambda: late <= {(one.urn, one.name) for one in list(court.came)}, 120)
        senders.finish()
        account = settle_up(url, {"court-1": court}, senders.sent, 120)
        assert set(senders.answers) == {202}, "the door does not notice"
        came = [one.at for one in court.came[arrived:]]
        pause, went_on = max((after - before, after - at) for before, after in zip([at, *came], came, strict=False))
        figure(
            f"three nodes, the leader of {QUEUE} killed: {account.sent} accepted, lost 0, order broken 0 times, "
            f"{account.again} again; another node led {elected:.1f} s after, the longest pause between deliveries was "
            f"{pause:.1f} s and ended {went_on:.1f} s after; load {os.getloadavg()[0]:.1f}"
        )
        assert _leads(others, QUEUE)
        assert pause < 15, "the processes went on by themselves, not by a sweep or a long silence"


def _leads(nodes: list[RabbitNode], queue: str) -> bool:
    return nodes[0].leader(queue) in {node.name for node in nodes}
