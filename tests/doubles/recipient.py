"""A recipient that takes everything over HTTP and remembers what came, with which id, in which order."""

import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

_URN = re.compile(rb"PTIURN(?:&gt;|>)(\w+)")
_NAME = re.compile(rb"PersonGivenName1(?:&gt;|>).*?PersonFamilyName(?:&gt;|>)(\w+)", re.DOTALL)


class Recipient:
    """What came: (case, defendant's name, id of the delivery), in the order of arrival."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/in"
        self._came: list[tuple[str, str, str]] = []
        self._lock = Lock()
        self.replays: dict[str, str | None] = {}
        self.bytes: dict[str, set[bytes]] = defaultdict(set)  # digests, by id

    def take(self, body: bytes, id: str, replays: str | None = None) -> None:
        """Remember a message, and of what it said it was a replay."""
        urn, name = _URN.search(body), _NAME.search(body)
        assert urn is not None
        assert name is not None
        with self._lock:
            self._came.append((urn[1].decode(), name[1].decode(), id))
            self.bytes[id].add(sha256(body).digest())
            self.replays[id] = replays

    @property
    def came(self) -> list[tuple[str, str, str]]:
        """Everything so far."""
        with self._lock:
            return list(self._came)

    def first_arrivals(self) -> dict[str, list[str]]:
        """By case the names in the order in which each came first."""
        order: dict[str, dict[str, None]] = defaultdict(dict)
        for urn, name, _ in self.came:
            order[urn][name] = None
        return {urn: list(names) for urn, names in order.items()}

    def ids(self) -> dict[tuple[str, str], set[str]]:
        """By message the ids under which it came: one, however often it came."""
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for urn, name, id in self.came:
            found[urn, name].add(id)
        return found


@contextmanager
def recipient() -> Iterator[Recipient]:
    """A recipient that listens."""

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.take(body, self.headers["Idempotency-Key"], self.headers["X-Replay-Of"])
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    made = Recipient(server.server_address[1])
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
