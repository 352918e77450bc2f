"""Which dialect a document is in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hub.contract import Reader
from hub.document import Document
from hub.message.errors import Refused


def recognise(document: Document, readers: Mapping[str, Reader], allowed: Iterable[str] | None = None) -> Reader:
    """The Reader that knows this document. Raises Refused where none does, or the sender may not use its dialect."""
    for reader in readers.values():
        if reader.recognise(document):
            if allowed is not None and reader.dialect not in allowed:
                raise Refused(
                    at=_name(document),
                    found=reader.dialect,
                    rule=f"one of the dialects that this sender may use: {', '.join(sorted(allowed)) or 'none'}",
                )
            return reader
    raise Refused(
        at=_name(document),
        found=_name(document),
        rule=f"a document in one of the dialects that this hub reads: {', '.join(sorted(readers))}",
    )


def _name(document: Document) -> str:
    if document.root is not None:
        return str(document.root.tag)
    return "a JSON value" if document.media == "json" else "neither XML nor JSON"
