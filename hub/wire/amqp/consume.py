"""Consuming: what comes in queues is handed on, so much of each ahead, and acknowledged when it is done.

Rule: a delivery is answered once, and only on the connection on which it came.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.wire import Standing
from hub.wire.amqp import SILENCE_SECONDS, Address, Told
from hub.wire.amqp.link import Link, declare
from hub.wire.amqp.properties import Label, label_of


@dataclass(frozen=True, slots=True)
class Receipt:
    """What answers for one delivery: it is worth something on the connection on which the delivery came."""

    session: int
    queue: str
    tag: int


@dataclass(frozen=True, slots=True)
class Letter:
    """What came out of a queue, with what its sender wrote on it."""

    queue: str
    body: bytes = field(repr=False)
    receipt: Receipt
    label: Label


@dataclass(slots=True)
class _Inlet:
    """A channel that takes what comes in one queue."""

    channel: Any
    open: set[int] = field(default_factory=set)  # deliveries that are not answered
    came: bool = False  # anything, since the last look
    doubted: bool = False  # by the last look


@dataclass(frozen=True, slots=True, kw_only=True)
class Handlers:
    """Who hears of what comes. All are called on the pumping thread: quick, and never raising.

    After `lost` nothing that arrived before can be answered any more: all of it comes again.
    """

    arrived: Callable[[Letter], None]
    lost: Callable[[], None]
    told: Told


class Consumer:
    """Takes what comes in queues, so many of each ahead; `declared` declares a queue on a channel.

    A queue that has something to give and gives nothing, twice as long as silence is borne, has forgotten its consumer:
    then the link is made anew.
    """

    def __init__(
        self,
        address: Address,
        ahead: Mapping[str, int],
        handlers: Handlers,
        silence_seconds: float = SILENCE_SECONDS,
        declared: Callable[[Any, str], None] = declare,
    ) -> None:
        self._ahead = dict(ahead)
        self._handlers = handlers
        self._silence_seconds = silence_seconds
        self._declared = declared
        self._link = Link(address, self, "amqp-consume", handlers.told)
        self._session = 0
        self._inlets: dict[str, _Inlet] = {}
        self._paused = False

    @property
    def standing(self) -> Standing:
        """How the connection stands."""
        return self._link.standing

    def start(self) -> None:
        """Begin to connect, and then to take."""
        self._link.start()

    def pause(self) -> None:
        """Take nothing more; what came may still be answered."""
        self._paused = True
        self._link.soon(self._cancel)

    def stop(self) -> None:
        """Close. What was not acknowledged goes back to its queue."""
        self._link.stop()

    def acknowledge(self, receipts: Sequence[Receipt]) -> None:
        """These are done. Does not wait. What came on a connection that is gone is left out: it comes again."""
        self._link.soon(lambda: self._answer(receipts, lambda channel, tag: channel.basic_ack(tag)))

    def give_back(self, receipts: Sequence[Receipt]) -> None:
        """Put these in their queues again, for whoever takes them next."""
        self._link.soon(lambda: self._answer(receipts, lambda channel, tag: channel.basic_nack(tag, requeue=True)))

    # --- the pumping thread

    def prepare(self, connection: Any, ready: Callable[[], None]) -> None:
        """A channel for each queue, so that each has its own bound."""
        self._session += 1
        waited = set(self._ahead)

        def begun(queue: str) -> None:
            waited.discard(queue)
            if not waited:
                connection.ioloop.call_later(self._silence_seconds, lambda: self._look(connection))
                ready()

        for queue in self._ahead:
            connection.channel(on_open_callback=lambda channel, queue=queue: self._consume(channel, queue, begun))

    def _consume(self, channel: Any, queue: str, begun: Callable[[str], None]) -> None:
        self._link.watch(channel)
        inlet, session = _Inlet(channel), self._session
        self._inlets[queue] = inlet
        self._declared(channel, queue)
        channel.basic_qos(prefetch_count=self._ahead[queue])
        if self._paused:
            begun(queue)
            return
        channel.basic_consume(
            queue,
            lambda _channel, method, properties, body: self._take(
                inlet, Letter(queue, body, Receipt(session, queue, method.delivery_tag), label_of(properties))
            ),
            callback=lambda _: begun(queue),
        )

    def _take(self, inlet: _Inlet, letter: Letter) -> None:
        inlet.open.add(letter.receipt.tag)
        inlet.came = True
        self._handlers.arrived(letter)

    def _answer(self, receipts: Sequence[Receipt], say: Callable[[Any, int], None]) -> None:
        for receipt in receipts:
            inlet = self._inlets.get(receipt.queue)
            if receipt.session != self._session or inlet is None or not inlet.channel.is_open:
                continue
            if receipt.tag in inlet.open:  # a second answer would make the broker close the channel
                inlet.open.discard(receipt.tag)
                say(inlet.channel, receipt.tag)

    def _look(self, connection: Any) -> None:
        """Ask each queue how much it has to give."""
        if self._paused or not connection.is_open:
            return
        for queue, inlet in self._inlets.items():
            if inlet.channel.is_open:
                inlet.channel.queue_declare(
                    queue,
                    passive=True,
                    callback=lambda frame, inlet=inlet: self._weigh(inlet, frame.method.message_count),
                )
        connection.ioloop.call_later(self._silence_seconds, lambda: self._look(connection))

    def _weigh(self, inlet: _Inlet, has: int) -> None:
        forgotten = has > 0 and not inlet.came and not inlet.open
        if forgotten and inlet.doubted:
            self._link.renew("a queue gives nothing of what it has")
        inlet.came, inlet.doubted = False, forgotten

    def _cancel(self) -> None:
        for inlet in self._inlets.values():
            for tag in inlet.channel.consumer_tags if inlet.channel.is_open else ():
                inlet.channel.basic_cancel(tag)

    def lost(self) -> None:
        """Nothing that came can be answered any more."""
        self._inlets = {}
        self._handlers.lost()
