"""Publishing in windows: all posts of a window are sent, then all are confirmed.

Rule: a post counts as published once the broker has confirmed it and a queue took it; anything less is not published.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event
from typing import Any

import pika

from hub.wire import Standing
from hub.wire.amqp import Address, Told
from hub.wire.amqp.link import Link, declare

CONFIRM_SECONDS = 30.0
"""Without any confirm for so long, and not blocked, a link is given up."""


@dataclass(frozen=True, slots=True)
class Post:
    """What is published: to a queue of ours, by its name."""

    queue: str
    body: bytes


class _Window:
    """Posts that are published together, and what became of them."""

    def __init__(self, posts: Sequence[Post]) -> None:
        self.posts = posts
        self.open: dict[int, int] = {}  # delivery tag -> position
        self.confirmed: set[int] = set()
        self.returned: set[int] = set()
        self.settled = Event()
        self.moved = False


class Publisher:
    """Publishes windows: all posts of one are sent, then all are confirmed. One caller at a time."""

    def __init__(self, address: Address, queues: Sequence[str], told: Told) -> None:
        self._queues = tuple(queues)
        self._link = Link(address, self, "amqp-publish", told)
        self._channel: Any = None
        self._last_tag = 0
        self._window: _Window | None = None

    @property
    def standing(self) -> Standing:
        """How the connection stands."""
        return self._link.standing

    def start(self) -> None:
        """Begin to connect."""
        self._link.start()

    def stop(self) -> None:
        """Close. A window under way is given back with what was confirmed of it."""
        self._link.stop()

    def await_up(self, seconds: float) -> bool:
        """Whether anything can be published, at once or within so many seconds."""
        return self._link.await_up(seconds)

    def publish(self, posts: Sequence[Post]) -> frozenset[int]:
        """Publish, and wait for the confirms: the positions of the posts that the broker has in a queue.

        Waits as long as the broker is blocked. A post that no queue took is not among them; the queues are then
        declared anew.
        """
        window = _Window(posts)
        self._window = window
        if not posts or not self._link.soon(lambda: self._put(window)):
            return frozenset()
        while not window.settled.wait(CONFIRM_SECONDS):
            if not window.moved and self._link.standing is Standing.UP:
                self._link.renew("no confirm came")
            window.moved = False
        if window.returned:
            self._link.renew("a queue is gone")
        return frozenset(window.confirmed - window.returned)

    # --- the pumping thread

    def prepare(self, connection: Any, ready: Callable[[], None]) -> None:
        """A channel in confirm mode, with the queues."""

        def opened(channel: Any) -> None:
            self._link.watch(channel)
            channel.add_on_return_callback(self._returned)
            for queue in self._queues:
                declare(channel, queue)
            channel.confirm_delivery(self._confirmed, callback=lambda _: self._begin(channel, ready))

        connection.channel(on_open_callback=opened)

    def lost(self) -> None:
        """What is not confirmed by now never will be."""
        self._channel = None
        if self._window is not None:
            self._window.settled.set()

    def _begin(self, channel: Any, ready: Callable[[], None]) -> None:
        self._channel, self._last_tag = channel, 0
        ready()

    def _put(self, window: _Window) -> None:
        channel = self._channel
        if channel is None or not channel.is_open:
            window.settled.set()
            return
        for position, post in enumerate(window.posts):
            kept = pika.BasicProperties(delivery_mode=2, message_id=str(position))
            channel.basic_publish("", post.queue, post.body, kept, mandatory=True)
            self._last_tag += 1
            window.open[self._last_tag] = position

    def _returned(self, _channel: Any, _method: Any, properties: Any, _body: bytes) -> None:
        if self._window is not None:
            self._window.returned.add(int(properties.message_id))

    def _confirmed(self, frame: Any) -> None:
        window, method = self._window, frame.method
        if window is None:
            return
        last = method.delivery_tag
        tags = [tag for tag in window.open if tag <= last] if method.multiple else [last]
        positions = {window.open.pop(tag) for tag in tags}
        if isinstance(method, pika.spec.Basic.Ack):
            window.confirmed |= positions
        window.moved = True
        if not window.open:
            window.settled.set()
