"""`kill -9` of every kind of process under load: `cjhub serve`, `cjhub work`, RabbitMQ, PostgreSQL, each in turn.

Nothing accepted is lost, nothing goes again that was acknowledged, the order of every case stays; the door says no at
once, or not at all where it is the door that is gone.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.doubles.moody import Moody, moody
from tests.doubles.senders import Senders
from tests.fleet import Account, Fleet, fleet, settle_up
from tests.hubs import wait_until
from tests.servers.postgres import Server, server
from tests.servers.rabbitmq import LANES, RabbitNode, closing, rabbit_node

pytestmark = pytest.mark.slow
KILLS = 4
BETWEEN = 40  # messages accepted before each kill


@dataclass
class Stage:
    """Servers, processes over them, two recipients, and senders that do not stop."""

    postgres: Server
    rabbit: RabbitNode
    hubs: Fleet
    database: str
    courts: dict[str, Moody]
    senders: Senders
    back: list[float] = field(default_factory=list)  # seconds from each kill to the next acceptance after the start

    def kill(self, end: Callable[[], None], start: Callable[[], None]) -> None:
        """Kill in the middle of the work, start again, wait until the door accepts; so often."""
        for _ in range(KILLS):
            before = self.senders.kept
            wait_until(lambda before=before: self.senders.kept >= before + BETWEEN, 120)
            begun = time.monotonic()
            end()
            start()
            started = time.monotonic()
            wait_until(lambda started=started: self.senders.last > started, 120)
            self.back.append(self.senders.last - begun)

    def account(self) -> Account:
        """Let the senders end, and look at everything that must hold."""
        self.senders.finish(120)
        return settle_up(self.database, self.courts, self.senders.sent, 180)


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Server, RabbitNode]]:
    """Servers of this module's own, with the queues declared and the node started again since.

    A node that is killed within seconds of the first declaration of a queue may lose it (docs/decisions/rabbitmq.md).
    """
    with server(durable=True) as postgres, rabbit_node() as rabbit:
        with closing(rabbit.connection()) as connection:
            for queue in LANES:
                connection.channel().queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum"})
        rabbit.stop()
        rabbit.start()
        yield postgres, rabbit


@pytest.fixture
def stage(servers: tuple[Server, RabbitNode], tmp_path: Path) -> Iterator[Stage]:
    postgres, rabbit = servers
    with ExitStack() as stack:
        courts = {f"court-{n}": stack.enter_context(moody(seed=n)) for n in (1, 2)}
        database = stack.enter_context(postgres.database())
        hubs = stack.enter_context(fleet(tmp_path, database, rabbit.url(), courts))
        hubs.start("serve", "worker-1", "worker-2")
        hubs.await_ready()
        senders = Senders(hubs.url, hubs.key, count=4)
        senders.start()
        stack.callback(senders.finish)
        yield Stage(postgres, rabbit, hubs, database, courts, senders)


def told(stage: Stage, what: str, account: Account) -> str:
    """A line of figures."""
    refusals = sorted(seconds for seconds, _ in stage.senders.refusals) or [0.0]
    accepted = sorted(stage.senders.seconds)
    back = ", ".join(f"{each:.1f}" for each in stage.back)
    answers = ", ".join(f"{count} x {answer}" for answer, count in sorted(stage.senders.answers.items(), key=str))
    return (
        f"{what} killed {KILLS} times: {account.sent} accepted to two recipients, lost 0, order broken 0 times, "
        f"{account.again} of {account.attempts} attempts again ({account.after_a_yes} after an answer that was never "
        f"written); door: {answers}; accepted after {accepted[len(accepted) // 2] * 1000:.0f} ms (median), "
        f"{accepted[-1] * 1000:.0f} ms at most, 503 after {refusals[-1] * 1000:.0f} ms at most; the first acceptance "
        f"once it was started again {back} s after each kill; all delivered {account.drained:.1f} s after the last; load {os.getloadavg()[0]:.1f}"
    )


def test_workers_that_are_killed_and_started_again(stage: Stage, figure: Callable[[str], None]) -> None:
    stage.kill(lambda: stage.hubs.kill("worker-1"), lambda: stage.hubs.start("worker-1"))
    account = stage.account()
    assert set(stage.senders.answers) == {202}, "the door does not notice"
    figure(told(stage, "cjhub work", account))


def test_the_one_that_serves_is_killed_and_started_again(stage: Stage, figure: Callable[[str], None]) -> None:
    stage.kill(lambda: stage.hubs.kill("serve"), lambda: stage.hubs.start("serve"))
    account = stage.account()
    assert set(stage.senders.answers) <= {202, "no answer"}
    figure(told(stage, "cjhub serve", account))


def test_rabbitmq_is_killed_and_started_again(stage: Stage, figure: Callable[[str], None]) -> None:
    stage.kill(stage.rabbit.kill, stage.rabbit.start)
    account = stage.account()
    assert set(stage.senders.answers) == {202}, "submissions are kept while it is away"
    figure(told(stage, "RabbitMQ", account))


def test_postgresql_is_killed_and_started_again(stage: Stage, figure: Callable[[str], None]) -> None:
    stage.kill(stage.postgres.kill, stage.postgres.start)
    account = stage.account()
    assert set(stage.senders.answers) <= {202, 503}
    assert all(wait for _, wait in stage.senders.refusals), "each 503 says when to try again"
    figure(told(stage, "PostgreSQL", account))
