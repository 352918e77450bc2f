"""Counts the calls by which a process changes the world outside it, and ends the process before or after one of them.

Rule: calls are caught in the foreign libraries that make them, not in the hub. The end is `os._exit`: nothing flushed.
"""

import os
from collections.abc import Callable
from typing import Any

import urllib3
from pika.channel import Channel
from sqlalchemy.engine.default import DefaultDialect

END = 86  # the exit code of a process that was ended here

SEAMS: tuple[tuple[str, Any, str], ...] = (
    ("commit", DefaultDialect, "do_commit"),
    ("send", urllib3.HTTPConnectionPool, "urlopen"),
    ("publish", Channel, "basic_publish"),
    ("ack", Channel, "basic_ack"),
    ("rename", os, "rename"),
    ("rename", os, "replace"),
    ("sync", os, "fsync"),
)


class Saboteur:
    """Catches every call of its process from here on, one at a time. `end`: a call's number, from 1, "before" or "after"."""

    def __init__(self, end: tuple[int, str] | None = None) -> None:
        self.calls: list[str] = []
        self._arrived = 0  # out of the broker's queues
        self._end = end
        for kind, owner, name in SEAMS:
            setattr(owner, name, self._caught(kind, getattr(owner, name)))
        confirm, consume = Channel.confirm_delivery, Channel.basic_consume
        Channel.confirm_delivery = lambda way, told, callback: confirm(way, self._last(told), callback)
        Channel.basic_consume = lambda way, queue, taken, **more: consume(way, queue, self._counted(taken), **more)

    def count(self, kind: str) -> int:
        """How many calls of a kind there were."""
        return self.calls.count(kind)

    def carried(self) -> int:
        """How much of what was published has not come out of its queue."""
        return self.count("publish") - self._arrived

    def _caught(self, kind: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def caught(*words: Any, **named: Any) -> Any:
            self.calls.append(kind)
            number = len(self.calls)
            if self._end == (number, "before"):
                os._exit(END)
            made = call(*words, **named)
            if self._end == (number, "after"):
                if kind in ("publish", "ack"):  # pika keeps what it is to send until its next round
                    words[0].connection._transport._produce()
                os._exit(END)
            return made

        return caught

    def _last(self, told: Callable[..., Any]) -> Callable[..., Any]:
        """The confirm after which nothing is unconfirmed is a call; how many come before it is chance."""
        before, last, known = self.count("publish"), self._caught("confirm", told), set[int]()

        def confirmed(frame: Any) -> None:
            tag = frame.method.delivery_tag
            known.update(range(1, tag + 1) if frame.method.multiple else [tag])
            (last if len(known) == self.count("publish") - before else told)(frame)

        return confirmed

    def _counted(self, taken: Callable[..., Any]) -> Callable[..., Any]:
        def arrived(*came: Any) -> None:
            taken(*came)
            self._arrived += 1  # by one thread

        return arrived
