"""Submissions read again from their kept bytes, and messages put in the place of those they correct.

Rule: nothing is overwritten. Another reading is a new message that names the one before; it goes through intake as any.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, bindparam, exists, or_, select

from hub.ledger.account import Ahead, NewAudit, Reread, Standing, ToReread
from hub.ledger.admission import NewMessage
from hub.ledger.locks import ACCEPT, lock_keys
from hub.ledger.lookup import among
from hub.ledger.messages import insert_messages
from hub.ledger.tables import contents, messages, submissions
from hub.ledger.unit import Unit

_first, _chosen = messages.alias("first"), messages.alias("chosen")

_READ = (
    select(
        submissions.c.id,
        submissions.c.party,
        submissions.c.received_at,
        submissions.c.cursor,
        contents.c.body,
        messages.c.ordinal,
        messages.c.id.label("message"),
        messages.c.canonical,
    )
    .join(submissions, submissions.c.id == messages.c.submission_id)
    .join(contents, contents.c.sha256 == submissions.c.sha256)
    .where(
        among(messages.c.submission_id, "ids"),
        or_(
            submissions.c.cursor.is_(None),
            exists().where(
                _chosen.c.submission_id == messages.c.submission_id,
                _chosen.c.ordinal == messages.c.ordinal,
                among(_chosen.c.seq, "tickets"),
            ),
        ),
    )
    .order_by(messages.c.seq)
)

READ_FROM = or_(messages.c.ordinal == 0, submissions.c.cursor.is_not(None))
"""A document is read again with its first message, a file of many cases with each of them."""

_OF = (
    select(
        messages.c.submission_id, messages.c.party, messages.c.dialect, messages.c.version, messages.c.correlation_id
    )
    .where(messages.c.id == bindparam("of"))
    .with_for_update(key_share=True)
)
_SUPERSEDED = select(exists().where(messages.c.previous_version_of == bindparam("of")))


Found = Sequence[Row[*tuple[Any, ...]]]
"""Messages that are to be read again: their tickets and their submissions."""


def reread(connection: Connection, found: Found) -> tuple[Reread, ...]:
    """The submissions of these messages, each with all its messages; of a file of many cases with these alone.

    Of several readings of one message it is the latest that stands.
    """
    ids = list(dict.fromkeys(row.submission_id for row in found))
    made: dict[str, Reread] = {}
    kept: dict[str, dict[int, Standing]] = {}
    asked = {"ids": ids, "tickets": [row.seq for row in found]}
    for row in connection.execute(_READ, asked) if ids else ():
        held = kept.setdefault(row.id, {})
        held[row.ordinal] = Standing(row.ordinal, row.message, row.canonical or b"")
        if row.id not in made:
            made[row.id] = Reread(
                submission_id=row.id,
                party=row.party,
                received_at=row.received_at,
                raw=row.body or b"",
                standing=(),
                many=row.cursor is not None,
            )
    return tuple(
        replace(made[id], standing=tuple(kept[id][ordinal] for ordinal in sorted(kept[id]))) for id in ids if id in made
    )


def find_to_reread(connection: Connection, wanted: ToReread, after: int, limit: int) -> Ahead:
    """What is wanted next."""
    found = (
        select(messages.c.seq, messages.c.submission_id)
        .join(submissions, submissions.c.id == messages.c.submission_id)
        .where(
            messages.c.seq > after,
            messages.c.dialect == wanted.dialect,
            messages.c.previous_version_of.is_(None),
            READ_FROM,
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
        found = found.where(
            exists().where(
                _first.c.id == wanted.message_id,
                _first.c.submission_id == messages.c.submission_id,
                or_(submissions.c.cursor.is_(None), _first.c.ordinal == messages.c.ordinal),
            )
        )
    rows = connection.execute(found).all()
    return Ahead(rows[-1].seq if rows else after, reread(connection, rows))


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
