"""Calls of the exchange's service: documents in a submit, a force and a court that are called by it, and what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import escape

import urllib3

from hub.document import Element
from hub.document.schema import load as load_schema
from hub.document.xml import parse, parse_inner, text_of
from tests.doubles.spi import BUNDLE
from tests.hubs import Client

TYPES = "{http://schemas.cjse.gov.uk/endpoint/types/}"
OPERATIONS = "{http://schemas.cjse.gov.uk/common/operations}"
ENTITIES = "{http://schemas.cjse.gov.uk/common/businessentities}"
ACTION = '"http://schemas.cjse.gov.uk/endpoint/wsdl/submit"'

FORCE = """
[party]
code = "force-41"
name = "A force"
agency = "police"
system = "04101PoliceCaseSystem"
[sends]
dialects = ["spi-case"]
[endpoint]
kind = "http"
url = "{url}/force"
[[routes]]
message = "HearingResulted"
as = "spi-result"
[routes.where]
force = ["41"]
[routes.options]
envelope = "SOAP"
"""

PLATFORM = """
[party]
code = "platform"
name = "The courts' platform"
agency = "court"
system = "C00CommonPlatform"
[sends]
dialects = ["spi-result"]
[endpoint]
kind = "http"
url = "{url}/platform"
[[routes]]
message = "CaseFileSubmission"
as = "spi-case"
[routes.options]
envelope = "SOAP"
"""


SUBMIT = {
    "RequestID": "r-1",
    "SourceID": "Z00CJSE",
    "DestinationID": "B00LIBRA",
    "ExecMode": "ASYNCH",
    "Timestamp": "2026-03-02T09:30:00Z",
}
FROM_COURTS = {"SourceID": "C00CommonPlatform", "DestinationID": "Z00CJSE"}


def submit(message: str | None, request: str = "r-1", **changes: str | None) -> bytes:
    """A document in a submit, as it is recorded; a change gives an element another text, or leaves it out (None)."""
    held: dict[str, str | None] = {**SUBMIT, "RequestID": request, "Message": message, **changes}
    parts = (f"<NS2:{name}>{escape(text)}</NS2:{name}>" for name, text in held.items() if text is not None)
    return (
        '<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body>'
        f'<NS2:SubmitRequestMes xmlns:NS2="http://schemas.cjse.gov.uk/endpoint/types/">{"".join(parts)}'
        "</NS2:SubmitRequestMes></S:Body></S:Envelope>"
    ).encode()


def route_data_resp(ids: dict[str, str], *codes: int) -> str:
    """A RouteDataResp about a RouteData with these ids, as another system writes it."""
    block = "".join(f"<o:{name}>{text}</o:{name}>" for name, text in ids.items())
    statuses = "".join(
        f"<o:OperationStatus><o:StatusClass>FatalError</o:StatusClass><o:Code>{code}</o:Code>"
        f"<o:ResponseContext>why {code}</o:ResponseContext><o:RouteId>1</o:RouteId></o:OperationStatus>"
        for code in codes
    )
    return (
        '<o:RouteDataResp xmlns:o="http://schemas.cjse.gov.uk/common/operations" VersionNumber="1.0">'
        f'<o:ResponseToSystem VersionNumber="1.0">{block}</o:ResponseToSystem>{statuses}</o:RouteDataResp>'
    )


def post(client: Client, body: bytes) -> urllib3.BaseHTTPResponse:
    """Call the service."""
    return client.post("/soap/cjse", body, Content_Type="text/xml; charset=utf-8", SOAPAction=ACTION)


def code_of(answer: urllib3.BaseHTTPResponse) -> int:
    """The code of an answer that keeps our schema."""
    assert answer.status == 200, answer.data
    response = parse(answer.data)[0][0]
    assert load_schema(BUNDLE.schema("cjse/endpoint.xsd")).accepts(response)
    return int(response.findtext(f"{TYPES}ResponseCode", ""))


@dataclass(frozen=True)
class Submitted:
    """A submit that went out, taken apart."""

    request: str
    source: str
    destination: str
    document: Element

    @property
    def ids(self) -> dict[str, str]:
        """Its system's block, by field."""
        block = next(
            self.document.find(f"{OPERATIONS}{name}")
            for name in ("RequestFromSystem", "ResponseToSystem")
            if self.document.find(f"{OPERATIONS}{name}") is not None
        )
        assert block is not None
        return {child.tag.rpartition("}")[2]: text_of(child) for child in block}

    @property
    def codes(self) -> list[int]:
        """The codes of a RouteDataResp."""
        return [int(text_of(node)) for node in self.document.iter(f"{OPERATIONS}Code")]

    @property
    def payload(self) -> str:
        """The content of a RouteData, unescaped once."""
        return text_of(next(self.document.iter(f"{ENTITIES}DataStreamContent")))


def submitted(body: bytes) -> Submitted:
    """A submit, taken apart."""
    request = parse(body)[0][0]
    fields = {child.tag.rpartition("}")[2]: child for child in request}
    document, _ = parse_inner(text_of(fields["Message"]), fields["Message"])
    return Submitted(
        request=text_of(fields["RequestID"]),
        source=text_of(fields["SourceID"]),
        destination=text_of(fields["DestinationID"]),
        document=document,
    )
