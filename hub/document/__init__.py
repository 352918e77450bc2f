"""A document that has arrived, and the bounds within which we are willing to read it.

Rule: everything from outside becomes a `Document` through this package, and only `hub/document/xml.py` parses XML.
The bounds follow xml-safety.md ("Many small nodes", "100,000 attributes on one element", "Huge text node").
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias, cast

from lxml import etree

Element: TypeAlias = etree._Element
JsonValue: TypeAlias = "dict[str, JsonValue] | list[JsonValue] | str | int | float | bool | None"
Media: TypeAlias = Literal["xml", "json", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much of a document we are willing to read. The depth of XML is bounded by libxml2 itself, at 256."""

    max_bytes: int = 8 * 1024 * 1024  # of the document as received
    max_markup: int = 250_000  # of `<` and `=` together, counted before an XML parser sees them
    max_attributes: int = 256  # of attributes, and of namespace declarations, on one element
    max_depth: int = 64  # of JSON objects and arrays within one another
    max_items: int = 200_000  # of JSON members and array items together
    max_digits: int = 40  # of one JSON number, sign and exponent counted
    max_attachments: int = 20  # documents attached to one message
    max_attachment_bytes: int = 5 * 1024 * 1024  # of one of them: as base64 it fits into `max_bytes` with its case
    attachment_types: tuple[str, ...] = ("application/pdf",)  # by their first bytes (hub/document/media.py)


DEFAULT_BOUNDS = Bounds()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Document:
    """One document, read. `raw` is what was received; `root` is the reading copy, without comments and instructions.

    `line` is what must be added to the line of an element to get its line in the document as received: zero for the
    document itself, more for a layer that was carried inside another. The text of a document is never in its `repr`.
    """

    media: Media
    raw: bytes = field(repr=False)
    root: Element | None = field(default=None, repr=False)
    data: JsonValue = field(default=None, repr=False)
    line: int = 0

    def line_of(self, element: Element) -> int | None:
        """The line of an element in the document as received, or None where it is not known."""
        line = line_in(element)
        return None if line is None else line + self.line


def line_in(element: Element) -> int | None:
    """The line of an element in the layer that it was parsed from, counted from 1; None for one that was made."""
    return cast("int | None", element.sourceline)
