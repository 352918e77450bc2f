"""Put back what a payload carried beside the fields of its table, and its order, when it goes out in the dialect it
came in. The notes are those that `connectors.spi.reading` describes.

Rule: only a message that has such notes passes here; any other is written straight from the table.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from lxml import etree

from connectors.spi.reading import OWN
from hub.document import Element
from hub.document.xml import parse, serialise
from hub.message.envelope import Unmapped

_STEP = re.compile(r"/(@?(?:\{[^}]*\})?[^/\[]*|\*)(?:\[(\d+)\])?")


def restore(payload: str, notes: Sequence[Unmapped]) -> str:
    """The payload with every element, attribute and order of the notes."""
    root = parse(payload.encode())
    orders = [note for note in notes if note.path.endswith("/*") and not note.path.endswith("/@*")]
    for note in notes:
        if note not in orders:
            _put_back(root, _steps(note.path), note.text)
    for note in orders:
        node = _found(root, _steps(note.path)[:-1])
        if node is not None:
            _arrange(node, note.text.split())
    return serialise(root).decode()


def _steps(path: str) -> list[tuple[str, int]]:
    """The steps of a path below its root: names, each with its position."""
    return [(name, int(position or 1)) for name, position in _STEP.findall(path)][1:]


def _put_back(root: Element, steps: list[tuple[str, int]], text: str) -> None:
    node = root
    for name, position in steps:
        if name == "@*":
            _keep_attributes(node, text.split())
            return
        if name.startswith("@"):
            node.set(name[1:], text)
            return
        if name == "text()":
            break
        node = _child(node, name, position)
    node.text = text


def _keep_attributes(node: Element, names: list[str]) -> None:
    for name in list(node.keys()):
        if name not in names:
            del node.attrib[name]


def _found(root: Element, steps: list[tuple[str, int]]) -> Element | None:
    node = root
    for name, position in steps:
        named = _named(node, name)
        if len(named) < position:
            return None
        node = named[position - 1]
    return node


def _child(node: Element, name: str, position: int) -> Element:
    """The child so named at a position, made where there is none yet."""
    named = _named(node, name)
    return named[position - 1] if len(named) >= position else etree.SubElement(node, _tag(name))


def _named(node: Element, name: str) -> list[Element]:
    tag = _tag(name)
    return [child for child in node if child.tag == tag]


def _tag(name: str) -> str:
    return name.removeprefix("{}") if name.startswith("{") else OWN + name


def _arrange(node: Element, names: list[str]) -> None:
    """Put the children into the order of their names; those that are not named stay behind them."""
    waiting = {name: _named(node, name) for name in names}
    ordered = [waiting[name].pop(0) for name in names if waiting[name]]
    for child in ordered:
        node.remove(child)
    for at, child in enumerate(ordered):
        node.insert(at, child)
