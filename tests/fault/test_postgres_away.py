"""PostgreSQL restarted and killed under load, with two processes of the hub over it.

Nothing accepted is lost; a message has one id however often it comes; the order of a case stays; the door says no at
once while the server is away, and nobody restarts the hub.
"""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

import pytest
import urllib3

from hub.assemble import clock, new_id
from hub.ledger import Ledger
from hub.ledger.engine import open_ledger
from hub.message.lifecycle import SETTLED, MessageStatus
from hub.simulate.process import free_port
from hub.web.access import hash_key, new_key
from tests.doubles.recipient import Recipient, recipient
from tests.figures import FULL
from tests.hubs import FORCE, wait_until
from tests.invariants import assert_each_status_moved_by_the_table
from tests.papers import case_file
from tests.servers.postgres import Server, server

ROOT = Path(__file__).resolve().parent.parent.parent
COURT = """
[party]
code = "court"
name = "A court"
agency = "court"
ou_code = "B41ZZ00"
[endpoint]
kind = "http"
url = "{url}"
[[routes]]
message = "CaseFileSubmission"
as = "spi-case"
where = {{ court = ["B41*"] }}
"""
SENDERS = 4
AWAY = 60.0 if FULL else 3.0  # seconds
KILLS = 20 if FULL else 3
BREAKS = 50 if FULL else 10
PACE = {
    "CJHUB_TIMEOUT_SECONDS": "1",
    "CJHUB_LEASE_SECONDS": "3",
    "CJHUB_SWEEP_SECONDS": "0.3",
    "CJHUB_SEAL_SECONDS": "0.1",
    "CJHUB_RETRY_SECONDS": "[0.1, 0.2]",
    "CJHUB_JUDGES": "1",
}


@dataclass
class Load:
    """Senders that give documents of their own cases, one after the other, until each is accepted."""

    url: str
    key: str
    stop: Event = field(default_factory=Event)
    accepted: dict[str, list[str]] = field(default_factory=dict)  # by case the names, in order
    answers: Counter[int] = field(default_factory=Counter)
    refusals: list[tuple[float, str | None]] = field(default_factory=list)  # seconds, Retry-After
    last: float = 0.0  # when something was accepted
    threads: list[Thread] = field(default_factory=list)

    def start(self) -> None:
        for number in range(1, SENDERS + 1):
            self.threads.append(Thread(target=self._run, args=(number,), daemon=True))
            self.threads[-1].start()

    def finish(self) -> None:
        """Let each sender have its last answer."""
        self.stop.set()
        for thread in self.threads:
            thread.join(60)

    def _run(self, sender: int) -> None:
        pool = urllib3.PoolManager(timeout=30, retries=False)
        case = 0
        while not self.stop.is_set():
            case += 1
            urn = f"41ZD{sender}{case:04}26"
            for number in range(5):
                name = f"Name{'ABCDE'[number]}"
                raw = case_file(f"{sender}-{case}-{number}", urn, name, sequence=sender * 10_000 + case)
                if not self._give(pool, raw):
                    return
                self.accepted.setdefault(urn, []).append(name)

    def _give(self, pool: urllib3.PoolManager, raw: bytes) -> bool:
        """Post a document until it is accepted; False where told to stop before."""
        while not self.stop.is_set():
            begun = time.monotonic()
            headers = {"Authorization": f"Bearer {self.key}"}
            answer = pool.request("POST", f"{self.url}/v1/messages", body=raw, headers=headers)
            self.answers[answer.status] += 1
            if answer.status == 202:
                self.last = time.monotonic()
                return True
            self.refusals.append((time.monotonic() - begun, answer.headers.get("Retry-After")))
            self.stop.wait(0.05)
        return False


@dataclass
class Stage:
    """A server, two processes of the hub over it, a recipient, and the load."""

    server: Server
    url: str
    court: Recipient
    load: Load
    hubs: list[subprocess.Popen[bytes]]
    away: list[float] = field(default_factory=list)
    back: list[float] = field(default_factory=list)

    def interrupt(self, end: Callable[[], None], seconds: float) -> None:
        """Take the server away for a while in the middle of the work, and wait until the door accepts again."""
        before = self.load.answers[202]
        wait_until(lambda: self.load.answers[202] >= before + 60, 60)
        begun = time.monotonic()
        end()
        refused = len(self.load.refusals)
        wait_until(lambda: len(self.load.refusals) >= refused + 10 and time.monotonic() - begun > seconds, seconds + 60)
        self.server.start()
        started = time.monotonic()
        self.away.append(started - begun)
        wait_until(lambda: self.load.last > started, 30)
        self.back.append(self.load.last - started)


@contextmanager
def process(command: str, folder: Path, url: str, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    env = os.environ | PACE | {"CJHUB_DATABASE_URL": url, "PYTHONPATH": str(ROOT)}
    arguments = [sys.executable, "-m", "hub", command, "--config", str(folder / "config"), *words]
    with (folder / f"{command}.log").open("wb") as log:
        made = subprocess.Popen(arguments, cwd=folder, env=env, stdout=log, stderr=log)
        try:
            yield made
        finally:
            made.send_signal(signal.SIGTERM)
            made.wait(60)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with ExitStack() as stack:
        court = stack.enter_context(recipient())
        parties = tmp_path / "config" / "parties"
        parties.mkdir(parents=True)
        (parties / "force-41.toml").write_text(FORCE)
        (parties / "court.toml").write_text(COURT.format(url=court.url))
        database = stack.enter_context(server(durable=True))
        url = stack.enter_context(database.database())
        key, port = new_key("force-41"), free_port()
        ledger = open_ledger(url, clock, new_id)
        ledger.add_key("force-41", hash_key(key), "test", ("submit", "read"))
        ledger.close()
        hubs = [
            stack.enter_context(process("serve", tmp_path, url, "--port", str(port))),
            stack.enter_context(process("work", tmp_path, url)),
        ]
        load = Load(f"http://127.0.0.1:{port}", key)
        wait_until(lambda: _ready(load.url), 30)
        load.start()
        stack.callback(load.finish)
        yield Stage(database, url, court, load, hubs)


def _ready(url: str) -> bool:
    try:
        return urllib3.request("GET", f"{url}/readyz", retries=False, timeout=2).status == 200
    except urllib3.exceptions.HTTPError:
        return False


@pytest.mark.promise(
    "PostgreSQL",
    "PostgreSQL killed and stopped, away for a second each time, with two processes of the hub over it",
    holds="503 with Retry-After in less than a second; nothing kept by halves; all goes on by itself once it is back",
    short="3 kills and 1 stop instead of 20 and 5",
)
def test_what_was_accepted_survives_kills_and_restarts_of_the_server(
    stage: Stage, figure: Callable[[str], None]
) -> None:
    for _ in range(KILLS):
        stage.interrupt(stage.server.kill, 1.0)
    for _ in range(5 if FULL else 1):
        stage.interrupt(stage.server.stop, 1.0)
    everything_arrived(stage, figure)
    refused_at_once_and_nobody_was_started_again(stage)


@pytest.mark.promise(
    "PostgreSQL",
    "PostgreSQL away for a minute under load",
    holds="503 with Retry-After in less than a second for all of that minute; nothing kept by halves; no process is started again",
    short="3 seconds instead of 60",
)
def test_a_server_that_is_away_for_long_is_told_at_once_and_missed_no_longer_than_it_is_away(
    stage: Stage, figure: Callable[[str], None]
) -> None:
    stage.interrupt(stage.server.stop, AWAY)
    everything_arrived(stage, figure)
    refused_at_once_and_nobody_was_started_again(stage)


@pytest.mark.promise(
    "PostgreSQL",
    "Every connection to PostgreSQL broken off by the server, again and again, whatever transaction it is in",
    holds="no receipt is lost; a commit whose answer was lost is a 503; the hub has working connections again at once",
    short="10 times instead of 50",
)
def test_connections_that_are_broken_off_in_mid_transaction_are_made_anew(
    stage: Stage, figure: Callable[[str], None]
) -> None:
    broken, pause = 0, [0.0]
    for _ in range(BREAKS):
        before = stage.load.answers[202]
        wait_until(lambda before=before: stage.load.answers[202] >= before + 7, 60)
        begun = time.monotonic()
        broken += stage.server.break_off()
        wait_until(lambda begun=begun: stage.load.last > begun, 30)
        pause.append(stage.load.last - begun)
    everything_arrived(
        stage,
        lambda line: figure(f"{broken} connections broken off; accepting {max(pause):.2f} s after at most; {line}"),
    )
    refused_at_once_and_nobody_was_started_again(stage)


def refused_at_once_and_nobody_was_started_again(stage: Stage) -> None:
    load = stage.load
    assert all(hub.poll() is None for hub in stage.hubs), "no process of the hub had to be started again"
    assert set(load.answers) <= {202, 503}
    assert all(wait for _, wait in load.refusals), "each 503 says when to try again"
    assert max((seconds for seconds, _ in load.refusals), default=0.0) < 1.0


@pytest.mark.promise(
    "Processes of the hub",
    "`cjhub work` killed (`kill -9`) and never started again, over PostgreSQL without RabbitMQ",
    holds="what it had in hand is done by the process that is left, under the same ids",
)
def test_what_a_killed_process_had_in_hand_is_done_by_another(stage: Stage, figure: Callable[[str], None]) -> None:
    wait_until(lambda: stage.load.answers[202] >= 60, 60)
    stage.hubs[1].kill()
    wait_until(lambda: stage.load.answers[202] >= 120, 60)
    everything_arrived(stage, figure)
    assert set(stage.load.answers) == {202}
    assert stage.hubs[0].poll() is None


def everything_arrived(stage: Stage, figure: Callable[[str], None]) -> None:
    """Let the load end, wait for the last delivery, and look at everything that must hold."""
    stage.load.finish()
    begun = time.monotonic()
    sent = {(urn, name) for urn, names in stage.load.accepted.items() for name in names}
    ledger = open_ledger(stage.url, clock, new_id)
    try:
        wait_until(lambda: sent <= stage.court.ids().keys() and _at_rest(ledger), 60)
        _nothing_is_lost_doubled_or_out_of_order(stage, sent)
        _what_the_ledger_says_holds(ledger, len(sent))
        figure(_told(stage, len(sent), time.monotonic() - begun))
    finally:
        ledger.close()


def _at_rest(ledger: Ledger) -> bool:
    counts = ledger.counts()
    under_way = sum(count for status, count in counts.deliveries.items() if status not in SETTLED)
    return not under_way and not counts.messages[MessageStatus.ACCEPTED] and not counts.slips


def _told(stage: Stage, sent: int, drained: float) -> str:
    load, court = stage.load, stage.court
    slow = sorted(seconds for seconds, _ in load.refusals) or [0.0]
    again = len(court.came) - len(court.ids())
    line = (
        f"{sent} accepted, lost 0, {load.answers[503]} x 503 (median {slow[len(slow) // 2] * 1000:.0f} ms, slowest "
        f"{slow[-1] * 1000:.0f} ms); {again} of {len(court.came)} attempts again under the same id; all delivered "
        f"{drained:.1f} s after the last"
    )
    if not stage.away:
        return line
    return (
        f"{len(stage.away)} times away, {max(stage.away):.1f} s at most; accepting again {max(stage.back):.2f} s at most "
        f"after it was back; {line}"
    )


def _nothing_is_lost_doubled_or_out_of_order(stage: Stage, sent: set[tuple[str, str]]) -> None:
    ids = stage.court.ids()
    assert not sent - ids.keys(), "lost"
    assert not [key for key, found in ids.items() if len(found) != 1], "came with another id"
    assert not [id for id, found in stage.court.bytes.items() if len(found) != 1], "came with other bytes"
    for urn, order in stage.court.first_arrivals().items():
        assert order == sorted(order), urn


def _what_the_ledger_says_holds(ledger: Ledger, sent: int) -> None:
    while ledger.seal_once(1000):
        pass
    verdict = ledger.verify_audit()
    assert verdict.sound, verdict.breaks
    assert_each_status_moved_by_the_table(ledger, [row.id for row in ledger.recent(2 * sent + 100)])
    assert sum(ledger.counts().messages.values()) in range(sent, sent + SENDERS + 1)  # the last may have no answer
    after, positions = 0, []
    while events := ledger.feed_after(after, None, 1000):
        positions += [one.position for one in events]
        after = positions[-1]
    assert positions == list(range(1, len(positions) + 1))
