"""A collector of traces: takes OTLP over HTTP, parses what it gets, and keeps it. At `/slow` it keeps its answer back."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Seen:
    """A span as the collector got it; ids in hexadecimal, what it says by name, the traces that it points at."""

    name: str
    trace: str
    id: str
    parent: str
    times: tuple[int, int]
    said: dict[str, str | int]
    links: list[str]
    failed: bool


@dataclass
class Collector:
    """What came, in order; `free` lets the answers at `/slow` go."""

    url: str
    spans: list[Seen] = field(default_factory=list)
    resources: list[dict[str, str]] = field(default_factory=list)
    free: threading.Event = field(default_factory=threading.Event)

    def take(self, body: bytes) -> None:
        """Keep the spans of one request."""
        for group in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.resources.append({each.key: each.value.string_value for each in group.resource.attributes})
            self.spans += [_seen(span) for scope in group.scope_spans for span in scope.spans]

    def named(self, name: str) -> list[Seen]:
        """The spans of one verb."""
        return [span for span in self.spans if span.name == name]


@contextmanager
def collector() -> Iterator[Collector]:
    """A collector on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/slow":
                held.free.wait(20)
            held.take(body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        held = Collector(f"http://127.0.0.1:{server.server_address[1]}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield held
        finally:
            held.free.set()
            server.shutdown()


def _seen(span: Any) -> Seen:
    return Seen(
        name=span.name,
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        times=(span.start_time_unix_nano, span.end_time_unix_nano),
        said={each.key: each.value.string_value or each.value.int_value for each in span.attributes},
        links=[link.trace_id.hex() for link in span.links],
        failed=span.status.code == 2,
    )
