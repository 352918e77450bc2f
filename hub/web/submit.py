"""POST /v1/messages: the HTTP door."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import JSONResponse

from hub.flow import Flow
from hub.flow.accept import Answer, Arrival
from hub.flow.accept.problem import refusal
from hub.flow.accept.room import Full
from hub.message.errors import Unavailable
from hub.watch.metrics import TURNED_AWAY
from hub.web.access import SUBMIT, Caller
from hub.web.entrance import Entrance
from hub.web.problems import MEDIA, problem

STATUS = {"accepted": 202, "pending": 202, "repeated": 202, "refused": 422, "conflict": 409}


def router(flow: Flow, entrance: Entrance) -> APIRouter:
    """The door over one hub."""
    api = APIRouter()

    @api.post("/v1/messages", status_code=202, responses={401: {}, 403: {}, 409: {}, 413: {}, 422: {}, 503: {}})
    async def submit(
        request: Request,
        authorization: Annotated[str | None, Header()] = None,
        idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
    ) -> Response:
        """Submit a document in any dialect that the party may use; the answer says what was kept or what is wrong."""
        traceparent = request.headers.get("traceparent")
        xml = "xml" in request.headers.get("accept", "")

        def take(caller: Caller, raw: bytes) -> Response:
            return _submit(flow, caller, _Document(raw, idempotency_key, traceparent), xml)

        try:
            return await entrance.admit(request, authorization, take)
        except Full as cause:
            TURNED_AWAY.labels("disk").inc()
            title = f"nothing new is taken now: {cause}. Nothing was kept: send it again later"
            return problem(503, title, headers={"Retry-After": "60"})
        except Unavailable:
            TURNED_AWAY.labels("away").inc()
            return problem(503, "nothing was kept: send it again shortly", headers={"Retry-After": "2"})

    return api


@dataclass(frozen=True, slots=True)
class _Document:
    """What came, what its sender calls it, and the trace that the sender says it belongs to."""

    raw: bytes
    key: str | None
    traceparent: str | None


def _submit(flow: Flow, caller: Caller, document: _Document, xml: bool) -> Response:
    """Admit a document; a caller that asks for XML is answered as its own system expects."""
    if not caller.may(SUBMIT):
        return problem(403, "this key may not submit")
    arrival = _arrival(flow, caller, document)
    answer = flow.door(arrival)
    if xml and (reply := flow.reply(arrival, answer)):
        return Response(reply.body, STATUS[answer.outcome], media_type=reply.content_type)
    return _response(answer)


def _arrival(flow: Flow, caller: Caller, document: _Document) -> Arrival:
    party = flow.found.parties.get(caller.party)
    dialects = party.sends.dialects if party else ()
    trust = flow.trust_of(caller.party)
    return Arrival(
        raw=document.raw,
        trust=trust,
        door="http",
        dialects=dialects,
        key=document.key,
        traceparent=document.traceparent,
    )


def _response(answer: Answer) -> Response:
    if not answer.accepted:
        return JSONResponse(refusal(answer), STATUS[answer.outcome], media_type=MEDIA)
    location = {"Location": f"/v1/submissions/{answer.submission_id}"}
    return Response(answer.receipt, STATUS[answer.outcome], location, "application/json")
