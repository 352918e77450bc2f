"""What a party's traits let the hub mend: a missing namespace and collapsed buildings, and nothing else (police-spi 6)."""

import re
from collections.abc import Mapping
from html import unescape

import pytest

from connectors.police.spi import CaseReader
from connectors.spi import BS7666, LIBRA
from hub.contract import Opened, Trust
from hub.document import schema
from hub.document.escape import escape
from hub.document.xml import local_name, parse
from hub.message.errors import Severity
from tests.doubles.spi import BUNDLE, document, sample

SPI = schema.load(BUNDLE.schema("spi/spi.xsd"))
CONTENT = re.compile(r"&lt;NewCaseMessage.*&lt;/NewCaseMessage&gt;", re.DOTALL)
PADDED = {"buildings_unpadded": "true"}
SPACED = {"namespace_missing": "true"}


def opened(payload: str, traits: Mapping[str, str]) -> Opened:
    """A payload in the RouteData of our sample, taken out of it for a party with these traits."""
    text = CONTENT.sub(lambda _: escape(payload), sample("spi-case/every-field"))
    return CaseReader().open(document(text), Trust(party="anyforce", agency="police", traits=dict(traits)))


def content() -> str:
    found = CONTENT.search(sample("spi-case/every-field"))
    assert found is not None
    return unescape(found[0])


def bare() -> str:
    """The sample without any namespace."""
    text = content().replace(f' xmlns="{LIBRA}" xmlns:b="{BS7666}"', "").replace("<b:", "<").replace("</b:", "</")
    assert "xmlns" not in text
    return text


def collapsed(building: str) -> str:
    return content().replace("          Police House", building)


def building(held: Opened) -> str | None:
    assert held.root is not None
    return next(node.text for node in held.root.iter() if local_name(node.tag) == "PAON")


def test_a_payload_without_a_namespace_is_read_where_the_party_is_known_for_it_and_the_sender_is_told() -> None:
    held = opened(bare(), SPACED)
    assert held.root is not None
    assert SPI.accepts(held.root)
    assert [(fault.rule, fault.severity) for fault in held.faults] == [("repaired-namespace", Severity.WARNING)]
    texts = [(node.tag, node.text) for node in parse(content().encode()).iter()]
    assert [(node.tag, node.text) for node in held.root.iter()] == texts


def test_without_the_trait_a_payload_without_a_namespace_is_refused() -> None:
    for traits in ({}, {"namespace_missing": "false"}, PADDED):
        held = opened(bare(), traits)
        assert held.root is None
        assert [fault.rule for fault in held.faults] == ["OI-1310"]


def test_another_document_without_a_namespace_is_not_taken_for_one_of_the_interface() -> None:
    held = opened("<Invoice><PTIURN>42ZZ0007726</PTIURN></Invoice>", SPACED)
    assert held.root is None
    assert [fault.rule for fault in held.faults] == ["OI-1310"]


@pytest.mark.parametrize(
    ("received", "laid_out"),
    [
        ("Police House", "          Police House"),
        (" Police House", "          Police House"),
        ("12", "  12 "),
        (" 12A", "  12A"),
        ("1 Dummy House", "   1      Dummy House"),
        ("3B (rear)", "   3B     (rear)"),
    ],
)
def test_a_collapsed_building_is_laid_out_again(received: str, laid_out: str) -> None:
    held = opened(collapsed(received), PADDED)
    assert building(held) == laid_out
    assert held.root is not None
    assert SPI.accepts(held.root)
    (fault,) = held.faults
    assert (fault.rule, fault.severity) == ("repaired-building", Severity.WARNING)
    assert fault.path == "/NewCaseMessage/Case/OtherPartyOfficerInCase/StructuredAddress/PAON"
    assert fault.found is None


@pytest.mark.parametrize("received", ["The House, West", "1-3 High Court", "1 3 Dummy House", "St. James", " ", ""])
def test_a_building_that_is_not_certain_is_left_for_the_schema_to_refuse(received: str) -> None:
    held = opened(collapsed(received), PADDED)
    assert building(held) == received or (building(held) is None and not received)
    assert held.faults == ()
    assert held.root is not None
    assert not SPI.accepts(held.root)


def test_what_goes_on_is_the_mended_payload_and_an_unmended_one_goes_on_as_it_stood() -> None:
    mended = opened(collapsed("Police House"), PADDED)
    assert mended.payload is not None
    assert SPI.accepts(parse(mended.payload.encode()))
    assert "          Police House" in mended.payload
    assert opened(content(), {**PADDED, **SPACED}).payload == content()
    assert opened(collapsed("Police House"), {}).payload == collapsed("Police House")


def opened_bare(text: str, traits: Mapping[str, str]) -> Opened:
    held, reader = document(text), CaseReader()
    assert reader.recognise(held)
    return reader.open(held, Trust(party="anyforce", agency="police", traits=dict(traits)))


def test_a_bare_case_file_without_a_namespace_is_read_where_the_party_is_known_for_it() -> None:
    held = opened_bare(bare(), SPACED)
    assert held.root is not None
    assert SPI.accepts(held.root)
    assert [fault.rule for fault in held.faults] == ["repaired-namespace"]


def test_a_bare_case_file_without_a_namespace_is_refused_with_words_about_the_namespace_everywhere_else() -> None:
    held = opened_bare(bare(), {})
    assert held.root is None
    assert [(fault.rule, "namespace" in fault.words) for fault in held.faults] == [("root", True)]


@pytest.mark.parametrize("space", ["", ' xmlns="urn:anything"'])
def test_a_twif_request_is_read_as_it_is_laid_down_with_a_payload_in_no_namespace(space: str) -> None:
    inner = bare().replace("<NewCaseMessage", '<NewCaseMessage xmlns=""', 1)
    held = opened_bare(f"<submitNewCaseMessageRequest{space}>{inner}</submitNewCaseMessageRequest>", {})
    assert held.root is not None
    assert SPI.accepts(held.root)
    assert held.faults == ()
    texts = [(node.tag, node.text) for node in parse(content().encode()).iter()]
    assert [(node.tag, node.text) for node in held.root.iter()] == texts


def test_a_twif_request_with_anything_else_in_it_is_nobodys() -> None:
    assert not CaseReader().recognise(document("<submitNewCaseMessageRequest><Other/></submitNewCaseMessageRequest>"))
