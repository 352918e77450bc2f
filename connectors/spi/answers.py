"""What is answered in this interface, and what an answer from the other side means (police-spi 1.2 and 5.3).

Rule: a SOAP submit is answered with a code of its own layer only; the codes of the routing layer travel in a
RouteDataResp. The numbers 306 to 309 mean different things in the two.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from connectors.spi import ENDPOINT, OPERATIONS, SOAP, SOAP_12
from connectors.spi.envelopes import SUBMIT_LAYER
from connectors.spi.routedata import ROUTE_LAYER
from hub.contract import Again, Delivered, Final, Judgement, Opened, Outbound, PeerAnswer, Reply, Stamp
from hub.contract.answers import json_reply, judge_http
from hub.document import Element
from hub.document.escape import escape
from hub.document.xml import local_name, parse, text_of
from hub.message.errors import Fault, Refused, Severity

SUBMIT_TEXTS = {
    1: "Success",
    300: "FatalError",
    304: "WrongSource",
    305: "WrongDestination",
    306: "InvalidRequestID",
    307: "ModeError",
}
ROUTE_TEXTS = {
    301: "UnknownSystem",
    302: "PreviouslySent",
    306: "InvalidCorrelationID",
    307: "InvalidDataController",
    308: "InvalidOrganizationalUnitID",
    1310: "UnusableDataStream",
    1317: "UnknownRouteSourceSystem",
    1318: "UnknownRouteDestinationSystem",
    1321: "SameSourceAndDestinationSystem",
    1359: "DisallowedDataStreamType",
}
INVALID_OFFENCE_CODE = 309
"""The one code of a submit that speaks of the content (police-spi 1.2)."""

_CODE = re.compile(r"(MDI|OI)-([0-9]+)")
_WRONG_CONTENT = 1310


def reply_to(opened: Opened | None, reply: Reply, stamp: Stamp) -> Outbound:
    """The answer that the envelope expects: to a submit its response, to a refused RouteData a RouteDataResp.

    There is no positive answer to a RouteData (police-spi 5.1): its receipt is that of the hub's own interface.
    """
    layers = {} if opened is None else {layer.name: layer.root for layer in opened.layers}
    if opened is not None and SUBMIT_LAYER in layers:
        return _submit_response(opened, layers[SUBMIT_LAYER], reply, stamp)
    if not reply.accepted and ROUTE_LAYER in layers:
        return _xml(refusal(layers[ROUTE_LAYER], reply.faults), stamp)
    return json_reply(reply, stamp)


def _submit_response(opened: Opened, submit: Element, reply: Reply, stamp: Stamp) -> Outbound:
    code = min(_codes(reply.faults, "MDI"), default=1)
    envelope = submit.getroottree().getroot().tag.partition("}")[0][1:]
    space = envelope if envelope in (SOAP, SOAP_12) else SOAP
    body = (
        f'<soap:Envelope xmlns:soap="{space}"><soap:Body><SubmitResponseMes xmlns="{ENDPOINT}">'
        f"<RequestID>{escape(opened.ids.get('RequestID', ''))}</RequestID><ResponseCode>{code}</ResponseCode>"
        f"<ResponseText>{SUBMIT_TEXTS.get(code, 'FatalError')}</ResponseText>"
        "</SubmitResponseMes></soap:Body></soap:Envelope>"
    )
    kind = "application/soap+xml; charset=utf-8" if space == SOAP_12 else "text/xml; charset=utf-8"
    return Outbound(body=body.encode(), content_type=kind, name=f"{stamp.id}.xml")


def refusal(route_data: Element, faults: Sequence[Fault]) -> str:
    """A RouteDataResp: the sender's own block again, then every code in ascending order (police-spi 5.3).

    What is wrong with the content, by whatever rule, is 1310.
    """
    codes = _codes(faults, "OI")
    if any(_is_error(fault) and not _CODE.fullmatch(fault.rule) for fault in faults) or not codes:
        codes |= {_WRONG_CONTENT}
    system = route_data.find(f"{{{OPERATIONS}}}RequestFromSystem")
    route = route_data.findtext(f"{{{OPERATIONS}}}Routes/{{{OPERATIONS}}}Route/{{{OPERATIONS}}}RouteID")
    named = "" if route is None else f"<RouteId>{escape(route)}</RouteId>"
    statuses = "".join(
        f"<OperationStatus><StatusClass>FatalError</StatusClass><Code>{code}</Code>"
        f"<ResponseContext>{ROUTE_TEXTS[code]}</ResponseContext>{named}</OperationStatus>"
        for code in sorted(codes)
    )
    return (
        f'<RouteDataResp xmlns="{OPERATIONS}" VersionNumber="1.0"><ResponseToSystem VersionNumber="1.0">'
        f"{'' if system is None else _echo(system)}</ResponseToSystem>{statuses}</RouteDataResp>"
    )


def _echo(system: Element) -> str:
    """The children of a block as they came, without prefixes."""
    parts = []
    for child in system:
        name, label = local_name(child.tag), child.get("literalvalue")
        marked = "" if label is None else f' literalvalue="{escape(label).replace(chr(34), "&quot;")}"'
        parts.append(f"<{name}{marked}>{escape(text_of(child))}</{name}>")
    return "".join(parts)


def _codes(faults: Sequence[Fault], layer: str) -> set[int]:
    found = (_CODE.fullmatch(fault.rule) for fault in faults if _is_error(fault))
    return {int(match[2]) for match in found if match is not None and match[1] == layer}


def _is_error(fault: Fault) -> bool:
    return fault.severity is Severity.ERROR


def _xml(text: str, stamp: Stamp) -> Outbound:
    return Outbound(body=text.encode(), content_type="text/xml; charset=utf-8", name=f"{stamp.id}.xml")


# --- what the other side answers -------------------------------------------------------------------------------------


def judge(answer: PeerAnswer) -> Judgement:
    """By the response code where the answer has one, whatever its HTTP status; else by that status.

    1 to 199 is success, 200 to 299 and 0 ask for another try, from 300 on it is final (police-spi 1.2, 8.11). A
    RouteDataResp in place of an answer says that the content is wrong.
    """
    root = _root(answer.body)
    if root is None:
        return judge_http(answer)
    if root.tag == f"{{{OPERATIONS}}}RouteDataResp":
        codes = " ".join(node.text or "" for node in root.iter(f"{{{OPERATIONS}}}Code"))
        return Final(words=f"the recipient refuses it: {codes}", invalid=True)
    code = _response_code(root)
    if code is None:
        return judge_http(answer)
    if 1 <= code <= 199:
        return Delivered(words=f"the recipient answered {code}")
    if code < 300:
        return Again(words=f"the recipient answered {code}")
    return Final(words=f"the recipient answered {code}", invalid=code == INVALID_OFFENCE_CODE)


def _root(body: bytes) -> Element | None:
    if b"SubmitResponseMes" not in body and b"RouteDataResp" not in body:
        return None
    try:
        return parse(body)
    except Refused:
        return None


def _response_code(root: Element) -> int | None:
    node = next(root.iter(f"{{{ENDPOINT}}}ResponseCode"), None)
    try:
        return None if node is None else int(text_of(node))
    except ValueError:
        return None
