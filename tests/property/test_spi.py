"""The Standard Prosecution Interface: no payload loses anything on its way through, and what we make fits the schema."""

import copy
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from connectors.spi.payload import NEW_CASE, RESULTED_CASE, Payload, read, write
from connectors.spi.recognising import stream_child
from hub.canonical.read import read as read_canonical
from hub.canonical.write import write as write_canonical
from hub.contract.tables import load_tables
from hub.discovery.bundle import Bundle
from hub.document import Element
from hub.document.xml import parse, parse_inner, text_of
from hub.message.case import CaseFileSubmission, Defendant, HearingSlot, Offence, Result
from hub.message.envelope import Body, Envelope, Message, Sender, Source
from hub.message.hearing import HearingResulted
from hub.message.identifiers import Identifier, make_ptiurn, read_ptiurn
from hub.message.people import Address, AddressLines, Individual, Officer, PersonName, StructuredAddress
from hub.message.values import Coded, Dated, Numbered, Timed
from tests.bodies import record

BUNDLE = Bundle()
TABLES = load_tables([folder / "codes" for folder in BUNDLE.config_folders])
SCHEMA = etree.XMLSchema(etree.parse(BUNDLE.schema("spi/spi.xsd")))
SLOW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
DAY = Dated("x", date(2026, 3, 4))
SOUND = read_ptiurn(make_ptiurn(force="01", unit="ZD", serial=1, year=2026))
PARTS = StructuredAddress(paon="12", street="Dummy Road", town="Anytown")


def sample(name: str) -> Element:
    root = parse(BUNDLE.files(f"dialects/{name}.xml")[0].read_bytes())
    content = stream_child(root, "DataStreamContent")
    assert content is not None
    return parse_inner(text_of(content), content)[0]


PAYLOADS = {
    "spi-case/samples/every-field": NEW_CASE,
    "spi-result/samples/adjourned": RESULTED_CASE,
    "spi-result/samples/irregular": RESULTED_CASE,
}


HOLDERS = {node.tag for name in PAYLOADS for node in sample(name).iter() if len(node)}
"""The elements that only hold others."""


def message(body: Body, dialect: str, **more: Any) -> Message:
    envelope = Envelope(
        message_id="00000000-0000-4000-8000-000000000001",
        correlation_id="00000000-0000-4000-8000-000000000002",
        sender=Sender(party="anyforce"),
        source=Source(dialect=dialect, version="1"),
        accepted_at=datetime(2026, 3, 2, tzinfo=UTC),
    )
    return Message(envelope=envelope, body=body, **more)


def shape_of(node: Element) -> tuple[Any, ...]:
    """An element as a value: its name, attributes, text and children in order, white space between elements aside."""
    children = tuple(shape_of(child) for child in node)
    pieces = [node.text or "", *(child.tail or "" for child in node)]
    holds = bool(children) or node.tag in HOLDERS
    text = "".join(piece for piece in pieces if piece.strip()) if holds else (node.text or "")
    return node.tag, dict(node.items()), text, children


def move(node: Element, at: int) -> None:
    parent = above(node)
    parent.insert(at % (len(parent) + 1), node)


def double(node: Element, at: int) -> None:
    node.addnext(copy.deepcopy(node))


def drop(node: Element, at: int) -> None:
    above(node).remove(node)


def add(node: Element, at: int) -> None:
    node.addprevious(node.makeelement("{http://www.dca.gov.uk/xmlschemas/libra}Extra", {}))


def mark(node: Element, at: int) -> None:
    node.set("Kind", "a & <" * (at % 2))


def say(node: Element, at: int) -> None:
    if len(node):
        node.text = "loose"


def hollow(node: Element, at: int) -> None:
    for child in list(node):
        node.remove(child)


def note(node: Element, at: int) -> None:
    etree.SubElement(node, ("Plain", "{urn:other}Note")[at % 2]).text = "kept"


def above(node: Element) -> Element:
    parent = node.getparent()
    assert parent is not None
    return parent


DISTURBANCES = (move, double, drop, add, mark, say, hollow, note)


@st.composite
def disturbed(draw: st.DrawFn) -> tuple[Payload, Element]:
    """A payload as no schema has it: elements moved, doubled, dropped, added, marked, and text where none belongs."""
    name = draw(st.sampled_from(sorted(PAYLOADS)))
    root = copy.deepcopy(sample(name))
    reference = next(node for node in root.iter() if etree.QName(node).localname == "PTIURN")
    spared = {reference, *reference.iterancestors()}
    for disturb, at in draw(st.lists(st.tuples(st.sampled_from(DISTURBANCES), st.integers(0, 99)), max_size=6)):
        nodes = [node for node in root.iter() if node not in spared]
        if nodes:
            disturb(nodes[at % len(nodes)], draw(st.integers(0, 9)))
    etree.indent(root)
    return PAYLOADS[name], parse(etree.tostring(root))


@SLOW
@given(disturbed())
def test_a_payload_that_breaks_its_schema_in_any_way_is_written_as_it_was_read(drawn: tuple[Payload, Element]) -> None:
    payload, root = drawn
    content = read(payload, root, TABLES)
    before = message(content.body, payload.dialect, findings=content.findings, unmapped=content.unmapped)
    after = read_canonical(parse(write_canonical(before)))
    assert after == before
    text, reports = write(payload, after, TABLES)
    assert shape_of(parse(text.encode())) == shape_of(root)
    assert reports == ()


# --- bodies from other dialects --------------------------------------------------------------------------------------


def slot(held: HearingSlot | None) -> HearingSlot:
    given_ = held or HearingSlot()
    on = given_.on if given_.on is not None and given_.on.value is not None else DAY
    at = given_.at if given_.at is not None and given_.at.value is not None else Timed("x", time(10))
    return replace(given_, on=on, at=at)


def named(held: PersonName) -> PersonName:
    return held if held.family or held.display else replace(held, family="Ó Súilleabháin")


def individual(held: Individual | None, address: Address) -> Individual:
    person = held or Individual(name=PersonName())
    return replace(person, name=named(person.name), address=address)


def offence(held: Offence, results: tuple[Result, ...] = ()) -> Offence:
    started = held.started_on if held.started_on is not None and held.started_on.value is not None else DAY
    sequence = held.sequence if held.sequence is not None and held.sequence.value is not None else None
    if sequence is not None and not (0 <= (sequence.value or 0) <= 999 and sequence.value == int(sequence.value or 0)):
        sequence = Numbered("7", Decimal(7))
    return replace(held, started_on=started, sequence=sequence, results=held.results or results)


def usable(held: Identifier) -> Identifier:
    return held if held.text.strip() else SOUND


def defendant(held: Defendant, address: Address, results: tuple[Result, ...] = ()) -> Defendant:
    offences = tuple(offence(one, results) for one in held.offences) or (offence(Offence(position=1), results),)
    asn = held.asn if held.asn is not None and held.asn.text else Identifier("2601ZD0000000000056M", None, None)
    return replace(held, asn=asn, individual=individual(held.individual, address), organisation=None, offences=offences)


@st.composite
def case_files(draw: st.DrawFn) -> CaseFileSubmission:
    """Any case file that knows what the schema requires and no default is named for."""
    body: CaseFileSubmission = draw(record(CaseFileSubmission))
    address = draw(
        st.sampled_from(
            (Address(structured=PARTS), Address(lines=AddressLines(line_1="1 Nowhere Lane", line_2="Anytown")))
        )
    )
    officer = body.officer or Officer(name=PersonName())
    return replace(
        body,
        ptiurn=usable(body.ptiurn),
        first_hearing=slot(body.first_hearing),
        officer=replace(officer, name=named(officer.name)),
        defendants=tuple(defendant(one, address) for one in body.defendants or (Defendant(),)),
    )


@st.composite
def results(draw: st.DrawFn) -> HearingResulted:
    """Any result that knows what the schema requires and no default is named for."""
    body: HearingResulted = draw(record(HearingResulted))
    address = draw(
        st.sampled_from((Address(structured=PARTS), Address(lines=AddressLines(line_1="Tŷ Ŵyl, 1 Nowhere Lane"))))
    )
    return replace(
        body,
        ptiurn=usable(body.ptiurn),
        slot=slot(body.slot),
        psa_code=Coded("2577", "2577"),
        defendants=(defendant((*body.defendants, Defendant())[0], address, (Result(),)),),
    )


@SLOW
@given(case_files())
def test_a_case_file_from_another_dialect_fits_the_schema(body: CaseFileSubmission) -> None:
    fits(NEW_CASE, body)


@SLOW
@given(results())
def test_a_result_from_another_dialect_fits_the_schema(body: HearingResulted) -> None:
    fits(RESULTED_CASE, body)


def fits(payload: Payload, body: Body) -> None:
    """What is written is valid, and, read as what it now is, goes there and back unchanged."""
    text, _ = write(payload, message(body, "exchange"), TABLES)
    root = parse(text.encode())
    SCHEMA.assertValid(parse(text.encode()))
    content = read(payload, root, TABLES)
    assert content.unmapped == ()
    again, reports = write(payload, message(content.body, payload.dialect), TABLES)
    assert shape_of(parse(again.encode())) == shape_of(root)
    assert reports == ()
