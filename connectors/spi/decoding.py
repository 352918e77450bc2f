"""Shapes compiled into functions that read. Each element is found by its tag, in one pass over the children.

Rule: elements are taken in any order and none is lost: `connectors.spi.reading` keeps what has no field, and the order
where it is not that of the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from connectors.spi.reading import Reading
from connectors.spi.shape import BILINGUAL, Edges, Group, Inline, Leaf, Nested, Part, Shape
from hub.document import Element
from hub.message.case import DurationDate, DurationEdge
from hub.message.values import Dated

Held: TypeAlias = dict[str, Any]
Step: TypeAlias = Callable[[Element, Held, Reading], None]


def reader(shape: Shape) -> Callable[[Element, Reading], Any]:
    """The function that reads a block. It makes the record, and notes in the Reading what the record cannot hold."""
    fill, build = _filler(shape.parts, shape.space), _builder(shape)

    def read(node: Element, run: Reading) -> Any:
        held: Held = {}
        fill(node, held, run)
        return build(held)

    return read


def _filler(parts: Iterable[Part], space: str) -> Step:
    """Reads the children of an element by their tags. An odd one, or one out of turn, makes a note of the order."""
    steps = {
        f"{{{space}}}{element}": (rank, step, turn.repeats)
        for rank, turn in enumerate(turn for part in parts for turn in _turns(part, space))
        for element, step in turn.steps.items()
    }

    def fill(node: Element, held: Held, run: Reading) -> None:
        last, odd = -1, False
        loose = bool((said := node.text) and not said.isspace())
        for child in node:
            rank, step, repeats = steps.get(child.tag, _UNKNOWN)
            if rank > last or (repeats and rank == last):
                last = rank
            else:
                odd = True
                if not repeats and next(child.itersiblings(child.tag, preceding=True), None) is not None:
                    step = _stray
            if child.keys():
                run.attributes(child)
            step(child, held, run)
            loose = loose or bool((said := child.tail) and not said.isspace())
        if loose:
            run.loose(node)
        if odd:
            run.order(node)

    return fill


def _stray(node: Element, held: Held, run: Reading) -> None:
    run.stray(node)


_UNKNOWN: tuple[int, Step, bool] = (-1, _stray, False)


@dataclass(frozen=True, slots=True)
class _Turn:
    """One place in the order: the elements that may stand there, and whether they may repeat."""

    steps: dict[str, Step]
    repeats: bool = False


def _turns(part: Part, space: str) -> Iterable[_Turn]:
    if isinstance(part, Leaf):
        return [_Turn({part.element: _read_leaf(part) if part.welsh is None else _read_both(part)}, part.many)]
    if isinstance(part, Group):
        return [_Turn({part.element: _read_group(part, space)}, part.chosen)]
    if isinstance(part, Nested):
        return [_Turn({part.element: _read_nested(part)}, part.many)]
    if isinstance(part, Edges):
        return [_Turn({element: _read_edge(part, edge) for edge, element in part.elements.items()}, True)]
    turns = (turn for inner in part.shape.parts for turn in _turns(inner, space))
    return [
        _Turn({name: _within(part.field, step) for name, step in turn.steps.items()}, turn.repeats) for turn in turns
    ]


def _read_leaf(leaf: Leaf) -> Step:
    field, read, many = leaf.field, leaf.kind.read, leaf.many

    def step(node: Element, held: Held, run: Reading) -> None:
        if len(node):
            run.within(node)
        if many:
            held.setdefault(field, []).append(read(node.text or "", node, run))
        else:
            held[field] = read(node.text or "", node, run)

    return step


def _read_both(leaf: Leaf) -> Step:
    english, welsh = leaf.field, leaf.welsh or ""

    def step(node: Element, held: Held, run: Reading) -> None:
        if len(node):
            run.within(node)
        held[english], bars, rest = (node.text or "").partition(BILINGUAL)
        if bars:
            held[welsh] = rest

    return step


def _read_group(group: Group, space: str) -> Step:
    fill, chosen = _filler(group.parts, space), group.chosen

    def step(node: Element, held: Held, run: Reading) -> None:
        if chosen and run.chosen is not None and run.chosen is not node:
            return
        before = len(held)
        fill(node, held, run)
        if len(held) == before:
            run.empty(node)

    return step


def _read_nested(part: Nested) -> Step:
    fill, build, field = _filler(part.shape.parts, part.shape.space), _builder(part.shape), part.field
    many, always, numbered = part.many, part.always, part.numbered

    def step(node: Element, held: Held, run: Reading) -> None:
        inner: Held = {}
        fill(node, inner, run)
        if always and not inner:
            run.empty(node)
        elif not many:
            held[field] = build(inner)
        else:
            before = held.setdefault(field, [])
            if numbered:
                inner["position"] = len(before) + 1
            before.append(build(inner))

    return step


def _read_edge(part: Edges, edge: DurationEdge) -> Step:
    field, read = part.field, part.kind.read

    def step(node: Element, held: Held, run: Reading) -> None:
        on = cast("Dated", read(node.text or "", node, run))
        held.setdefault(field, []).append(DurationDate(edge=edge, on=on))

    return step


def _within(field: str, step: Step) -> Step:
    def inner(node: Element, held: Held, run: Reading) -> None:
        step(node, held.setdefault(field, {}), run)

    return inner


def _builder(shape: Shape) -> Callable[[Held], Any]:
    """Makes the record of what has been read: lists become tuples, and what is always there is there."""
    parts = list(_own(shape.parts))
    many = [part.field for part in parts if isinstance(part, Edges) or (isinstance(part, Leaf | Nested) and part.many)]
    inline = [(part.field, _builder(part.shape)) for part in parts if isinstance(part, Inline)]
    always = [(part.field, _builder(part.shape)({})) for part in parts if isinstance(part, Nested) and part.always]
    record = shape.record

    def build(held: Held) -> Any:
        for field in many:
            if field in held:
                held[field] = tuple(held[field])
        for field, make in inline:
            if field in held:
                held[field] = make(held[field])
        for field, empty in always:
            held.setdefault(field, empty)
        return record(**held)

    return build


def _own(parts: Iterable[Part]) -> Iterable[Part]:
    """The parts that are fields of one record, those in its groups too."""
    for part in parts:
        if isinstance(part, Group):
            yield from _own(part.parts)
        else:
            yield part
