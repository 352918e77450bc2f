"""Text made ready to stand inside an XML document, as one layer of a message stands inside the next.

Rule: this is the shape that the receiving systems search for literally (police-spi 1.4): `<`, `>` and `&` are escaped,
quotes are not; a carriage return is written `&#13;`, because a parser would turn a bare one into a line feed.
"""

from __future__ import annotations

import re

from hub.message.errors import Defect

NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def escape(text: str) -> str:
    """The text, escaped once. A character that XML cannot carry at all is our defect: readers refuse it at the door."""
    if NOT_XML.search(text):
        raise Defect("a text for an XML document holds a character that XML cannot carry")
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("\r", "&#13;")
