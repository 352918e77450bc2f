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
        self.manner, self.knocks, self.server = manner, 0, None
        self.came: list[Came] = []
        self.ended = Event()  # for whoever would wait for ever
        self._port = 0
        self.come()

    def come(self) -> None:
        """Listen, on the port that it had before."""
        server = ThreadingHTTPServer(("127.0.0.1", self._port), type("DoorOfPeer", (Door,), {"peer": self}))
        self.server, server.daemon_threads, server.block_on_close = server, True, False
        self._port = server.server_address[1]
        self.url = f"http://127.0.0.1:{self._port}/in"  # the same for all its life
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def leave(self) -> None:
        """Listen no more: connections that were kept are closed at the next request, new ones are refused."""
        if (server := self.server) is not None:
            self.server = None
            server.shutdown()
            server.server_close()


class Door(BaseHTTPRequestHandler):
    """One request. A manner reads it, or not, and answers, or not."""

    protocol_version = "HTTP/1.1"
    peer: Peer

    def do_POST(self) -> None:
        self.peer.knocks += 1
        self.close_connection = self.peer.server is not self.server
        if not self.close_connection:
            self.peer.manner(self)

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
