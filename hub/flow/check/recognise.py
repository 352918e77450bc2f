"""Which dialect a document is in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hub.contract import Reader
from hub.document import Document
from hub.document.xml import local_name
from hub.message.errors import Fault, Refused


def recognise(document: Document, readers: Mapping[str, Reader], allowed: Iterable[str] | None = None) -> Reader:
    """The Reader that knows this document. Raises Refused where none does, or the sender may not use its dialect."""
    for reader in readers.values():
        if reader.recognise(document):
            if allowed is not None and reader.dialect not in allowed:
                names = ", ".join(sorted(allowed)) or "none"
                words = f"This is {reader.dialect}, which this sender may not send. It may send: {names}."
                raise Refused([_fault(document, "dialect-not-allowed", words)])
            return reader
    known = ", ".join(sorted(readers))
    words = f"This is {_name(document)}, which is in none of the dialects that this hub reads: {known}."
    raise Refused([_fault(document, "dialect-unknown", words)])


def _fault(document: Document, rule: str, words: str) -> Fault:
    return Fault(
        path="" if document.root is None else f"/{local_name(document.root.tag)}", rule=rule, words=words, line=1
    )


def _name(document: Document) -> str:
    if document.root is not None:
        return f"the element {document.root.tag}"
    return "a JSON value" if document.media == "json" else "neither XML nor JSON"
