"""Print the canonical XML schemas from the dataclasses, so that the two cannot drift apart.

`python -m hub.canonical.generate` writes `schemas/exchange/1/*.xsd`, one file for each module of hub.message; a test
fails while a committed schema differs from what this would write.
"""

from __future__ import annotations

import dataclasses
import inspect
import sys
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, get_args

from hub.canonical import NAMESPACE
from hub.canonical.shape import Kind, Slot, slots_of
from hub.canonical.write import quoted
from hub.message.catalogue import CATALOGUE
from hub.message.envelope import Body, Message
from hub.message.identifiers import Reason

FILES = ("values", "people", "case", "hearing", "custody", "probation", "notice", "envelope")

MARKS: dict[str, tuple[str, str]] = {
    "Asn": (
        "An arrest/summons number; the reading is the 20-character stored form (reference-data 1.2).",
        r"[0-9]{2}[A-Z0-9]{6}[0-9]{11}[A-Z]",
    ),
    "PncId": (
        "A Police National Computer id; the reading is YYYY/NNNNNNN and a letter (reference-data 1.4).",
        r"[0-9]{4}/[0-9]{7}[A-Z]",
    ),
    "CroNumber": (
        "A Criminal Records Office number (reference-data 1.5).",
        r"[0-9]{6}/[0-9]{2}[A-Z]|SF[0-9]{2}/[0-9]{1,6}[A-Z]",
    ),
    "Ptiurn": (
        "A pre-trial issue unique reference number, the key of a case (reference-data 1.3).",
        r"[A-Z0-9]{4}[0-9]{3,8}(\(M\))?(/[1-9][0-9]{0,2})?|[A-Z0-9\-]{8,36}",
    ),
    "OuCode": ("An organisation unit code (reference-data 1.10).", r"[A-JZ0-9]?[A-Z0-9]{6}"),
    "NomsNumber": ("A prisoner number (prisons-probation-cps 2.1).", r"[A-Z][0-9]{4}[A-Z]{2}"),
    "Crn": ("A probation case reference number (prisons-probation-cps 3.1).", r"[A-Z]{1,2}[0-9]{6}"),
    "OffenceCode": ("A CJS offence code (reference-data 1.8).", r"[A-Z0-9]{1,8}"),
    "Postcode": ("A postcode.", r"[A-Z0-9]{2,4} [0-9][A-Z]{2}"),
}

VALUES = """\
  <xs:simpleType name="Text">
    <xs:annotation><xs:documentation>Text as received; its white space counts.</xs:documentation></xs:annotation>
    <xs:restriction base="xs:string"><xs:maxLength value="32767"/></xs:restriction>
  </xs:simpleType>
  <xs:simpleType name="Word">
    <xs:annotation><xs:documentation>A word of the hub's own for a sender's code.</xs:documentation></xs:annotation>
    <xs:restriction base="xs:string"><xs:pattern value="[A-Z0-9][A-Z0-9_. \\-]{0,79}"/></xs:restriction>
  </xs:simpleType>
  <xs:simpleType name="Utc">
    <xs:annotation><xs:documentation>A moment in UTC, written with a Z.</xs:documentation></xs:annotation>
    <xs:restriction base="xs:dateTime"><xs:pattern value="[^Z]+Z"/></xs:restriction>
  </xs:simpleType>
  <xs:simpleType name="Day">
    <xs:annotation><xs:documentation>A calendar date without a zone.</xs:documentation></xs:annotation>
    <xs:restriction base="xs:date"><xs:pattern value="[0-9]{4}-[0-9]{2}-[0-9]{2}"/></xs:restriction>
  </xs:simpleType>
  <xs:simpleType name="Clock">
    <xs:annotation><xs:documentation>A time of day as the clock on the wall shows it, without a zone.</xs:documentation></xs:annotation>
    <xs:restriction base="xs:time"><xs:pattern value="[0-9:.]+"/></xs:restriction>
  </xs:simpleType>
  <xs:simpleType name="Uuid">
    <xs:annotation><xs:documentation>An id that the hub issued.</xs:documentation></xs:annotation>
    <xs:restriction base="xs:string">
      <xs:pattern value="[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"/>
    </xs:restriction>
  </xs:simpleType>
  <xs:simpleType name="Sha256">
    <xs:annotation><xs:documentation>The SHA-256 of some bytes.</xs:documentation></xs:annotation>
    <xs:restriction base="xs:string"><xs:pattern value="[0-9a-f]{64}"/></xs:restriction>
  </xs:simpleType>
"""

FOREIGN_TYPES = {
    "Coded": ("A sender's code; the reading is our word for it.", "Word"),
    "Dated": ("A date as received; the reading is the calendar date.", "Day"),
    "Timed": (
        "A time as received; the reading is the clock time, Europe/London unless the text names a zone.",
        "Clock",
    ),
    "Moment": ("A date and time as received; the reading is in UTC.", "Utc"),
    "Numbered": ("A number as received; the reading is the number.", "xs:decimal"),
}

LEAF_TYPES = {"str": "Text", "int": "xs:integer", "bool": "xs:boolean", "date": "Day", "datetime": "Utc"}


def schemas() -> dict[str, str]:
    """Every schema file by name."""
    files = {f"{name}.xsd": _file(name, "".join(_types(name))) for name in FILES[1:]}
    files["values.xsd"] = _file("values", "".join(_value_types()))
    return files


def _file(name: str, body: str) -> str:
    includes = "".join(f'  <xs:include schemaLocation="{other}.xsd"/>\n' for other in FILES[: FILES.index(name)])
    root = '  <xs:element name="Message" type="Message"/>\n' if name == "envelope" else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="{NAMESPACE}" targetNamespace="{NAMESPACE}"\n'
        '           elementFormDefault="qualified" version="1">\n'
        f"{includes}{root}{body}</xs:schema>\n"
    )


def _value_types() -> Iterator[str]:
    yield VALUES
    yield _enumeration("Reason", "Why an identifier is not sound.", [str(member.value) for member in Reason])
    for name, (words, reading) in FOREIGN_TYPES.items():
        yield _foreign(name, words, f'<xs:attribute name="value" type="{reading}"/>')
    for name, (words, pattern) in MARKS.items():
        yield (
            f'  <xs:simpleType name="{name}Value">\n{_words(f"The normal form of: {words}")}'
            f'    <xs:restriction base="xs:string"><xs:pattern value="{pattern}"/></xs:restriction>\n  </xs:simpleType>\n'
        )
        attributes = f'<xs:attribute name="value" type="{name}Value"/><xs:attribute name="reason" type="Reason"/>'
        yield _foreign(name, words, attributes)


def _foreign(name: str, words: str, attributes: str) -> str:
    return (
        f'  <xs:complexType name="{name}">\n{_words(words)}    <xs:simpleContent>\n'
        f'      <xs:extension base="Text">{attributes}</xs:extension>\n    </xs:simpleContent>\n  </xs:complexType>\n'
    )


def _types(module: str) -> Iterator[str]:
    for kind in _reachable():
        if kind.__module__.rpartition(".")[2] in _modules(module):
            yield _enum(kind) if issubclass(kind, Enum) else _record(kind)


def _modules(name: str) -> tuple[str, ...]:
    return (name, "errors") if name == "notice" else (name,)


def _reachable() -> list[type]:
    """Every record and enumeration that a message can hold, each after those it is made of."""
    found: dict[type, None] = {}

    def visit(kind: Any) -> None:
        if kind in found or not isinstance(kind, type):
            return
        if dataclasses.is_dataclass(kind):
            for slot in slots_of(kind):
                if slot.kind is Kind.BODY:
                    for body in get_args(Body):
                        visit(body)
                elif slot.kind in (Kind.RECORD, Kind.LEAF):
                    visit(slot.type)
            found[kind] = None
        elif issubclass(kind, Enum):
            found[kind] = None

    visit(Message)
    return list(found)


def _record(kind: type) -> str:
    children = "".join(_child(slot) for slot in slots_of(kind))
    return (
        f'  <xs:complexType name="{kind.__name__}">\n{_words(inspect.getdoc(kind) or "")}'
        f"    <xs:sequence>\n{children}    </xs:sequence>\n  </xs:complexType>\n"
    )


def _child(slot: Slot) -> str:
    if slot.kind is Kind.BODY:
        bodies = "".join(f'        <xs:element name="{name}" type="{name}"/>\n' for name in CATALOGUE)
        return f"      <xs:choice>\n{bodies}      </xs:choice>\n"
    occurs = (' minOccurs="0"' if slot.optional else "") + (' maxOccurs="unbounded"' if slot.many else "")
    return f'      <xs:element name="{slot.element}" type="{_type(slot)}"{occurs}/>\n'


def _type(slot: Slot) -> str:
    if slot.mark is not None:
        return slot.mark
    name: str = slot.type.__name__
    return LEAF_TYPES.get(name, name) if slot.kind is Kind.LEAF else name


def _enum(kind: type[Enum]) -> str:
    return _enumeration(kind.__name__, inspect.getdoc(kind) or "", [str(member.value) for member in kind])


def _enumeration(name: str, words: str, values: list[str]) -> str:
    members = "".join(f'      <xs:enumeration value="{quoted(value)}"/>\n' for value in values)
    return (
        f'  <xs:simpleType name="{name}">\n{_words(words)}    <xs:restriction base="xs:string">\n{members}'
        "    </xs:restriction>\n  </xs:simpleType>\n"
    )


def _words(text: str) -> str:
    flat = quoted(" ".join(text.split()).replace("`", ""))
    return f"    <xs:annotation><xs:documentation>{flat}</xs:documentation></xs:annotation>\n"


def main() -> None:
    """Write every schema file below the folder given, by default schemas/exchange/1."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "schemas/exchange/1")
    for name, text in schemas().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
