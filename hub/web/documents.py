"""The documents attached to a message, for a party that may read the message.

Rule: what a party may have is decided when it asks, by the form of the document and the kind of agency that it is
(hub/contract/documents.py). The sender may have its own. What a browser gets is a file to keep, never a page to show.
"""

from __future__ import annotations

from fastapi import Response

from hub.contract.documents import may_have
from hub.document.media import ENDINGS
from hub.flow import Flow
from hub.ledger.admission import MessageRow
from hub.message.case import AttachedDocument, CaseFileSubmission


class Documents:
    """Documents of one hub's messages."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow

    def of(self, row: MessageRow, party: str) -> tuple[AttachedDocument, ...]:
        """Those that a party may have, of a message that it may read."""
        return tuple(one for one, allowed in self._judged(row, party) if allowed)

    def content(self, row: MessageRow, party: str, sha256: str) -> Response | None:
        """The content of one as a file. None where there is none or the party may not have it, in whatever form."""
        found = [(one, allowed) for one, allowed in self._judged(row, party) if one.sha256 == sha256]
        if not found or not all(allowed for _, allowed in found):
            return None
        body = self._flow.ledger.document(row.id, sha256)
        if body is None:
            return None
        media_type = found[0][0].media_type
        name = f"{sha256[:16]}.{ENDINGS.get(media_type, 'bin')}"
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }
        return Response(body, media_type=media_type, headers=headers)

    def _judged(self, row: MessageRow, party: str) -> list[tuple[AttachedDocument, bool]]:
        """Every document of a message, and whether the party may have it."""
        if row.type != CaseFileSubmission.__name__:
            return []
        canonical = self._flow.ledger.canonical(row.id)
        body = self._flow.shelf.message(row.id, canonical).body if canonical else None
        if not isinstance(body, CaseFileSubmission):
            return []
        agency, tables = self._flow.trust_of(party).agency, self._flow.found.tables
        own = row.party == party
        return [(one, own or may_have(one, agency, tables)) for one in body.documents]


def described(document: AttachedDocument) -> dict[str, object]:
    """What is told of a document beside its content."""
    return {
        "sha256": document.sha256,
        "size": document.size,
        "media_type": document.media_type,
        "reference": document.reference,
        "title": document.title,
        "form": document.form and (document.form.value or document.form.text),
        "marking": document.marking and (document.marking.value or document.marking.text),
    }
