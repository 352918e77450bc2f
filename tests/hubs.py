"""A real hub for a test: embedded, over a folder of its own, with the parties that the test names; and its web door."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3
import uvicorn

from hub.assemble import Hub, assemble
from hub.settings import load_settings
from hub.web.access import hash_key, new_key
from hub.web.app import create_app

FORCE = """
[party]
code = "force-41"
name = "A force"
agency = "police"
[sends]
dialects = ["spi-case", "exchange"]
"""

COURT = """
[party]
code = "court"
name = "A court"
agency = "court"
ou_code = "B41ZZ00"
[sends]
dialects = ["spi-result", "libra-list", "exchange"]
[endpoint]
kind = "folder"
path = "{folder}/court"
[[routes]]
message = "CaseFileSubmission"
as = "spi-case"
where = {{ court = ["B41*"] }}
"""


@contextmanager
def running_hub(folder: Path, parties: dict[str, str], **settings: Any) -> Iterator[Hub]:
    """A hub whose workers run. `{folder}` in a party's file is the folder of the test."""
    files = folder / "config" / "parties"
    files.mkdir(parents=True, exist_ok=True)
    for code, text in parties.items():
        (files / f"{code}.toml").write_text(text.format(folder=folder), encoding="utf-8")
    pace = {"judges": 0, "seal_seconds": 0.05, "sweep_seconds": 0.2, "retry_seconds": (0.05, 0.1)}
    hub = assemble(load_settings([], data=folder / "data", **(pace | settings)), folder / "config")
    try:
        hub.start()
        yield hub
    finally:
        hub.close()


@dataclass(frozen=True)
class Client:
    """A party at the web door."""

    url: str
    pool: urllib3.PoolManager
    key: str | None = None

    def post(self, path: str, body: bytes, **headers: str) -> urllib3.BaseHTTPResponse:
        """Post bytes with the party's key."""
        return self.pool.request("POST", self.url + path, body=body, headers=self._headers(headers), retries=False)

    def get(self, path: str) -> urllib3.BaseHTTPResponse:
        """Get something with the party's key."""
        return self.pool.request("GET", self.url + path, headers=self._headers({}), retries=False)

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in more.items()}
        return named | ({"Authorization": f"Bearer {self.key}"} if self.key else {})


@contextmanager
def web_door(hub: Hub) -> Iterator[Callable[[str | None], Client]]:
    """The web door of a hub; gives clients by party (None: one without a key)."""
    door = socket.create_server(("127.0.0.1", 0))
    door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as `cjhub serve` does
    server = uvicorn.Server(
        uvicorn.Config(create_app(hub.flow, hub.settings, hub.broker), log_config=None, access_log=False)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [door]}, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{door.getsockname()[1]}"
    pool = urllib3.PoolManager(timeout=10)
    wait_until(lambda: server.started)

    def client(party: str | None) -> Client:
        if party is None:
            return Client(url, pool)
        key = new_key(party)
        hub.ledger.add_key(party, hash_key(key), "test", ("submit", "read"))
        return Client(url, pool, key)

    try:
        yield client
    finally:
        pool.clear()
        server.should_exit = True
        thread.join(10)


def wait_until(true: Callable[[], Any], seconds: float = 15.0) -> Any:
    """What `true` gives once it is true. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while not (value := true()):
        if time.monotonic() > end:
            raise TimeoutError("it did not become true")
        threading.Event().wait(0.01)
    return value
