"""Canonical XML to messages. The document has been checked against the schema; a surprise here is a Defect."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from functools import cache
from typing import Any

from lxml.etree import _Element as Element

from hub.canonical import NAMESPACE
from hub.canonical.shape import FOREIGN, LEAF_READ, Kind, Slot, reason_of, slots_of
from hub.message.catalogue import CATALOGUE
from hub.message.envelope import Message
from hub.message.errors import Defect
from hub.message.identifiers import Identifier

Read = Callable[[Element], Any]


def read(root: Element) -> Message:
    """The message of a canonical document. Raises Defect where the document is not what the schema allows."""
    try:
        message: Message = _record(Message)(root)
    except (KeyError, TypeError, ValueError) as cause:
        raise Defect("a canonical document holds what its schema does not allow") from cause
    return message


@cache
def _record(record: type) -> Read:
    readers: dict[str, tuple[str, bool, Read]] = {}
    for slot in slots_of(record):
        for element, reader in _elements(slot):
            readers[f"{{{NAMESPACE}}}{element}"] = slot.name, slot.many, reader

    def read_record(node: Element) -> Any:
        held: dict[str, Any] = {}
        for child in node:
            name, many, reader = readers[child.tag]
            if many:
                held[name] = (*held.get(name, ()), reader(child))
            else:
                held[name] = reader(child)
        return record(**held)

    return read_record


def _elements(slot: Slot) -> list[tuple[str, Read]]:
    if slot.kind is Kind.BODY:
        bodies: dict[str, type] = {name: entry.body for name, entry in CATALOGUE.items()}
        return [(name, _record(body)) for name, body in bodies.items()]
    if slot.kind is Kind.RECORD:
        return [(slot.element, _record(slot.type))]
    if slot.kind is Kind.FOREIGN:
        return [(slot.element, _read_identifier if slot.type is Identifier else _foreign(slot.type))]
    return [(slot.element, _leaf(slot.type))]


def _read_identifier(node: Element) -> Identifier:
    return Identifier(node.text or "", node.get("value"), reason_of(node.get("reason")))


def _foreign(kind: type) -> Read:
    read_value = FOREIGN[kind].read

    def read_foreign(node: Element) -> Any:
        reading = node.get("value")
        return kind(node.text or "", None if reading is None else read_value(reading))

    return read_foreign


def _leaf(kind: Any) -> Read:
    read_text: Callable[[str], Any] = kind if issubclass(kind, Enum) else LEAF_READ[kind]
    return lambda node: read_text(node.text or "")
