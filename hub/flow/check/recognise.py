"""Which dialect a document is in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from hub.contract import Near, Reader
from hub.document import Document
from hub.document.xml import local_name
from hub.document.zipped import START as ZIP
from hub.message.errors import WRONG_CODE, Defect, Fault, Refused


def recognise(document: Document, readers: Mapping[str, Reader], allowed: Iterable[str] | None = None) -> Reader:
    """The Reader that knows this document. Raises Refused where none does, or the sender may not use its dialect.

    A Reader that fails on it is passed over; Defect, which names it, where no other knows the document.
    """
    failed: list[str] = []
    for reader in readers.values():
        try:
            known = reader.recognise(document)
        except WRONG_CODE as cause:
            failed.append(f"{reader.dialect} ({type(cause).__name__})")
            continue
        if known:
            if allowed is not None and reader.dialect not in allowed:
                names = ", ".join(sorted(allowed)) or "none"
                words = f"This is {reader.dialect}, which this sender may not send. It may send: {names}."
                raise Refused([_fault(document, "dialect-not-allowed", words)])
            return reader
    if failed:
        raise Defect(f"recognising failed in {', '.join(failed)}")
    names = ", ".join(sorted(readers))
    words = f"This is {_name(document)}, which is in none of the dialects that this hub reads: {names}."
    raise Refused([_fault(document, "dialect-unknown", " ".join([words, *_near(document, readers)]))])


def _near(document: Document, readers: Mapping[str, Reader]) -> Iterator[str]:
    """What keeps a document from being in a dialect that it nearly is in."""
    for reader in readers.values():
        missed = reader.misses(document) if isinstance(reader, Near) else None
        if missed:
            yield f"It is nearly {reader.dialect}: {missed}"


def _fault(document: Document, rule: str, words: str) -> Fault:
    return Fault(
        path="" if document.root is None else f"/{local_name(document.root.tag)}", rule=rule, words=words, line=1
    )


def _name(document: Document) -> str:
    if document.root is not None:
        return f"the element {document.root.tag}"
    if document.raw.startswith(ZIP):
        return "a zip"
    return "a JSON value" if document.media == "json" else "neither XML nor JSON"
