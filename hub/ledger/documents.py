"""Contents of attached documents: kept once under their hash, however many messages refer to them.

Rule: a content is read through a message that refers to it, never by its hash alone.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects.postgresql import insert as insert_or  # its ON CONFLICT is written the same for SQLite

from hub.ledger.admission import NewMessage
from hub.ledger.bulk import Bulk
from hub.ledger.tables import contents, message_documents
from hub.ledger.unit import Unit

_INSERT = insert_or(contents)
_KEEP_CONTENT = Bulk(  # a content that was erased comes back with whoever sends it again
    _INSERT.on_conflict_do_update(
        index_elements=[contents.c.sha256], set_={"body": _INSERT.excluded.body}, where=contents.c.body.is_(None)
    )
)
_KEEP_REFERENCE = Bulk(insert_or(message_documents).on_conflict_do_nothing())

_READ = (
    select(contents.c.body)
    .join(message_documents, message_documents.c.sha256 == contents.c.sha256)
    .where(message_documents.c.message_id == bindparam("message"), contents.c.sha256 == bindparam("hash"))
)


def insert_documents(unit: Unit, made: Iterable[NewMessage]) -> None:
    """Keep the documents of messages that are kept already."""
    pairs = [(message.id, one) for message in made for one in message.documents]
    if not pairs:
        return
    by_hash = sorted({one.sha256: one.body for _, one in pairs}.items())  # in one order, or two writers wait for ever
    _KEEP_CONTENT.run(
        unit.connection,
        [{"sha256": sha256, "size": len(body), "body": body, "added_at": unit.now} for sha256, body in by_hash],
    )
    _KEEP_REFERENCE.run(unit.connection, [{"message_id": id, "sha256": one.sha256} for id, one in pairs])


def read_document(connection: Connection, message_id: str, sha256: str) -> bytes | None:
    """The content of a document of a message, None where it is not one of this message's, or was erased."""
    return connection.execute(_READ, {"message": message_id, "hash": sha256}).scalar()
