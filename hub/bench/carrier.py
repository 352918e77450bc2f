"""Ids by way of RabbitMQ, bare: published in windows with confirms, consumed with a bound, acknowledged in groups."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Protocol

from hub.bench.stores import GROUP
from hub.message.errors import Unavailable
from hub.wire.amqp import Address
from hub.wire.amqp.consume import Consumer, Handlers, Letter
from hub.wire.amqp.publish import Post, Publisher

_QUEUE = "cjhub.bench"
_AHEAD = 512
_SECONDS = 20.0


class Carrier(Protocol):
    """A way from whoever kept a document to whoever posts it."""

    def publish(self, ids: Sequence[str]) -> None:
        """Hand ids on."""

    def take(self) -> Sequence[str]:
        """What has come, at least one; waits for it. It comes again until it is settled."""

    def settle(self) -> None:
        """What was taken last need not come again."""

    def close(self) -> None:
        """Let go."""


class Embedded:
    """No broker: a queue in memory, as an outbox that is read in place is at best."""

    def __init__(self) -> None:
        self._came: SimpleQueue[Sequence[str]] = SimpleQueue()

    def publish(self, ids: Sequence[str]) -> None:
        """Hand ids on."""
        self._came.put(ids)

    def take(self) -> Sequence[str]:
        """What has come."""
        return self._came.get()

    def settle(self) -> None:
        """Nothing comes again."""

    def close(self) -> None:
        """Nothing is held."""


class Rabbit:
    """The hub's own wire over pika, and nothing else of the hub."""

    def __init__(self, url: str) -> None:
        self._came: SimpleQueue[Letter] = SimpleQueue()
        self._taken: list[Letter] = []
        handlers = Handlers(arrived=self._came.put, lost=lambda: None, told=lambda standing, why: None)
        self._publisher = Publisher(Address(url), (_QUEUE,), lambda standing, why: None)
        self._consumer = Consumer(Address(url), {_QUEUE: _AHEAD}, handlers)
        self._publisher.start()
        if not self._publisher.await_up(_SECONDS):
            raise Unavailable(f"RabbitMQ did not answer within {_SECONDS:g} seconds")
        self._consumer.start()

    def publish(self, ids: Sequence[str]) -> None:
        """In one window. Raises Unavailable where not all were confirmed."""
        if len(self._publisher.publish([Post(_QUEUE, id.encode()) for id in ids])) != len(ids):
            raise Unavailable("RabbitMQ did not confirm a window")

    def take(self) -> Sequence[str]:
        """What has come, at most a window."""
        self._taken = [self._came.get()]
        while len(self._taken) < GROUP and not self._came.empty():
            self._taken.append(self._came.get())
        return [one.body.decode() for one in self._taken]

    def settle(self) -> None:
        """Acknowledge what was taken."""
        self._consumer.acknowledge([one.receipt for one in self._taken])

    def close(self) -> None:
        """Both connections."""
        self._consumer.stop()
        self._publisher.stop()


Make = Callable[[], Carrier]
"""A new way each time it is asked for."""
