"""What a caller may read: its own submissions, the messages it sent or received, their timelines, its feed, its cases.

Rule: every look at a case or a message is written to the audit (Data Protection Act 2018 section 62).
"""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from hub.flow import Flow
from hub.flow.cases import progress_of
from hub.ledger.account import AuditRow, NewAudit
from hub.ledger.admission import MessageRow
from hub.message.identifiers import read_asn, read_ptiurn
from hub.web.access import READ, Access, Caller
from hub.web.documents import Documents, described
from hub.web.problems import problem, unauthorised, unknown

Authorization = Annotated[str | None, Header()]


class CaseSearch(BaseModel):
    """What to look a case up by. It is a POST, so that no identifier stands in a URL or a log."""

    model_config = ConfigDict(extra="forbid")

    urn: str | None = Field(None, max_length=50)
    asn: str | None = Field(None, max_length=30)


def router(flow: Flow, access: Access) -> APIRouter:
    """The reading side over one hub."""
    api = APIRouter()
    books = Reads(flow, access)

    @api.get("/v1/submissions/{submission_id}")
    def submission(submission_id: str, authorization: Authorization = None) -> Response:
        """The receipt of a submission, as it was given."""
        return books.submission(submission_id, authorization)

    @api.get("/v1/submissions/{submission_id}/outcome")
    def outcome(
        submission_id: str,
        authorization: Authorization = None,
        after: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> Response:
        """What came of a submission so far: how many of its cases were accepted and refused, and which messages."""
        return books.outcome(submission_id, (after, limit), authorization)

    @api.get("/v1/messages/{message_id}")
    def message(message_id: str, authorization: Authorization = None) -> Response:
        """Where a message stands, and its deliveries."""
        return books.message(message_id, authorization)

    @api.get("/v1/messages/{message_id}/timeline")
    def timeline(message_id: str, authorization: Authorization = None) -> Response:
        """Everything that happened to a message, in order."""
        return books.timeline(message_id, authorization)

    @api.get("/v1/messages/{message_id}/documents/{sha256}", responses={404: {}})
    def document(message_id: str, sha256: str, authorization: Authorization = None) -> Response:
        """The content of a document that is attached to a message, as a file."""
        return books.document(message_id, sha256, authorization)

    @api.get("/v1/cases/{case_id}")
    def case(case_id: str, authorization: Authorization = None) -> Response:
        """A case as it is now, for a party that has sent or received a message of it."""
        return books.case(case_id, authorization)

    @api.post("/v1/cases/search")
    def search(wanted: CaseSearch, authorization: Authorization = None) -> Response:
        """The id of a case by PTIURN or ASN."""
        return books.search(wanted, authorization)

    @api.get("/v1/feed")
    def feed(
        authorization: Authorization = None,
        after: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> Response:
        """Events after a position, in order, that concern the caller."""
        return books.feed(after, limit, authorization)

    return api


class Reads:
    """Reading for one hub: who asks, may it, what is there; and a note of it."""

    def __init__(self, flow: Flow, access: Access) -> None:
        self._ledger, self._access, self._documents = flow.ledger, access, Documents(flow)

    def submission(self, submission_id: str, authorization: str | None) -> Response:
        """The receipt of the caller's own submission."""
        caller = self._reader(authorization)
        if isinstance(caller, Response):
            return caller
        row = self._ledger.submission(submission_id)
        if row is None or row.party != caller.party:
            return unknown()
        return Response(row.receipt, media_type="application/json")

    def outcome(self, submission_id: str, page: tuple[int, int], authorization: str | None) -> Response:
        """The verdict on the caller's own submission as it is now, its faults, and a page of its messages.

        `page` is after which ordinal, and how many. `case` is the number of a message's case in a file of many.
        """
        caller = self._reader(authorization)
        if isinstance(caller, Response):
            return caller
        row = self._ledger.submission(submission_id)
        if row is None or row.party != caller.party:
            return unknown()
        progress = progress_of(row.cursor)
        found = self._ledger.messages_of(submission_id, *page)
        told: dict[str, object] = {"submission": row.id, "status": str(row.verdict)}
        if progress is not None:
            told["cases"] = progress.counts()
        told["faults"] = json.loads(row.faults)
        told["messages"] = [{"case": place + 1, "id": message_id} for place, message_id in found]
        told["next"] = found[-1][0] + 1 if len(found) == page[1] else None
        return JSONResponse(told)

    def message(self, message_id: str, authorization: str | None) -> Response:
        """A message that the caller sent or is to receive."""
        found = self._message(message_id, authorization)
        if isinstance(found, Response):
            return found
        caller, row = found
        deliveries = [
            {
                "id": one.id,
                "party": one.party,
                "dialect": one.dialect,
                "status": str(one.status),
                "attempts": one.attempts,
                "reason": one.reason,
            }
            for one in self._ledger.deliveries_of(message_id)
            if row.party == caller.party or one.party == caller.party
        ]
        self._note(caller, "read", "message", message_id, row.case_id)
        return JSONResponse(
            {
                "id": row.id,
                "type": row.type,
                "status": str(row.status),
                "reason": row.reason,
                "case": row.case_id,
                "submission": row.submission_id if row.party == caller.party else None,
                "accepted_at": _shown(row.accepted_at),
                "deliveries": deliveries,
                "documents": [described(one) for one in self._documents.of(row, caller.party)],
            }
        )

    def document(self, message_id: str, sha256: str, authorization: str | None) -> Response:
        """A document of a message that the caller sent or is to receive, where it may have that document."""
        found = self._message(message_id, authorization)
        if isinstance(found, Response):
            return found
        caller, row = found
        content = self._documents.content(row, caller.party, sha256)
        if content is None:
            return unknown()
        self._note(caller, "read", "message", message_id, row.case_id, document=sha256)
        return content

    def timeline(self, message_id: str, authorization: str | None) -> Response:
        """The steps of a message; a recipient sees its own deliveries only."""
        found = self._message(message_id, authorization)
        if isinstance(found, Response):
            return found
        caller, row = found
        own = {one.id for one in self._ledger.deliveries_of(message_id) if one.party == caller.party}
        steps = [
            _step(line)
            for line in self._ledger.timeline(message_id)
            if row.party == caller.party or line.delivery_id is None or line.delivery_id in own
        ]
        self._note(caller, "read", "message", message_id, row.case_id)
        return JSONResponse({"message": message_id, "steps": steps})

    def case(self, case_id: str, authorization: str | None) -> Response:
        """A case to which the caller is a party."""
        caller = self._reader(authorization)
        if isinstance(caller, Response):
            return caller
        view = self._ledger.case_view(case_id)
        if view is None or not self._ledger.takes_part(caller.party, case_id):
            return unknown()
        self._note(caller, "read", "case", case_id, case_id)
        return JSONResponse(_plain(dataclasses.asdict(view)))

    def search(self, wanted: CaseSearch, authorization: str | None) -> Response:
        """The case of a PTIURN or ASN, where the caller is a party to it."""
        caller = self._reader(authorization)
        if isinstance(caller, Response):
            return caller
        urn = read_ptiurn(wanted.urn).value if wanted.urn else None
        asn = read_asn(wanted.asn).value if wanted.asn else None
        pairs = [(kind, value) for kind, value in (("PTIURN", urn), ("ASN", asn)) if value]
        if not pairs:
            return problem(422, "give a urn or an asn that can be read")
        found = {case for kind, value in pairs if (case := self._ledger.find_case(kind, value))}
        visible = sorted(case for case in found if self._ledger.takes_part(caller.party, case))
        for case in visible:
            self._note(caller, "search", "case", case, case)
        return JSONResponse({"cases": visible})

    def feed(self, after: int, limit: int, authorization: str | None) -> Response:
        """Sealed events for the caller; `next` is the position to ask after next time."""
        caller = self._reader(authorization)
        if isinstance(caller, Response):
            return caller
        head = self._ledger.feed_head()
        events = self._ledger.feed_after(after, caller.party, limit)
        rows = [
            {
                "position": one.position,
                "id": one.id,
                "type": one.type,
                "message": one.message_id,
                "at": _shown(one.at),
                "data": json.loads(one.body),
            }
            for one in events
        ]
        return JSONResponse({"events": rows, "next": events[-1].position if len(events) == limit else max(after, head)})

    def _reader(self, authorization: str | None) -> Caller | Response:
        caller = self._access.caller(authorization)
        if caller is None:
            return unauthorised()
        return caller if caller.may(READ) else problem(403, "this key may not read")

    def _message(self, message_id: str, authorization: str | None) -> tuple[Caller, MessageRow] | Response:
        caller = self._reader(authorization)
        if isinstance(caller, Response):
            return caller
        row = self._ledger.message(message_id)
        if row is None or not (row.party == caller.party or self._receives(caller, message_id)):
            return unknown()
        return caller, row

    def _receives(self, caller: Caller, message_id: str) -> bool:
        return any(one.party == caller.party for one in self._ledger.deliveries_of(message_id))

    def _note(
        self, caller: Caller, action: str, kind: str, subject: str, case_id: str | None, **detail: object
    ) -> None:
        message_id = subject if kind == "message" else None
        row = NewAudit(
            actor=caller.party,
            action=action,
            subject_kind=kind,
            subject_id=subject,
            message_id=message_id,
            case_id=case_id,
            detail=detail,
        )
        self._ledger.note([row])


def _step(line: AuditRow) -> dict[str, object]:
    return {
        "at": _shown(line.at),
        "action": line.action,
        "actor": line.actor,
        "delivery": line.delivery_id,
        "detail": dict(line.detail),
    }


def _shown(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return _shown(value) if isinstance(value, datetime) else value
