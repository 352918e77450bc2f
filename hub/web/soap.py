"""/soap/...: the doors that connectors bring, as SOAP clients call them; `?wsdl` describes one.

Rule: what is wrong with a message is said in the door's own codes, in an answer of status 200. A SOAP fault is for
what is no call at all, and an HTTP status for who may not call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response

from hub.contract.hops import SoapDoor
from hub.document.escape import escape
from hub.document.xml import parse_own, serialise
from hub.flow import Flow
from hub.flow.accept import Arrival
from hub.flow.accept.room import Full
from hub.message.errors import Defect, Refused, Unavailable
from hub.watch.metrics import TURNED_AWAY
from hub.web.access import SUBMIT, Caller
from hub.web.entrance import Entrance, closing
from hub.web.problems import problem, unknown

XML = "text/xml; charset=utf-8"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


def router(flow: Flow, entrance: Entrance) -> APIRouter:
    """The doors over one hub."""
    api = APIRouter()

    @api.get("/soap/{path}", responses={404: {}})
    def describe(request: Request, path: str) -> Response:
        """The description of a door (`?wsdl`), or a schema of one of its layers (`?xsd=NAME`)."""
        door = flow.found.soap_doors.get(path)
        described = None if door is None else _described(flow, door, request)
        return unknown() if described is None else Response(described, media_type=XML)

    @api.post("/soap/{path}", responses={401: {}, 403: {}, 404: {}, 413: {}, 500: {}, 503: {}})
    async def call(request: Request, path: str, authorization: Annotated[str | None, Header()] = None) -> Response:
        """Call a door. What is wrong with the message is said in its answer, in the door's own codes."""
        door = flow.found.soap_doors.get(path)
        if door is None:
            return closing(unknown())
        traceparent = request.headers.get("traceparent")

        def take(caller: Caller, raw: bytes) -> Response:
            return _call(flow, caller, _Called(door, raw, traceparent))

        return await entrance.admit(request, authorization, take)

    return api


@dataclass(frozen=True, slots=True)
class _Called:
    """A door, what came for it, and the trace that its sender says it belongs to."""

    door: SoapDoor
    raw: bytes
    traceparent: str | None


def _call(flow: Flow, caller: Caller, called: _Called) -> Response:
    """Take what is to be kept, and answer. Where nothing could be kept the caller is asked to come again."""
    if not caller.may(SUBMIT):
        return problem(403, "this key may not submit")
    party, door = flow.found.parties.get(caller.party), called.door
    trust = flow.trust_of(caller.party)
    arrival = Arrival(
        raw=called.raw,
        trust=trust,
        door="soap",
        dialects=(*party.sends.dialects, door.later) if party else (),
        traceparent=called.traceparent,
        soap=door.path,
    )
    try:
        call, away = flow.call(arrival)
    except Refused as refusal:
        return _soap_fault("Client", " ".join(fault.words for fault in refusal.faults), 500)
    except Unavailable:
        TURNED_AWAY.labels("away").inc()
        return _soap_fault("Server", "nothing was kept: send the same again later", 503)
    except Defect:
        return _soap_fault("Server", "the hub could not read this; the failure is ours and was logged", 500)
    if away is not None:
        TURNED_AWAY.labels("disk" if isinstance(away, Full) else "away").inc()
    answer = door.reply(call, call.faults) if away is None else door.put_off(call)
    return Response(answer.body, 200, media_type=answer.content_type)


def _soap_fault(whose: str, words: str, status: int) -> Response:
    """A SOAP 1.1 fault, for what gets no answer of the door's own; its words are ours."""
    body = (
        f'<soap:Envelope xmlns:soap="{SOAP}"><soap:Body><soap:Fault><faultcode>soap:{whose}</faultcode>'
        f"<faultstring>{escape(words)}</faultstring></soap:Fault></soap:Body></soap:Envelope>"
    )
    return Response(body.encode(), status, media_type=XML)


def _described(flow: Flow, door: SoapDoor, request: Request) -> bytes | None:
    """The WSDL with the schema of its elements in it, or one of the schemas; None for what is neither."""
    bundle = flow.found.bundle
    wanted = request.query_params.get("xsd")
    if wanted is not None:
        known = {path.rpartition("/")[2]: path for path in door.schemas}
        if wanted not in known:
            return None
        return bundle.schema(known[wanted]).read_bytes().replace(b'schemaLocation="', b'schemaLocation="?xsd=')
    if not {"wsdl", "WSDL"}.intersection(request.query_params):
        return None
    types = serialise(parse_own(bundle.schema(door.schemas[0]).read_bytes())).decode()
    text = bundle.schema(door.description).read_text(encoding="utf-8")
    address = str(request.url.replace(query=""))
    return text.replace("{types}", types).replace("{address}", escape(address)).encode()
