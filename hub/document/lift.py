"""Bytes into a `Document`: what they are is decided by their first bytes, never by what a header or a name says.

Rule: whatever it is, its size is bounded first; what is neither XML nor JSON is carried unread, as `unknown`.
"""

from __future__ import annotations

import re

from hub.document import DEFAULT_BOUNDS, Bounds, Document, Media, json, xml
from hub.message.errors import Fault, Refused

_START = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\0]*+(.?)", re.DOTALL)  # NUL: white space in UTF-16
_MEDIA: dict[bytes, Media] = {b"<": "xml", b"{": "json", b"[": "json"}


def media_of(raw: bytes) -> Media:
    """What the bytes begin as."""
    start = _START.match(raw)
    return _MEDIA.get(start[1], "unknown") if start else "unknown"


def lift(raw: bytes, bounds: Bounds = DEFAULT_BOUNDS) -> Document:
    """The document that the bytes are. Raises Refused for what is too large, or is XML or JSON that cannot be read."""
    media = media_of(raw)
    if media == "xml":
        return Document(media=media, raw=raw, root=xml.parse(raw, bounds))
    if media == "json":
        return Document(media=media, raw=raw, data=json.parse(raw, bounds))
    if len(raw) > bounds.max_bytes:
        words = f"The document has {len(raw)} bytes. At most {bounds.max_bytes} are accepted. Split it."
        raise Refused([Fault(path="", rule="document-size", words=words)])
    return Document(media=media, raw=raw)
