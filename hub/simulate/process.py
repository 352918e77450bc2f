"""A hub as a process of its own, as an operator runs it: started, looked at, stopped, or killed without warning."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from threading import Event

from hub.message.errors import Unavailable
from hub.simulate.demo import Demo
from hub.wire import Consignment
from hub.wire.http import HttpTransport

READY_WITHIN = 60.0  # seconds


class HubProcess:
    """`cjhub serve` over the folder of a demonstration."""

    def __init__(self, demo: Demo, port: int) -> None:
        self._demo = demo
        self.port = port or free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where the hub is."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the hub and wait until it is ready. Raises Unavailable, with what it said, where it is not."""
        command = [sys.executable, "-m", "hub", "serve", "--host", "127.0.0.1", "--port", str(self.port)]
        command += ["--config", str(self._demo.config), "--data", str(self._demo.hub_data)]
        root = str(Path(__file__).resolve().parent.parent.parent)
        paths = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
        env = {**os.environ, "PYTHONPATH": paths}
        env.pop("CJHUB_DATABASE_URL", None)  # a demonstration keeps its ledger in its own folder
        with (self._demo.folder / "hub.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command, no shell
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=env
            )
        self._await()

    def _await(self) -> None:
        pause, until = Event(), time.monotonic() + READY_WITHIN
        door = HttpTransport(self.url, timeout=5, connections=1, headers={})
        try:
            while time.monotonic() < until:
                if self.ended:
                    raise Unavailable(f"the hub ended before it was ready: {self._last_words()}")
                if _ready(door):
                    return
                pause.wait(0.1)
        finally:
            door.close()
        self.kill()
        raise Unavailable(f"the hub was not ready within {READY_WITHIN:.0f} seconds: {self._last_words()}")

    @property
    def ended(self) -> bool:
        """Whether the process has ended."""
        return self._process is not None and self._process.poll() is not None

    def wait(self) -> None:
        """Wait until the process ends."""
        if self._process is not None:
            self._process.wait()

    def kill(self) -> None:
        """End it without warning, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """End it in order; without warning where that takes longer than a minute."""
        if self._process is None or self.ended:
            return
        self._process.terminate()
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self.kill()

    def _last_words(self) -> str:
        lines = (self._demo.folder / "hub.log").read_text(encoding="utf-8", errors="replace").splitlines()
        return " / ".join(lines[-3:]) or "nothing was said"


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _ready(door: HttpTransport) -> bool:
    asked = Consignment(body=b"", content_type="application/json", name="", method="GET", path="/readyz")
    try:
        return door.send(asked).status == 200
    except Unavailable:
        return False
