"""Processes of the hub over one PostgreSQL and one RabbitMQ, as an operator runs them; and what must hold of their work.

Rule: they are ended by the process ids that were started here. What was sent is compared with what recipients saw, and
what recipients saw with the ledger's own account.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import urllib3

from hub.assemble import clock, new_id
from hub.ledger import Ledger
from hub.ledger.engine import open_ledger
from hub.message.lifecycle import SETTLED, MessageStatus
from hub.simulate.process import free_port
from hub.web.access import hash_key, new_key
from tests.doubles.moody import Came, Moody
from tests.hubs import FORCE, wait_until
from tests.invariants import assert_each_status_moved_by_the_table

ROOT = Path(__file__).resolve().parent.parent
COURT = """
[party]
code = "{code}"
name = "A court"
agency = "court"
ou_code = "B41ZZ00"
[endpoint]
kind = "http"
url = "{url}"
in_flight = 64
[[routes]]
message = "CaseFileSubmission"
as = "spi-case"
where = {{ court = ["B41*"] }}
"""
PACE = {
    "CJHUB_TIMEOUT_SECONDS": "1",
    "CJHUB_LEASE_SECONDS": "3",
    "CJHUB_SWEEP_SECONDS": "0.3",
    "CJHUB_SEAL_SECONDS": "0.2",
    "CJHUB_RETRY_SECONDS": "[0.1, 0.2]",
    "CJHUB_JUDGES": "1",
}


@dataclass
class Fleet:
    """Processes by name. One that was killed may be started again; those named "serve..." have doors."""

    folder: Path
    database: str
    broker: str
    ports: dict[str, int] = field(default_factory=lambda: defaultdict(free_port))
    key: str = field(default_factory=lambda: new_key("force-41"))
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The door of the one that serves."""
        return self.url_of("serve")

    def url_of(self, name: str) -> str:
        """Where one tells its health and its figures, and has its door if it has one."""
        return f"http://127.0.0.1:{self.ports[name]}"

    def start(self, *names: str, release: Path = ROOT) -> None:
        """Start some that serve, and workers: any other name is one of those. `release` is the folder of the packages."""
        for name in names:
            words = ["serve", "--port", str(self.ports[name])] if name.startswith("serve") else ["work"]
            env = self.env(release) | {"CJHUB_HEALTH_PORT": str(self.ports[name])}
            command = [sys.executable, "-m", "hub", *words, "--config", str(self.folder / "config")]
            with (self.folder / f"{name}.log").open("ab") as log:
                self.running[name] = subprocess.Popen(command, cwd=self.folder, env=env, stdout=log, stderr=log)

    def env(self, release: Path = ROOT) -> dict[str, str]:
        """The environment of a process of a release."""
        more = {"PYTHONPATH": str(release), "CJHUB_DATABASE_URL": self.database, "CJHUB_BROKER_URL": self.broker}
        return dict(os.environ) | PACE | more

    def end(self, name: str, seconds: float = 60.0) -> int:
        """End one in order, as a supervisor does: its exit code."""
        process = self.running.pop(name)
        process.send_signal(signal.SIGTERM)
        return process.wait(seconds)

    def kill(self, name: str) -> None:
        """End one as a loss of power does."""
        self.running[name].kill()
        self.running[name].wait(10)
        del self.running[name]

    def await_ready(self, name: str = "serve", seconds: float = 60.0) -> None:
        """Wait until one is ready, and the broker is up for it."""
        wait_until(lambda: self._is_ready(name), seconds)

    def _is_ready(self, name: str) -> bool:
        ended = self.running[name].poll()
        assert ended is None, f"{name} ended with {ended}: {(self.folder / f'{name}.log').read_text()[-2000:]}"
        try:
            answer = urllib3.request("GET", f"{self.url_of(name)}/readyz", retries=False, timeout=2)
            return answer.status == 200 and answer.json()["broker"] == "up"
        except urllib3.exceptions.HTTPError:
            return False

    def stop(self) -> None:
        """End all, in order."""
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        for process in self.running.values():
            process.wait(60)


@contextmanager
def fleet(folder: Path, database: str, broker: str, courts: Mapping[str, Moody]) -> Iterator[Fleet]:
    """None runs yet; those that do at the end are stopped."""
    parties = folder / "config" / "parties"
    parties.mkdir(parents=True)
    (parties / "force-41.toml").write_text(FORCE)
    for code, court in courts.items():
        (parties / f"{code}.toml").write_text(COURT.format(code=code, url=court.url))
    made = Fleet(folder, database, broker)
    ledger = open_ledger(database, clock, new_id)
    ledger.add_key("force-41", hash_key(made.key), "test", ("submit", "read"))
    ledger.close()
    try:
        yield made
    finally:
        made.stop()


@dataclass(frozen=True)
class Account:
    """How a run ended: messages sent, attempts at recipients, those repeated, and seconds to the last delivery."""

    sent: int
    attempts: int
    again: int
    after_a_yes: int  # attempts that came although one before them was answered, because the answer was never kept
    drained: float


def settle_up(database: str, courts: Mapping[str, Moody], sent: set[tuple[str, str]], seconds: float) -> Account:
    """Wait until all that was sent has arrived everywhere, and look at everything that must hold."""
    begun = time.monotonic()
    ledger = open_ledger(database, clock, new_id)
    try:
        wait_until(lambda: all(_missing(court, sent) == 0 for court in courts.values()), seconds)
        wait_until(lambda: at_rest(ledger), seconds)
        drained = time.monotonic() - begun
        after_a_yes = sum(_nothing_is_doubled(ledger, _by_id(court)) for court in courts.values())
        for court in courts.values():
            _everything_is_in_order(court)
        while ledger.seal_once(1000):
            pass
        verdict = ledger.verify_audit()
        assert verdict.sound, verdict.breaks
        assert_each_status_moved_by_the_table(ledger, [row.id for row in ledger.recent(2 * len(sent) + 100)])
    finally:
        ledger.close()
    attempts = sum(len(court.came) for court in courts.values())
    distinct = sum(len(_by_id(court)) for court in courts.values())
    return Account(len(sent), attempts, attempts - distinct, after_a_yes, drained)


def _missing(court: Moody, sent: set[tuple[str, str]]) -> int:
    return len(sent - {(one.urn, one.name) for one in list(court.came) if one.done == "yes"})


def at_rest(ledger: Ledger) -> bool:
    """Whether nothing is under way."""
    counts = ledger.counts()
    under_way = sum(count for status, count in counts.deliveries.items() if status not in SETTLED)
    return not under_way and not counts.messages[MessageStatus.ACCEPTED] and not counts.slips


def _by_id(court: Moody) -> dict[str, list[Came]]:
    found: dict[str, list[Came]] = defaultdict(list)
    for one in court.came:
        found[one.id].append(one)
    return found


def _everything_is_in_order(court: Moody) -> None:
    """At no time does a message of a case come after a later one of it; each has one id, whatever befell it."""
    last: dict[str, str] = {}
    ids: dict[tuple[str, str], str] = {}
    digests: dict[str, bytes] = {}
    for one in court.came:
        assert one.name >= last.get(one.urn, ""), f"{one.urn}: {one.name} after {last[one.urn]}"
        assert ids.setdefault((one.urn, one.name), one.id) == one.id, "came with another id"
        assert digests.setdefault(one.id, one.digest) == one.digest, "came with other bytes"
        last[one.urn] = one.name


def _nothing_is_doubled(ledger: Ledger, by_id: dict[str, list[Came]]) -> int:
    """Nothing goes again once its acknowledgement is kept, nor after a yes unless its attempt lapsed. How many did."""
    after_a_yes = 0
    for id, attempts in by_id.items():
        if len(attempts) == 1:
            continue
        lines = ledger.audit_of("delivery", id)
        (kept,) = [line.at.timestamp() for line in lines if line.action == "acknowledged"]
        assert attempts[-1].at <= kept, "sent again after its acknowledgement was kept"
        yes = sum(one.done == "yes" for one in attempts) - 1
        lapsed = sum(line.action == "lapse" for line in lines)
        assert yes <= lapsed, "sent again after a yes whose worker lived"
        after_a_yes += max(yes, 0)
    return after_a_yes
