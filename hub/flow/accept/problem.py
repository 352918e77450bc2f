"""What a door says where it gives no receipt: a problem document (RFC 9457) with every fault, and what to do.

Rule: a document is answered with the same members at every door.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from hub.flow.accept import Answer
from hub.flow.accept.receipt import fault_json
from hub.message.errors import Fault

_TITLES = {
    "refused": (422, "the document was not accepted: mend what is listed and send it again"),
    "conflict": (
        409,
        "this key came before with other bytes: give the new document a new key, or send the first one again",
    ),
}

_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def problem(status: int, title: str, faults: Sequence[Fault] = (), **more: object) -> dict[str, object]:
    """A problem document. `more` are further members."""
    body: dict[str, object] = {"type": "about:blank", "title": title, "status": status, **more}
    if faults:
        body["faults"] = [fault_json(fault) for fault in faults]
    return body


def refusal(answer: Answer) -> dict[str, object]:
    """The problem of a document that was refused, or of a key that came before with other bytes."""
    status, title = _TITLES[answer.outcome]
    if answer.outcome == "conflict":
        return problem(status, title, (), **answer.detail)
    return problem(status, title, answer.faults, submission=answer.submission_id)


def too_large(limit: int) -> Fault:
    """What is wrong with a document of more than `limit` bytes."""
    words = f"The document has more than {limit} bytes. Split it, or send attachments apart."
    return Fault(path="", rule="document-size", words=words)


def as_bytes(problem: Mapping[str, object]) -> bytes:
    """A problem document as JSON."""
    return _COMPACT(problem).encode()
