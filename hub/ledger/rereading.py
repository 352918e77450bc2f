"""Submissions read again from their kept bytes, and messages put in the place of those they correct.

Rule: nothing is overwritten. Another reading is a new message that names the one before; it goes through intake as any.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, exists, select

from hub.ledger.account import NewAudit, Reread, ToReread
from hub.ledger.admission import NewMessage
from hub.ledger.locks import ACCEPT, lock_keys
from hub.ledger.messages import insert_messages
from hub.ledger.tables import contents, messages, submissions
from hub.ledger.unit import Unit

_READ = (
    select(
        submissions.c.id,
        submissions.c.party,
        submissions.c.received_at,
        contents.c.body,
        messages.c.ordinal,
        messages.c.id.label("message"),
        messages.c.seq,
        messages.c.canonical,
    )
    .join(submissions, submissions.c.id == messages.c.submission_id)
    .join(contents, contents.c.sha256 == submissions.c.sha256)
    .where(messages.c.submission_id.in_(bindparam("ids", expanding=True)))
    .order_by(messages.c.seq)
)

_OF = (
    select(
        messages.c.submission_id, messages.c.party, messages.c.dialect, messages.c.version, messages.c.correlation_id
    )
    .where(messages.c.id == bindparam("of"))
    .with_for_update(key_share=True)
)
_SUPERSEDED = select(exists().where(messages.c.previous_version_of == bindparam("of")))


def reread(connection: Connection, ids: Sequence[str]) -> tuple[Reread, ...]:
    """These submissions, each with its messages in order; of several readings of one message the latest."""
    made: dict[str, Reread] = {}
    kept: dict[str, dict[int, tuple[str, bytes]]] = {}
    for row in connection.execute(_READ, {"ids": list(ids)}) if ids else ():
        held = kept.setdefault(row.id, {})
        held[row.ordinal] = (row.message, row.canonical or b"")
        made[row.id] = Reread(
            submission_id=row.id,
            party=row.party,
            received_at=row.received_at,
            raw=row.body or b"",
            canonical=tuple(held[ordinal] for ordinal in sorted(held)),
            first=made[row.id].first if row.id in made else row.seq,
            last=row.seq,
        )
    return tuple(made[id] for id in dict.fromkeys(ids) if id in made)


def find_to_reread(connection: Connection, wanted: ToReread, after: int, limit: int) -> tuple[Reread, ...]:
    """The next submissions that are wanted."""
    found = (
        select(messages.c.submission_id)
        .where(
            messages.c.seq > after,
            messages.c.dialect == wanted.dialect,
            messages.c.previous_version_of.is_(None),
            messages.c.ordinal == 0,
        )
        .order_by(messages.c.seq)
        .limit(limit)
    )
    if wanted.party is not None:
        found = found.where(messages.c.party == wanted.party)
    if wanted.since is not None:
        found = found.where(messages.c.accepted_at >= wanted.since)
    if wanted.until is not None:
        found = found.where(messages.c.accepted_at < wanted.until)
    if wanted.message_id is not None:
        of_message = select(messages.c.submission_id).where(messages.c.id == wanted.message_id)
        found = found.where(messages.c.submission_id == of_message.scalar_subquery())
    return reread(connection, connection.execute(found).scalars().all())


def supersede(unit: Unit, message_id: str, message: NewMessage, by: tuple[str, str]) -> bool:
    """Keep another reading in the place of a message, and ring for it. `by` is who and why."""
    lock_keys(unit.connection, ACCEPT, message.keys)
    row = unit.connection.execute(_OF, {"of": message_id}).one_or_none()
    if row is None or unit.connection.execute(_SUPERSEDED, {"of": message_id}).scalar_one():
        return False
    actor, reason = by
    insert_messages(unit, row._asdict(), [message])
    unit.note(
        NewAudit(
            actor=actor,
            action="superseded",
            subject_kind="message",
            subject_id=message_id,
            submission_id=row.submission_id,
            message_id=message_id,
            detail={"by": message.id, "reason": reason},
        )
    )
    return True
