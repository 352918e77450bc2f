"""Publishing in windows: all posts of a window are sent, then all are confirmed.

Rule: a post counts as published once the broker has confirmed it and a queue took it; anything less is not published.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event
from time import monotonic
from typing import Any

import pika

from hub.wire import Standing
from hub.wire.amqp import SILENCE_SECONDS, Address, Told
from hub.wire.amqp.link import Link, declare

MUTE_WAITS = 3
"""A queue that took nothing for so many silences, on a link that is up, is there in name only (RabbitMQ that was killed
soon after the queue was declared can leave it so). It is deleted and declared anew: what is published here may be lost
without harm."""


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
        self.refused: set[int] = set()
        self.settled = Event()
        self.moved = False
        self.silent = False


class Publisher:
    """Publishes windows: all posts of one are sent, then all are confirmed. One caller at a time."""

    def __init__(
        self, address: Address, queues: Sequence[str], told: Told, silence_seconds: float = SILENCE_SECONDS
    ) -> None:
        self._queues = tuple(queues)
        self._silence_seconds = silence_seconds
        self._mute: dict[str, float] = {}  # queues that take nothing, and since when
        self._condemned: set[str] = set()
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

        A post that no queue took is not among them; the queues are then declared anew. So they are where one refuses
        all: a channel that met a queue without a leader goes on refusing once there is one (RabbitMQ 3.10).
        Waits as long as the broker is blocked; else a silence ends it, and the link is made anew.
        """
        window = _Window(posts)
        self._window = window
        if not posts or not self._link.soon(lambda: self._put(window)):
            return frozenset()
        while not window.settled.wait(self._silence_seconds):
            if not window.moved and self._link.standing is Standing.UP:
                window.silent = True
                self._link.renew("no confirm came")
            window.moved = False
        taken = frozenset(window.confirmed - window.returned)
        if window.returned:
            self._link.renew("a queue is gone")
        else:
            self._look_for_mute(window, {posts[position].queue for position in taken})
        if {posts[position].queue for position in window.refused} - {posts[position].queue for position in taken}:
            self._link.renew("a queue refuses what it is given")
        return taken

    def _look_for_mute(self, window: _Window, took: set[str]) -> None:
        """Note which queues took nothing of a window, unless its link was lost; condemn what has been so for long."""
        if window.open and not window.silent:
            self._mute = {}
            return
        now = monotonic()
        mute = (self._mute.keys() | {post.queue for post in window.posts}) - took
        self._mute = {queue: self._mute.get(queue, now) for queue in mute}
        long = {queue for queue, since in self._mute.items() if now - since >= MUTE_WAITS * self._silence_seconds}
        if long:
            self._mute = {}
            self._condemned |= long
            self._link.renew(f"nothing is taken by {', '.join(sorted(long))}")

    # --- the pumping thread

    def prepare(self, connection: Any, ready: Callable[[], None]) -> None:
        """A channel in confirm mode, with the queues."""

        def opened(channel: Any) -> None:
            self._link.watch(channel)
            channel.add_on_return_callback(self._returned)
            for queue in self._queues:
                if queue in self._condemned:
                    channel.queue_delete(queue)
                declare(channel, queue)
            self._condemned = set()
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
        else:
            window.refused |= positions
        window.moved = True
        if not window.open:
            window.settled.set()


def knock(address: Address, seconds: float) -> str:
    """Why nothing can be published to a broker, as far as one attempt shows; empty where it can. Declares nothing."""
    heard: SimpleQueue[tuple[Standing, str]] = SimpleQueue()
    publisher = Publisher(address, (), lambda standing, why: heard.put((standing, why)))
    publisher.start()
    try:
        standing, why = heard.get(timeout=seconds)
        return "" if standing is Standing.UP else why
    except Empty:
        return f"no answer within {seconds:g} seconds"
    finally:
        publisher.stop()
