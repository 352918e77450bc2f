"""A link: a connection that a thread of its own pumps, and opens again whenever it is lost.

Rule: the pumping thread only pumps. What is done with a message runs elsewhere and comes back as a short callback, so
that no slow step keeps a heartbeat waiting. Whatever goes wrong with a connection, a channel or a queue is mended in
one way: connect anew and declare everything again, with growing waits.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle
from threading import Event, Lock, Thread
from time import monotonic
from typing import Any, Protocol

import pika
from pika.adapters.select_connection import IOLoop
from pika.exceptions import StreamLostError
from tenacity import Retrying, retry_if_result, sleep_using_event, stop_when_event_set, wait_random_exponential

from hub.wire import Standing
from hub.wire.amqp import Address, Told

FIRST_WAIT, LONGEST_WAIT = 0.2, 5.0
"""Seconds between attempts to connect: somewhere below the first, then twice as many each time, up to the longest."""

HELD = 1.0  # a connection that is lost sooner (seconds) counts as one that failed
CLOSE_SECONDS = 2.0  # for the peer to answer that we close


class Role(Protocol):
    """What is done over a link. Everything is called on the pumping thread."""

    def prepare(self, connection: Any, ready: Callable[[], None]) -> None:
        """Open channels and declare what is needed; then call `ready`."""

    def lost(self) -> None:
        """The connection is gone, with every channel on it."""


class Link:
    """A connection that is opened, pumped, and opened again when it is lost, until it is stopped."""

    def __init__(self, address: Address, role: Role, name: str, told: Told) -> None:
        self._nodes = cycle(address.parameters())
        self._role, self._told = role, told
        self._stop = Event()
        self._lock = Lock()
        self._loop: IOLoop | None = None
        self._connection: Any = None
        self._why = ""
        self._up_at: float | None = None
        self._is_up = Event()
        self._said = (Standing.AWAY, "")
        self.standing = Standing.AWAY
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin to connect, unless begun or stopped."""
        if self._thread.ident is None and not self._stop.is_set():
            self._thread.start()

    def stop(self) -> None:
        """Close the connection and wait for the end of the thread."""
        self._stop.set()
        self.soon(self._close)
        if self._thread.ident is not None:
            self._thread.join(CLOSE_SECONDS + LONGEST_WAIT)

    def soon(self, work: Callable[[], None]) -> bool:
        """Have something done by the pumping thread. False where there is no connection."""
        with self._lock:
            if self._loop is None:
                return False
            self._loop.add_callback_threadsafe(work)
            return True

    def renew(self, why: str) -> None:
        """Connect anew: something is wrong that declaring everything again will mend."""
        self.soon(lambda: self._fault(why))

    def await_up(self, seconds: float) -> bool:
        """Whether it is up, at once or within so many seconds."""
        return self._is_up.wait(seconds)

    # --- the pumping thread

    def _run(self) -> None:
        while not self._stop.is_set():
            patience = Retrying(
                retry=retry_if_result(lambda held: not held),
                wait=wait_random_exponential(multiplier=FIRST_WAIT, max=LONGEST_WAIT),
                sleep=sleep_using_event(self._stop),
                stop=stop_when_event_set(self._stop),
                retry_error_callback=lambda state: None,
            )
            patience(self._session)

    def _session(self) -> bool:
        """One connection, to the next of the broker's nodes, from its opening to its end. True where it held."""
        loop, self._up_at, self._why = IOLoop(), None, ""
        connection = pika.SelectConnection(
            next(self._nodes),
            on_open_callback=self._opened,
            on_open_error_callback=self._closed,
            on_close_callback=self._closed,
            custom_ioloop=loop,
        )
        connection.add_on_connection_blocked_callback(lambda *_: self._now(Standing.BLOCKED, "short of memory or disk"))
        connection.add_on_connection_unblocked_callback(lambda *_: self._now(Standing.UP, ""))
        with self._lock:
            self._loop, self._connection = loop, connection
        loop.start()
        with self._lock:  # what is asked of it from here on is refused, and `lost` answers for what was asked before
            self._loop = self._connection = None
            loop.close()
        self._role.lost()
        self._now(Standing.AWAY, self._why)
        return self._up_at is not None and monotonic() - self._up_at >= HELD

    def _opened(self, connection: Any) -> None:
        if self._stop.is_set():
            self._close()
        else:
            self._role.prepare(connection, self._ready)

    def _ready(self) -> None:
        self._up_at = monotonic()
        self._now(Standing.UP, "")

    def watch(self, channel: Any) -> None:
        """Connect anew where the broker closes this channel or cancels a consumer of it."""
        channel.add_on_close_callback(lambda _, cause: self._fault(cause))
        channel.add_on_cancel_callback(lambda _: self._fault("a queue is gone"))

    def _fault(self, cause: object) -> None:
        if self._connection is not None and self._connection.is_open:
            self._why = _reason(cause)
            self._close()

    def _closed(self, _connection: Any, cause: Exception) -> None:
        self._why = self._why or _reason(cause)
        if self._loop is not None:
            self._loop.stop()

    def _close(self) -> None:
        connection = self._connection
        if connection is None or connection.is_closing or connection.is_closed:
            return
        connection.close()
        if self._loop is not None:  # a blocked peer reads nothing, so it does not answer either
            self._loop.call_later(CLOSE_SECONDS, lambda: self._abort(connection))

    def _abort(self, connection: Any) -> None:
        if not connection.is_closed:
            connection._terminate_stream(StreamLostError("no answer to close"))  # pika has no public way

    def _now(self, standing: Standing, why: str) -> None:
        if (standing, why) == self._said:
            return
        self.standing, self._said = standing, (standing, why)
        if standing is Standing.UP:
            self._is_up.set()
        else:
            self._is_up.clear()
        self._told(standing, why)


def _reason(cause: object) -> str:
    """Why a connection ended, in a line; the broker's own words where it gave any."""
    if isinstance(cause, str):
        return cause
    cause = _innermost(cause)
    text = getattr(cause, "reply_text", "") or str(cause)
    return f"{type(cause).__name__}: {text}"[:300] if text else type(cause).__name__


def _innermost(cause: object) -> object:
    """The failure that pika wrapped others around."""
    within = [*getattr(cause, "args", ()), getattr(cause, "exception", None), *getattr(cause, "exceptions", ())]
    deeper = [one for one in within if isinstance(one, Exception)]
    return _innermost(deeper[-1]) if deeper else cause


def declare(channel: Any, queue: str) -> None:
    """Declare a queue of ours: kept by a majority of the broker's nodes. One that is there already stays as it is."""
    channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum"})
