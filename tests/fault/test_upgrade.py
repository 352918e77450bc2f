"""A rolling upgrade under a constant load: the next release migrates while the old one serves, both work together, an
old process is started again on the new tables, and the old ones are drained one by one. Nobody is told no.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
import urllib3

from hub.ledger.upgrade import shape_of
from tests.doubles.moody import Moody, moody
from tests.doubles.senders import NAMES
from tests.doubles.steady import Paper, Steady
from tests.figures import FULL
from tests.fleet import ROOT, Fleet, fleet, settle_up
from tests.hubs import wait_until
from tests.papers import case_file
from tests.releases import NEXT, next_release
from tests.servers.postgres import Server
from tests.servers.rabbitmq import RabbitNode

RATE, TOGETHER = (100.0, 60.0) if FULL else (30.0, 4.0)  # a second; seconds that both releases work side by side
STREAMS = 16
_FIGURE = re.compile(
    rb'^(hub_accept_total|hub_send_total)\{.*(?:verdict|outcome)="(accepted|acknowledge)".*\} (\S+)$', re.M
)


@dataclass
class Rolling:
    """Two releases over one database and one broker, and what each of them was seen to do."""

    hubs: Fleet
    old: Path
    new: Path
    of: dict[str, str] = field(default_factory=dict)  # the release of each process that runs
    did: Counter[tuple[str, str]] = field(default_factory=Counter)  # what processes had done when they were told to end

    def start(self, release: str, *names: str) -> None:
        for name in names:
            self.of[name] = release
            self.hubs.start(name, release=self.old if release == "old" else self.new)
        for name in names:
            self.hubs.await_ready(name)

    def end(self, name: str) -> None:
        """Drain one; what it did is read just before, so the rest that it still does is nobody's."""
        said = urllib3.request("GET", f"{self.hubs.url_of(name)}/metrics", retries=False, timeout=10).data
        for figure, _, value in _FIGURE.findall(said):
            self.did[self.of[name], figure.decode()] += int(float(value))
        assert self.hubs.end(name) == 0

    def command(self, *words: str) -> str:
        """Run the new release's command; what it said."""
        env = self.hubs.env(self.new)
        done = subprocess.run(
            [sys.executable, "-m", "hub", *words], cwd=self.hubs.folder, env=env, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def papers(stream: int, sent: set[tuple[str, str]]) -> Iterator[Paper]:
    """Cases of one sender without end, each in five messages that must stay in order."""
    for number in range(stream * 1000, (stream + 1) * 1000):
        urn = f"41ZD{number:05}26"
        for name in NAMES:
            taken = (urn, name)
            raw = case_file(f"{number}-{name}", urn, name, sequence=number + 1)
            yield Paper(
                raw, lambda status, _, taken=taken: sent.add(taken) if status == 202 else None, f"{number}-{name}"
            )


@pytest.fixture
def courts() -> Iterator[dict[str, Moody]]:
    with moody(moods={}) as one, moody(moods={}) as two:
        yield {"court-1": one, "court-2": two}


@pytest.mark.promise(
    "Upgrade, restore and soak",
    "A rolling upgrade under a constant load: the next release migrates while the old one serves, both work together, an old process starts again on the new tables, the old ones end one by one",
    holds="every submission is a 202; nothing is lost or out of order; no process logs a warning",
    short="30 messages a second for some seconds instead of 100 for a minute",
)
@pytest.mark.slow
def test_a_rolling_upgrade_under_a_constant_load_tells_nobody_no(
    tmp_path: Path, postgres: Server, rabbit: RabbitNode, courts: dict[str, Moody], figure: Callable[[str], None]
) -> None:
    rabbit.delete_queues()
    sent: set[tuple[str, str]] = set()
    with ExitStack() as stack:
        url = stack.enter_context(postgres.database())
        hubs = stack.enter_context(fleet(tmp_path, url, rabbit.url(), courts))
        rolling = Rolling(hubs, ROOT, next_release(tmp_path / "next"))
        assert rolling.command("--version").split() == ["cjhub", "9.9.9"]
        rolling.start("old", "serve-a", "serve-b", "worker-a")
        doors = [hubs.url_of("serve-a"), hubs.url_of("serve-b")]
        load = Steady(doors, hubs.key, RATE, [papers(stream, sent) for stream in range(STREAMS)])
        load.start()
        stack.callback(load.stopping.set)
        wait_until(lambda: len(sent) > RATE, 60)
        migrated = _timed(lambda: rolling.command("migrate"))
        assert shape_of(url).current == NEXT
        rolling.start("new", "worker-b")
        _replace(rolling, "serve-b", "new")
        before = len(sent)
        wait_until(lambda: len(sent) > before + RATE * TOGETHER, 60 + 4 * TOGETHER)
        for name in ("worker-a", "serve-a"):
            _replace(rolling, name, "old")  # as after a crash in mid-upgrade: it comes up on the new tables
        before = len(sent)
        wait_until(lambda: len(sent) > before + RATE * 2, 60)
        rolling.end("worker-a")
        _replace(rolling, "serve-a", "new")
        before = len(sent)
        wait_until(lambda: len(sent) > before + RATE, 60)
        load.finish()
        account = settle_up(url, courts, sent, 120)
        for name in list(hubs.running):
            rolling.end(name)
        with psycopg.connect(url) as connection:
            rows = connection.execute(f"SELECT count(*), count(probe_{NEXT}) FROM messages").fetchone()
    assert set(load.answers) == {202}, load.answers
    said = [line for log in tmp_path.glob("*.log") for line in log.read_text().splitlines() if line.startswith("{")]
    assert [line for line in said if '"level": "info"' not in line] == []
    assert rows == (len(sent), len(sent)), "old and new alike wrote the new column's default"
    assert all(
        rolling.did[release, name] for release in ("old", "new") for name in ("hub_accept_total", "hub_send_total")
    )
    figure(_told(load, account.attempts, account.again, rolling, migrated))


def _replace(rolling: Rolling, name: str, release: str) -> None:
    rolling.end(name)
    rolling.start(release, name)


def _timed(work: Callable[[], object]) -> float:
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def _told(load: Steady, attempts: int, again: int, rolling: Rolling, migrated: float) -> str:
    count = load.answers.total()
    did = {
        release: f"{rolling.did[release, 'hub_accept_total']} accepted and {rolling.did[release, 'hub_send_total']} delivered"
        for release in ("old", "new")
    }
    return (
        f"{count} documents at {count / load.seconds:.1f}/s for {load.seconds:.0f} s (asked: {RATE:.0f}/s), errors 0; "
        f"{load.elsewhere} connections refused and {load.cut} cut off, given to the other address; a document began "
        f"{load.latest * 1000:.0f} ms late at most; migrate took {migrated:.1f} s; {attempts} deliveries, {again} of them "
        f"again, lost 0, order broken 0 times; seen of the old release {did['old']}, of the new {did['new']}; "
        f"load {os.getloadavg()[0]:.1f}"
    )
