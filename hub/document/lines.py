"""A text file line by line: decoded, checked and bounded as it is read, so that it is never held whole.

Rule: only encodings in which a line feed is one byte and nothing else are read, so that a line is a line before it is
decoded. What cannot be carried on is refused with its line, never replaced.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from hub.document import Element
from hub.document.escape import NOT_XML
from hub.message.errors import Fault, Refused

MOST_IN_LINE = 256 * 1024
"""Bytes of one line."""

_MOST_LINES = 65_535  # what an element can hold

ENCODINGS = {
    "utf-8": "utf-8-sig",
    "ascii": "ascii",
    "cp1252": "cp1252",
    "iso8859-1": "latin-1",
    "iso8859-15": "latin-9",
}
"""What Python calls each encoding that is read, and by which of its codecs: a byte order mark of UTF-8 is no text."""


class Lines(Protocol):
    """What lines are read from: a binary file, or one in a zip."""

    def readline(self, size: int, /) -> bytes:
        """The next line with its end, so many bytes of it at most; empty at the end of the file."""


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file that is read as text: its bytes, its encoding, its name in faults and the family of their rules."""

    file: Lines
    encoding: str
    name: str
    rules: str  # csv, fixed


@dataclass(slots=True)
class Budget:
    """How many elements, and how much text, may still be made of what a sender sent."""

    elements: int
    text: int

    def take(self, texts: Sequence[str], line: int) -> None:
        """One element more, and one in it for each of these texts. Raises Refused where that is too much."""
        self.elements -= 1 + len(texts)
        self.text -= sum(map(len, texts))
        if self.elements < 0 or self.text < 0:
            words = "There are more values here, or longer ones, than are read at once. Send less in one file or case."
            raise Refused([Fault(path="", rule="document-values", words=words, line=line)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One of the cases in a file: its number, the line it begins in, its element, and what to add to the lines there.

    The element stands in a root of its own, which holds nothing of any other case. `fault` is why it could not be made
    (then its root is empty): it has more in it than a case may.
    """

    number: int
    line: int
    element: Element
    offset: int = 0
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Items:
    """The cases of a file: how many there are in all, and those that were asked for, each made as it is reached."""

    total: int
    found: Iterator[Item]

    def __iter__(self) -> Iterator[Item]:
        return self.found


def is_readable(encoding: str) -> bool:
    """Whether files in this encoding can be read here."""
    try:
        return codecs.lookup(encoding).name in ENCODINGS
    except LookupError:
        return False


def text_lines(text: TextFile) -> Iterator[str]:
    """The lines in order, each with its line end. Raises Refused at the first that cannot be read."""
    codec = ENCODINGS[codecs.lookup(text.encoding).name]
    number = 0
    while raw := text.file.readline(MOST_IN_LINE + 1):
        number += 1
        if len(raw) > MOST_IN_LINE:
            raise _refused(text, number, "line", f"The line has more than {MOST_IN_LINE} bytes. Write shorter lines.")
        try:
            line = raw.decode(codec)
        except UnicodeDecodeError:
            words = f"The line is not in {text.encoding}. Save the file in that encoding."
            raise _refused(text, number, "encoding", words) from None
        if NOT_XML.search(line):
            words = "The line holds a control character, which the canonical form cannot carry. Remove it."
            raise _refused(text, number, "character", words)
        yield line
        codec = "utf-8" if codec == "utf-8-sig" else codec


def own_line(line: int) -> int | None:
    """The line of an element where lxml can hold it; else None: no line is better than a wrong one."""
    return line if 0 < line < _MOST_LINES else None


def _refused(text: TextFile, line: int, rule: str, words: str) -> Refused:
    return Refused([Fault(path=f"/{text.name}", rule=f"{text.rules}-{rule}", words=words, line=line)])
