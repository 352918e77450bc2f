"""What is answered in this interface, and what an answer from the other side means (police-spi 1.2 and 5.3).

Rule: a SOAP submit is answered with a code of its own layer only; the codes of the routing layer travel in a
RouteDataResp. The numbers 306 to 309 mean different things in the two.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from connectors.spi import ENDPOINT, OPERATIONS, SOAP, SOAP_12
from connectors.spi.codes import INVALID_OFFENCE_CODE, ROUTE_TEXTS, SUBMIT_TEXTS, UNUSABLE, route_code, submit_code
from connectors.spi.envelopes import SUBMIT_LAYER
from connectors.spi.hops import Status, block_of, route_data_resp
from connectors.spi.routedata import ROUTE_LAYER
from hub.contract import Again, Delivered, Final, Judgement, Opened, Outbound, PeerAnswer, Reply, Stamp
from hub.contract.answers import json_reply, judge_http
from hub.document import Element
from hub.document.escape import escape
from hub.document.xml import parse, text_of
from hub.message.errors import Fault, Refused, Severity

NO_REQUEST = "none"
"""Stands where a request has no id that an answer could repeat: the element may not be empty (police-spi 1.1)."""

_BLANK = re.compile(r"\s+")


def reply_to(opened: Opened | None, reply: Reply, stamp: Stamp) -> Outbound:
    """The answer that the envelope expects: to a submit its response, to a refused RouteData a RouteDataResp.

    There is no positive answer to a RouteData (police-spi 5.1): its receipt is that of the hub's own interface.
    """
    layers = {} if opened is None else {layer.name: layer.root for layer in opened.layers}
    if opened is not None and SUBMIT_LAYER in layers:
        space = layers[SUBMIT_LAYER].getroottree().getroot().tag.partition("}")[0][1:]
        asker = Asker(opened.ids.get("RequestID", ""), space)
        return submit_response(asker, submit_code(reply.faults), f"{stamp.id}.xml")
    if not reply.accepted and ROUTE_LAYER in layers:
        text = refusal(layers[ROUTE_LAYER], reply.faults)
        return Outbound(body=text.encode(), content_type="text/xml; charset=utf-8", name=f"{stamp.id}.xml")
    return json_reply(reply, stamp)


class Asker(NamedTuple):
    """Who is answered: by the id of the request, in an envelope of the kind that asked (its namespace)."""

    request: str
    space: str


def submit_response(asker: Asker, code: int, name: str) -> Outbound:
    """A SubmitResponseMes. The same request and code always give the same bytes."""
    return response("SubmitResponseMes", asker, (code, SUBMIT_TEXTS.get(code, "FatalError")), name)


def response(element: str, asker: Asker, said: tuple[int, str], name: str) -> Outbound:
    """The answer to a submit or a retrieve: the id of its request, a code and its text."""
    space = asker.space if asker.space in (SOAP, SOAP_12) else SOAP
    request = _BLANK.sub("", asker.request) or NO_REQUEST
    code, text = said
    body = (
        f'<soap:Envelope xmlns:soap="{space}"><soap:Body><{element} xmlns="{ENDPOINT}">'
        f"<RequestID>{escape(request)}</RequestID><ResponseCode>{code}</ResponseCode>"
        f"<ResponseText>{text}</ResponseText></{element}></soap:Body></soap:Envelope>"
    )
    kind = "application/soap+xml; charset=utf-8" if space == SOAP_12 else "text/xml; charset=utf-8"
    return Outbound(body=body.encode(), content_type=kind, name=name)


def refusal(route_data: Element, faults: Sequence[Fault]) -> str:
    """A RouteDataResp: the sender's own block again, then every code in ascending order (police-spi 5.3).

    What is wrong with the content, by whatever rule, is 1310.
    """
    codes = {route_code(fault.rule) for fault in faults if fault.severity is Severity.ERROR} or {UNUSABLE}
    return route_data_resp(block_of(route_data), [Status(code, ROUTE_TEXTS.get(code, "")) for code in sorted(codes)])


# --- what the other side answers -------------------------------------------------------------------------------------


def judge(answer: PeerAnswer) -> Judgement:
    """By the response code where the answer has one, whatever its HTTP status; else by that status.

    1 to 199 is success, 200 to 299 and 0 ask for another try, from 300 on it is final (police-spi 1.2, 8.11). A success
    that names another request is no answer to this one, and final. A RouteDataResp in place of an answer says that the
    content is wrong.
    """
    root = _root(answer.body)
    if root is None:
        return judge_http(answer)
    if root.tag == f"{{{OPERATIONS}}}RouteDataResp":
        codes = " ".join(node.text or "" for node in root.iter(f"{{{OPERATIONS}}}Code"))
        return Final(words=f"the recipient refuses it: {codes}", invalid=True)
    code = _response_code(root)
    return judge_http(answer) if code is None else _judge_code(code, root, answer)


def _judge_code(code: int, root: Element, answer: PeerAnswer) -> Judgement:
    if 1 <= code <= 199:
        named = next((text_of(node).strip() for node in root.iter(f"{{{ENDPOINT}}}RequestID")), "")
        if named and answer.id and named != answer.id:
            return Final(words="the recipient answered a request that is not this one", invalid=False)
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
