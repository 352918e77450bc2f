"""Two readings of the same document, field by field: where they differ, by canonical path.

Rule: what the hub issued (ids, times, the reading itself) is not compared; what the sender said is. A path names every
element from the body on, with positions where a field repeats; `field_of` leaves those out, so that the same field of
a thousand messages counts as one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from itertools import zip_longest
from typing import Any

from hub.canonical.shape import LEAF_SHOW, Kind, Slot, slots_of
from hub.message.envelope import Message

_POSITION = re.compile(r"\[\d+\]")

Walk = Callable[[Any, Any, str], Iterator["Difference"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field that differs: its path, and both values as text; None where the field is absent."""

    path: str
    before: str | None
    after: str | None


def field_of(path: str) -> str:
    """The path without positions."""
    return _POSITION.sub("", path)


def compare(before: Sequence[Message], after: Sequence[Message]) -> tuple[Difference, ...]:
    """The differences between two readings of one document, message by message, in the order of the fields."""
    made: list[Difference] = []
    for one, other in zip_longest(before, after):
        if one is None or other is None:
            names = [None if each is None else type(each.body).__name__ for each in (one, other)]
            made.append(Difference(path="Message", before=names[0], after=names[1]))
        else:
            made += _messages(one, other)
    return tuple(made)


def _messages(before: Message, after: Message) -> Iterator[Difference]:
    kinds: tuple[type, type] = type(before.body), type(after.body)
    if kinds[0] is not kinds[1]:
        yield Difference(path="Message", before=kinds[0].__name__, after=kinds[1].__name__)
        return
    yield from _record(kinds[0])(before.body, after.body, kinds[0].__name__)
    yield from _said(before, after)
    yield from _texts(
        "Findings", [f"{f.code} {f.path}" for f in before.findings], [f"{f.code} {f.path}" for f in after.findings]
    )
    yield from _texts("Unmapped", [u.path for u in before.unmapped], [u.path for u in after.unmapped])


def _said(before: Message, after: Message) -> Iterator[Difference]:
    """What the sender said in its envelope."""
    one, other = before.envelope, after.envelope
    for name, held, found in (
        ("Envelope/Sender/System", one.sender.system, other.sender.system),
        ("Envelope/Source/Reference", one.source.reference, other.source.reference),
        ("Envelope/OccurredAt", one.occurred_at, other.occurred_at),
        ("Envelope/Mode", one.mode, other.mode),
    ):
        if held != found:
            yield Difference(path=name, before=_shown(held), after=_shown(found))


def _texts(name: str, before: Sequence[str], after: Sequence[str]) -> Iterator[Difference]:
    """What only one of two lists has."""
    for text in dict.fromkeys(before):
        if text not in after:
            yield Difference(path=name, before=text, after=None)
    for text in dict.fromkeys(after):
        if text not in before:
            yield Difference(path=name, before=None, after=text)


@cache
def _record(record: type) -> Walk:
    steps = [(slot, _step(slot)) for slot in slots_of(record)]

    def walk(before: Any, after: Any, path: str) -> Iterator[Difference]:
        for slot, step in steps:
            held, found = getattr(before, slot.name), getattr(after, slot.name)
            if held == found:
                continue
            below = f"{path}/{slot.element}"
            if not slot.many:
                yield from step(held, found, below)
                continue
            for position, (one, other) in enumerate(zip_longest(held or (), found or ()), 1):
                if one != other:
                    yield from step(one, other, f"{below}[{position}]")

    return walk


def _step(slot: Slot) -> Walk:
    if slot.kind is not Kind.RECORD:
        return _leaf
    kind = slot.type

    def nested(before: Any, after: Any, path: str) -> Iterator[Difference]:
        if before is None or after is None:
            yield Difference(path=path, before=_there(before), after=_there(after))
        else:
            yield from _record(kind)(before, after, path)

    return nested


def _leaf(before: Any, after: Any, path: str) -> Iterator[Difference]:
    yield Difference(path=path, before=_shown(before), after=_shown(after))


def _there(value: object) -> str | None:
    return None if value is None else "(present)"


def _shown(value: Any) -> str | None:
    """A value as text: a foreign one with our reading of it, since either may be what differs."""
    if value is None:
        return None
    if isinstance(value, Enum):
        return str(value.value)
    if type(value) in LEAF_SHOW:
        return LEAF_SHOW[type(value)](value)
    read = getattr(value, "value", None)
    return f"{value.text} ({'unreadable' if read is None else read})"
