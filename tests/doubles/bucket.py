"""An S3-compatible store of one bucket, which checks the signature of every request."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

from tests.doubles.signed import is_signed

ACCESS, SECRET, REGION, BUCKET = "access-of-a-test", "secret-of-a-test", "eu-west-2", "incoming-results"
ERROR = '<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>no</Message></Error>'


@dataclass
class Store:
    """What it holds by key, what was put and how often it was asked, and what it answers instead (status and code)."""

    url: str = ""
    asked: int = 0
    objects: dict[str, bytes] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    puts: list[str] = field(default_factory=list)
    refuses: tuple[int, str] | None = None


@contextmanager
def bucket() -> Iterator[Store]:
    """The store, while the test lasts."""
    store = Store()
    with ThreadingHTTPServer(("127.0.0.1", 0), type("DoorOfStore", (_Door,), {"store": store})) as server:
        store.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield store
        server.shutdown()
        thread.join()


class _Door(BaseHTTPRequestHandler):
    store: Store
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self._admitted(body):
            key = urlsplit(self.path).path.removeprefix(f"/{BUCKET}/")
            self.store.puts.append(key)
            self.store.objects[key] = body
            self.store.types[key] = self.headers["Content-Type"]
            self._answer(200)

    def do_HEAD(self) -> None:
        if self._admitted(b""):
            self._answer(200 if urlsplit(self.path).path.strip("/") == BUCKET else 404)

    def _admitted(self, body: bytes) -> bool:
        self.store.asked += 1
        refused = self.store.refuses or (None if is_signed(self, body, SECRET) else (403, "SignatureDoesNotMatch"))
        if refused is not None:
            self._answer(refused[0], ERROR.format(code=refused[1]).encode())
        return refused is None

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in (("Content-Length", str(len(body))), ("Content-Type", "application/xml")):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)

    def log_message(self, *args: object) -> None:
        """Nothing is written beside the test's own report."""
