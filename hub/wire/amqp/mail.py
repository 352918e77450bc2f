"""Full messages into the queues of parties, published and confirmed in windows.

Rule: a parcel is kept once the broker has confirmed it and a queue took it; of one that got no answer nothing is known.
Each queue has a channel of its own, so that one that is full, gone or silent holds up its own party and nobody else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Event
from typing import Any

import pika
from pika.exceptions import ChannelClosedByBroker

from hub.wire import Standing
from hub.wire.amqp import Address, Told
from hub.wire.amqp.link import Link
from hub.wire.amqp.queues import OTHERWISE, Queue

UP_SECONDS = 2.0
"""How long a sender waits for a connection that is not up."""

_MOST = re.compile(r"larger than configured max size (\d+)")
"""What RabbitMQ says of a message that is too large for it, before it closes the channel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A message as it is published. It outlives the broker's end."""

    body: bytes = field(repr=False)
    type: str
    message_id: str
    content_type: str
    correlation_id: str | bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def properties(self) -> pika.BasicProperties:
        """As pika wants them."""
        return pika.BasicProperties(
            delivery_mode=2,
            type=self.type,
            message_id=self.message_id,
            content_type=self.content_type,
            correlation_id=self.correlation_id,
            headers=dict(self.headers) or None,
        )


class Fate(StrEnum):
    """What became of a parcel."""

    KEPT = "it is in its queue"
    FULL = "its queue is full, or takes nothing now"
    GONE = "its queue is gone"
    AWAY = "the broker is away, or short of memory or disk"
    TOO_LARGE = "it is larger than the broker takes"
    UNKNOWN = "the broker did not confirm it"


class _Window:
    """Parcels that are published together, and what became of each."""

    def __init__(self, parcels: Sequence[Parcel]) -> None:
        self.parcels = parcels
        self.fates = [Fate.UNKNOWN] * len(parcels)
        self.open = len(parcels)
        self.settled = Event()


class _Line:
    """The channel to one queue, and what is under way on it."""

    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        self.as_it_is = False
        self.clear()

    def clear(self) -> None:
        """No channel, and nothing under way."""
        self.channel: Any = None
        self.ready = False
        self.last_tag = 0
        self.waiting: list[_Window] = []
        self.open: dict[int, tuple[_Window, int]] = {}
        self.returned: set[str] = set()


class Mail:
    """Publishes to the queues of parties over one connection. Any thread may send."""

    def __init__(
        self, address: Address, queues: Sequence[Queue], told: Told, told_of: Callable[[str, str], None]
    ) -> None:
        """`told_of` hears of a queue by its name, and what is wrong with it."""
        self._link = Link(address, self, "amqp-mail", told)
        self._told_of = told_of
        self._connection: Any = None
        self._lines = {queue.name: _Line(queue) for queue in queues}

    @property
    def standing(self) -> Standing:
        """How the connection stands."""
        return self._link.standing

    def start(self) -> None:
        """Begin to connect, unless begun."""
        self._link.start()

    def stop(self) -> None:
        """Close. Of what is under way nothing is known."""
        self._link.stop()

    def send(self, queue: str, parcels: Sequence[Parcel], seconds: float) -> list[Fate]:
        """Publish, and wait for the confirms so long at most: what became of each."""
        self._link.start()
        window, line = _Window(parcels), self._lines[queue]
        if parcels and not self._link.await_up(min(UP_SECONDS, seconds)):
            return [Fate.AWAY] * len(parcels)
        if parcels and self._link.soon(lambda: self._put(line, window)) and not window.settled.wait(seconds):
            self._link.soon(lambda: self._give_up(line, window))
        return list(window.fates)

    # --- the pumping thread

    def prepare(self, connection: Any, ready: Callable[[], None]) -> None:
        """A channel for each queue. A queue with which something is wrong keeps no other waiting."""
        self._connection = connection
        for line in self._lines.values():
            self._open(line)
        ready()

    def lost(self) -> None:
        """Of what is not confirmed by now nothing will be known."""
        for line in self._lines.values():
            _end(line)

    def _open(self, line: _Line) -> None:
        if not self._connection.is_open:
            _end(line)
            return

        def opened(channel: Any) -> None:
            channel.add_on_return_callback(lambda _c, _m, properties, _b: line.returned.add(properties.message_id))
            line.queue.declare(channel, as_it_is=line.as_it_is)
            channel.confirm_delivery(
                lambda frame: self._confirmed(line, channel, frame.method),
                callback=lambda _: self._begin(line, channel),
            )

        line.channel = self._connection.channel(on_open_callback=opened)
        line.channel.add_on_close_callback(lambda channel, cause: self._closed(line, channel, cause))

    def _begin(self, line: _Line, channel: Any) -> None:
        if line.channel is channel:
            line.ready = True
            waiting, line.waiting = line.waiting, []
            for window in waiting:
                self._publish(line, window)

    def _closed(self, line: _Line, channel: Any, cause: Exception) -> None:
        if line.channel is not channel:
            return
        why = cause.reply_text if isinstance(cause, ChannelClosedByBroker) else ""
        if most := _MOST.search(why):
            for window, position in line.open.values():
                if len(window.parcels[position].body) > int(most[1]):
                    window.fates[position] = Fate.TOO_LARGE
        _end(line)
        if why:
            self._told_of(line.queue.name, why)
        if OTHERWISE in why and not line.as_it_is:
            line.as_it_is = True
            self._open(line)

    def _put(self, line: _Line, window: _Window) -> None:
        if line.ready:
            self._publish(line, window)
            return
        line.waiting.append(window)
        if line.channel is None:
            self._open(line)

    def _publish(self, line: _Line, window: _Window) -> None:
        queue = line.queue
        for position, parcel in enumerate(window.parcels):
            line.channel.basic_publish(queue.exchange, queue.key, parcel.body, parcel.properties(), mandatory=True)
            line.last_tag += 1
            line.open[line.last_tag] = (window, position)

    def _confirmed(self, line: _Line, channel: Any, method: Any) -> None:
        if line.channel is not channel:
            return
        last, kept = method.delivery_tag, isinstance(method, pika.spec.Basic.Ack)
        gone = False
        for tag in [tag for tag in line.open if tag <= last] if method.multiple else [last]:
            window, position = line.open.pop(tag)
            returned = window.parcels[position].message_id in line.returned
            window.fates[position] = Fate.GONE if returned else Fate.KEPT if kept else Fate.FULL
            gone = gone or returned
            window.open -= 1
            if not window.open:
                window.settled.set()
        if gone and not line.open:
            self._anew(line)

    def _give_up(self, line: _Line, window: _Window) -> None:
        """A channel that does not answer is closed, unless the broker takes from nobody: then it would not help."""
        if not window.settled.is_set() and self.standing is Standing.UP:
            self._told_of(line.queue.name, Fate.UNKNOWN.value)
            self._anew(line)

    def _anew(self, line: _Line) -> None:
        """Close a channel and open another, which declares the queue again."""
        channel = line.channel
        _end(line)
        line.as_it_is = False
        if channel is not None and channel.is_open:
            channel.close()
        self._open(line)


def _end(line: _Line) -> None:
    """Of what is under way on a channel nothing will be known."""
    windows = {id(window): window for window, _ in line.open.values()} | {id(one): one for one in line.waiting}
    line.clear()
    for window in windows.values():
        window.settled.set()
