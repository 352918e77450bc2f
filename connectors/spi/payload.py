"""A payload of the interface, read into a canonical body and written from one.

Rule: a message that came in this dialect is written with its texts exactly as received, in the order received; any
other is made to fit the schema, and what that took is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from connectors.spi import BS7666, LIBRA, newcase, resulted
from connectors.spi.decoding import reader
from connectors.spi.encoding import Put, writer
from connectors.spi.fitting import Fit
from connectors.spi.layout import restore
from connectors.spi.reading import Reading, attributes_of
from connectors.spi.shape import Shape
from hub.contract import Report
from hub.contract.tables import Tables
from hub.document import Element
from hub.message.envelope import Finding, Message, Unmapped


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """One kind of payload: its dialect and root, the attributes of the root, and the two functions of its table."""

    dialect: str
    root: str
    element: str
    marks: Mapping[str, str]
    read: Callable[[Element, Reading], Any]
    put: Put
    start: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a payload says: its body, what was noticed, and what the body does not hold."""

    body: Any
    findings: tuple[Finding, ...]
    unmapped: tuple[Unmapped, ...]


def _payload(dialect: str, root: str, marks: Mapping[str, str], shape: Shape) -> Payload:
    element = root.rpartition("}")[2]
    attributes = "".join(f' {name}="{value}"' for name, value in marks.items())
    return Payload(
        dialect=dialect,
        root=root,
        element=element,
        marks=marks,
        read=reader(shape),
        put=writer(shape),
        start=f'<{element} xmlns="{LIBRA}" xmlns:b="{BS7666}"{attributes}>',
    )


NEW_CASE = _payload(newcase.DIALECT, newcase.ROOT, newcase.MARKS, newcase.CASE)
RESULTED_CASE = _payload(resulted.DIALECT, resulted.ROOT, resulted.MARKS, resulted.HEARING)


def read(
    payload: Payload,
    root: Element,
    tables: Tables,
    chosen: Element | None = None,
    traits: Mapping[str, str] = MappingProxyType({}),
) -> Content:
    """The content of a payload; of several Case elements, `chosen` is the one to read. `traits` are the sender's."""
    run = Reading(tables, chosen, traits)
    if attributes_of(root) != payload.marks:
        run.root_attributes(root, payload.marks)
    body = payload.read(root, run)
    return Content(body=body, findings=run.findings(), unmapped=tuple(run.unmapped))


def write(payload: Payload, message: Message, tables: Tables) -> tuple[str, tuple[Report, ...]]:
    """The payload of a message, without an XML declaration, and what had to be done to make it fit."""
    own = message.envelope.source.dialect == payload.dialect
    fit = None if own else Fit(tables, payload.element)
    out = [payload.start]
    payload.put(message.body, out, fit)
    out.append(f"</{payload.element}>")
    text = "".join(out)
    if own and message.unmapped:
        text = restore(text, message.unmapped)
    return text, () if fit is None else tuple(fit.reports)
