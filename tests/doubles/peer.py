"""A recipient over HTTP that remembers what came, and treats it as a test says: its manners are in `manners.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from time import monotonic


@dataclass(frozen=True, slots=True)
class Came:
    """One request that was read whole: when, the id it came under, the message it is about, its bytes."""

    at: float
    id: str
    message: str
    body: bytes


class Peer:
    """What came, in the order of arrival; how often somebody knocked; and how the next request is treated."""

    def __init__(self, manner: Callable[[Door], None]) -> None:
        self.manner = manner
        self.came: list[Came] = []
        self.knocks = 0
        self.ended = Event()  # for whoever would wait for ever
        self._server: ThreadingHTTPServer | None = None
        self._port = 0
        self.come()

    @property
    def url(self) -> str:
        """Its address, which stays the same when it is away."""
        return f"http://127.0.0.1:{self._port}/in"

    def come(self) -> None:
        """Listen, on the port that it had before."""
        handler = type("DoorOfPeer", (Door,), {"peer": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), handler)
        self._server.daemon_threads, self._server.block_on_close = True, False
        self._port = self._server.server_address[1]
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def leave(self) -> None:
        """Listen no more: connections that were kept are closed at the next request, new ones are refused."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class Door(BaseHTTPRequestHandler):
    """One request. A manner reads it, or not, and answers, or not."""

    protocol_version = "HTTP/1.1"
    peer: Peer

    def do_POST(self) -> None:
        self.peer.knocks += 1
        if self.peer._server is self.server:
            self.peer.manner(self)
        else:
            self.close_connection = True

    def take(self) -> Came:
        """Read it, and remember it."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        came = Came(monotonic(), self.headers["Idempotency-Key"], self.headers["X-Message-Id"], body)
        self.peer.came.append(came)
        return came

    def log_message(self, *_: object) -> None:
        """Nothing is written anywhere."""


@contextmanager
def peer(manner: Callable[[Door], None]) -> Iterator[Peer]:
    """A recipient that listens."""
    made = Peer(manner)
    try:
        yield made
    finally:
        made.ended.set()
        made.leave()
