"""Counts the calls by which a process changes the world outside it, and ends the process before or after one of them.

Rule: calls are caught in the foreign libraries that make them, not in the hub. The end is `os._exit`: nothing flushed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from threading import Lock
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
    """Catches every call of its process from here on. `end` is a call's number, from 1, and "before" or "after"."""

    def __init__(self, end: tuple[int, str] | None = None) -> None:
        self.calls: list[str] = []
        self.carried = 0  # by the broker: published, and not come out of its queue
        self._end, self._lock = end, Lock()
        self._last_tag, self._unconfirmed = 0, set[int]()
        for kind, owner, name in SEAMS:
            setattr(owner, name, self._caught(kind, getattr(owner, name)))
        Channel.confirm_delivery = self._confirming(Channel.confirm_delivery)
        Channel.basic_consume = self._consuming(Channel.basic_consume)

    def count(self, kind: str) -> int:
        """How many calls of a kind there were."""
        return self.calls.count(kind)

    def _caught(self, kind: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def caught(*words: Any, **named: Any) -> Any:
            with self._lock:
                self.calls.append(kind)
                number = len(self.calls)
            if self._end == (number, "before"):
                os._exit(END)
            if kind == "publish":
                self.carried, self._last_tag = self.carried + 1, self._last_tag + 1
                self._unconfirmed.add(self._last_tag)
            made = call(*words, **named)
            if self._end == (number, "after"):
                if kind in ("publish", "ack"):  # pika keeps what it is to send until its next round
                    words[0].connection._transport._produce()
                os._exit(END)
            return made

        return caught

    def _confirming(self, begin: Callable[..., Any]) -> Callable[..., Any]:
        """The confirm after which nothing is unconfirmed is a call; how many come before it is chance."""

        def confirm_delivery(channel: Channel, told: Callable[..., Any], callback: Any) -> None:
            self._last_tag, last = 0, self._caught("confirm", told)
            self._unconfirmed.clear()

            def confirmed(frame: Any) -> None:
                tag, many = frame.method.delivery_tag, frame.method.multiple
                self._unconfirmed -= {one for one in self._unconfirmed if one == tag or (many and one < tag)}
                (told if self._unconfirmed else last)(frame)

            begin(channel, confirmed, callback)

        return confirm_delivery

    def _consuming(self, begin: Callable[..., Any]) -> Callable[..., Any]:
        def basic_consume(channel: Channel, queue: str, taken: Callable[..., Any], callback: Any) -> None:
            def arrived(*came: Any) -> None:
                taken(*came)
                self.carried -= 1

            begin(channel, queue, arrived, callback=callback)

        return basic_consume
