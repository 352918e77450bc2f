"""`kill -9` of every kind of process under load: `cjhub serve`, its judge, `cjhub work`, RabbitMQ, PostgreSQL, each in
turn; RabbitMQ stopped, and wiped.

Nothing accepted is lost, nothing goes again that was acknowledged, the order of every case stays; the door says no at
once, or not at all where it is the door that is gone.
"""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.doubles.moody import Moody, moody
from tests.doubles.senders import Senders
from tests.figures import FULL
from tests.fleet import Account, Fleet, fleet, settle_up
from tests.hubs import wait_until
from tests.servers.postgres import Server, server
from tests.servers.rabbitmq import LANES, RabbitNode, closing, rabbit_node

pytestmark = pytest.mark.slow
KILLS = 20 if FULL else 3
BETWEEN = (5, 60)  # messages accepted before each kill: so many that it comes anywhere in the work
ENDS = 5 if FULL else 1  # of RabbitMQ, in ways that take longer


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
    chance: random.Random = field(default_factory=lambda: random.Random(1))

    def kill(self, end: Callable[[], None], start: Callable[[], None], times: int = KILLS) -> None:
        """Kill in the middle of the work, start again, wait until the door accepts; so often."""
        for _ in range(times):
            before = self.senders.kept + self.chance.randint(*BETWEEN)
            wait_until(lambda before=before: self.senders.kept >= before, 120)
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
    back = sorted(stage.back)
    answers = ", ".join(f"{count} x {answer}" for answer, count in sorted(stage.senders.answers.items(), key=str))
    return (
        f"{what} {len(back)} times: {account.sent} accepted to two recipients, lost 0, order broken 0 times, "
        f"{account.again} of {account.attempts} attempts again under the same id ({account.after_a_yes} after an answer "
        f"that was never written); door: {answers}; accepted after {accepted[len(accepted) // 2] * 1000:.0f} ms (median), "
        f"{accepted[-1] * 1000:.0f} ms at most, 503 after {refusals[-1] * 1000:.0f} ms at most; accepting again "
        f"{back[len(back) // 2]:.1f} s (median), {back[-1]:.1f} s (at most) after each; all delivered "
        f"{account.drained:.1f} s after the last; load {os.getloadavg()[0]:.1f}"
    )


@pytest.mark.promise(
    "Processes of the hub",
    "`cjhub work`, one of two, killed (`kill -9`) at random moments under load",
    holds="the door does not notice; an attempt that was under way is made again under the same id; nothing is sent again once its acknowledgement is kept",
    short="3 kills instead of 20",
)
def test_workers_that_are_killed_and_started_again(stage: Stage, figure: Callable[[str], None]) -> None:
    stage.kill(lambda: stage.hubs.kill("worker-1"), lambda: stage.hubs.start("worker-1"))
    account = stage.account()
    assert set(stage.senders.answers) == {202}, "the door does not notice"
    figure(told(stage, "killed", account))


@pytest.mark.promise(
    "Processes of the hub",
    "`cjhub serve` killed (`kill -9`) at random moments under load",
    holds="whoever has a receipt has it for good; a connection may break, and the same document given again is accepted",
    short="3 kills instead of 20",
)
def test_the_one_that_serves_is_killed_and_started_again(stage: Stage, figure: Callable[[str], None]) -> None:
    stage.kill(lambda: stage.hubs.kill("serve"), lambda: stage.hubs.start("serve"))
    account = stage.account()
    assert set(stage.senders.answers) <= {202, "no answer"}
    figure(told(stage, "killed", account))


@pytest.mark.promise(
    "Processes of the hub",
    "The judge, a child of `cjhub serve` in which documents are parsed, killed (`kill -9`) at random moments under load",
    holds="another takes its place; a document that it had is kept and judged once more; the hub goes on",
    short="3 kills instead of 20",
)
def test_a_judge_is_killed_under_load(stage: Stage, figure: Callable[[str], None]) -> None:
    def end() -> None:
        (judge,) = wait_until(lambda: children(stage.hubs.running["serve"].pid))
        os.kill(judge, signal.SIGKILL)

    stage.kill(end, lambda: None)
    account = stage.account()
    assert set(stage.senders.answers) <= {202, 503}
    assert all(wait for _, wait in stage.senders.refusals), "each 503 says when to try again"
    figure(told(stage, "killed", account))


def children(pid: int) -> list[int]:
    """The processes below one."""
    return [int(one) for task in Path(f"/proc/{pid}/task").iterdir() for one in (task / "children").read_text().split()]


@pytest.mark.promise(
    "RabbitMQ",
    "RabbitMQ killed (`kill -9`) and started again under load",
    holds="every document is accepted meanwhile (202, no error at any sender), and is delivered once it is back",
    short="3 kills instead of 20",
)
def test_rabbitmq_is_killed_and_started_again(stage: Stage, figure: Callable[[str], None]) -> None:
    stage.kill(stage.rabbit.kill, stage.rabbit.start)
    account = stage.account()
    assert set(stage.senders.answers) == {202}, "submissions are kept while it is away"
    figure(told(stage, "killed", account))


@pytest.mark.promise(
    "RabbitMQ",
    "RabbitMQ stopped in order, and started again, under load",
    holds="as above",
    short="1 stop instead of 5",
)
def test_rabbitmq_is_stopped_and_started_again(stage: Stage, figure: Callable[[str], None]) -> None:
    stage.kill(stage.rabbit.stop, stage.rabbit.start, ENDS)
    account = stage.account()
    assert set(stage.senders.answers) == {202}, "submissions are kept while it is away"
    figure(told(stage, "stopped", account))


@pytest.mark.promise(
    "RabbitMQ",
    "RabbitMQ killed under load and its whole disk lost: queues, messages, users",
    holds="as above: the queues are declared anew, and what has lost its slip is rung for again",
    short="1 loss instead of 5",
)
def test_rabbitmq_loses_everything_that_it_kept(stage: Stage, figure: Callable[[str], None]) -> None:
    stage.kill(stage.rabbit.wipe, stage.rabbit.start, ENDS)
    account = stage.account()
    assert set(stage.senders.answers) == {202}, "submissions are kept while it is away"
    figure(told(stage, "wiped", account))


@pytest.mark.promise(
    "PostgreSQL",
    "PostgreSQL killed (`kill -9`) in the middle of transactions, and started again, under load",
    holds="no receipt is lost; 503 with Retry-After meanwhile; every process of the hub goes on by itself with connections that work",
    short="3 kills instead of 20",
)
def test_postgresql_is_killed_and_started_again(stage: Stage, figure: Callable[[str], None]) -> None:
    stage.kill(stage.postgres.kill, stage.postgres.start)
    account = stage.account()
    assert set(stage.senders.answers) <= {202, 503}
    assert all(wait for _, wait in stage.senders.refusals), "each 503 says when to try again"
    assert all(one.poll() is None for one in stage.hubs.running.values()), "no process had to be started again"
    figure(told(stage, "killed", account))
