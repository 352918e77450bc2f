"""A second reading set beside the messages that stand: which belong together.

Rule: a document stands or falls whole, a case in a file of many alone; so each is compared, and refused, by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from hub.flow.cases import WHOLE, Chunk
from hub.ledger.account import Reread, Standing
from hub.message.errors import Fault

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Pair(Generic[Found]):
    """Messages that stand, and what the second reading makes of the same; or the faults for which it refuses it."""

    standing: tuple[Standing, ...]
    found: tuple[Found, ...]
    faults: tuple[Fault, ...] = ()


def chunk_of(one: Reread) -> Chunk:
    """Which cases are to be read again."""
    if not one.many:
        return WHOLE
    first, last = one.standing[0].ordinal, one.standing[-1].ordinal
    return Chunk(first + 1, last - first + 1)


def pairs(
    one: Reread, found: Sequence[Found], ordinals: Sequence[int], faults: Sequence[Fault]
) -> Iterator[Pair[Found]]:
    """What stands with what was found in its place."""
    if not one.many:
        yield Pair(one.standing, tuple(found), () if found else tuple(faults))
        return
    placed = dict(zip(ordinals, found, strict=True))
    for each in one.standing:
        if each.ordinal in placed:
            yield Pair((each,), (placed[each.ordinal],))
        else:
            yield Pair((each,), (), tuple(fault for fault in faults if fault.case in (None, each.ordinal + 1)))
