"""What strangers write on a message: the properties, read so that none of them can stop us.

Rule: whatever stands in a message's header table, the rest of its properties is read. A broker passes a table on as it
was sent, and one may hold a date in the year 500,000,000 or ten thousand tables within one another: pika fails on
these, on the thread that pumps, and would again each time that the message comes back.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import pika
from pika.exceptions import AMQPError

_HEADERS = pika.BasicProperties.FLAG_HEADERS
_BEFORE = (pika.BasicProperties.FLAG_CONTENT_TYPE, pika.BasicProperties.FLAG_CONTENT_ENCODING)

_UNREADABLE = (AMQPError, ArithmeticError, LookupError, OSError, RecursionError, TypeError, ValueError, struct.error)


class Bare(pika.BasicProperties):  # type: ignore[misc]
    """Properties as pika reads them, without the header table where it cannot be read."""

    def decode(self, encoded: bytes, offset: int = 0) -> Any:
        """Read them."""
        try:
            return super().decode(encoded, offset)
        except _UNREADABLE:
            return super().decode(_without_headers(encoded[offset:]))


def _without_headers(encoded: bytes) -> bytes:
    """Properties without their header table, which stands after two short texts, each there or not."""
    (flags,) = struct.unpack_from(">H", encoded)
    start = 2
    for flag in _BEFORE:
        if flags & flag:
            start += 1 + encoded[start]
    if not flags & _HEADERS:
        return encoded
    end = start + 4 + int(struct.unpack_from(">I", encoded, start)[0])
    return struct.pack(">H", flags & ~_HEADERS) + encoded[2:start] + encoded[end:]


pika.spec.props[pika.BasicProperties.INDEX] = Bare  # what pika makes of the properties of every message that arrives


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What the sender of a message wrote on it; bytes where it is not UTF-8, None where it wrote nothing."""

    message_id: str | bytes | None = None
    correlation_id: str | bytes | None = None


def label_of(properties: Any) -> Label:
    """The part of a message's properties that is used here."""
    return Label(message_id=properties.message_id, correlation_id=properties.correlation_id)
