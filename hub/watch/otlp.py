"""Spans by way of OpenTelemetry's SDK, over OTLP and HTTP. Only `traces.py` imports this, once traces are wanted.

Rule: every id is worked out from the ids of the message, so that any process, at any time, continues the same trace
without being told of it. The SDK's variables (OTEL_...) are in force: address, headers, sampling, queue, resource.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Sequence
from hashlib import sha256
from threading import Lock, Timer, local
from urllib.parse import urlsplit

import structlog
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from hub.message.errors import Misconfigured
from hub.watch.metrics import TRACES
from hub.watch.traces import Span, Verb, now

log = structlog.get_logger()

PATIENCE = 3.0
"""Seconds that a process which ends gives to what still waits."""

_QUEUE = 2048  # spans, unless OTEL_BSP_MAX_QUEUE_SIZE says otherwise
_KINDS = {Verb.ACCEPT: SpanKind.SERVER, Verb.SEND: SpanKind.CLIENT}


def trace_id_of(correlation_id: str) -> int:
    """The trace of a correlation id. A hash, because samplers want ids that are even over their whole length."""
    return int.from_bytes(sha256(correlation_id.encode()).digest()[:16], "big") or 1


def span_id_of(verb: Verb, correlation_id: str, subject: str) -> int:
    """The id of a span. That of `accept` comes of the correlation id alone: it is everybody's parent."""
    text = f"{correlation_id}/{verb}/{'' if verb is Verb.ACCEPT else subject}"
    return int.from_bytes(sha256(text.encode()).digest()[:8], "big") or 1


class _Ids(IdGenerator):
    """Gives the SDK the ids of the span that this thread is making."""

    def __init__(self) -> None:
        self._next = local()

    def set(self, trace_id: int, span_id: int) -> None:
        self._next.trace_id, self._next.span_id = trace_id, span_id

    def generate_trace_id(self) -> int:
        return int(self._next.trace_id)

    def generate_span_id(self) -> int:
        return int(self._next.span_id)

    def is_trace_id_random(self) -> bool:
        return True


class _Room:
    """How many spans wait, and how many may."""

    def __init__(self, limit: int) -> None:
        self._limit, self._taken, self._lock = limit, 0, Lock()

    def take(self) -> bool:
        with self._lock:
            if self._taken >= self._limit:
                return False
            self._taken += 1
            return True

    def free(self, count: int) -> None:
        with self._lock:
            self._taken -= count


class _Counted(SpanExporter):
    """The SDK's exporter, counted. A collector that is away is logged once, and again once it is back."""

    def __init__(self, exporter: SpanExporter, room: _Room) -> None:
        self._exporter, self._room, self._away = exporter, room, False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._exporter.export(spans)
        self._room.free(len(spans))
        away = result is not SpanExportResult.SUCCESS
        TRACES.labels("failed" if away else "sent").inc(len(spans))
        if away and not self._away:
            log.warning("traces", collector="away")
        elif self._away and not away:
            log.info("traces", collector="back")
        self._away = away
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()


class _Bounded(BatchSpanProcessor):
    """The SDK's queue; what comes while it is full is dropped and counted."""

    def __init__(self, exporter: SpanExporter, room: _Room, limit: int) -> None:
        super().__init__(exporter, max_queue_size=limit)
        self._room = room

    def on_end(self, span: ReadableSpan) -> None:
        if self._room.take():
            super().on_end(span)
        else:
            TRACES.labels("dropped").inc()


class OtlpTraces:
    """Traces to one collector, from a thread of their own."""

    on = True

    def __init__(self, url: str) -> None:
        logger = logging.getLogger("opentelemetry")  # it writes plain text, with stacks, at every failure: we count
        logger.addHandler(logging.NullHandler())
        logger.propagate = False
        self._ids = _Ids()
        try:
            limit = int(os.environ.get("OTEL_BSP_MAX_QUEUE_SIZE") or _QUEUE)
            room = _Room(limit)
            self._exporter = OTLPSpanExporter(_endpoint(url))
            self._queue = _Bounded(_Counted(self._exporter, room), room, limit)
            self._provider = TracerProvider(resource=_resource(), id_generator=self._ids, shutdown_on_exit=False)
        except ValueError as cause:
            raise Misconfigured([f"traces: a variable OTEL_... cannot be used: {cause}"]) from cause
        self._provider.add_span_processor(self._queue)
        self._tracer = self._provider.get_tracer("cjhub")

    def now(self) -> int:
        """Nanoseconds since 1970."""
        return now()

    def tell(self, *spans: Span) -> None:
        """Queue spans."""
        for span in spans:
            trace_id = trace_id_of(span.correlation_id)
            if self._sampled(trace_id):
                self._make(span, trace_id)

    def traceparent(self, verb: Verb, correlation_id: str, subject: str) -> str | None:
        """The header."""
        trace_id = trace_id_of(correlation_id)
        flags = "01" if self._sampled(trace_id) else "00"
        return f"00-{trace_id:032x}-{span_id_of(verb, correlation_id, subject):016x}-{flags}"

    def close(self) -> None:
        """Send what waits; a collector that is away is given up after PATIENCE."""
        timer = Timer(PATIENCE, self._exporter.shutdown)
        timer.daemon = True
        timer.start()
        self._queue.shutdown()  # type: ignore[no-untyped-call]
        timer.cancel()

    def _sampled(self, trace_id: int) -> bool:
        """What the sampler says of the whole trace: the same in every process, for it depends on the id alone."""
        said = self._provider.sampler.should_sample(Context(), trace_id, Verb.ACCEPT)
        return said.decision is Decision.RECORD_AND_SAMPLE

    def _make(self, span: Span, trace_id: int) -> None:
        self._ids.set(trace_id, span_id_of(span.verb, span.correlation_id, span.subject))
        made = self._tracer.start_span(
            str(span.verb),
            Context() if span.verb is Verb.ACCEPT else _under_accept(span, trace_id),
            kind=_KINDS.get(span.verb, SpanKind.INTERNAL),
            attributes=_attributes(span),
            links=_links(span.caller),
            start_time=span.began,
        )
        if span.failed:
            made.set_status(Status(StatusCode.ERROR))
        made.end(max(span.began, span.ended))


def _under_accept(span: Span, trace_id: int) -> Context:
    parent = SpanContext(
        trace_id,
        span_id_of(Verb.ACCEPT, span.correlation_id, ""),
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )
    return set_span_in_context(NonRecordingSpan(parent), Context())


def _attributes(span: Span) -> dict[str, str | int]:
    said = {"correlation_id": span.correlation_id, **span.said}
    return {f"cjhub.{name}": value for name, value in said.items() if isinstance(value, str | int)}


def _links(caller: str | None) -> list[Link]:
    """The caller's own span, which is pointed at and never obeyed: neither its ids nor its sampling are ours."""
    if caller is None:
        return []
    found = TraceContextTextMapPropagator().extract({"traceparent": caller}, Context())
    context = get_current_span(found).get_span_context()
    return [Link(context, {"cjhub.link": "caller"})] if context.is_valid else []


def _endpoint(url: str) -> str | None:
    """The address of the setting, with the standard path where it has none; None leaves it to the variables."""
    if not url:
        return None
    return url if urlsplit(url).path.strip("/") else f"{url.rstrip('/')}/v1/traces"


def _resource() -> Resource:
    """Who tells: what the variables say, and our own name and process where they say nothing."""
    found = Resource.create()
    ours = {"service.name": "cjhub", "service.instance.id": f"{socket.gethostname()}-{os.getpid()}"}
    said = {name for name, value in found.attributes.items() if not str(value).startswith("unknown_service")}
    return found.merge(Resource({name: value for name, value in ours.items() if name not in said}))
