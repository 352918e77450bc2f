"""Documents attached to a message: how many, how large, of which kind, how marked. Pure: values in, faults out.

Rule: what is marked higher than OFFICIAL-SENSITIVE is refused (prisons-probation-cps 7.3), and so is a marking that
nobody can read. A kind of file that is not on the list is refused, whatever its sender calls it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256

from hub.document import Bounds
from hub.document.media import ENDINGS, media_type_of
from hub.message.case import AttachedDocument, CaseFileSubmission
from hub.message.envelope import Classification, Decoded
from hub.message.errors import Defect, Fault


def attachment_faults(decoded: Decoded, bounds: Bounds) -> tuple[Fault, ...]:
    """What is wrong with the documents of a message. Raises Defect where a Reader says of a content what is not so."""
    if not isinstance(decoded.body, CaseFileSubmission) or not decoded.body.documents:
        return ()
    documents = decoded.body.documents
    bodies = {one.sha256: one.body for one in decoded.attachments}
    faults = [
        Fault(path=path_of(number), rule=rule, words=f"{named(one)} {words}")
        for number, one in enumerate(documents, 1)
        for rule, words in _wrong(one, bodies, bounds)
    ]
    if len(documents) > bounds.max_attachments:
        words = f"The case file has {len(documents)} documents. At most {bounds.max_attachments} are taken in one."
        faults.append(Fault(path="CaseFileSubmission", rule="attachment-count", words=words))
    return tuple(faults)


def path_of(number: int) -> str:
    """Where a document stands in the canonical message; they are counted from 1."""
    return f"CaseFileSubmission/Document[{number}]"


def named(document: AttachedDocument) -> str:
    """A document as its sender knows it: by its own reference, else by its hash; never by its title."""
    return f"Document {(document.reference or document.sha256)[:80]}"


def _wrong(one: AttachedDocument, bodies: Mapping[str, bytes], bounds: Bounds) -> Iterator[tuple[str, str]]:
    """The rules that a document breaks, and what is to be said of it."""
    if one.marking is not None and one.marking.text.strip() and one.marking.value not in Classification.__members__:
        carried = " and ".join(Classification)
        yield (
            "attachment-marking",
            f"is marked higher than this exchange carries, or in words that it does not know. It carries {carried}. "
            "Do not send it here: take it to the channel for its marking, and tell your security officer.",
        )
    body = bodies.get(one.sha256)
    if body is None:
        yield "attachment-missing", "has no content. Send it with its content, in a format that carries documents."
        return
    _trust_nobody(one, body)
    if one.size > bounds.max_attachment_bytes:
        most = bounds.max_attachment_bytes
        yield "attachment-size", f"has {one.size} bytes. At most {most} are taken: scan it coarser, or split it."
    if one.media_type not in bounds.attachment_types:
        taken = ", ".join(ENDINGS.get(kind, kind) for kind in bounds.attachment_types)
        yield "attachment-media", f"is {one.media_type} by its first bytes. Send it as one of these: {taken}."


def _trust_nobody(one: AttachedDocument, body: bytes) -> None:
    if (one.sha256, one.size, one.media_type) != (sha256(body).hexdigest(), len(body), media_type_of(body)):
        raise Defect("a Reader says of an attached document what its content is not")
