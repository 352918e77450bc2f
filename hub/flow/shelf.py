"""Messages just made, kept at hand so that the next step need not read its own XML again.

Rule: a shelf is a convenience. It may lose anything at any time; what it lacks is read from the ledger.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Generic, TypeVar

from hub.canonical.read import read
from hub.document.xml import parse_own
from hub.message.envelope import Message

Value = TypeVar("Value")


class Shelf:
    """A bounded store by message id; the least recently used goes first. Safe between threads."""

    def __init__(self, size: int = 2048) -> None:
        self._messages: _Bounded[Message] = _Bounded(size)
        self._payloads: _Bounded[str] = _Bounded(size)

    def put_payload(self, message_id: str, payload: str) -> None:
        """Keep a payload as the sender wrote it."""
        self._payloads.put(message_id, payload)

    def payload(self, message_id: str) -> str | None:
        """The payload as the sender wrote it, where it is still at hand."""
        return self._payloads.get(message_id)

    def message(self, message_id: str, canonical: bytes) -> Message:
        """The message, from the shelf or else from its canonical XML."""
        held = self._messages.get(message_id)
        if held is None:
            held = read(parse_own(canonical))
            self._messages.put(message_id, held)
        return held


class _Bounded(Generic[Value]):
    def __init__(self, size: int) -> None:
        self._size = size
        self._held: OrderedDict[str, Value] = OrderedDict()
        self._lock = Lock()

    def put(self, key: str, value: Value) -> None:
        with self._lock:
            self._held[key] = value
            if len(self._held) > self._size:
                self._held.popitem(last=False)

    def get(self, key: str) -> Value | None:
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
            return self._held.get(key)
