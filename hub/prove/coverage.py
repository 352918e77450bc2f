"""How far samples go: which canonical fields they fill, and which fields of the source nobody reads.

Rule: a field counts once, however often it comes; paths are without positions, so that they can be looked up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from hub.canonical.compare import field_of
from hub.canonical.shape import Kind, slots_of
from hub.message.envelope import Message

_DEEPEST = 8  # records within records, none of which holds itself
_POSITION = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Fields of the canonical messages that samples fill and leave out; fields of the source that no path reads."""

    filled: tuple[str, ...]
    empty: tuple[str, ...]
    unread: tuple[str, ...]


def coverage(messages: Iterable[Message]) -> Coverage:
    """The coverage of what samples became."""
    held = list(messages)
    filled = dict.fromkeys(path for message in held for path in _filled(message.body, type(message.body).__name__))
    kinds: dict[str, type] = {type(message.body).__name__: type(message.body) for message in held}
    known = [path for name, kind in kinds.items() for path in _fields(kind, name, 0)]
    unread = dict.fromkeys(field_of(one.path) for message in held for one in message.unmapped)
    return Coverage(
        filled=tuple(path for path in known if path in filled),
        empty=tuple(path for path in known if path not in filled),
        unread=tuple(_POSITION.sub("", path) for path in unread),
    )


def _fields(kind: type, path: str, depth: int) -> Iterator[str]:
    """Every leaf of a record."""
    for slot in slots_of(kind):
        below = f"{path}/{slot.element}"
        if slot.kind is Kind.RECORD and depth < _DEEPEST:
            yield from _fields(slot.type, below, depth + 1)
        elif slot.kind is not Kind.RECORD:
            yield below


def _filled(value: Any, path: str) -> Iterator[str]:
    """Every leaf of a record that is there."""
    kind: type = type(value)
    for slot in slots_of(kind):
        held = getattr(value, slot.name)
        if held is None:
            continue
        below = f"{path}/{slot.element}"
        for one in held if slot.many else (held,):
            if slot.kind is Kind.RECORD:
                yield from _filled(one, below)
            else:
                yield below
