"""Neighbours on the exchange, which take submits at `{url}/{party}` and answer each with the code that a test says."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

_REQUEST = re.compile(rb"<NS2:RequestID>([^<]*)</NS2:RequestID>")
_ANSWER = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><SubmitResponseMes '
    'xmlns="http://schemas.cjse.gov.uk/endpoint/types/"><RequestID>{request}</RequestID>'
    "<ResponseCode>{code}</ResponseCode></SubmitResponseMes></s:Body></s:Envelope>"
)


@dataclass
class Neighbours:
    """What each got, whatever it answered. `codes` are answered one after the other, then 1 for ever."""

    url: str
    codes: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    came: dict[str, list[bytes]] = field(default_factory=lambda: defaultdict(list))
    headers: dict[str, list[dict[str, str]]] = field(default_factory=lambda: defaultdict(list))
    lock: Lock = field(default_factory=Lock)

    def take(self, party: str, body: bytes, headers: dict[str, str]) -> bytes:
        """Remember it: the answer."""
        request = _REQUEST.search(body)
        with self.lock:
            self.came[party].append(body)
            self.headers[party].append(headers)
            code = self.codes[party].pop(0) if self.codes[party] else 1
        return _ANSWER.format(request=request[1].decode() if request else " ", code=code).encode()

    def of(self, party: str) -> list[bytes]:
        """What a party got so far."""
        with self.lock:
            return list(self.came[party])


@contextmanager
def neighbours() -> Iterator[Neighbours]:
    """Neighbours that listen."""

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = made.take(self.path.strip("/"), body, dict(self.headers))
            self.send_response(200)
            self.send_header("Content-Type", "text/xml; charset=utf-8")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    made = Neighbours(f"http://127.0.0.1:{server.server_address[1]}")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
