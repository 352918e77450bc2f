"""Exceptions: what the receiving side would stumble over in a result, worked out from the message alone (courts 2.3).

One table, `EXCEPTIONS`: a code, the tables that it needs, and a function that yields each place where it stands.

Rule: one element carries one exception, and the higher code replaces the lower. An element is named by the place in the
message, and by a word where one place makes several elements. A rule whose tables are not loaded is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from connectors.courts.findings.heard import Heard, HeardOffence


@dataclass(frozen=True, slots=True)
class Stumble:
    """One element that is wrong: where, with which words; `element` sets elements of one place apart."""

    path: str
    words: str
    offence: int | None = None
    element: str = ""


@dataclass(frozen=True, slots=True)
class Raised:
    """One exception."""

    code: str
    at: Stumble


Check = Callable[[Heard], Iterator[Stumble]]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table."""

    code: str
    needs: tuple[str, ...]
    check: Check


EXCEPTIONS: dict[str, Row] = {}


def exception(code: str, *needs: str) -> Callable[[Check], Check]:
    """Register a check under its code."""

    def keep(function: Check) -> Check:
        EXCEPTIONS[code] = Row(code, needs, function)
        return function

    return keep


def in_offence(offence: HeardOffence, inside: str, words: str, element: str = "") -> Stumble:
    """A stumble within an offence, at a path below it."""
    path = f"{offence.path}/{inside}" if inside else offence.path
    return Stumble(path, words, offence.number, element)


def beyond(text: str | None, least: int, most: int) -> bool:
    """Whether a text that is there is shorter or longer than allowed."""
    return text is not None and not least <= len(text) <= most
