"""Traces: what a message went through, verb by verb and process by process, for a collector (docs/decisions/traces.md).

Rule: off unless an address is given, and then nothing of OpenTelemetry is imported. Whatever a span says is an id, a
code or a count, by the names of `Said` and no others.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypedDict

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


class Verb(StrEnum):
    """What a span is called."""

    ACCEPT = "accept"
    CHECK = "check"
    NORMALISE = "normalise"
    RECORD = "record"
    ROUTE = "route"
    SEND = "send"
    SUBSCRIBE = "subscribe"


class Said(TypedDict, total=False):
    """All that a span may say."""

    submission_id: str
    message_id: str
    delivery_id: str
    event_id: str
    party: str
    endpoint: str
    door: str
    lane: str
    dialect: str | None
    type: str
    status: str
    attempt: int
    deliveries: int
    messages: int
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One step. `began` and `ended` are nanoseconds since 1970; `caller` is the traceparent that a caller gave.

    The correlation id, the verb and `subject`, the id of what the step was done to, make the span's own id: a step that
    is done again after a crash is the same span.
    """

    verb: Verb
    correlation_id: str
    subject: str
    began: int
    ended: int
    said: Said
    failed: bool = False
    caller: str | None = None


class Traces(Protocol):
    """Where spans go."""

    @property
    def on(self) -> bool:
        """Whether anybody is told."""

    def now(self) -> int:
        """Nanoseconds since 1970; 0 where nobody is told."""

    def tell(self, *spans: Span) -> None:
        """Tell of steps that are done. It never waits and never raises; what there is no room for is dropped."""

    def traceparent(self, verb: Verb, correlation_id: str, subject: str) -> str | None:
        """What a step that is under way gives to whom it calls (W3C Trace Context), None where nobody is told."""

    def close(self) -> None:
        """Send what waits, for a few seconds at most."""


class NoTraces:
    """Tells nobody."""

    on = False

    def now(self) -> int:
        """Always 0."""
        return 0

    def tell(self, *spans: Span) -> None:
        """Nothing happens."""

    def traceparent(self, verb: Verb, correlation_id: str, subject: str) -> str | None:
        """Always None."""
        return None

    def close(self) -> None:
        """Nothing is held."""


def now() -> int:
    """Nanoseconds since 1970."""
    return time.time_ns()


def open_traces(url: str) -> Traces:
    """Traces to this address, or to the one of the standard variables; to nobody where there is neither.

    Raises Misconfigured for a variable that cannot be used.
    """
    wanted = bool(url) or any(os.environ.get(name) for name in _ENDPOINTS)
    if not wanted or os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return NoTraces()
    from hub.watch.otlp import OtlpTraces

    return OtlpTraces(url)
