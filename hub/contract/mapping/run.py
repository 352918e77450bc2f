"""One document being read by a mapping: what was looked up, what was read, what was found wrong.

Rule: every element and attribute that a path reads is noted, so that what no path reads is kept as `Unmapped`. Of a
text that is too long for the canonical form (an attachment, as a rule) its length and its SHA-256 are kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from hashlib import sha256
from typing import cast

from hub.contract.tables import Tables
from hub.document import Element, line_in
from hub.document.xml import local_name
from hub.message.envelope import Attachment, Finding, Unmapped
from hub.message.errors import Fault

MOST_TEXT = 32_767
"""Characters of one text in the canonical form."""


@dataclass(slots=True, kw_only=True)
class Run:
    """The state of one reading, of the document with this `root`.

    `line` is what to add to the line of an element to get that in the document; `offence` the position being read.
    """

    root: Element
    tables: Tables
    traits: Mapping[str, str] = field(default_factory=dict)
    line: int = 0
    findings: list[Finding] = field(default_factory=list)
    offence: int | None = None
    faults: list[Fault] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    files: Mapping[str, bytes] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)  # those of the files that were read
    used: set[Element | tuple[Element, str]] = field(default_factory=set)
    linked: dict[tuple[object, Element], dict[tuple[str | None, ...], list[Element]]] = field(default_factory=dict)
    _children: dict[Element, dict[str, list[Element]]] = field(default_factory=dict)
    _paths: dict[Element, str] = field(default_factory=dict)

    def children(self, node: Element) -> dict[str, list[Element]]:
        """The children of an element by tag, worked out once."""
        found = self._children.get(node)
        if found is None:
            found = defaultdict(list)
            for child in node:
                found[child.tag].append(child)
            self._children[node] = found
        return found

    def path(self, node: Element) -> str:
        """Where an element stands, as `hub.document.xml.path_of` says it; its siblings are counted once for all."""
        known = self._paths.get(node)
        if known is not None:
            return known
        parent = node.getparent()
        if parent is None:
            return f"/{local_name(node.tag)}"
        above = self.path(parent)
        for tag, same in self.children(parent).items():
            for position, child in enumerate(same, 1):
                place = f"[{position}]" if len(same) > 1 else ""
                self._paths[child] = f"{above}/{local_name(tag)}{place}"
        return self._paths[node]

    def note(self, code: str, node: Element, words: str) -> None:
        """Something questionable about the value of an element."""
        self.findings.append(Finding(code=code, path=self.path(node), words=words, offence=self.offence))

    def fault(self, node: Element, rule: str, words: str, found: str | None = None) -> None:
        """Something that makes the document unusable."""
        line = line_in(node)
        shown = None if found is None else found[:80]
        at = None if line is None else line + self.line
        self.faults.append(Fault(path=self.path(node), rule=rule, words=words, line=at, found=shown))

    def unread(self, root: Element, without: Iterable[Element] = ()) -> Iterator[Unmapped]:
        """What no path read below an element, in the order of the document, but for what is below `without`.

        Attributes, the texts of elements, and texts between elements; what is blank is left out.
        """
        used, apart = self.used, set(without)
        for node in _walk(root, apart) if apart else root.iter():
            if node.keys():
                for name, value in cast("list[tuple[str, str]]", node.items()):
                    if value and (node, name) not in used:
                        yield self._kept(node, f"/@{local_name(name)}", value)
            if node in used:
                continue
            if not len(node):
                if (text := node.text) and not text.isspace():
                    yield self._kept(node, "", text)
            elif text := _between(node):
                yield self._kept(node, "/text()", text)

    def _kept(self, node: Element, place: str, text: str) -> Unmapped:
        path = f"{self.path(node)}{place}"
        if len(text) > MOST_TEXT:
            words = "the text is longer than the canonical form carries: it is kept in the document as received"
            self.findings.append(Finding(code="UNMAPPED_LONG", path=path, words=words))
            text = f"({len(text)} characters, SHA-256 {sha256(text.encode()).hexdigest()})"
        return Unmapped(path=path, text=text)


def _walk(root: Element, apart: Set[Element]) -> Iterator[Element]:
    """An element and all below it, in the order of the document, but for some of them and what is below those."""
    pending = [root]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(child for child in reversed(node) if child not in apart)


def _between(node: Element) -> str:
    """The text that stands between the children of an element."""
    pieces = [node.text, *(child.tail for child in node)]
    return "".join(piece for piece in pieces if piece and not piece.isspace())
