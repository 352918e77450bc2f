"""One payload being read: what was noticed on the way, and what the table of fields does not know.

Rule: nothing that a payload carries is lost. What has no field is kept as `Unmapped`, in these forms:

    /A/B/C          the text of an element that no field holds (`C[2]` for the second so named; `{namespace}C` for one
                    of another namespace); an element with children is kept by its leaves
    /A/B/text()     text between the children of B
    /A/B/@name      an attribute;  /A/@* names the attributes that are there, where one that belongs there is not
    /A/B/*          the names of all children of B in the order received, where that is not the order of the table

`connectors.spi.layout` puts them back when the message goes out in this dialect again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import cast

from connectors.spi import LIBRA
from hub.contract.tables import Tables
from hub.document import Element
from hub.document.xml import local_name
from hub.message.envelope import Finding, Unmapped

OWN = f"{{{LIBRA}}}"
OFFENCE = f"{{{LIBRA}}}Offence"
ROOTS = (f"{{{LIBRA}}}NewCaseMessage", f"{{{LIBRA}}}ResultedCaseMessage")
_CASE = re.compile(r"/Case\[\d+\]")  # each of several cases makes a message of its own, and is the only one of it


class Reading:
    """What is gathered while one payload is read, and what its values are read by: our tables, the sender's traits.

    `chosen` is the one of several Case elements that is being read.
    """

    __slots__ = ("_marks", "chosen", "tables", "traits", "unmapped")

    def __init__(
        self, tables: Tables, chosen: Element | None = None, traits: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self.tables = tables
        self.chosen = chosen
        self.traits = traits
        self.unmapped: list[Unmapped] = []
        self._marks: list[tuple[Element, str, str]] = []

    def note(self, node: Element, code: str, words: str) -> None:
        """Something questionable about the value of an element."""
        self._marks.append((node, code, words))

    def findings(self) -> tuple[Finding, ...]:
        """Everything questionable, each with its place and the position of its offence."""
        return tuple(
            Finding(code=code, path=place_of(node, _local), words=words, offence=_offence(node))
            for node, code, words in self._marks
        )

    def stray(self, node: Element) -> None:
        """Keep an element that no field holds: its text and attributes, and those of everything in it."""
        if len(node):
            self.loose(node)
        else:
            self._keep(place_of(node), node.text or "")
        for child in node:
            self.attributes(child)
            self.stray(child)

    def loose(self, node: Element) -> None:
        """Keep the text that stands between the children of an element."""
        pieces = [node.text or "", *(child.tail or "" for child in node)]
        text, place = "".join(piece for piece in pieces if piece.strip()), f"{place_of(node)}/text()"
        if text and not self._kept(place):
            self._keep(place, text)

    def empty(self, node: Element) -> None:
        """Keep an element that is only there to hold others, and holds none that we know."""
        if not len(node):
            self._keep(place_of(node), node.text or "")
        parent = node.getparent()
        if parent is not None:
            self.order(parent)

    def within(self, node: Element) -> None:
        """Keep the elements within one that should hold a text only, and any text between them."""
        for child in node:
            self.attributes(child)
            self.stray(child)
        if any((child.tail or "").strip() for child in node):
            self.loose(node)

    def attributes(self, node: Element) -> None:
        """Keep every attribute of an element."""
        for name, value in attributes_of(node).items():
            self._keep(f"{place_of(node)}/@{name}", value)

    def root_attributes(self, root: Element, marks: Mapping[str, str]) -> None:
        """Keep the attributes of the root that are not its fixed marks, and note which of those are not there."""
        found = attributes_of(root)
        for name, value in found.items():
            if marks.get(name) != value:
                self._keep(f"{place_of(root)}/@{name}", value)
        if not marks.keys() <= found.keys():
            self._keep(f"{place_of(root)}/@*", " ".join(found))

    def order(self, node: Element) -> None:
        """Keep the order in which the children of an element stand, once."""
        place = f"{place_of(node)}/*"
        if not self._kept(place):
            self._keep(place, " ".join(name_of(child) for child in node))

    def _kept(self, place: str) -> bool:
        path = _CASE.sub("/Case", place)
        return any(note.path == path for note in self.unmapped)

    def _keep(self, place: str, text: str) -> None:
        self.unmapped.append(Unmapped(path=_CASE.sub("/Case", place), text=text))


def attributes_of(node: Element) -> dict[str, str]:
    """The attributes of an element by name."""
    return cast("dict[str, str]", dict(node.items()))


def name_of(node: Element) -> str:
    """The local name of an element of the payload's own namespace; `{namespace}name` of any other, `{}name` of none."""
    tag = node.tag
    if tag.startswith(OWN):
        return tag[len(OWN) :]
    return tag if tag.startswith("{") else "{}" + tag


def place_of(node: Element, named: Callable[[Element], str] = name_of) -> str:
    """Where an element of a payload stands, from its root on, with its position where siblings share its name."""
    steps = []
    at: Element | None = node
    while at is not None:
        before = sum(1 for _ in at.itersiblings(at.tag, preceding=True))
        shared = before > 0 or next(at.itersiblings(at.tag), None) is not None
        steps.append(f"{named(at)}[{before + 1}]" if shared else named(at))
        at = None if at.tag in ROOTS else at.getparent()
    return "/" + "/".join(reversed(steps))


def _local(node: Element) -> str:
    return local_name(node.tag)


def _offence(node: Element) -> int | None:
    at: Element | None = node
    while at is not None and at.tag != OFFENCE:
        at = at.getparent()
    return None if at is None else 1 + sum(1 for _ in at.itersiblings(OFFENCE, preceding=True))
