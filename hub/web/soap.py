"""/soap/...: the services that connectors bring, as SOAP clients call them; `?wsdl` describes one.

Rule: what is wrong with a message is said in the service's own codes, in an answer of status 200. A SOAP fault is for
what is no call at all, and an HTTP status for who may not call.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from starlette.concurrency import run_in_threadpool

from hub.contract import Outbound
from hub.contract.hops import Service
from hub.document.escape import escape
from hub.document.lift import lift
from hub.document.xml import parse_own, serialise
from hub.flow import Flow
from hub.flow.accept import Arrival
from hub.message.errors import Refused, Unavailable
from hub.settings import Settings
from hub.watch.metrics import TURNED_AWAY
from hub.web.access import SUBMIT, Access, Caller
from hub.web.body import TooLarge, read_body
from hub.web.problems import problem, unauthorised, unknown

XML = "text/xml; charset=utf-8"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


def router(flow: Flow, access: Access, settings: Settings) -> APIRouter:
    """The services over one hub."""
    api = APIRouter()
    seats = BoundedSemaphore(settings.max_requests)

    @api.get("/soap/{path}", responses={404: {}})
    def describe(request: Request, path: str) -> Response:
        """The description of a service (`?wsdl`), or a schema of one of its layers (`?xsd=NAME`)."""
        service = flow.found.services.get(path)
        described = None if service is None else _described(flow, service, request)
        return unknown() if described is None else Response(described, media_type=XML)

    @api.post("/soap/{path}", responses={401: {}, 403: {}, 404: {}, 413: {}, 500: {}, 503: {}})
    async def call(request: Request, path: str, authorization: Annotated[str | None, Header()] = None) -> Response:
        """Call a service. What is wrong with the message is said in its answer, in the service's own codes."""
        service = flow.found.services.get(path)
        if service is None:
            return _closing(unknown())
        if not seats.acquire(blocking=False):
            TURNED_AWAY.labels("busy").inc()
            return problem(503, "the hub is busy: send it again shortly", headers={"Retry-After": "1"})
        try:
            caller = await run_in_threadpool(access.caller, authorization)
            if caller is None:
                return _closing(unauthorised())
            raw = await read_body(request, settings.max_body_bytes)
            called = _Called(service, raw, request.headers.get("traceparent"))
            return await run_in_threadpool(_call, flow, caller, called)
        except TooLarge as refusal:
            return _closing(problem(413, "the document is too large", refusal.faults))
        finally:
            seats.release()

    return api


@dataclass(frozen=True, slots=True)
class _Called:
    """A service, what came for it, and the trace that its sender says it belongs to."""

    service: Service
    raw: bytes
    traceparent: str | None


def _closing(answer: Response) -> Response:
    """An answer to a body that was not read to its end: the rest is not waited for, but the connection closed."""
    answer.headers["Connection"] = "close"
    return answer


def _call(flow: Flow, caller: Caller, called: _Called) -> Response:
    """Take what is to be kept, and answer. Where nothing could be kept the caller is asked to come again."""
    if not caller.may(SUBMIT):
        return problem(403, "this key may not submit")
    party, service = flow.found.parties.get(caller.party), called.service
    trust = flow.trust_of(caller.party)
    try:
        call = service.call(lift(called.raw, flow.bounds), trust)
    except Refused as refusal:
        return _fault(refusal)
    if not call.keep:
        return _answer(service.reply(call, ()))
    arrival = Arrival(
        raw=called.raw,
        trust=trust,
        door="soap",
        dialects=(*party.sends.dialects, service.later) if party else (),
        traceparent=called.traceparent,
        faults=call.faults,
        hop=call.hop,
    )
    try:
        flow.door(arrival)
    except Unavailable:
        TURNED_AWAY.labels("away").inc()
        return _answer(service.put_off(call))
    return _answer(service.reply(call, call.faults))


def _answer(outbound: Outbound) -> Response:
    return Response(outbound.body, 200, media_type=outbound.content_type)


def _fault(refusal: Refused) -> Response:
    """A SOAP 1.1 fault for what is no call of the service; its words are ours."""
    words = " ".join(fault.words for fault in refusal.faults)
    body = (
        f'<soap:Envelope xmlns:soap="{SOAP}"><soap:Body><soap:Fault><faultcode>soap:Client</faultcode>'
        f"<faultstring>{escape(words)}</faultstring></soap:Fault></soap:Body></soap:Envelope>"
    )
    return Response(body.encode(), 500, media_type=XML)


def _described(flow: Flow, service: Service, request: Request) -> bytes | None:
    """The WSDL with the schema of its elements in it, or one of the schemas; None for what is neither."""
    bundle = flow.found.bundle
    wanted = request.query_params.get("xsd")
    if wanted is not None:
        known = {path.rpartition("/")[2]: path for path in service.schemas}
        if wanted not in known:
            return None
        return bundle.schema(known[wanted]).read_bytes().replace(b'schemaLocation="', b'schemaLocation="?xsd=')
    if not {"wsdl", "WSDL"}.intersection(request.query_params):
        return None
    types = serialise(parse_own(bundle.schema(service.schemas[0]).read_bytes())).decode()
    text = bundle.schema(service.description).read_text(encoding="utf-8")
    address = str(request.url.replace(query=""))
    return text.replace("{types}", types).replace("{address}", escape(address)).encode()
