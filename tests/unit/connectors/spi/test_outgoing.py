"""The envelopes put on, to the letter: receivers search them as text (police-spi 1.4 and 8.6)."""

from dataclasses import replace

from connectors.courts.spi import CaseWriter
from connectors.police.spi import CaseReader
from hub.contract import Outbound, Part, Recipient
from hub.message.envelope import Message, Mode
from tests.doubles.spi import STAMP, TABLES, decoded, message, sample

COURT = Recipient(party="anycourt", agency="court", system="C00CommonPlatform")


def case() -> Message:
    (held,) = decoded(CaseReader(), sample("spi-case/every-field"))
    return message(held, "spi-case")


def sent(recipient: Recipient, held: Message | None = None, verbatim: str | None = None) -> Outbound:
    return CaseWriter().encode(Part(message=held or case(), verbatim=verbatim), recipient, STAMP, TABLES)


def test_a_route_has_the_prefixes_that_receivers_search_for() -> None:
    outbound = sent(COURT, verbatim="<NewCaseMessage>1 > 0</NewCaseMessage>")
    assert outbound.body.decode() == (
        '<?xml version="1.0" encoding="UTF-8"?><RouteData xmlns="http://schemas.cjse.gov.uk/common/operations" '
        'xmlns:cjseEntity="http://schemas.cjse.gov.uk/common/businessentities" VersionNumber="1.0" '
        'RequestResponse="Request"><RequestFromSystem VersionNumber="1.0">'
        "<CorrelationID>00000000-0000-4000-8000-000000000077</CorrelationID><SystemID>Z00CJSE</SystemID>"
        '</RequestFromSystem><DataStream VersionNumber="1.0">'
        "<cjseEntity:System>04201PoliceCaseSystem</cjseEntity:System>"
        "<cjseEntity:DataStreamType>SPINewCase</cjseEntity:DataStreamType>"
        "<cjseEntity:SystemDataStreamID>00000000-0000-4000-8000-000000000077</cjseEntity:SystemDataStreamID>"
        "<cjseEntity:ContentType>text/xml</cjseEntity:ContentType>"
        "<cjseEntity:DataStreamContent>&lt;NewCaseMessage&gt;1 &gt; 0&lt;/NewCaseMessage&gt;"
        "</cjseEntity:DataStreamContent></DataStream>"
        '<Routes VersionNumber="1.0"><Route VersionNumber="1.0"><RouteID>1</RouteID>'
        "<RouteSourceSystem>04201PoliceCaseSystem</RouteSourceSystem>"
        "<RouteDestinationSystem>C00CommonPlatform</RouteDestinationSystem></Route></Routes></RouteData>"
    )
    assert outbound.name == "00000000-0000-4000-8000-000000000077.xml"


def test_in_a_submit_the_front_door_finds_the_case_reference_escaped_twice() -> None:
    outbound = sent(replace(COURT, options={"envelope": "SOAP"}))
    text = outbound.body.decode()
    assert "PTIURN&amp;gt;42ZZ0007726&amp;lt;/" in text
    assert "<NS2:DestinationID>C00CommonPlatform</NS2:DestinationID>" in text
    assert "<NS2:SourceID>Z00CJSE</NS2:SourceID>" in text
    assert "cjseEntity:DataStreamContent" in text
    assert outbound.headers == {"SOAPAction": '"http://schemas.cjse.gov.uk/endpoint/wsdl/submit"'}


def test_the_unit_and_the_controller_are_echoed_only_where_they_are_known() -> None:
    options = {"organizational_unit_id": "042ZZ00", "data_controller": "Any & Co"}
    text = sent(replace(COURT, options=options)).body.decode()
    assert "<OrganizationalUnitID>042ZZ00</OrganizationalUnitID><DataController>Any &amp; Co</DataController>" in text
    assert "DataController" not in sent(COURT).body.decode()


def test_a_test_message_says_so() -> None:
    held = case()
    held = replace(held, envelope=replace(held.envelope, mode=Mode.TEST))
    assert "<TestOperation>true</TestOperation>" in sent(COURT, held).body.decode()


def test_the_same_part_recipient_and_stamp_give_the_same_bytes() -> None:
    for envelope in ("RouteData", "SOAP", "DeliverRequest"):
        recipient = replace(COURT, options={"envelope": envelope})
        assert sent(recipient) == sent(recipient)


def test_an_end_of_the_route_that_nobody_named_is_filled_in_and_reported() -> None:
    held = case()
    held = replace(held, envelope=replace(held.envelope, sender=replace(held.envelope.sender, system=None)))
    outbound = sent(replace(COURT, system=None), held)
    assert [report.path for report in outbound.reports] == [
        "/RouteData/Routes/Route/RouteSourceSystem",
        "/RouteData/Routes/Route/RouteDestinationSystem",
    ]
    assert b"<RouteSourceSystem>anyforce</RouteSourceSystem>" in outbound.body
