"""A mapping beside XPath written out by hand: the same document, the same readers, the same dataclasses.

The ceiling evaluates an `etree.XPath`, compiled once, for every field, and puts the values where they belong. It keeps
nothing of what it did not read, tells no faults, and knows no fall-backs: what remains cannot be had for less this way.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any, cast

from lxml import etree

from hub.bench import Measure
from hub.contract import Opened
from hub.contract.mapping import MappedReader, read_mapping
from hub.contract.mapping.readers import READERS
from hub.contract.mapping.run import Run
from hub.contract.tables import Tables
from hub.document import Element
from hub.document.lift import lift
from hub.message.case import CaseFileSubmission, Defendant, HearingSlot, Offence
from hub.message.people import Address, AddressLines, Individual, PersonName

CHARGES = 23
MAPPING = """
[dialect]
name = "bench-rms"
lift = "xml"
[namespaces]
n = "urn:bench"
[recognise]
root = "n:File"
[case]
ptiurn = "n:Case/n:URN"
initiation = { at = "n:Case/n:Initiation", read = "code:initiation" }
first_hearing.court = "n:Case/n:Court"
first_hearing.on = { at = "n:Case/n:Day", read = "date:%d/%m/%Y" }
first_hearing.at = { at = "n:Case/n:Time", read = "time:%H:%M" }
[case.defendants]
each = "n:Person[@role='ACC']"
asn = "n:ASN"
individual.name.given = "n:Name/n:Given"
individual.name.family = "n:Name/n:Family"
individual.born_on = { at = "n:DOB", read = "date:%d/%m/%Y" }
individual.gender = { at = "n:Sex", read = "code:gender" }
individual.address.lines.line_1 = "n:Address/n:Line[1]"
individual.address.lines.line_2 = "n:Address/n:Line[2]"
individual.address.lines.postcode = "n:Address/n:Postcode"
[case.defendants.offences]
each = "n:Charge"
sequence = "@seq"
code = "n:Code"
wording = "n:Wording"
started_on = { at = "n:From", read = "date:%d/%m/%Y" }
charged_on = { at = "n:Charged", read = "date:%d/%m/%Y" }
location = "n:Place"
"""


WORDING = (
    "On the first of February 2026 at Sampleford stole goods to the value of forty pounds belonging to Invented Stores "
    "Limited, contrary to section 1 of the Theft Act 1968. The goods were recovered and returned undamaged. Count {n}."
)


def document(charges: int = CHARGES) -> bytes:
    """A case file of about ten thousand bytes."""
    charge = (
        '<Charge seq="{n}"><Code>TH68010</Code><Wording>' + WORDING + "</Wording><From>01/02/2026</From>"
        "<Charged>02/02/2026</Charged><Place>Invented Stores, High Street, Sampleford</Place></Charge>"
    )
    return (
        '<File xmlns="urn:bench"><Case><URN>41ZD0000126</URN><Initiation>C</Initiation><Court>B41ZZ01</Court>'
        "<Day>20/03/2027</Day><Time>10:00</Time></Case><Person role='ACC'><Name><Given>Ada</Given>"
        "<Family>Sampleton</Family></Name><ASN>26/41ZD/0000021R</ASN><DOB>31/01/1990</DOB><Sex>2</Sex><Address>"
        "<Line>7 Made Up Row</Line><Line>Sampleford</Line><Postcode>ZZ9 9ZZ</Postcode></Address>"
        f"{''.join(charge.format(n=number) for number in range(1, charges + 1))}</Person></File>"
    ).encode()


def measure_mapping(tables: Tables, count: int) -> Measure:
    """Documents a second that a mapping reads, beside XPath by hand. The parse is left out of both."""
    reader = read_mapping(MAPPING, "bench", tables)
    root = lift(document()).root
    assert root is not None  # noqa: S101 - it is XML
    by_hand = _by_hand(tables)
    [mapped] = _mapped(reader, root, tables)
    if mapped.body != by_hand(root):
        raise RuntimeError("the mapping and the XPath by hand read different cases: the figures would mean nothing")
    return Measure(
        measure="mapping",
        hub=_rate(lambda: _mapped(reader, root, tables), count),
        ceiling=_rate(lambda: by_hand(root), count),
        documents=count,
        words="ceiling: compiled XPath by hand, the same readers into the same dataclasses",
    )


def _rate(run: Callable[[], object], count: int) -> float:
    run()
    start = perf_counter()
    for _ in range(count):
        run()
    return count / (perf_counter() - start)


def _mapped(reader: MappedReader, root: Element, tables: Tables) -> list[Any]:
    return list(reader.decode(Opened(layers=(), root=root), tables))


Field = Callable[[Element, Run], Any]
_DAY = ("date", "%d/%m/%Y")


def _field(tables: Tables, path: str, name: str = "text", argument: str | None = None) -> Field:
    """One value by its own compiled path."""
    compiled = etree.XPath(f"string({path})", namespaces={"n": "urn:bench"}, smart_strings=False)
    find = cast("Callable[[Element], str]", compiled)
    read = READERS[name].make(argument, tables)
    return lambda node, run: read(find(node), node, run)


def _nodes(path: str) -> Callable[[Element], list[Element]]:
    return cast("Callable[[Element], list[Element]]", etree.XPath(path, namespaces={"n": "urn:bench"}))


def _by_hand(tables: Tables) -> Callable[[Element], CaseFileSubmission]:
    urn = _field(tables, "n:Case/n:URN", "ptiurn")
    how = _field(tables, "n:Case/n:Initiation", "code", "initiation")
    court = _field(tables, "n:Case/n:Court", "ou-code")
    on, at = _field(tables, "n:Case/n:Day", *_DAY), _field(tables, "n:Case/n:Time", "time", "%H:%M")
    people, defendant = _nodes("n:Person[@role='ACC']"), _defendant_by_hand(tables)

    def read(root: Element) -> CaseFileSubmission:
        run = Run(root=root, tables=tables)
        return CaseFileSubmission(
            ptiurn=urn(root, run),
            initiation=how(root, run),
            first_hearing=HearingSlot(court=court(root, run), on=on(root, run), at=at(root, run)),
            defendants=tuple(defendant(node, run) for node in people(root)),
        )

    return read


def _defendant_by_hand(tables: Tables) -> Callable[[Element, Run], Defendant]:
    asn = _field(tables, "n:ASN", "asn")
    given, family = _field(tables, "n:Name/n:Given"), _field(tables, "n:Name/n:Family")
    born, sex = _field(tables, "n:DOB", *_DAY), _field(tables, "n:Sex", "code", "gender")
    lines = [_field(tables, "n:Address/n:Line[1]"), _field(tables, "n:Address/n:Line[2]")]
    code = _field(tables, "n:Address/n:Postcode", "postcode")
    charges, offence = _nodes("n:Charge"), _offence_by_hand(tables)

    def defendant(node: Element, run: Run) -> Defendant:
        line_1, line_2 = (line(node, run) for line in lines)
        address = Address(lines=AddressLines(line_1=line_1, line_2=line_2, postcode=code(node, run)))
        name = PersonName(given=given(node, run), family=family(node, run))
        person = Individual(name=name, born_on=born(node, run), gender=sex(node, run), address=address)
        offences = tuple(
            Offence(position=position, **{key: read(charge, run) for key, read in offence.items()})
            for position, charge in enumerate(charges(node), 1)
        )
        return Defendant(asn=asn(node, run), individual=person, offences=offences)

    return defendant


def _offence_by_hand(tables: Tables) -> dict[str, Field]:
    return {
        "sequence": _field(tables, "@seq", "number"),
        "code": _field(tables, "n:Code", "offence-code"),
        "wording": _field(tables, "n:Wording"),
        "started_on": _field(tables, "n:From", *_DAY),
        "charged_on": _field(tables, "n:Charged", *_DAY),
        "location": _field(tables, "n:Place"),
    }
