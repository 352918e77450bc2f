"""What an SPI payload looks like, declared once and used both ways: one table of element and field for each block.

A block is a `Shape`: the record that it becomes, and its parts in the order of the schema. `decoding` compiles it into
the function that reads the block, `encoding` into the one that writes it. Rule: no element is named anywhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from connectors.spi import LIBRA
from connectors.spi.fitting import Fit
from connectors.spi.values import Kind
from hub.message.case import DurationEdge

BILINGUAL = "||"
"""What stands between the English and the Welsh of one text (police-spi 5.7)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """An element with a text, held in `field`. `when` tells whether a record is written with this element at all.

    `required` is for elements that the schema demands; `default` gives a text where there is none, for a recipient
    whose sender spoke another dialect. Of a `many`, the values are in a tuple; a recipient has the first `most`.
    `kept` is false for an element that senders use and the schema does not know: it goes to nobody else. `welsh` is the
    field for what follows `||` in a text in two languages (police-spi 5.7); both keep every character.
    """

    element: str
    field: str
    kind: Kind
    required: bool = False
    default: Callable[[Any, Fit], str | None] | None = None
    when: Callable[[Any], bool] | None = None
    many: bool = False
    most: int | None = None
    kept: bool = True
    welsh: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """An element whose children are fields of the record around it. `chosen`: of several, the one being read."""

    element: str
    parts: tuple[Part, ...]
    chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Nested:
    """An element that is a record of its own, held in `field`.

    `always`: the record is there even where the element is not, and an empty one is not written. `numbered`: each of
    the records knows its position. `optional`: for a recipient it is left out where something required in it is not
    known.
    """

    element: str
    field: str
    shape: Shape
    required: bool = False
    many: bool = False
    always: bool = False
    numbered: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Inline:
    """A record without an element of its own: its elements stand straight in the block.

    For a recipient it goes in whole or not at all, unless it is `required`.
    """

    field: str
    shape: Shape
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """Dates that start or end something, in any number and order, held in `field`."""

    field: str
    elements: dict[DurationEdge, str]
    kind: Kind


Part: TypeAlias = Leaf | Group | Nested | Inline | Edges


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A block: the record that it becomes, its parts in order, and the namespace of its elements.

    `settle` makes the record ready for a recipient whose sender spoke another dialect.
    """

    record: type
    parts: tuple[Part, ...]
    space: str = LIBRA
    settle: Callable[[Any, Fit], Any] | None = None
