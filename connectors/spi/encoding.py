"""Shapes compiled into functions that write: as received where there is no Fit, and made to fit where there is one.

Rule: elements come in the order of the table, and an element that has no value is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, TypeAlias, cast

from connectors.spi import BS7666, LIBRA
from connectors.spi.fitting import Fit
from connectors.spi.shape import BILINGUAL, Edges, Group, Inline, Leaf, Nested, Part, Shape
from hub.contract import ReportKind
from hub.document.escape import escape

PREFIXES = {LIBRA: "", BS7666: "b:"}
"""The prefix of each namespace; the root declares them."""

Put: TypeAlias = Callable[[Any, list[str], Fit | None], None]


def writer(shape: Shape) -> Put:
    """The function that writes a block's children: as received where the Fit is None, and otherwise made to fit."""
    put = _all(shape.parts, shape.space)
    settle = shape.settle
    if settle is None:
        return put

    def settled(record: Any, out: list[str], fit: Fit | None) -> None:
        put(record if fit is None else settle(record, fit), out, fit)

    return settled


def _all(parts: Iterable[Part], space: str) -> Put:
    puts = tuple(_put(part, space) for part in parts)

    def put_all(record: Any, out: list[str], fit: Fit | None) -> None:
        for put in puts:
            put(record, out, fit)

    return put_all


def _put(part: Part, space: str) -> Put:
    if isinstance(part, Leaf):
        return _put_leaf(part, space)
    if isinstance(part, Group):
        frame = _Frame(part.element, space, drop=True)
        return frame.around(_all(part.parts, space))
    if isinstance(part, Nested):
        return _put_nested(part, space)
    return _put_edges(part, space) if isinstance(part, Edges) else _put_inline(part)


def _put_leaf(leaf: Leaf, space: str) -> Put:
    prefix = PREFIXES[space]
    start, end = f"<{prefix}{leaf.element}>", f"</{prefix}{leaf.element}>"
    get, show, when, many = _getter(leaf), leaf.kind.show, leaf.when, leaf.many

    def put(record: Any, out: list[str], fit: Fit | None) -> None:
        if when is not None and not when(record):
            return
        held = get(record)
        if fit is not None:
            texts = _fitted(leaf, record, held, fit)
        elif many:
            texts = [show(value) for value in held]
        else:
            if held is not None:
                out.append(f"{start}{escape(show(held))}{end}")
            return
        out.extend(f"{start}{escape(text)}{end}" for text in texts)

    return put


def _getter(leaf: Leaf) -> Callable[[Any], Any]:
    english, welsh = attrgetter(leaf.field), leaf.welsh
    if welsh is None:
        return english

    def both(record: Any) -> str | None:
        first, second = cast("str | None", english(record)), cast("str | None", getattr(record, welsh))
        return first if second is None else f"{first or ''}{BILINGUAL}{second}"

    return both


def _fitted(leaf: Leaf, record: Any, held: Any, fit: Fit) -> list[str]:
    """The texts for a recipient: none, one, or those of a tuple; what had to be done is reported."""
    if not leaf.kept:
        return []
    if leaf.many:
        texts = [text for value in held if (text := _fitted_text(leaf, value, fit)) is not None]
        if leaf.most is not None and len(texts) > leaf.most:
            fit.report(ReportKind.TRUNCATED, f"only the first {leaf.most} are sent", leaf.element)
        return texts[: leaf.most]
    text = None if held is None else _fitted_text(leaf, held, fit)
    if text is None and leaf.default is not None:
        text = leaf.default(record, fit)
        if text is not None:
            fit.report(ReportKind.DEFAULTED, "required here and not given: filled in", leaf.element)
    if text is None and leaf.required and leaf.kind.empty:
        text = ""
        fit.report(ReportKind.DEFAULTED, "required here and not known: sent empty", leaf.element)
    if text is None and leaf.required:
        fit.miss(leaf.element)
    return [] if text is None else [text]


def _fitted_text(leaf: Leaf, value: Any, fit: Fit) -> str | None:
    fit.enter(leaf.element)
    text = leaf.kind.fit(value, fit)
    limit = leaf.kind.limit
    if text is not None and limit is not None and len(text) > limit:
        fit.report(ReportKind.TRUNCATED, f"cut to the {limit} characters that this interface takes")
        text = text[:limit]
    if text is not None and len(text) < leaf.kind.least:
        text = None
    elif text is None and leaf.kind.show(value).strip():
        fit.report(ReportKind.ADAPTED, "left out: this interface has no form for it")
    fit.leave()
    return text


@dataclass(frozen=True, slots=True)
class _Frame:
    """An element around its children. `drop` leaves it out where there are none; `optional`, where a recipient is made
    to fit and something that is required within is not known."""

    element: str
    space: str
    drop: bool = False
    optional: bool = False

    def around(self, inner: Put) -> Put:
        """The element, as received or made to fit."""
        prefix = PREFIXES[self.space]
        start, end = f"<{prefix}{self.element}>", f"</{prefix}{self.element}>"
        drop = self.drop

        def put(record: Any, out: list[str], fit: Fit | None) -> None:
            at = len(out)
            out.append(start)
            if fit is None:
                inner(record, out, None)
            elif not self._fits(inner, record, out, fit):
                del out[at:]
                return
            if drop and len(out) == at + 1:
                out.pop()
            else:
                out.append(end)

        return put

    def _fits(self, inner: Put, record: Any, out: list[str], fit: Fit) -> bool:
        before, fit.broken = fit.broken, False
        fit.enter(self.element)
        inner(record, out, fit)
        fit.leave()
        if fit.broken and self.optional:
            fit.report(ReportKind.ADAPTED, "left out: something that is required in it is not known", self.element)
            fit.broken = before
            return False
        fit.broken = fit.broken or before
        return True


def _put_nested(part: Nested, space: str) -> Put:
    frame = _Frame(part.element, space, drop=part.always, optional=part.optional)
    put_one, field, many, required = frame.around(writer(part.shape)), part.field, part.many, part.required

    def put(record: Any, out: list[str], fit: Fit | None) -> None:
        held = getattr(record, field)
        if many:
            for nth, item in enumerate(held, 1):
                if fit is not None:
                    fit.nth = nth
                put_one(item, out, fit)
        elif held is not None:
            put_one(held, out, fit)
        if fit is not None and required and not held:
            fit.miss(part.element)

    return put


def _put_edges(part: Edges, space: str) -> Put:
    prefix, show, fitted = PREFIXES[space], part.kind.show, part.kind.fit
    tags = {edge: (f"<{prefix}{element}>", f"</{prefix}{element}>") for edge, element in part.elements.items()}

    def put(record: Any, out: list[str], fit: Fit | None) -> None:
        for item in getattr(record, part.field):
            start, end = tags[item.edge]
            text = show(item.on) if fit is None else fitted(item.on, fit)
            if text is not None:
                out.append(f"{start}{escape(text)}{end}")
            elif fit is not None:
                fit.report(ReportKind.ADAPTED, "left out: this is not a date", part.elements[item.edge])

    return put


def _put_inline(part: Inline) -> Put:
    inner, field, required = writer(part.shape), part.field, part.required

    def put(record: Any, out: list[str], fit: Fit | None) -> None:
        held = getattr(record, field)
        if fit is None or required:
            if held is not None:
                inner(held, out, fit)
            elif fit is not None:
                fit.miss(field)
        elif held is not None:
            at, before = len(out), fit.broken
            fit.broken = False
            inner(held, out, fit)
            if fit.broken:
                del out[at:]
            fit.broken = before

    return put
