"""What is not XML as one plain tree of elements, so that one grammar of paths reads every format.

    JSON object     an element; each member a child named after its key
    JSON array      its items, each an element named after the key that holds the array
    JSON value      the text of its element: true and false as such; null has no element

A key that is no XML name is written with `_xHHHH_` for each character that a name cannot have (`case ref` is
`case_x0020_ref`, `1st` is `_x0031_st`). Rule: only names are altered here, never a text.
"""

from __future__ import annotations

import re

from lxml import etree

from hub.document import Element, JsonValue

ROOT = "document"
ITEM = "item"  # of an array within an array, or of one that is the document itself
_MOST_LINES = 65_535  # what an element can hold

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*")
_BAD = re.compile(r"[^A-Za-z0-9_.\-]|^[0-9.\-]")
_ESCAPE = re.compile(r"_x(?=[0-9A-F]*_)")


def element_name(key: str) -> str:
    """An XML name for any key, another one for each; the key itself where it is a name and looks like no escape."""
    if _NAME.fullmatch(key) and "_x" not in key:
        return key
    plain = _ESCAPE.sub("_x005F_x", key)
    return _BAD.sub(lambda match: f"_x{ord(match[0]):04X}_", plain) or "_x_"


def grow(parent: Element | None, name: str, text: str | None = None, line: int | None = None) -> Element:
    """An element, under a parent or alone, with a text and the line that it came from."""
    made = etree.Element(name) if parent is None else etree.SubElement(parent, name)
    if text is not None:
        made.text = text
    if line is not None:
        made.sourceline = min(line, _MOST_LINES)  # type: ignore[assignment]  # lxml takes a number
    return made


def json_tree(value: JsonValue) -> Element:
    """The tree of a JSON document, which `hub.document.json` has read within its bounds."""
    root = grow(None, ROOT)
    _put(root, value)
    return root


def _put(node: Element, value: JsonValue) -> None:
    if isinstance(value, dict):
        for key, held in value.items():
            _member(node, element_name(key), held)
    elif isinstance(value, list):
        for held in value:
            _member(node, ITEM, held)
    elif value is not None:
        node.text = _text(value)


def _member(node: Element, name: str, held: JsonValue) -> None:
    if isinstance(held, list):
        for item in held:
            _put(grow(node, name), item)
    elif held is not None:
        _put(grow(node, name), held)


def _text(value: str | int | float | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
