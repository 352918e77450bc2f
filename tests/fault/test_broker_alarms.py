"""RabbitMQ short of memory and of disk: it takes nothing from publishers, the hub goes on accepting and says so, and all
is done once there is room again.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic

import pytest

from hub.assemble import Hub
from hub.message.lifecycle import SETTLED, MessageStatus
from tests.doubles.manners import answers
from tests.doubles.peer import Peer, peer
from tests.exchanges import COURT, family, urn
from tests.figures import FULL
from tests.hubs import FORCE, Client, running_hub, wait_until, web_door
from tests.invariants import assert_all
from tests.papers import case_file
from tests.servers.postgres import Server
from tests.servers.rabbitmq import RabbitNode

MANY = 2_000 if FULL else 60
ALARMS = {
    "memory": (("set_vm_memory_high_watermark", "0"), ("set_vm_memory_high_watermark", "0.4")),
    "disk": (("set_disk_free_limit", "1000000000000000"), ("set_disk_free_limit", "1000000")),
}


@contextmanager
def alarm(node: RabbitNode, kind: str) -> Iterator[Callable[[], None]]:
    """The node's alarm, until the end or until it is called off."""
    on, off = ALARMS[kind]

    def over() -> None:
        node.ctl(*off)

    node.ctl(*on)
    try:
        yield over
    finally:
        over()


@pytest.fixture
def courts() -> Iterator[dict[str, Peer]]:
    with ExitStack() as stack:
        yield {code: stack.enter_context(peer(answers())) for code in ("court-1", "court-2")}


class Sender:
    """A force at the web door: the submissions that were accepted, and the seconds that each took."""

    def __init__(self, client: Client) -> None:
        self._client, self.accepted = client, list[str]()
        self.seconds: list[float] = []

    def give(self, first: int, many: int) -> None:
        """Documents of ten cases in turn; each is accepted at once."""
        for number in range(first, first + many):
            raw = case_file(f"c-{number}", urn(1 + number % 10), family(number), sequence=1 + number % 10)
            begun = monotonic()
            answer = self._client.post("/v1/messages", raw)
            self.seconds.append(monotonic() - begun)
            assert answer.status == 202
            self.accepted.append(answer.json()["submission"])


def _settled(hub: Hub) -> bool:
    counts = hub.ledger.counts()
    under_way = sum(count for status, count in counts.deliveries.items() if status not in SETTLED)
    return not under_way and not counts.messages[MessageStatus.ACCEPTED] and not counts.slips


@pytest.mark.promise(
    "RabbitMQ",
    "RabbitMQ raises its alarm for memory, or for disk, and takes nothing from publishers",
    holds="every document is accepted meanwhile; `/readyz` says `broker: blocked` and stays 200; all is delivered once there is room",
    short="60 messages during each alarm instead of 2,000",
)
@pytest.mark.parametrize("kind", ALARMS)
def test_while_rabbitmq_is_blocked_the_doors_stay_open_and_all_is_done_afterwards(
    kind: str,
    courts: dict[str, Peer],
    tmp_path: Path,
    postgres: Server,
    rabbit: RabbitNode,
    figure: Callable[[str], None],
) -> None:
    rabbit.delete_queues()
    texts = {code: COURT.format(code=code, url=one.url, in_flight=4) for code, one in courts.items()}
    with (
        postgres.database() as database,
        running_hub(tmp_path, {"force-41": FORCE} | texts, database_url=database, broker_url=rabbit.url()) as hub,
        web_door(hub) as client,
    ):
        sender, health = Sender(client("force-41")), client(None)
        sender.give(0, 10)
        wait_until(lambda: _settled(hub), 60)
        with alarm(rabbit, kind) as over:
            sender.give(10, 1)  # it is told only to who publishes
            wait_until(lambda: health.get("/readyz").json()["broker"] == "blocked", 30)
            sender.give(11, MANY)
            ready = health.get("/readyz")
            assert (ready.status, ready.json()["broker"]) == (200, "blocked")
            waiting = sum(hub.ledger.counts().slips.values())
            assert waiting >= MANY
            over()
            begun = monotonic()
            wait_until(lambda: health.get("/readyz").json()["broker"] == "up", 60)
            wait_until(lambda: _settled(hub), 60 + MANY / 10)
            drained = monotonic() - begun
        assert_all(hub.ledger, sender.accepted, courts)
    figure(
        f"{waiting} accepted while it was blocked, each after {sorted(sender.seconds)[len(sender.seconds) // 2] * 1000:.0f} ms "
        f"(median), {max(sender.seconds) * 1000:.0f} ms at most; all of them delivered to two recipients {drained:.1f} s after "
        "the alarm was over"
    )
