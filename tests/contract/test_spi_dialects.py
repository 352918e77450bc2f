"""The Standard Prosecution Interface: our samples through everything, and every real message there and back.

The golden files are refreshed by `cjhub prove --update`, and reviewed in the diff.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import etree

from connectors import courts, police
from connectors.courts.spi import CaseWriter, ResultReader
from connectors.police.spi import CaseReader, ResultWriter
from connectors.spi import OPERATIONS
from hub.canonical.read import read
from hub.canonical.write import write
from hub.contract import Part, Reader, Recipient, Stamp, Trust, Writer
from hub.discovery import Found
from hub.discovery.bundle import Bundle
from hub.discovery.connectors import discover
from hub.document import Document, Element
from hub.document.explain import Explainer
from hub.document.schema import load as load_schema
from hub.document.xml import parse, parse_inner, text_of
from hub.flow.check.layers import LayerCheck
from hub.flow.check.rules import RuleBook
from hub.flow.judge import Judge, Terms
from hub.message.envelope import Decoded, Envelope, Message, Sender, Source
from hub.prove.proving import prove
from hub.prove.samples import samples_in

BUNDLE = Bundle()
TABLES = discover().tables
READERS: dict[str, Reader] = {one.dialect: one for package in (police, courts) for one in package.READERS}
WRITERS: dict[str, Writer] = {one.dialect: one for package in (police, courts) for one in package.WRITERS}
SPI = ("spi-case", "spi-result", "spi-answer")
SAMPLES = samples_in(BUNDLE, SPI)
WHOLE = [one.path for one in SAMPLES if one.dialect != "spi-answer" and one.path.stem != "two-cases"]  # those go apart
TRUST = Trust(party="anyforce", agency="police")
RECIPIENT = Recipient(party="anycourt", agency="court", system="C00CommonPlatform")
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
STAMP = Stamp(id="00000000-0000-4000-8000-000000000077", correlation_id="00000000-0000-4000-8000-000000000002", at=AT)
HOLLOW = frozenset(  # elements that only hold others: white space in one that holds none says nothing
    ["DriverInformation", "TelephoneDetails", "OffenceEnd", "VehicleRelatedOffence", "PersonEthnicity", "PersonDetails"]
)

# police-spi 7: which layers are invalid against the published schemas
INVALID = {
    "af-SPI_In_Message.xml": "P",
    "af-SPI_In_Message_invalid.xml": "EP",
    "em-OIValidationForMandatoryFields.xml": "R",
    "em-OIValidationMalformedXml.xml": "P",
    "em-MultipleDefendantAllfields.xml": "P",
    "em-errors-MDINoDestinationId.xml": "E",
    "em-errors-MDINoRequestId.xml": "E",
    "sc-IndividualDefendantAllfields.xml": "P",
    "sc-SingleDefendantSingeOffence.xml": "P",
}
WITHOUT_RESULT = {"cp-expectedSPIOutPayload.xml", "cp-xmlResponseExample.xml"}


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    explainer = Explainer()
    found = Found(bundle=BUNDLE, readers=READERS, writers=WRITERS, tables=TABLES, parties={}, rules={})
    yield Judge(found=found, layers=LayerCheck(BUNDLE, explainer), rules=RuleBook({}), new_id=lambda: STAMP.id)
    explainer.close()


def document_of(raw: bytes) -> Document:
    return Document(media="xml", raw=raw, root=parse(raw))


def reader_of(document: Document) -> Reader:
    knowing = [reader for reader in READERS.values() if reader.recognise(document)]
    assert len(knowing) == 1
    return knowing[0]


def stamped(decoded: Decoded, reader: Reader) -> Message:
    return Message(
        envelope=Envelope(
            message_id="00000000-0000-4000-8000-000000000001",
            correlation_id=STAMP.correlation_id,
            sender=Sender(party=TRUST.party, system=decoded.system),
            source=Source(dialect=reader.dialect, version=reader.version, reference=decoded.reference),
            occurred_at=decoded.occurred_at,
            accepted_at=AT,
        ),
        body=decoded.body,
        findings=decoded.findings,
        unmapped=decoded.unmapped,
    )


def difference(one: Element, other: Element) -> str | None:
    """Where two payloads differ: names, order, attributes, texts of elements without children; None where nowhere."""
    name = etree.QName(one).localname
    if one.tag != other.tag or dict(one.items()) != dict(other.items()):
        return f"{one.tag} {dict(one.items())} is not {other.tag} {dict(other.items())}"
    if len(one) != len(other):
        return f"{name}: {[child.tag for child in one]} are not {[child.tag for child in other]}"
    first, second = one.text or "", other.text or ""
    if not len(one) and first != second and not (name in HOLLOW and not first.strip()):
        return f"{name}: {first!r} is not {second!r}"
    found = (difference(*pair) for pair in zip(one, other, strict=True))
    return next((f"{name}/{words}" for words in found if words), None)


def there_and_back(raw: bytes) -> list[str]:
    """Every difference between a payload and what our Writer makes of its canonical XML."""
    document = document_of(raw)
    reader = reader_of(document)
    opened = reader.open(document, TRUST)
    assert opened.root is not None
    differences = []
    for decoded in reader.decode(opened, TABLES):
        message = stamped(decoded, reader)
        xml = write(message)
        assert load_schema(BUNDLE.schema("exchange/1/envelope.xsd")).accepts(parse(xml))
        again = read(parse(xml))
        assert again == message
        outbound = WRITERS[reader.dialect].encode(Part(message=again), RECIPIENT, STAMP, TABLES)
        found = difference(opened.root, payload_of(outbound.body))
        differences += [found] if found else []
    return differences


def payload_of(body: bytes) -> Element:
    content = next(node for node in parse(body).iter() if etree.QName(node).localname == "DataStreamContent")
    return parse_inner(text_of(content), content)[0]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample.dialect}/{sample.path.name}")
def test_a_sample_passes_everything_and_becomes_what_its_golden_files_say(judge: Judge, sample: object) -> None:
    proof = prove(judge, sample)  # type: ignore[arg-type]
    assert bool(proof.messages) == (proof.sample.dialect != "spi-answer")
    assert not [f"{failure.step}: {failure.words}\n{failure.diff}" for failure in proof.failures]


def test_every_dialect_of_the_interface_has_samples() -> None:
    assert {sample.dialect for sample in SAMPLES} == set(SPI)


@pytest.mark.parametrize("path", WHOLE, ids=lambda path: path.name)
def test_a_sample_goes_there_and_back_unchanged(path: Path) -> None:
    assert there_and_back(path.read_bytes()) == []


def test_every_real_result_goes_there_and_back_unchanged(samples: Path) -> None:
    files = [path for path in sorted((samples / "results").glob("*.xml")) if path.name not in WITHOUT_RESULT]
    assert len(files) == 32
    assert {path.name: there_and_back(path.read_bytes()) for path in files} == {path.name: [] for path in files}


def test_every_real_case_file_goes_there_and_back_unchanged_even_where_its_schema_refuses_it(samples: Path) -> None:
    without = ("em-CjseResponse", "Async_Response", "async-response", "MalformedXml", "SPI_In_Message_invalid")
    files = [
        path for path in sorted((samples / "police").glob("*.xml")) if not any(name in path.name for name in without)
    ]
    assert len(files) == 20
    assert {path.name: there_and_back(path.read_bytes()) for path in files} == {path.name: [] for path in files}


def test_every_result_of_the_rules_corpus_goes_there_and_back_unchanged(samples: Path) -> None:
    texts = {
        path.name: str(json.loads(path.read_text(encoding="utf-8"))["incomingMessage"])
        for path in sorted((samples / "result-rules").glob("*.json"))
    }
    results = {name: text.encode() for name, text in texts.items() if "ResultedCaseMessage" in text}
    assert len(results) == 36
    assert {name: there_and_back(raw) for name, raw in results.items()} == {name: [] for name in results}


def test_strictly_a_real_message_is_accepted_exactly_where_every_layer_is_valid(judge: Judge, samples: Path) -> None:
    verdicts = {
        path.name: judge.judge(path.read_bytes(), TRUST, AT, Terms(strict=True)).refused
        for path in sorted((samples / "police").glob("*.xml"))
    }
    assert verdicts == {name: name in INVALID for name in verdicts}


def test_without_strictness_only_the_case_file_and_the_points_of_the_route_refuse(judge: Judge, samples: Path) -> None:
    files = [*(samples / "police").glob("*.xml"), *(samples / "results").glob("*.xml")]
    refused = {path.name for path in files if judge.judge(path.read_bytes(), TRUST, AT).refused}
    assert refused == {*INVALID, "cp-expectedSPIOutPayload.xml"}


def test_the_codes_of_a_bad_envelope_are_those_that_the_receiving_system_gives(judge: Judge, samples: Path) -> None:
    """samples/police/OIValidationErrorsAll.json, without the 1310 that another content would bring."""
    judged = judge.judge((samples / "police" / "em-OIValidationForMandatoryFields.xml").read_bytes(), TRUST, AT)
    expected = json.loads((samples / "police" / "OIValidationErrorsAll.json").read_text(encoding="utf-8"))
    codes = {f"OI-{detail['errorCode']}" for detail in expected["errorDetail"]} - {"OI-1310"}
    assert {fault.rule for fault in judged.faults if fault.rule.startswith("OI-")} == codes


def test_what_the_sender_wrote_goes_out_as_it_stood_in_a_new_envelope() -> None:
    raw = BUNDLE.files("dialects/spi-case/samples/two-defendants.xml")[0].read_bytes()
    document = document_of(raw)
    reader = CaseReader()
    opened = reader.open(document, TRUST)
    (decoded,) = reader.decode(opened, TABLES)
    part = Part(message=stamped(decoded, reader), verbatim=opened.payload)
    outbound = CaseWriter().encode(part, RECIPIENT, STAMP, TABLES)
    content = next(node for node in parse(outbound.body).iter() if etree.QName(node).localname == "DataStreamContent")
    assert text_of(content) == opened.payload
    assert load_schema(BUNDLE.schema("cjse/operations.xsd")).accepts(parse(outbound.body))
    assert outbound.body.count(STAMP.id.encode()) == 2


def test_every_envelope_that_we_put_on_is_valid_and_is_taken_off_again() -> None:
    raw = BUNDLE.files("dialects/spi-result/samples/adjourned.xml")[0].read_bytes()
    reader = ResultReader()
    (decoded,) = reader.decode(reader.open(document_of(raw), TRUST), TABLES)
    message = stamped(decoded, reader)
    for chosen in ("RouteData", "SOAP", "DeliverRequest", "none"):
        recipient = replace(RECIPIENT, system="04101PoliceCaseSystem", options={"envelope": chosen})
        outbound = ResultWriter().encode(Part(message=message), recipient, STAMP, TABLES)
        document = document_of(outbound.body)
        assert reader_of(document).dialect == "spi-result", chosen
        opened = reader.open(document, TRUST)
        assert opened.faults == ()
        for layer in opened.layers:
            assert layer.schema is not None
            assert load_schema(BUNDLE.schema(layer.schema.path)).accepts(layer.root), f"{chosen}: {layer.name}"
        (again,) = reader.decode(opened, TABLES)
        assert again.body == decoded.body
        assert OPERATIONS.encode() in outbound.body or chosen in ("DeliverRequest", "none")
