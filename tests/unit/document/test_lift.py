"""What the bytes are is decided by what they begin with."""

import pytest

from hub.document import Bounds
from hub.document.lift import lift, media_of
from hub.message.errors import Refused


@pytest.mark.parametrize(
    "raw", [b"<a/>", b"\xef\xbb\xbf<a/>", " <a/>".encode("utf-16"), b" \r\n\t<a/>", "<a/>".encode("utf-16-be")]
)
def test_xml_is_known_by_its_first_character(raw: bytes) -> None:
    document = lift(raw)
    assert (document.media, document.raw, document.line) == ("xml", raw, 0)
    assert document.root is not None
    assert document.root.tag == "a"


@pytest.mark.parametrize(("raw", "value"), [(b'{"a": 1}', {"a": 1}), (b"\xef\xbb\xbf [1]", [1]), (b"\n[]", [])])
def test_json_is_known_by_its_first_bracket(raw: bytes, value: object) -> None:
    document = lift(raw)
    assert (document.media, document.data, document.root) == ("json", value, None)


@pytest.mark.parametrize("raw", [b"", b"  ", b"URN,ASN\n", b"PK\x03\x04", b"\x1f\x8b", b"\xff", b"\0\0", b'"text"'])
def test_anything_else_is_carried_unread(raw: bytes) -> None:
    document = lift(raw)
    assert (document.media, document.raw, document.root, document.data) == ("unknown", raw, None, None)


@pytest.mark.parametrize(("raw", "rule"), [(b"<a/>", "xml-size"), (b"[1,2]", "json-size"), (b"text", "document-size")])
def test_whatever_it_is_its_size_is_bounded(raw: bytes, rule: str) -> None:
    with pytest.raises(Refused) as refusal:
        lift(raw, Bounds(max_bytes=3))
    assert refusal.value.faults[0].rule == rule


def test_white_space_without_end_is_looked_through_at_once() -> None:
    assert lift(b" " * 8_000_000).media == "unknown"


@pytest.mark.parametrize(
    ("raw", "media"),
    [
        (b" <a/>", "xml"),
        (b"\xef\xbb\xbf<a/>", "xml"),
        (b'\n{"a": 1}', "json"),
        (b"A;B\n1;2\n", "unknown"),
        (b"", "unknown"),
    ],
)
def test_what_bytes_are_is_told_by_how_they_begin(raw: bytes, media: str) -> None:
    assert media_of(raw) == media
