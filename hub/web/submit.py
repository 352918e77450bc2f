"""POST /v1/messages: the HTTP door."""

from __future__ import annotations

from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from hub.flow import Flow
from hub.flow.accept import Answer, Arrival
from hub.flow.accept.problem import refusal
from hub.flow.accept.room import Full
from hub.message.errors import Unavailable
from hub.settings import Settings
from hub.watch.metrics import TURNED_AWAY
from hub.web.access import SUBMIT, Access, Caller
from hub.web.body import TooLarge, read_body
from hub.web.problems import MEDIA, problem, unauthorised

STATUS = {"accepted": 202, "pending": 202, "repeated": 202, "refused": 422, "conflict": 409}


def router(flow: Flow, access: Access, settings: Settings) -> APIRouter:
    """The door over one hub."""
    api = APIRouter()
    seats = BoundedSemaphore(settings.max_requests)

    @api.post("/v1/messages", status_code=202, responses={401: {}, 403: {}, 409: {}, 413: {}, 422: {}, 503: {}})
    async def submit(
        request: Request,
        authorization: Annotated[str | None, Header()] = None,
        idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
    ) -> Response:
        """Submit a document in any dialect that the party may use; the answer says what was kept or what is wrong."""
        if not seats.acquire(blocking=False):
            TURNED_AWAY.labels("busy").inc()
            return problem(503, "the hub is busy: send it again shortly", headers={"Retry-After": "1"})
        try:
            caller = await run_in_threadpool(access.caller, authorization)
            if caller is None:
                return _closing(unauthorised())
            raw = await read_body(request, settings.max_body_bytes)
            document = _Document(raw, idempotency_key, request.headers.get("traceparent"))
            xml = "xml" in request.headers.get("accept", "")
            return await run_in_threadpool(_submit, flow, caller, document, xml)
        except TooLarge as refusal:
            return _closing(problem(413, "the document is too large", refusal.faults))
        except Full as cause:
            TURNED_AWAY.labels("disk").inc()
            title = f"nothing new is taken now: {cause}. Nothing was kept: send it again later"
            return problem(503, title, headers={"Retry-After": "60"})
        except Unavailable:
            TURNED_AWAY.labels("away").inc()
            return problem(503, "nothing was kept: send it again shortly", headers={"Retry-After": "2"})
        finally:
            seats.release()

    return api


def _closing(answer: Response) -> Response:
    """An answer to a body that was not read to its end: the rest is not waited for, but the connection closed."""
    answer.headers["Connection"] = "close"
    return answer


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
