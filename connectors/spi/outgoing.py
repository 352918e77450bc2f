"""The envelopes around a payload, put on: RouteData, the SOAP submit, DeliverRequest (police-spi 1.3, 1.4, 1.7, 8.6).

Rule: receivers search this text literally, so its prefixes are fixed: RouteData in the default namespace, `cjseEntity`
for business entities, `NS2` for the submit; the payload is escaped once into DataStreamContent, and that into Message.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connectors.spi import DELIVER, ENDPOINT, ENTITIES, FORMAT, LIBRA, MESSAGING, METADATA, OPERATIONS, SOAP
from hub.contract import Outbound, Recipient, Report, ReportKind, Stamp
from hub.document.escape import escape
from hub.message.envelope import Message, Mode
from hub.message.hops import Hop

EXCHANGE = "Z00CJSE"
"""The exchange itself, as which the hub stands between the parties (police-spi 8.2)."""

SUBMIT_ACTION = '"http://schemas.cjse.gov.uk/endpoint/wsdl/submit"'
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'

ENVELOPE_OPTION = "envelope"
ENVELOPES = ("RouteData", "SOAP", "DeliverRequest", "none")
"""What a recipient's option `envelope` may say; RouteData where it says nothing."""

KEPT_FOR = timedelta(days=30)  # ours: DeliverRequest requires an expiry and no source says which

_DECLARED = re.compile(r"\s*<\?xml[^>]*\?>\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where a payload comes from and goes to: `system` is at the near end of this hop, the rest at the far ends."""

    system: str
    source: str
    destination: str
    stream: str


def outbound(payload: str, route: Route, message: Message, recipient: Recipient, stamp: Stamp) -> Outbound:
    """A payload in the envelope that the recipient takes."""
    chosen = recipient.options.get(ENVELOPE_OPTION, "RouteData")
    headers: dict[str, str] = {}
    if chosen == "SOAP":
        body = submit(route_data(payload, route, message, recipient, stamp), route, recipient, stamp)
        headers["SOAPAction"] = SUBMIT_ACTION
    elif chosen == "DeliverRequest":
        body = DECLARATION + deliver_request(payload, route, stamp)
    elif chosen == "none":
        body = payload
    else:
        body = DECLARATION + route_data(payload, route, message, recipient, stamp)
    return Outbound(
        body=body.encode(),
        content_type="text/xml; charset=utf-8",
        name=f"{stamp.id}.xml",
        headers=headers,
        hop=Hop(request=stamp.id, reference=stamp.id.casefold()),
    )


def route_data(payload: str, route: Route, message: Message, recipient: Recipient, stamp: Stamp) -> str:
    """RouteData around a payload. The correlation id is the delivery's own, one a hop (police-spi 8.3).

    The organisation unit and the data controller are those of the inbound case, where the recipient's options carry
    them, and left out otherwise (police-spi 3).
    """
    unit, controller = recipient.options.get("organizational_unit_id"), recipient.options.get("data_controller")
    system = (
        _element("CorrelationID", stamp.id)
        + _element("SystemID", route.system)
        + ("" if unit is None else _element("OrganizationalUnitID", unit))
        + ("" if controller is None else _element("DataController", controller))
        + (_element("TestOperation", "true") if message.envelope.mode is Mode.TEST else "")
    )
    stream = (
        _element("cjseEntity:System", route.source)
        + _element("cjseEntity:DataStreamType", route.stream)
        + _element("cjseEntity:SystemDataStreamID", stamp.id)
        + _element("cjseEntity:ContentType", "text/xml")
        + _element("cjseEntity:DataStreamContent", payload)
    )
    ends = (
        _element("RouteID", "1")
        + _element("RouteSourceSystem", route.source)
        + _element("RouteDestinationSystem", route.destination)
    )
    return (
        f'<RouteData xmlns="{OPERATIONS}" xmlns:cjseEntity="{ENTITIES}" VersionNumber="1.0" RequestResponse="Request">'
        f'<RequestFromSystem VersionNumber="1.0">{system}</RequestFromSystem>'
        f'<DataStream VersionNumber="1.0">{stream}</DataStream>'
        f'<Routes VersionNumber="1.0"><Route VersionNumber="1.0">{ends}</Route></Routes></RouteData>'
    )


def submit(document: str, route: Route, recipient: Recipient, stamp: Stamp) -> str:
    """A submit around a RouteData. The request id is the delivery's own, the same at every attempt (police-spi 5.4)."""
    destination = recipient.options.get("mdi_destination", route.destination)
    parts = (
        _element("NS2:RequestID", stamp.id)
        + _element("NS2:SourceID", recipient.options.get("mdi_source", EXCHANGE))
        + _element("NS2:DestinationID", destination)
        + _element("NS2:ExecMode", "ASYNCH")
        + _element("NS2:Timestamp", _moment(stamp.at))
        + _element("NS2:Message", document)
    )
    return (
        f'<soapenv:Envelope xmlns:soapenv="{SOAP}"><soapenv:Body>'
        f'<NS2:SubmitRequestMes xmlns:NS2="{ENDPOINT}">{parts}</NS2:SubmitRequestMes>'
        "</soapenv:Body></soapenv:Envelope>"
    )


def deliver_request(payload: str, route: Route, stamp: Stamp) -> str:
    """DeliverRequest around a payload, which stands in it as real XML (courts 1.4)."""

    def system(name: str) -> str:
        return (
            _element("msg:Name", name[:32])
            + _element("msg:OrgUnitCode", "Z000000")
            + _element("msg:Environment", "Production")
        )

    metadata = (
        f"<mm:OriginatingSystem>{system(route.source)}</mm:OriginatingSystem><mm:DataController>"
        + _element("msg:Organisation", "Z000000")
        + _element("msg:ReferencedElementURI", LIBRA)
        + "</mm:DataController>"
        + _element("mm:CreationDateTime", _moment(stamp.at))
        + _element("mm:ExpiryDateTime", _moment(stamp.at + KEPT_FOR))
        + _element("mm:SenderRequestedDestination", route.destination)
    )
    kind = _element("msg:Type", route.stream) + _element("msg:Version", "1.200")
    schema = _element("msg:Namespace", LIBRA) + _element("msg:Version", "0.6g")
    return (
        f'<DeliverRequest xmlns="{DELIVER}" xmlns:msg="{MESSAGING}" xmlns:mm="{METADATA}" xmlns:mf="{FORMAT}">'
        + _element("msg:MessageIdentifier", stamp.id)
        + f"<msg:RequestingSystem>{system('CJSE')}</msg:RequestingSystem><msg:AckRequested>1</msg:AckRequested>"
        + f'<mm:MessageMetadata SchemaVersion="1.0">{metadata}</mm:MessageMetadata>'
        + f'<mf:MessageFormat SchemaVersion="1.0"><mf:MessageType>{kind}</mf:MessageType>'
        + f"<mf:MessageSchema>{schema}</mf:MessageSchema></mf:MessageFormat>"
        + f"<Message>{_DECLARED.sub('', payload, count=1)}</Message></DeliverRequest>"
    )


def end_of_route(given: str | None, otherwise: str, field: str) -> tuple[str, tuple[Report, ...]]:
    """A system at one end of a route, and a report where it had to be filled in."""
    if given:
        return given[:50], ()
    words = "the system is not known: filled in"
    return otherwise, (Report(kind=ReportKind.DEFAULTED, path=f"/RouteData/Routes/Route/{field}", words=words),)


def _element(tag: str, text: str) -> str:
    return f"<{tag}>{escape(text)}</{tag}>"


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
