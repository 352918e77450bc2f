"""Consuming: what comes in queues is handed on, so much of each ahead, and acknowledged when it is done.

Rule: a delivery is answered once, and only on the connection on which it came.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.wire import Standing
from hub.wire.amqp import Address, Told
from hub.wire.amqp.link import Link, declare


@dataclass(frozen=True, slots=True)
class Receipt:
    """What answers for one delivery: it is worth something on the connection on which the delivery came."""

    session: int
    queue: str
    tag: int


@dataclass(frozen=True, slots=True)
class Letter:
    """What came out of a queue."""

    queue: str
    body: bytes = field(repr=False)
    receipt: Receipt


class Consumer:
    """Takes what comes in queues, so many of each ahead. `arrived` and `lost` are called on the pumping thread.

    After `lost` nothing that arrived before can be acknowledged any more: all of it comes again.
    """

    def __init__(
        self,
        address: Address,
        ahead: Mapping[str, int],
        arrived: Callable[[Letter], None],
        lost: Callable[[], None],
        told: Told,
    ) -> None:
        self._ahead = dict(ahead)
        self._arrived, self._lost = arrived, lost
        self._link = Link(address, self, "amqp-consume", told)
        self._session = 0
        self._channels: dict[str, Any] = {}
        self._open: dict[str, set[int]] = {}  # deliveries that are not acknowledged, by queue

    @property
    def standing(self) -> Standing:
        """How the connection stands."""
        return self._link.standing

    def start(self) -> None:
        """Begin to connect, and then to take."""
        self._link.start()

    def pause(self) -> None:
        """Take nothing more; what came may still be acknowledged."""
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
        self._open = {queue: set() for queue in self._ahead}
        waited = set(self._ahead)

        def begun(queue: str) -> None:
            waited.discard(queue)
            if not waited:
                ready()

        for queue in self._ahead:
            connection.channel(on_open_callback=lambda channel, queue=queue: self._consume(channel, queue, begun))

    def _consume(self, channel: Any, queue: str, begun: Callable[[str], None]) -> None:
        self._link.watch(channel)
        self._channels[queue] = channel
        declare(channel, queue)
        channel.basic_qos(prefetch_count=self._ahead[queue])
        channel.basic_consume(
            queue,
            lambda _channel, method, _properties, body: self._take(queue, method.delivery_tag, body),
            callback=lambda _: begun(queue),
        )

    def _take(self, queue: str, tag: int, body: bytes) -> None:
        self._open[queue].add(tag)
        self._arrived(Letter(queue, body, Receipt(self._session, queue, tag)))

    def _answer(self, receipts: Sequence[Receipt], say: Callable[[Any, int], None]) -> None:
        for receipt in receipts:
            channel = self._channels.get(receipt.queue)
            if receipt.session != self._session or channel is None or not channel.is_open:
                continue
            if receipt.tag in self._open[receipt.queue]:  # a second answer would make the broker close the channel
                self._open[receipt.queue].discard(receipt.tag)
                say(channel, receipt.tag)

    def _cancel(self) -> None:
        for channel in self._channels.values():
            for tag in channel.consumer_tags if channel.is_open else ():
                channel.basic_cancel(tag)

    def lost(self) -> None:
        """Nothing that came can be answered any more."""
        self._channels = {}
        self._lost()
