"""What strangers write on messages is read, whatever their header tables hold."""

import struct

import pika
import pytest

from hub.wire.amqp.properties import Bare, label_of


def written(table: bytes, *, encoding: bool) -> bytes:
    """Properties with a header table of which every byte is given, and every other kind of property around it."""
    flags = Bare.FLAG_CONTENT_TYPE | Bare.FLAG_HEADERS | Bare.FLAG_DELIVERY_MODE | Bare.FLAG_CORRELATION_ID
    flags |= Bare.FLAG_MESSAGE_ID | Bare.FLAG_TIMESTAMP | (Bare.FLAG_CONTENT_ENCODING if encoding else 0)
    before = b"\x08text/xml" + (b"\x04gzip" if encoding else b"")
    after = b"\x02" + b"\x04mine" + b"\x03k-1" + struct.pack(">Q", 7)
    return struct.pack(">H", flags) + before + struct.pack(">I", len(table)) + table + after


def nested(deep: int) -> bytes:
    inner = b""
    for _ in range(deep):
        inner = b"A" + struct.pack(">I", len(inner)) + inner
    return b"\x01a" + inner


@pytest.mark.parametrize("encoding", [False, True])
@pytest.mark.parametrize(
    "table",
    [b"\x01dT" + struct.pack(">Q", 2**62), b"\x01nd" + struct.pack(">d", float("nan")), b"\x01u?x", nested(5_000)],
    ids=["far date", "no number", "unknown kind", "nested"],
)
def test_a_table_that_cannot_be_read_hides_nothing_else(table: bytes, encoding: bool) -> None:
    read = Bare().decode(written(table, encoding=encoding))
    label = label_of(read)
    assert (label.message_id, label.correlation_id) == ("k-1", "mine")
    assert (read.content_type, read.delivery_mode, read.timestamp, read.headers) == ("text/xml", 2, 7, None)


def test_a_table_that_can_be_read_is() -> None:
    read = Bare().decode(written(b"\x01aI" + struct.pack(">i", 5), encoding=False))
    assert read.headers == {"a": 5}


def test_every_message_that_arrives_is_read_so() -> None:
    assert pika.spec.props[pika.BasicProperties.INDEX] is Bare
