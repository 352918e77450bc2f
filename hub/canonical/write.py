"""Canonical messages to XML. One writer a record type, made once; text is escaped, never altered."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from functools import cache
from typing import Any

from hub.canonical import NAMESPACE
from hub.canonical.shape import FOREIGN, LEAF_SHOW, Kind, Slot, slots_of
from hub.message.envelope import Message
from hub.message.identifiers import Identifier

Write = Callable[[Any, Callable[[str], None]], None]

_SPECIAL = re.compile("[&<>\r]")
_QUOTED = re.compile('[&<>"\r\n\t]')
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;", '"': "&quot;", "\n": "&#10;", "\t": "&#9;"}


def write(message: Message) -> bytes:
    """The canonical XML of a message, UTF-8, on one line. The same message always gives the same bytes."""
    out: list[str] = [f'<Message xmlns="{NAMESPACE}">']
    _record(Message)(message, out.append)
    out.append("</Message>")
    return "".join(out).encode()


def escaped(text: str) -> str:
    """Text as element content."""
    return _SPECIAL.sub(_entity, text) if _SPECIAL.search(text) else text


def quoted(text: str) -> str:
    """Text as attribute content."""
    return _QUOTED.sub(_entity, text) if _QUOTED.search(text) else text


def _entity(match: re.Match[str]) -> str:
    return _ENTITIES[match.group()]


@cache
def _record(record: type) -> Write:
    fields = tuple((slot.name, slot.many, _element(slot)) for slot in slots_of(record))

    def write_record(value: Any, put: Callable[[str], None]) -> None:
        for name, many, element in fields:
            held = getattr(value, name)
            if held is None:
                continue
            if many:
                for item in held:
                    element(item, put)
            else:
                element(held, put)

    return write_record


def _element(slot: Slot) -> Write:
    if slot.kind is Kind.RECORD:
        return _nested(slot)
    if slot.kind is Kind.BODY:
        return _body
    if slot.kind is Kind.FOREIGN:
        return _identifier(slot.element) if slot.type is Identifier else _foreign(slot)
    return _leaf(slot)


def _nested(slot: Slot) -> Write:
    start, end, write_record = f"<{slot.element}>", f"</{slot.element}>", _record(slot.type)

    def write_nested(value: Any, put: Callable[[str], None]) -> None:
        put(start)
        write_record(value, put)
        put(end)

    return write_nested


def _body(value: Any, put: Callable[[str], None]) -> None:
    name = type(value).__name__
    put(f"<{name}>")
    kind: type = type(value)
    _record(kind)(value, put)
    put(f"</{name}>")


def _foreign(slot: Slot) -> Write:
    bare, start, end, show = (
        f"<{slot.element}>",
        f'<{slot.element} value="',
        f"</{slot.element}>",
        FOREIGN[slot.type].show,
    )

    def write_foreign(value: Any, put: Callable[[str], None]) -> None:
        if value.value is None:
            put(f"{bare}{escaped(value.text)}{end}")
        else:
            put(f'{start}{quoted(show(value.value))}">{escaped(value.text)}{end}')

    return write_foreign


def _identifier(element: str) -> Write:
    def write_identifier(value: Identifier, put: Callable[[str], None]) -> None:
        reading = "" if value.value is None else f' value="{quoted(value.value)}"'
        reason = "" if value.reason is None else f' reason="{value.reason.value}"'
        put(f"<{element}{reading}{reason}>{escaped(value.text)}</{element}>")

    return write_identifier


def _leaf(slot: Slot) -> Write:
    start, end = f"<{slot.element}>", f"</{slot.element}>"
    show: Callable[[Any], str] = (
        (lambda value: str(value.value)) if issubclass(slot.type, Enum) else LEAF_SHOW[slot.type]
    )

    def write_leaf(value: Any, put: Callable[[str], None]) -> None:
        put(f"{start}{escaped(show(value))}{end}")

    return write_leaf


def body_of(xml: bytes, name: str) -> bytes:
    """The body alone of what `write` wrote; `name` is its catalogue name."""
    return xml[xml.index(f"<{name}>".encode()) : xml.rindex(f"</{name}>".encode())]
