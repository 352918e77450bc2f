"""The routing envelope taken off: its checks, one by one, and what is kept of it."""

import pytest

from connectors.courts.spi import ResultReader
from connectors.police.spi import CaseReader
from hub.contract import Reader, Trust
from hub.document import line_in
from tests.doubles.spi import document, opened, payload, sample, submitted

CASE = sample("spi-case/every-field")
RESULT = sample("spi-result/adjourned")


def rules(text: str, reader: Reader | None = None) -> list[str]:
    return [fault.rule for fault in opened(reader or CaseReader(), text).faults]


def test_a_sound_envelope_has_no_fault() -> None:
    assert rules(CASE) == []
    assert rules(RESULT, ResultReader()) == []


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (">04201PoliceCaseSystem</SystemID>", "></SystemID>", "OI-301"),
        (">04201PoliceCaseSystem</SystemID>", ">two words</SystemID>", "OI-301"),
        ("<CorrelationID>AF-2026-000077</CorrelationID>", "", "OI-306"),
        (">AF-2026-000077</CorrelationID>", f">{'x' * 51}</CorrelationID>", "OI-306"),
        (">Any Force</DataController>", "></DataController>", "OI-307"),
        (">042ZZ00</OrganizationalUnitID>", ">042ZZ</OrganizationalUnitID>", "OI-308"),
        ("<RouteSourceSystem>04201PoliceCaseSystem</RouteSourceSystem>", "", "OI-1317"),
        (">C00CommonPlatform</RouteDestinationSystem>", "></RouteDestinationSystem>", "OI-1318"),
        (">C00CommonPlatform</RouteDestinationSystem>", ">04201PoliceCaseSystem</RouteDestinationSystem>", "OI-1321"),
        (">SPINewCase</cjseEntity:DataStreamType>", ">SPIResults</cjseEntity:DataStreamType>", "OI-1359"),
    ],
)
def test_each_point_of_the_route_has_its_code(old: str, new: str, rule: str) -> None:
    assert old in CASE
    assert rules(CASE.replace(old, new)) == [rule]


def test_an_empty_unit_controller_and_destination_are_accepted_with_results() -> None:
    text = RESULT.replace(">041ZD00</OrganizationalUnitID>", "></OrganizationalUnitID><DataController/>")
    text = text.replace("<RouteDestinationSystem>04101PoliceCaseSystem</RouteDestinationSystem>", "")
    assert rules(text, ResultReader()) == []


def test_ids_are_trimmed_and_the_content_is_not() -> None:
    read = opened(CaseReader(), sample("spi-case/two-defendants"))
    assert read.ids["CorrelationID"] == "UNIFI53_005511"
    assert read.reference == "05301PoliceCaseSystem/UNIFI53_005511"
    assert read.payload is not None
    assert read.payload.startswith("<DC:NewCaseMessage ")


def test_the_children_of_the_stream_may_stand_in_the_listed_variant_of_their_namespace() -> None:
    assert "xmlns:cjseEntity" not in sample("spi-case/two-defendants")
    assert opened(CaseReader(), sample("spi-case/two-defendants")).root is not None


def test_a_content_that_is_no_document_is_1310_and_the_other_faults_are_told_too() -> None:
    text = CASE.replace(">04201PoliceCaseSystem</SystemID>", "></SystemID>")
    start, end = text.index("&lt;NewCase"), text.index("</cjseEntity:DataStreamContent>")
    read = opened(CaseReader(), text[:start] + "malformed" + text[end:])
    assert [fault.rule for fault in read.faults] == ["OI-301", "OI-1310", "xml-malformed"]
    assert read.root is None
    assert read.payload == "malformed"
    assert [layer.name for layer in read.layers] == ["RouteData"]


def test_a_line_is_that_of_the_document_as_received() -> None:
    text = CASE.replace(">Any Force</DataController>", "></DataController>")
    (fault,) = opened(CaseReader(), text).faults
    assert "DataController" in text.splitlines()[(fault.line or 0) - 1]
    read = opened(CaseReader(), CASE)
    assert read.root is not None
    case = read.root[0]
    assert "&lt;Case&gt;" in CASE.splitlines()[(line_in(case) or 0) + read.line - 1]


def test_the_layers_are_named_from_the_outermost_in_and_only_the_case_file_gates() -> None:
    layers = opened(CaseReader(), submitted(CASE)).layers
    assert [(layer.name, layer.schema and layer.schema.gate) for layer in layers] == [
        ("SOAP submit", False),
        ("RouteData", False),
        ("NewCaseMessage", True),
    ]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (submitted(CASE, SourceID=""), "MDI-304"),
        (submitted(CASE, DestinationID=None), "MDI-305"),
        (submitted(CASE, RequestID=None), "MDI-306"),
        (submitted(CASE, RequestID=" req-1"), "MDI-306"),
        (submitted(CASE, ExecMode="SYNCH"), "MDI-307"),
        (submitted(CASE, Message=None), "MDI-300"),
    ],
)
def test_each_point_of_the_submit_has_its_code(text: str, rule: str) -> None:
    assert rules(text) == [rule]


def test_identities_are_compared_where_the_party_names_them_ignoring_case() -> None:
    trust = Trust(party="p", agency="police", traits={"mdi_source": "z00cjse", "mdi_destination": "B00LIBRA Z00HUB"})
    found = opened(CaseReader(), submitted(CASE), trust).faults
    assert [fault.rule for fault in found] == ["MDI-305"]
    assert opened(CaseReader(), submitted(CASE, DestinationID="z00hub"), trust).faults == ()


def test_a_document_is_never_known_by_a_local_name_alone() -> None:
    other = payload("spi-case/every-field").replace("http://www.dca.gov.uk/xmlschemas/libra", "urn:other")
    assert not CaseReader().recognise(document(other))
    assert not CaseReader().recognise(document('<RouteData xmlns="urn:other"/>'))


@pytest.mark.parametrize("stream", ["SPINewCase", "SPIResults", "", "Other"])
def test_the_payload_decides_whose_a_route_is_and_not_its_stream_type(stream: str) -> None:
    text = CASE.replace(">SPINewCase<", f">{stream}<")
    for held in (text, submitted(text)):
        assert CaseReader().recognise(document(held))
        assert not ResultReader().recognise(document(held))


def test_the_stream_type_decides_where_the_payload_cannot() -> None:
    start, end = RESULT.index("&lt;Resulted"), RESULT.index("</cjseEntity:DataStreamContent>")
    broken = RESULT[:start] + "broken" + RESULT[end:]
    for held in (broken, submitted(broken)):
        assert ResultReader().recognise(document(held))
        assert not CaseReader().recognise(document(held))
    assert CaseReader().recognise(document(broken.replace("SPIResults", "Other")))


def test_another_payload_than_the_route_wants_is_1310() -> None:
    found = opened(CaseReader(), RESULT).faults
    assert "OI-1310" in [fault.rule for fault in found]


@pytest.mark.parametrize(
    ("traits", "expected"),
    [
        ({"route_source": "04201PoliceCaseSystem", "route_destination": "B00LIBRA C00CommonPlatform"}, []),
        ({"route_source": "04301PoliceCaseSystem"}, ["OI-1317"]),
        ({"route_destination": "B00LIBRA c00commonplatform"}, ["OI-1318"]),
    ],
)
def test_the_ends_of_a_route_are_compared_exactly_where_the_partys_file_names_them(
    traits: dict[str, str], expected: list[str]
) -> None:
    trust = Trust(party="anyforce", agency="police", traits=traits)
    assert [fault.rule for fault in opened(CaseReader(), CASE, trust).faults] == expected
