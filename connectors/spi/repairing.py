"""Known defects of a sender's system, mended before its payload is checked: only those that the party's traits name.

    namespace_missing  = "true"   a payload without any namespace is read as one of the interface (police-spi 6)
    buildings_unpadded = "true"   a building whose padding was collapsed is padded again (police-spi 2.3 and 6)

Rule: only what is unambiguous is mended, nothing is added or taken away but spaces and the namespace, and every repair
is told to the sender as a warning. What was received is kept as it came; what goes on is the mended payload.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping

from connectors.spi import BS7666, LIBRA
from connectors.spi.blocks import PARTED, is_placed, placed
from connectors.spi.shape import Leaf
from hub.document import Element
from hub.document.xml import local_name, path_of
from hub.message.errors import Fault, Severity

NAMESPACE, BUILDINGS = "namespace_missing", "buildings_unpadded"

_OF_ADDRESS = frozenset(part.element for part in PARTED.parts if isinstance(part, Leaf))
_PLACES = (f"{{{BS7666}}}PAON", f"{{{BS7666}}}SAON")
_TWO_NUMBERS = re.compile(r"\s*[0-9]+[A-Za-z]?\s+[0-9]")


def repair(payload: Element, root: str, traits: Mapping[str, str]) -> tuple[Element, tuple[Fault, ...]]:
    """The payload, or a mended copy of it, and what was mended. `root` is the element that it should begin with."""
    faults: list[Fault] = []
    if traits.get(NAMESPACE) == "true" and payload.tag == local_name(root):
        payload = in_namespace(payload)
        words = "The document has no namespace. It was read as one of the interface: declare its namespace."
        faults.append(_fault(payload, "repaired-namespace", words))
    if traits.get(BUILDINGS) == "true" and any(True for _ in _collapsed(payload)):
        payload = copy.deepcopy(payload)
        for node, text in list(_collapsed(payload)):
            node.text = text
            words = "The spaces of the fixed layout were lost. They were put back: send the building as it is laid out."
            faults.append(_fault(node, "repaired-building", words))
    return payload, tuple(faults)


def in_namespace(payload: Element) -> Element:
    """A copy in the namespaces of the interface; an element that has a namespace keeps it."""
    copied = copy.deepcopy(payload)
    for node in copied.iter():
        if not node.tag.startswith("{"):
            node.tag = f"{{{BS7666 if node.tag in _OF_ADDRESS else LIBRA}}}{node.tag}"
    return copied


def _collapsed(payload: Element) -> Iterator[tuple[Element, str]]:
    """Each building that is not laid out, with its text as it must have been; none where that is not certain.

    Two numbers may be a range or the beginning of a name, and a character that the layout has not is not dropped here.
    """
    for node in payload.iter(*_PLACES):
        text = node.text or ""
        if not text.strip() or is_placed(text) or _TWO_NUMBERS.match(text):
            continue
        laid_out = placed(text)
        if is_placed(laid_out) and _visible(laid_out) == _visible(text):
            yield node, laid_out


def _visible(text: str) -> str:
    return "".join(text.split())


def _fault(node: Element, rule: str, words: str) -> Fault:
    return Fault(path=path_of(node), rule=rule, words=words, severity=Severity.WARNING)
