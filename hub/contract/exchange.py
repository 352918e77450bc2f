"""The canonical XML for connectors: a message out as it stands, and one in whose sender wrote the canonical form.

Rule: the reading of an identifier is ours, never the sender's. What a sender says beside its text is read again, and a
reading that the sender left out is filled in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from hub.canonical import NAMESPACE
from hub.canonical.read import read
from hub.canonical.shape import Kind, Slot, slots_of
from hub.canonical.write import write
from hub.contract import Outbound, Stamp
from hub.contract.findings import clock_of, day_of, decimal_of, moment_of, unsound
from hub.document import Element
from hub.message import identifiers
from hub.message.catalogue import type_of
from hub.message.envelope import Finding, Message
from hub.message.identifiers import Identifier
from hub.message.values import Dated, Moment, Numbered, Timed

Step = Callable[[Any, str, list[Finding]], Any]

IDENTIFIERS: dict[str, Callable[[str], Identifier]] = {
    "Asn": identifiers.read_asn,
    "PncId": identifiers.read_pnc,
    "CroNumber": identifiers.read_cro,
    "Ptiurn": identifiers.read_ptiurn,
    "OuCode": identifiers.read_ou_code,
    "NomsNumber": identifiers.read_noms,
    "Crn": identifiers.read_crn,
    "OffenceCode": identifiers.read_offence_code,
    "Postcode": identifiers.read_postcode,
}

READINGS: dict[type, Callable[[str], Any]] = {
    Dated: day_of,
    Timed: clock_of,
    Moment: moment_of,
    Numbered: decimal_of,
}


def qualified(name: str) -> str:
    """The tag of a canonical element."""
    return f"{{{NAMESPACE}}}{name}"


def as_canonical_xml(message: Message) -> bytes:
    """The canonical XML of a message, UTF-8. The same message always gives the same bytes."""
    return write(message)


def canonical_outbound(message: Message, stamp: Stamp) -> Outbound:
    """A delivery of a message as canonical XML."""
    return Outbound(
        body=as_canonical_xml(message),
        content_type="application/xml; charset=utf-8",
        name=f"{type_of(message.body)}-{stamp.id}.xml",
    )


def read_canonical(root: Element) -> Message:
    """The message of a canonical document that its schema allows, every identifier read again by us.

    A finding is added for each identifier whose reading is not the one that the sender gave. Raises Defect where the
    document is not what the schema allows.
    """
    message = read(root)
    findings: list[Finding] = []
    kind: type = type(message.body)
    body = _record(kind)(message.body, kind.__name__, findings)
    return replace(message, body=body, findings=(*message.findings, *findings))


@cache
def _record(record: type) -> Step:
    steps = [(slot, step) for slot in slots_of(record) if (step := _step(slot)) is not None]

    def reread(value: Any, path: str, findings: list[Finding]) -> Any:
        changes: dict[str, Any] = {}
        for slot, step in steps:
            held = getattr(value, slot.name)
            if held is None:
                continue
            below = f"{path}/{slot.element}"
            if slot.many:
                fresh: Any = tuple(step(item, f"{below}[{n}]", findings) for n, item in enumerate(held, 1))
            else:
                fresh = step(held, below, findings)
            if fresh != held:
                changes[slot.name] = fresh
        return replace(value, **changes) if changes else value

    return reread


def _step(slot: Slot) -> Step | None:
    if slot.kind is Kind.RECORD:
        return _record(slot.type)
    if slot.type is Identifier:
        return _identifier(IDENTIFIERS[slot.mark or ""])
    if slot.type in READINGS:
        return _foreign(slot.type, READINGS[slot.type])
    return None


def _identifier(read_text: Callable[[str], Identifier]) -> Step:
    def reread(held: Identifier, path: str, findings: list[Finding]) -> Identifier:
        fresh = read_text(held.text)
        claimed = held.value is not None or held.reason is not None
        if claimed and fresh != held:
            findings.append(Finding(code="READING", path=path, words="the reading given is not what the text says"))
        elif fresh != held and fresh.reason is not None:
            findings.append(Finding(code=unsound(read_text, fresh.reason), path=path, words=fresh.reason.words))
        return fresh

    return reread


def _foreign(kind: type, read_text: Callable[[str], Any]) -> Step:
    def reread(held: Any, _path: str, _findings: list[Finding]) -> Any:
        return held if held.value is not None else kind(held.text, read_text(held.text))

    return reread
