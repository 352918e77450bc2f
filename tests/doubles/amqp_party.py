"""A party that speaks AMQP: it publishes to its exchange, and reads its queues."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pika
from pika.exceptions import AMQPError

from tests.hubs import wait_until


@dataclass(frozen=True)
class Got:
    """What came out of a queue."""

    body: bytes = field(repr=False)
    properties: Any
    redelivered: bool

    @property
    def said(self) -> Any:
        """The body, where it is JSON."""
        return json.loads(self.body)


class AmqpParty:
    """A party over a connection of its own."""

    def __init__(self, code: str, connection: pika.BlockingConnection) -> None:
        self.code, self.connection = code, connection
        self.channel = connection.channel()
        self.channel.confirm_delivery()

    def publish(self, body: bytes, properties: pika.BasicProperties | None = None, **written: Any) -> None:
        """Publish a document, confirmed. Raises where the broker does not take it."""
        properties = properties or pika.BasicProperties(delivery_mode=2, **written)
        self.channel.basic_publish(f"cjhub.in.{self.code}", self.code, body, properties, mandatory=True)

    def get(self, kind: str) -> Got | None:
        """The next message of its queue for replies ("reply") or deliveries ("out"), acknowledged; None without."""
        method, properties, body = self.channel.basic_get(f"cjhub.{kind}.{self.code}")
        if method is None:
            return None
        self.channel.basic_ack(method.delivery_tag)
        return Got(body, properties, method.redelivered)

    def reply(self, seconds: float = 30) -> Got:
        """The next reply."""
        return next(self.several("reply", 1, seconds))

    def several(self, kind: str, count: int, seconds: float = 30) -> Iterator[Got]:
        """So many messages, each waited for."""
        for _ in range(count):
            yield wait_until(lambda: self.get(kind), seconds)


@contextmanager
def amqp_party(code: str, url: str) -> Iterator[AmqpParty]:
    """A party that is connected. Its queues are there, or will be soon."""
    connection = pika.BlockingConnection(pika.URLParameters(url))
    try:
        yield AmqpParty(code, connection)
    finally:
        with suppress(AMQPError):  # the broker may have closed it
            connection.close()
