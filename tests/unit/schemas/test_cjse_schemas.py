"""What the tables' lines cannot say of the exchange's envelopes: attributes, pairs, payloads, and the real samples.

The lines themselves are tried in test_tables.py (police-spi 1, courts 1.2 to 1.4).
"""

from copy import deepcopy
from pathlib import Path

import pytest
from lxml import etree

from hub.document import Element, xml
from tests.unit.schemas.layers import verdicts
from tests.unit.schemas.tables import document, element, judge

REQUEST = "RouteData cjse/operations"
REFUSAL = "RouteDataResp cjse/operations"
DELIVER = "DeliverRequest cjse/deliver"
LABELLED = {  # police-spi 1.3: where literalvalue may stand, and the length it may have
    "SystemID": (0, None),
    "OrganizationalUnitID": (0, None),
    "DataController": (0, None),
    "User": (0, None),
    "SourceID": (0, None),
    "DestinationID": (0, None),
    "RouteDestinationSystem": (0, None),
    "System": (1, 30),
    "DataStreamType": (1, 50),
    "RouteSourceSystem": (1, 50),
    "OrganisationUnitID": (1, 50),
}
VERSIONED = {
    REQUEST: {"RouteData", "RequestFromSystem", "DataStream", "Routes", "Route"},
    REFUSAL: {"RouteDataResp", "ResponseToSystem"},
}
EXAMPLES = {  # police-spi 1.5 and courts 1.8, which are ours
    "submit": """<SubmitRequestMes xmlns="http://schemas.cjse.gov.uk/endpoint/types/"><RequestID>hub-req-0001</RequestID>
        <SourceID>Z00CJSE</SourceID><DestinationID>C00CommonPlatform</DestinationID><ExecMode>ASYNCH</ExecMode>
        <Timestamp>2024-06-03T09:00:00Z</Timestamp><Message>&lt;RouteData/&gt;</Message></SubmitRequestMes>""",
    "answer": """<SubmitResponseMes xmlns="http://schemas.cjse.gov.uk/endpoint/types/"><RequestID>hub-req-0001</RequestID>
        <ResponseCode>1</ResponseCode><ResponseText>Success</ResponseText></SubmitResponseMes>""",
    "refusal": """<RouteDataResp xmlns="http://schemas.cjse.gov.uk/common/operations" VersionNumber="1.0">
        <ResponseToSystem VersionNumber="1.0"><CorrelationID>hub-0001</CorrelationID><SystemID>Z00CJSE</SystemID>
        </ResponseToSystem><OperationStatus><StatusClass>FatalError</StatusClass><Code>1310</Code>
        <ResponseContext>UnusableDataStream</ResponseContext><RouteId>1</RouteId></OperationStatus></RouteDataResp>""",
    "request": """<RouteData xmlns="http://schemas.cjse.gov.uk/common/operations" VersionNumber="1.0"
        xmlns:be="http://schemas.cjse.gov.uk/common/businessentities" RequestResponse="Request">
        <RequestFromSystem VersionNumber="1.0"><CorrelationID>hub-test-0001</CorrelationID><SystemID>B00LIBRA</SystemID>
        </RequestFromSystem><DataStream VersionNumber="1.0"><be:System>B00LIBRA</be:System>
        <be:DataStreamType>SPIResults</be:DataStreamType><be:SystemDataStreamID>hub-test-0001</be:SystemDataStreamID>
        <be:ContentType>text/xml</be:ContentType><be:DataStreamContent>&lt;ResultedCaseMessage/&gt;</be:DataStreamContent>
        </DataStream><Routes VersionNumber="1.0"><Route VersionNumber="1.0"><RouteID>1</RouteID>
        <RouteSourceSystem>B00LIBRA</RouteSourceSystem><RouteDestinationSystem>00501PoliceCaseSystem</RouteDestinationSystem>
        </Route></Routes></RouteData>""",
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_minimal_envelope_is_valid(name: str) -> None:
    schema = "cjse/endpoint" if name in {"submit", "answer"} else "cjse/operations"
    assert judge(schema, xml.parse(EXAMPLES[name].encode()))


@pytest.mark.parametrize("table", [REQUEST, REFUSAL])
def test_a_label_stands_only_where_it_is_marked_and_within_its_length(table: str) -> None:
    for place, name in _places(table):
        least, most = LABELLED.get(name, (None, None))
        for length in (0, 1, 30, 31, 50, 51, 1000):
            allowed = least is not None and least <= length and (most is None or length <= most)
            root = _set(table, place, "literalvalue", "x" * length)
            assert judge("cjse/operations", root) is allowed, (place, length)
        if most:
            assert judge("cjse/operations", _set(table, place, "literalvalue", " " * most)), place


@pytest.mark.parametrize("table", [REQUEST, REFUSAL])
def test_a_version_stands_on_the_blocks_that_have_one_and_is_always_1_0(table: str) -> None:
    for place, name in _places(table):
        versioned = name in VERSIONED[table]
        assert judge("cjse/operations", _set(table, place, "VersionNumber", "1.0")) is versioned, place
        assert judge("cjse/operations", _set(table, place, "VersionNumber", " 1.0\n")) is versioned, place
        for text in ("1", "1.00", "1.1", "", "1.0 1.0", "v1.0", None):
            allowed = text is None and not versioned
            assert judge("cjse/operations", _set(table, place, "VersionNumber", text)) is allowed, (place, text)


def test_a_request_says_which_of_five_kinds_it_is() -> None:
    good = ("Request", "Acknowledgement", "StatusUpate", "Result", "Notification")
    bad = ("StatusUpdate", "request", "", "Request ", "Response", None)
    assert [word for word in good if not judge("cjse/operations", _set(REQUEST, 0, "RequestResponse", word))] == []
    assert [word for word in bad if judge("cjse/operations", _set(REQUEST, 0, "RequestResponse", word))] == []
    assert not judge("cjse/operations", _set(REFUSAL, 0, "RequestResponse", "Request"))


def test_a_reference_and_its_type_come_together_or_not_at_all() -> None:
    root = document("cjse.txt", REQUEST)
    stream = element(root, "DataStream")
    stream.remove(element(stream, "Reference"))
    assert not judge("cjse/operations", root)
    stream.remove(element(stream, "ReferenceType"))
    assert judge("cjse/operations", root)


def test_the_payload_of_a_request_is_text_and_no_xsi_type_narrows_it() -> None:
    root = document("cjse.txt", REQUEST)
    content = element(root, "DataStream/DataStreamContent")
    etree.SubElement(content, "{http://www.dca.gov.uk/xmlschemas/libra}NewCaseMessage")
    assert not judge("cjse/operations", root)
    content[:] = []
    content.set("{http://www.w3.org/2001/XMLSchema-instance}type", "be:text-50")
    assert not judge("cjse/operations", root)


@pytest.mark.parametrize("table", [REQUEST, REFUSAL])
def test_the_parts_of_an_envelope_may_not_all_share_one_namespace(table: str) -> None:
    root = document("cjse.txt", table)
    foreign = [part for part in root.iter("*") if etree.QName(part).namespace != etree.QName(root).namespace]
    for part in foreign:
        part.tag = f"{{{etree.QName(root).namespace}}}{etree.QName(part).localname}"
    assert judge("cjse/operations", root) is (not foreign)


def test_a_delivered_payload_is_one_element_of_any_kind_and_is_not_looked_into() -> None:
    root = document("cjse.txt", DELIVER)
    message = element(root, "Message")
    for payload in ("{http://www.dca.gov.uk/xmlschemas/libra}ResultedCaseMessage", "Thing", root.tag):
        message[:] = [etree.Element(payload, {"any": "attribute"})]
        assert judge("cjse/deliver", root), payload
    message.append(deepcopy(message[0]))
    assert not judge("cjse/deliver", root)


def test_a_delivered_message_has_an_identifier_of_at_most_128_characters() -> None:
    root = document("cjse.txt", DELIVER)
    for length in (1, 128, 129):
        element(root, "MessageIdentifier").text = "x" * length
        assert judge("cjse/deliver", root) is (length <= 128)


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("cp-expectedSPIOutPayload.xml", "EV RX PX"),  # courts 1.3: no RequestResponse, empty unit and controller
        ("cp-xmlResponseExample.xml", "EX"),  # courts 1.2: this mock leaves out RequestID
        ("cp-expectedSpiOutOiPayloadWithBothEmail.xml", "RV PV"),
        ("cp-expectedSpiOutOiPayloadWithEmail.xml", "RV PV"),
        ("cp-expectedSpiOutOiPayloadWithNoEmail.xml", "RV PV"),
    ],
)
def test_a_real_envelope_of_a_result_is_judged_as_by_the_published_schemas(
    samples: Path, file: str, expected: str
) -> None:
    assert verdicts(samples / "results" / file) == expected


def test_every_real_delivery_is_valid_with_its_payload(samples: Path) -> None:
    found = [verdicts(path) for path in (samples / "results").glob("e2e-*.xml")]
    assert found == ["DV PV"] * 22


def _places(table: str) -> list[tuple[int, str]]:
    """Every element of the document: its position in document order, its name."""
    return [(at, etree.QName(part).localname) for at, part in enumerate(document("cjse.txt", table).iter("*"))]


def _set(table: str, place: int, name: str, text: str | None) -> Element:
    """The document with one attribute of one element set, or taken away."""
    root = document("cjse.txt", table)
    part = list(root.iter("*"))[place]
    part.set(name, text or "")
    if text is None:
        del part.attrib[name]
    return root
