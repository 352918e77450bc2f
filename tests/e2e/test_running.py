"""The page on running the hub, followed: back up while it runs, restore, go on; and restart one by one under load."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread

import urllib3

from hub.assemble import Hub, assemble, clock, new_id
from hub.flow.accept import Arrival
from hub.ledger.engine import open_ledger
from hub.message.lifecycle import DeliveryStatus
from hub.settings import load_settings
from hub.simulate.process import free_port
from hub.web.access import hash_key, new_key
from tests.e2e.test_guides import blocks_of
from tests.hubs import COURT, FORCE, running_hub, wait_until
from tests.papers import case_file
from tests.servers.postgres import Server

ROOT = Path(__file__).resolve().parent.parent.parent
PARTIES = {"force-41": FORCE, "court": COURT}


def follow(language: str, folder: Path, **given: str) -> str:
    """Run the page's blocks of this language, in order, in a folder; what they said."""
    script = "\n".join(block.text for block in blocks_of("running.md") if block.language == language)
    programs = folder / "programs"
    programs.mkdir()
    (programs / "cjhub").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m hub "$@"\n')
    (programs / "cjhub").chmod(0o755)
    env = os.environ | {
        "PATH": os.pathsep.join((str(programs), str(Path(sys.executable).parent), os.environ["PATH"])),
        "PYTHONPATH": str(ROOT),
        "CJHUB_PORT": str(free_port()),
        **given,
    }
    words = ["bash", "-euo", "pipefail", "-c", script]
    done = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def take(hub: Hub, number: int) -> None:
    raw = case_file(f"c-{number}", f"41ZD{number:05d}26", sequence=number)
    assert hub.flow.door(Arrival(raw=raw, trust=hub.flow.trust_of("force-41"), door="test")).accepted


def acknowledged(hub: Hub) -> int:
    return hub.ledger.counts().deliveries[DeliveryStatus.ACKNOWLEDGED]


def test_a_copy_made_while_the_hub_runs_is_whole_and_a_hub_goes_on_from_it(tmp_path: Path) -> None:
    with running_hub(tmp_path, PARTIES) as hub:
        for number in (1, 2, 3):
            take(hub, number)
        wait_until(lambda: acknowledged(hub) == 3)
        hub.ledger.hold("court", "operator:test", "to leave something undone")
        take(hub, 4)
        wait_until(lambda: hub.ledger.counts().deliveries[DeliveryStatus.WAITING] == 1)
        wait_until(lambda: hub.ledger.figures().unsealed.waiting == 0)
        said = follow("sh", tmp_path, CJHUB_DATA=str(tmp_path / "data"), CJHUB_CONFIG=str(tmp_path / "config"))
        take(hub, 5)  # after the copy: this one will have to be sent again by its sender
    assert "audit" in said
    sent = {path.name for path in (tmp_path / "court").iterdir()}
    (tmp_path / "checked").rename(tmp_path / "restored")
    settings = load_settings([], data=tmp_path / "restored", judges=0)
    restored = assemble(settings, tmp_path / "config")
    try:
        restored.start()
        assert restored.ledger.verify_audit().sound
        restored.ledger.release("court", "operator:test", "go on")
        wait_until(lambda: acknowledged(restored) == 4)
        take(restored, 1)  # what the ledger has gets its first receipt
        take(restored, 5)
        wait_until(lambda: acknowledged(restored) == 5)
    finally:
        restored.close()
    assert len({path.name for path in (tmp_path / "court").iterdir()}) == 5
    assert sent <= {path.name for path in (tmp_path / "court").iterdir()}


def test_a_dump_of_postgresql_is_restored_whole(tmp_path: Path, postgres: Server) -> None:
    with postgres.database() as url, running_hub(tmp_path, PARTIES, database_url=url) as hub:
        for number in (1, 2, 3):
            take(hub, number)
        wait_until(lambda: acknowledged(hub) == 3)
        wait_until(lambda: hub.ledger.figures().unsealed.waiting == 0)
        given = {"LEDGER": url, "SERVER": postgres.url(), "RESTORED": postgres.url("restored")}
        try:
            follow("bash", tmp_path, CJHUB_CONFIG=str(tmp_path / "config"), **given)
            copy = open_ledger(given["RESTORED"], clock, new_id)
            assert copy.verify_audit().sound
            assert copy.counts().deliveries == hub.ledger.counts().deliveries
            assert copy.verify_audit().head == hub.ledger.verify_audit().head
            copy.close()
        finally:
            postgres.say("DROP DATABASE IF EXISTS restored WITH (FORCE)")


# --- one by one


class Process:
    """`cjhub serve` on a port of its own, as a supervisor has it."""

    def __init__(self, folder: Path, url: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._words = [
            sys.executable,
            "-m",
            "hub",
            "serve",
            "--config",
            str(folder / "config"),
            "--port",
            str(self.port),
        ]
        self._env = os.environ | {"CJHUB_DATABASE_URL": url, "PYTHONPATH": str(ROOT), "CJHUB_JUDGES": "1"}
        self._folder = folder
        self._start()

    def _start(self) -> None:
        log = (self._folder / f"{self.port}.log").open("ab")
        with log:
            self._process = subprocess.Popen(self._words, cwd=self._folder, env=self._env, stdout=log, stderr=log)

    def is_ready(self) -> bool:
        try:
            return urllib3.request("GET", f"{self.url}/readyz", retries=False, timeout=2).status == 200
        except urllib3.exceptions.HTTPError:
            return False

    def end(self) -> int:
        """Tell it to end, and how it did."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(90)

    def restart(self) -> int:
        ended = self.end()
        self._start()
        wait_until(self.is_ready, 60)
        return ended

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


class Sender:
    """Posts case files through a balancer of the plainest kind: a process that takes no connection is passed over."""

    def __init__(self, doors: list[Process], key: str) -> None:
        self._doors, self._key = doors, key
        self._pool = urllib3.PoolManager(timeout=20)
        self.answers: Counter[int] = Counter()
        self.again = 0
        self._stop = Event()
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(60)

    def _run(self) -> None:
        number = 0
        while not self._stop.is_set():
            number += 1
            self.answers[self._post(number)] += 1

    def _post(self, number: int) -> int:
        body = case_file(f"c-{number}", f"41ZD{number:05d}26", sequence=number)
        for attempt in range(200):
            door = self._doors[(number + attempt) % len(self._doors)]
            headers = {"Authorization": f"Bearer {self._key}"}
            try:
                url = f"{door.url}/v1/messages"
                return self._pool.request("POST", url, body=body, headers=headers, retries=False).status
            except urllib3.exceptions.HTTPError:
                self.again += 1
                self._stop.wait(0.02)
        return 0


@contextmanager
def two_processes(folder: Path, url: str) -> Iterator[list[Process]]:
    with ExitStack() as stack:
        doors = []
        for _ in range(2):
            doors.append(Process(folder, url))
            stack.callback(doors[-1].kill)
        for door in doors:
            wait_until(door.is_ready, 60)
        yield doors


def test_processes_that_are_restarted_one_by_one_refuse_nobody_and_lose_nothing(
    tmp_path: Path, postgres: Server, figure: Callable[[str], None]
) -> None:
    with running_hub(tmp_path, PARTIES):
        pass  # the parties' files are written
    with postgres.database() as url:
        ledger = open_ledger(url, clock, new_id)
        key = new_key("force-41")
        ledger.add_key("force-41", hash_key(key), "test", ("submit",))
        with two_processes(tmp_path, url) as doors:
            sender = Sender(doors, key)
            wait_until(lambda: sender.answers.total() > 50, 60)
            ended = [door.restart() for door in doors]
            before = sender.answers.total()
            wait_until(lambda: sender.answers.total() > before + 50, 60)
            sender.stop()
            count = sender.answers.total()
            wait_until(lambda: ledger.counts().deliveries[DeliveryStatus.ACKNOWLEDGED] == count, 60)
        assert ended == [0, 0]
        assert set(sender.answers) == {202}
        assert ledger.verify_audit().sound
        ledger.close()
    delivered = [path.name for path in (tmp_path / "court").iterdir() if path.is_file()]
    assert len(delivered) == len(set(delivered)) == count
    figure(f"{count} documents, two processes restarted one by one: all 202, {sender.again} went to the other process")
