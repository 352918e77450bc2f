"""One document being read by a mapping: what was looked up, what was read, what was found wrong.

Rule: every element and attribute that a path reads is noted, so that what no path reads is kept as `Unmapped`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

from hub.contract.tables import Tables
from hub.document import Element, line_in
from hub.document.xml import local_name, path_of
from hub.message.envelope import Finding, Unmapped
from hub.message.errors import Fault


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
    used: set[Element | tuple[Element, str]] = field(default_factory=set)
    _children: dict[Element, dict[str, list[Element]]] = field(default_factory=dict)

    def children(self, node: Element) -> dict[str, list[Element]]:
        """The children of an element by tag, worked out once."""
        found = self._children.get(node)
        if found is None:
            found = defaultdict(list)
            for child in node:
                found[child.tag].append(child)
            self._children[node] = found
        return found

    def note(self, code: str, node: Element, words: str) -> None:
        """Something questionable about the value of an element."""
        self.findings.append(Finding(code=code, path=path_of(node), words=words, offence=self.offence))

    def fault(self, node: Element, rule: str, words: str, found: str | None = None) -> None:
        """Something that makes the document unusable."""
        line = line_in(node)
        shown = None if found is None else found[:80]
        at = None if line is None else line + self.line
        self.faults.append(Fault(path=path_of(node), rule=rule, words=words, line=at, found=shown))

    def unread(self, roots: Iterable[Element]) -> Iterator[Unmapped]:
        """The leaves below these elements that no path read, in the order of the document; blank ones are left out."""
        for root in roots:
            for node in root.iter():
                for name, value in cast("list[tuple[str, str]]", node.items()):
                    if (node, name) not in self.used and not name.startswith("{"):
                        yield Unmapped(path=f"{path_of(node)}/@{local_name(name)}", text=value)
                if not len(node) and node not in self.used and (text := node.text) and not text.isspace():
                    yield Unmapped(path=path_of(node), text=text)
