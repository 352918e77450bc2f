"""The envelopes around a payload, taken off: the SOAP submit, RouteData, DeliverRequest (police-spi 1, courts 1.1-1.4).

Rule: whatever is wrong with an envelope is a fault beside the others, never the end of reading, so that a sender learns
of everything at once and the reply can still name the request.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from connectors.spi import DELIVER, ENDPOINT, MESSAGING, METADATA
from connectors.spi.recognising import (
    DELIVER_REQUEST,
    ENVELOPES,
    ROUTE_DATA,
    SUBMIT_REQUEST,
    Wanted,
    submit_in,
    twif_payload,
)
from connectors.spi.repairing import in_namespace, repair
from connectors.spi.routedata import Unwrapping, take_off_route
from hub.contract import Opened, SchemaRef, Trust
from hub.document import Document, Element
from hub.document.xml import local_name, parse_inner, serialise, text_of
from hub.message.errors import Refused

SUBMIT_LAYER, DELIVER_LAYER = "SOAP submit", "DeliverRequest"
SUBMIT_SCHEMA = SchemaRef(path="cjse/endpoint.xsd", gate=False)
DELIVER_SCHEMA = SchemaRef(path="cjse/deliver.xsd", gate=False)

_SUBMIT_IDS = {
    "RequestID": "RequestID",
    "SourceID": "MDISourceID",
    "DestinationID": "MDIDestinationID",
    "ExecMode": "ExecMode",
    "Timestamp": "Timestamp",
}
"""What is kept of a submit, and under which name, since RouteData has a SourceID and a DestinationID too."""

_DELIVER_IDS = {
    "MessageIdentifier": f"{{{MESSAGING}}}MessageIdentifier",
    "RequestingSystem": f"{{{MESSAGING}}}RequestingSystem/{{{MESSAGING}}}Name",
    "OriginatingSystem": f"{{{METADATA}}}MessageMetadata/{{{METADATA}}}OriginatingSystem/{{{MESSAGING}}}Name",
    "DataController": f"{{{METADATA}}}MessageMetadata/{{{METADATA}}}DataController/{{{MESSAGING}}}Organisation",
}


def take_off(document: Document, wanted: Wanted, trust: Trust) -> Opened:
    """The payload out of its envelopes, the outermost layer first."""
    if document.root is None:
        raise Refused(at="", rule="an XML document")
    off = Unwrapping(line=document.line)
    inner = take_off_submit(document.root, off, trust) if document.root.tag in ENVELOPES else document.root
    if inner is not None and inner.tag == ROUTE_DATA:
        inner = take_off_route(inner, off, wanted, trust)
    elif inner is not None and inner.tag == DELIVER_REQUEST:
        inner = _delivered(inner, off)
    elif inner is not None and (bare := twif_payload(inner, wanted)) is not None:
        inner = in_namespace(bare)
    if inner is not None:
        inner = _repaired(inner, off, wanted, trust)
    if inner is not None and inner.tag != wanted.root:
        rule = "OI-1310" if off.layers else "root"
        words = f"expected {local_name(wanted.root)} in the namespace of the interface"
        off.fault(inner, f"/{local_name(str(inner.tag))}", rule, words)
        inner = None
    if inner is not None:
        off.layer(local_name(wanted.root), inner, wanted.schema)
    return Opened(
        layers=tuple(off.layers),
        root=inner,
        payload=off.payload,
        line=off.line,
        reference=_reference(off.ids),
        ids=off.ids,
        faults=tuple(off.faults),
        traits=trust.traits,
    )


def _repaired(payload: Element, off: Unwrapping, wanted: Wanted, trust: Trust) -> Element:
    """The payload, mended where the sender's traits say so; what then goes on is the mended text."""
    mended, faults = repair(payload, wanted.root, trust.traits)
    if faults:
        off.faults += faults
        off.payload = None if off.payload is None else serialise(mended).decode()
    return mended


def _reference(ids: Mapping[str, str]) -> str | None:
    """The sender's own id: SystemID and CorrelationID together (police-spi 5.3), or DeliverRequest's identifier."""
    if ids.get("CorrelationID"):
        return f"{ids.get('SystemID', '')}/{ids['CorrelationID']}"
    return ids.get("MessageIdentifier") or None


def take_off_submit(envelope: Element, off: Unwrapping, trust: Trust) -> Element | None:
    """The document in the Message of a submit."""
    submit = submit_in(envelope, SUBMIT_REQUEST)
    if submit is None:
        off.fault(envelope, "/Envelope/Body", "MDI-300", "expected a SubmitRequestMes in the body")
        return None
    off.layer(SUBMIT_LAYER, submit, SUBMIT_SCHEMA)
    for name, kept in _SUBMIT_IDS.items():
        node = submit.find(f"{{{ENDPOINT}}}{name}")
        if node is not None:
            off.ids[kept] = text_of(node)
    for code, name, words in _submit_faults(submit, off.ids, trust):
        off.fault(submit.find(f"{{{ENDPOINT}}}{name}"), f"/SubmitRequestMes/{name}", f"MDI-{code}", words)
    message = submit.find(f"{{{ENDPOINT}}}Message")
    if message is None:
        off.fault(None, "/SubmitRequestMes/Message", "MDI-300", "a submit needs a Message")
        return None
    try:
        inner, off.line = parse_inner(text_of(message), message, line_offset=off.line)
    except Refused as refused:
        off.fault(None, "/SubmitRequestMes/Message", "MDI-300", "the Message is not an XML document, escaped once")
        off.faults += refused.faults
        return None
    return inner


def _submit_faults(submit: Element, ids: Mapping[str, str], trust: Trust) -> Iterator[tuple[int, str, str]]:
    """Code, element and words, in ascending order of the codes (police-spi 1.2).

    Identities are compared, ignoring case and nothing else, where the party's traits name them: `mdi_source` and
    `mdi_destination`, each of which may name several.
    """
    if "Timestamp" not in ids:
        yield 300, "Timestamp", "FatalError: a submit needs the time at which it was sent"
    source, known = ids.get("MDISourceID", ""), trust.traits.get("mdi_source", "").lower().split()
    if not source or (known and source.lower() not in known):
        yield 304, "SourceID", "WrongSource: this is not the id of the sender on this hop"
    targets = {text_of(node).lower() for node in submit.findall(f"{{{ENDPOINT}}}DestinationID")} - {""}
    ours = set(trust.traits.get("mdi_destination", "").lower().split())
    if not targets or (ours and not targets & ours):
        yield 305, "DestinationID", "WrongDestination: none of the ids is ours"
    if not re.fullmatch(r"\S+", ids.get("RequestID", "")):
        yield 306, "RequestID", "InvalidRequestID: an id without white space is needed"
    if ids.get("ExecMode") != "ASYNCH":
        yield 307, "ExecMode", "ModeError: the only mode is ASYNCH"


def _delivered(deliver: Element, off: Unwrapping) -> Element | None:
    """The element that a DeliverRequest carries as real XML (courts 1.4)."""
    off.layer(DELIVER_LAYER, deliver, DELIVER_SCHEMA)
    for name, path in _DELIVER_IDS.items():
        node = deliver.find(path)
        if node is not None:
            off.ids[name] = text_of(node).strip()
    message = deliver.find(f"{{{DELIVER}}}Message")
    inner = None if message is None else next(iter(message), None)
    if inner is None:
        off.fault(message, "/DeliverRequest/Message", "OI-1310", "UnusableDataStream: the Message is empty")
    return inner
