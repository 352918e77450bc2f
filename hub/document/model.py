"""Everything that is wrong with the children of one element, where a validator stops at the first of them.

Rule: a content model is a sequence or a choice of elements and of such groups. The children are matched to it so that
as few as possible are out of place; a model that repeats a group, or names an element twice, is left to the validator.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """An element that a model allows, at least `low` and at most `high` times (None: as often as one likes)."""

    tag: str
    low: int = 1
    high: int | None = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A sequence, or a choice, of elements and groups."""

    kind: Literal["sequence", "choice"]
    parts: tuple[Part, ...]
    low: int = 1
    high: int | None = 1


Part: TypeAlias = Leaf | Group


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """One thing wrong. `index` is the child that is wrong, or before which `tags` (alternatives) are missing."""

    kind: Literal["missing", "unknown", "crowded", "misplaced", "excluded"]
    tags: tuple[str, ...]
    index: int
    after: str | None = None  # the sibling after which it belongs
    allowed: int | None = None  # for `crowded`: how often the element may stand
    rival: str | None = None  # for `excluded`: the sibling that rules it out


class _NotOurs(Exception):
    """The model is of a kind that is left to the validator."""


def diagnose(model: Group, children: Sequence[str]) -> list[Flaw]:
    """Every flaw of the children, in their order; none where there is none, or where the model is not of our kind."""
    try:
        slots, missing = _resolve(model, Counter(children))
    except _NotOurs:
        return []
    order = {slot.tag: position for position, slot in enumerate(slots)}
    if len(order) != len(slots):
        return []
    there = [slot.tag for slot in slots if slot.tag in set(children)]
    placed = _in_order(children, order)
    flaws = list(_strangers(children, order, model))
    crowds = list(_crowds(children, slots))
    crowded = {tag for flaw in crowds for tag in flaw.tags}
    for index, tag in enumerate(children):
        if tag in order and index not in placed and tag not in crowded:
            earlier = [other for other in there if order[other] < order[tag]]
            flaws.append(Flaw(kind="misplaced", tags=(tag,), index=index, after=earlier[-1] if earlier else None))
    settled = {order[children[index]] for index in placed}
    for tags, position in missing:
        before = max((other for other in settled if other < position), default=None)
        after = None if before is None else slots[before].tag
        flaws.append(Flaw(kind="missing", tags=tags, index=_place(position, children, order, placed), after=after))
        settled.update(order[tag] for tag in tags if tag in order)
    return sorted(flaws + crowds, key=lambda flaw: flaw.index)


def _resolve(part: Part, present: Counter[str]) -> tuple[list[Leaf], list[tuple[tuple[str, ...], int]]]:
    """The elements that may stand, in order, once each choice is decided by what is there; and what is missing, with
    its position among them."""
    if isinstance(part, Leaf):
        absent = part.low > 0 and not present[part.tag]
        return [part], [((part.tag,), 0)] if absent else []
    if part.high != 1:
        raise _NotOurs
    if not any(present[leaf.tag] for leaf in _leaves(part)):
        return _resolve_absent(part, present)
    if part.kind == "choice":
        tried = [(_covered(branch, present), _resolve(branch, present)) for branch in part.parts]
        return max(tried, key=lambda each: (each[0], -len(each[1][1])))[1]
    return _resolve_sequence(part, present)


def _resolve_sequence(part: Group, present: Counter[str]) -> tuple[list[Leaf], list[tuple[tuple[str, ...], int]]]:
    slots: list[Leaf] = []
    missing: list[tuple[tuple[str, ...], int]] = []
    for each in part.parts:
        more_slots, more_missing = _resolve(each, present)
        missing += [(tags, position + len(slots)) for tags, position in more_missing]
        slots += more_slots
    return slots, missing


def _resolve_absent(part: Group, present: Counter[str]) -> tuple[list[Leaf], list[tuple[tuple[str, ...], int]]]:
    """A group of which nothing is there: no fault where it may be absent, else all, or one of, what it requires."""
    if part.low == 0 or not _requires(part):
        return [], []
    if part.kind == "sequence":
        return _resolve_sequence(part, present)
    heads = tuple(next(leaf.tag for leaf in _leaves(branch)) for branch in part.parts)
    return [], [(tuple(dict.fromkeys(heads)), 0)]


def _requires(part: Part) -> bool:
    if part.low == 0:
        return False
    if isinstance(part, Leaf):
        return True
    holds = (_requires(each) for each in part.parts)
    return all(holds) if part.kind == "choice" else any(holds)


def _covered(part: Part, present: Counter[str]) -> int:
    return len({leaf.tag for leaf in _leaves(part) if present[leaf.tag]})


def _leaves(part: Part) -> Iterator[Leaf]:
    if isinstance(part, Leaf):
        yield part
        return
    for each in part.parts:
        yield from _leaves(each)


def _strangers(children: Sequence[str], order: dict[str, int], model: Group) -> Iterator[Flaw]:
    in_model = {leaf.tag for leaf in _leaves(model)}
    present = set(children)
    for index, tag in enumerate(children):
        if tag in order:
            continue
        if tag in in_model:
            yield Flaw(kind="excluded", tags=(tag,), index=index, rival=_rival(model, tag, present))
        else:
            yield Flaw(kind="unknown", tags=(tag,), index=index)


def _rival(part: Part, tag: str, present: set[str]) -> str | None:
    """A sibling that is there and stands in another branch of a choice than `tag` does."""
    if isinstance(part, Leaf):
        return None
    if part.kind == "choice":
        branches = [[leaf.tag for leaf in _leaves(branch)] for branch in part.parts]
        others = [other for branch in branches if tag not in branch for other in branch if other in present]
        if others and any(tag in branch for branch in branches):
            return others[0]
    return next((rival for each in part.parts if (rival := _rival(each, tag, present))), None)


def _crowds(children: Sequence[str], slots: list[Leaf]) -> Iterator[Flaw]:
    counted = Counter(children)
    for slot in slots:
        if slot.high is not None and counted[slot.tag] > slot.high:
            at = [index for index, tag in enumerate(children) if tag == slot.tag]
            yield Flaw(kind="crowded", tags=(slot.tag,), index=at[slot.high], allowed=slot.high)


def _in_order(children: Sequence[str], order: dict[str, int]) -> set[int]:
    """The indices of the longest run of children that stand in the model's order; of equal runs, one that keeps the
    earlier children, so that what comes too late is what is told."""
    ends: list[int] = []  # from the right: minus the highest position on which a run of each length begins
    heads: list[int] = []  # the child on which it does
    following: dict[int, int | None] = {}
    for index in range(len(children) - 1, -1, -1):
        if children[index] not in order:
            continue
        position = -order[children[index]]
        length = bisect_right(ends, position)
        following[index] = heads[length - 1] if length else None
        ends[length : length + 1] = [position]
        heads[length : length + 1] = [index]
    kept: set[int] = set()
    at = heads[-1] if heads else None
    while at is not None:
        kept.add(at)
        at = following[at]
    return kept


def _place(position: int, children: Sequence[str], order: dict[str, int], placed: set[int]) -> int:
    """Before which child something that belongs at a position is missing."""
    return max((index for index in placed if order[children[index]] < position), default=-1) + 1
