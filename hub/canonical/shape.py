"""How a canonical value looks in XML, worked out once from the dataclasses of hub.message.

A field is an element named after it in CamelCase; a repeated field is one element a value, named in the singular; a
foreign value is its text, with our reading in the attribute `value`. A field that is None has no element.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum, StrEnum
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from hub.message.identifiers import Identifier, Reason
from hub.message.values import Coded, Dated, Moment, Numbered, Timed


class Kind(StrEnum):
    """The ways in which a field is written."""

    LEAF = "leaf"  # text only
    FOREIGN = "foreign"  # text, and our reading in an attribute
    RECORD = "record"  # child elements
    BODY = "body"  # one of several records, the element named after the record


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One field: its name, its element, how it is written, and whether it may be absent or repeat."""

    name: str
    element: str
    kind: Kind
    type: Any
    mark: str | None  # the kind of identifier, for the schema
    optional: bool
    many: bool


@dataclass(frozen=True, slots=True)
class Foreign:
    """How the reading of a foreign value is written to and read from its attribute."""

    show: Callable[[Any], str]
    read: Callable[[str], Any]


FOREIGN: dict[type, Foreign] = {
    Coded: Foreign(str, str),
    Dated: Foreign(date.isoformat, date.fromisoformat),
    Timed: Foreign(time.isoformat, time.fromisoformat),
    Moment: Foreign(lambda at: show_moment(at), lambda text: read_moment(text)),
    Numbered: Foreign(lambda number: format(number, "f"), Decimal),
    Identifier: Foreign(str, str),
}


def show_moment(at: datetime) -> str:
    """A moment as UTC with a Z."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def read_moment(text: str) -> datetime:
    """The moment that `show_moment` wrote."""
    return datetime.fromisoformat(text)


LEAF_SHOW: dict[type, Callable[[Any], str]] = {
    str: str,
    int: str,
    bool: lambda flag: "true" if flag else "false",
    date: date.isoformat,
    datetime: show_moment,
}
LEAF_READ: dict[type, Callable[[str], Any]] = {
    str: str,
    int: int,
    bool: lambda text: text == "true",
    date: date.fromisoformat,
    datetime: read_moment,
}


_REASONS = {str(member.value): member for member in Reason}


def reason_of(text: str | None) -> Reason | None:
    """The reason that an identifier's attribute names."""
    return None if text is None else _REASONS[text]


@cache
def slots_of(record: type) -> tuple[Slot, ...]:
    """The fields of a dataclass in order."""
    hints = get_type_hints(record, include_extras=True)
    return tuple(_slot(field, hints[field.name]) for field in dataclasses.fields(record))


def _slot(field: dataclasses.Field[Any], hint: Any) -> Slot:
    inner, optional, many = _unwrap(hint)
    optional, name = optional or (many and field.default == ()), field.name
    mark = None
    if get_origin(inner) is Annotated:
        inner, mark = get_args(inner)
    kind = _kind(inner)
    element = _camel(_singular(name)) if many else _camel(name)
    return Slot(name=name, element=element, kind=kind, type=inner, mark=mark, optional=optional, many=many)


def _unwrap(hint: Any) -> tuple[Any, bool, bool]:
    """A type without its `| None` or its tuple: (type, optional, many)."""
    if get_origin(hint) is tuple:
        return get_args(hint)[0], False, True
    if get_origin(hint) in (Union, types.UnionType):
        rest = [part for part in get_args(hint) if part is not type(None)]
        if len(rest) == 1 and len(rest) < len(get_args(hint)):
            return rest[0], True, False
    return hint, False, False


def _kind(inner: Any) -> Kind:
    if get_origin(inner) in (Union, types.UnionType):
        return Kind.BODY
    if inner in FOREIGN:
        return Kind.FOREIGN
    if dataclasses.is_dataclass(inner):
        return Kind.RECORD
    if inner in LEAF_SHOW or (isinstance(inner, type) and issubclass(inner, Enum)):
        return Kind.LEAF
    raise TypeError(f"no XML form for {inner!r}")


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _singular(name: str) -> str:
    return "alias" if name == "aliases" else name.removesuffix("s")
