"""Several recipients at one address: what came, under which id, in which order. One answers 503 to its first message."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request that was answered: to whom, the ids of the delivery and of the message, the bytes."""

    party: str
    delivery: str
    message: str
    body: bytes = field(repr=False)


class Peers:
    """Everything that was sent to `{url}/{party}`."""

    def __init__(self, port: int, busy: str) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._busy, self._lock = busy, Lock()
        self._came: list[Arrival] = []
        self._turned_away: list[str] = []

    def take(self, one: Arrival) -> int:
        """Remember it: the status to answer with."""
        with self._lock:
            if one.party == self._busy and not self._turned_away:
                self._turned_away.append(one.delivery)
                return 503
            self._came.append(one)
            return 200

    def forget(self) -> None:
        """Begin anew."""
        with self._lock:
            self._came, self._turned_away = [], []

    @property
    def came(self) -> list[Arrival]:
        """Everything that was taken, in order of arrival."""
        with self._lock:
            return list(self._came)


@contextmanager
def peers(busy: str) -> Iterator[Peers]:
    """Recipients that listen."""

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            ids = self.headers["Idempotency-Key"], self.headers["X-Message-Id"]
            self.send_response(made.take(Arrival(self.path.strip("/"), *ids, body)))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    made = Peers(server.server_address[1], busy)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
