"""A hub in a process of its own that does one thing after the other, as it is told, and may be ended at any call.

    nursery    a process that has everything imported and forks a hub for each life; it tells of every death
    life       a hub with its web door; it has no worker threads: their steps are done here, in one fixed order

Rule: one line is answered by one line. The lives of a hub differ in the call at which they end and in nothing else: the
clock stands still, attempts go one by one, nobody runs ahead of a commit.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import IO, Any

import uvicorn

import hub.assemble
from hub.broker.rabbitmq import RabbitBroker
from hub.folder_door import FolderDoor
from hub.ledger import Ledger
from hub.message.lifecycle import SETTLED, MessageStatus
from hub.message.slip import Lane
from hub.settings import load_settings
from hub.web.app import create_app
from tests.doubles.clock import Clock
from tests.doubles.saboteur import Saboteur
from tests.hubs import wait_until

ROOT = Path(__file__).resolve().parent.parent
BIRTH = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LIFE = timedelta(hours=1)  # from the beginning of one to the beginning of the next: every lease has ended
PACE = {"judges": 0, "threads": 1, "timeout_seconds": 4, "lease_seconds": 10, "retry_seconds": (100,)}
SLOW = ("sqlite3", "psycopg", "fastapi._compat", "uvicorn.protocols.http.h11_impl", "anyio._backends._asyncio")
"""What a hub would only import when it needs it: here once for all."""
SILENCE = 60.0  # seconds after which a hub that says nothing is one that hangs
PATIENCE = 150.0  # seconds of the hub's clock after which a delivery is tried again, whatever chance adds
ROUNDS = 20


class Died(Exception):
    """The hub is gone."""


# --- the test's side


class Nursery:
    """Where hubs are born, one after the other."""

    def __init__(self, folder: Path) -> None:
        """`folder` holds the configuration of all hubs, and nursery.log."""
        ours, theirs = socket.socketpair()
        ours.settimeout(SILENCE)
        self._line = ours.makefile("rw", encoding="utf-8")
        with theirs, (folder / "nursery.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.mortal", str(theirs.fileno()), str(folder / "config")],
                cwd=ROOT,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
                pass_fds=[theirs.fileno()],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        ours.close()

    def begin(self, **life: Any) -> Any:
        """A new life. Raises Died."""
        return self.ask("begin", **life)

    def ask(self, what: str, **more: Any) -> Any:
        """Have the hub do something: its answer. Raises Died where it died of it."""
        self._line.write(json.dumps({"do": what, **more}) + "\n")
        self._line.flush()
        return self.hear()

    def hear(self) -> Any:
        """The next answer. Raises Died."""
        line = self._line.readline()
        if not line:
            raise EOFError(f"the nursery ended with {self._process.wait(20)}: see nursery.log")
        said = json.loads(line)
        if "died" in said:
            raise Died(said["died"])
        return said

    def end(self) -> int:
        """Have the hub end in order: its exit code."""
        try:
            self.ask("end")
        except Died as death:
            return int(death.args[0])
        raise AssertionError("it goes on")

    def close(self) -> None:
        """End it, and the hub that lives."""
        self._line.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


# --- the hub's side


class InPlace(Executor):
    """Does what it is given at once."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def submit(self, work: Any, /, *words: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(work(*words, **named))
        return future


class Life:
    """A hub from its start to its end."""

    def __init__(self, saboteur: Saboteur, number: int, config: str, settings: dict[str, Any]) -> None:
        self.saboteur = saboteur
        self.clock = Clock(BIRTH + number * LIFE)
        hub.assemble.clock = self.clock
        hub.assemble.ThreadPoolExecutor = InPlace  # type: ignore[misc]
        self.hub = hub.assemble.assemble(load_settings([], **(PACE | settings)), Path(config))
        ledger, broker, worker = self.hub.ledger, self.hub.broker, self.hub.worker
        self._steps = {Lane.INTAKE: worker._intake, Lane.SEND: worker._send}
        self._rabbit = broker if isinstance(broker, RabbitBroker) else None
        if self._rabbit is None:
            _wait_for_all(ledger)
        else:
            self._rabbit._relay.start = lambda: None  # type: ignore[method-assign]  # it is done in `still`
        ledger.recover()
        broker.start(tuple(Lane))
        self.url = _web_door(self.hub)

    def still(self) -> None:
        """Relay what is due, and wait until it has come."""
        if self._rabbit is not None:
            assert self._rabbit._publisher.await_up(20)
            while self._rabbit._relay._carry():
                pass
            wait_until(lambda: self.saboteur.carried() <= 0)

    def settle(self, pending: list[str]) -> None:
        """Go on until everything is done that can be done now; let time pass where something waits for it."""
        for _ in range(ROUNDS):
            while sum(self._turn(lane) for lane in self._steps):
                pass
            if self._at_rest(pending):
                self.hub.worker._seal()
                return
            self.clock.advance(PATIENCE)
            self.hub.worker._sweep()
            self.still()
        raise TimeoutError(f"not at rest: {self.hub.ledger.counts()}")

    def _turn(self, lane: Lane) -> int:
        taken, acknowledged = self.hub.broker.take(lane, 64, 0.0), self.saboteur.count("ack")
        if taken:
            self._steps[lane](taken)
        if self._rabbit is not None:
            wait_until(lambda: self.saboteur.count("ack") == acknowledged + len(taken))
        self.still()
        return len(taken)

    def _at_rest(self, pending: list[str]) -> bool:
        counts = self.hub.ledger.counts()
        under_way = sum(count for status, count in counts.deliveries.items() if status not in SETTLED)
        return not (under_way or counts.messages.get(MessageStatus.ACCEPTED) or self.hub.ledger.pending(pending))

    def folder(self) -> None:
        """Let every folder door look once."""
        for door in self.hub.doors:
            if isinstance(door, FolderDoor):
                door.pass_once()
        self.still()

    def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        """Do what one line says."""
        match order:
            case {"do": "settle", "pending": pending}:
                self.settle(pending)
            case {"do": "folder"}:
                self.folder()
            case {"do": "still"}:
                self.still()
            case {"do": "calls"}:
                return {"calls": list(self.saboteur.calls)}
        return {"done": order["do"]}


def _wait_for_all(ledger: Ledger) -> None:
    """Slips that are done leave the outbox of SQLite when there is time: whether with the next commit is chance."""
    writer = ledger._writer  # type: ignore[attr-defined]
    writer.submit = writer.write


def _web_door(hub_: hub.assemble.Hub) -> str:
    door = socket.create_server(("127.0.0.1", 0))
    door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as `cjhub serve` does
    app = create_app(hub_.flow, hub_.settings, hub_.broker)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
    threading.Thread(target=server.run, kwargs={"sockets": [door]}, daemon=True).start()
    wait_until(lambda: server.started)
    return f"http://127.0.0.1:{door.getsockname()[1]}"


def _live(line: IO[str], born: dict[str, Any]) -> None:
    """A life: from its first line to "end"."""
    end = born["end"]
    life = Life(Saboteur(tuple(end) if end else None), born["number"], born["config"], born["settings"])
    life.still()
    _say(line, {"url": life.url})
    for text in line:
        order = json.loads(text)
        if order["do"] == "end":
            life.hub.close()
            return
        _say(line, life.obey(order))


def _status_of(line: IO[str], born: dict[str, Any]) -> int:
    try:
        _live(line, born)
    except Exception:  # noqa: BLE001 - told in nursery.log, and by the code
        traceback.print_exc()
        return 1
    return 0


def _say(line: IO[str], words: dict[str, Any]) -> None:
    line.write(json.dumps(words) + "\n")
    line.flush()


@contextmanager
def _line_of(number: int) -> Iterator[IO[str]]:
    with socket.socket(fileno=number) as held, held.makefile("rw", encoding="utf-8") as line:
        yield line


def main(number: int, config: Path) -> None:
    """The nursery: a child for each line that begins a life, and a line when it is gone."""
    for name in SLOW:
        import_module(name)
    hub.assemble.tools(config)
    with _line_of(number) as line:
        for text in line:
            order = json.loads(text)
            if order["do"] != "begin":
                continue  # said to a hub that died meanwhile
            child = os.fork()
            if child == 0:
                os._exit(_status_of(line, order))
            _, ended = os.waitpid(child, 0)
            _say(line, {"died": os.waitstatus_to_exitcode(ended)})


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
