"""Reading submissions and messages: one by one, by search, and as counts.

Rule: nothing here writes. Lists are read by cursor, newest first, and never by offset.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, RowMapping, Select, bindparam, exists, func, or_, select

from hub.ledger.account import Counts, MessagePage, MessageQuery, SubmissionRow, Undelivered
from hub.ledger.admission import MessageRow, OrderKey, Verdict
from hub.ledger.lookup import unindexed
from hub.ledger.outbox import count_slips
from hub.ledger.tables import contents, deliveries, message_keys, messages, submissions
from hub.message.lifecycle import SETTLED, DeliveryStatus, MessageStatus

MESSAGE_COLUMNS = tuple(column for column in messages.c if column.name not in ("canonical", "rung_at"))

_SUBMISSION_COLUMNS = tuple(column for column in submissions.c if column.name != "rung_at")

_SUBMISSIONS = select(*_SUBMISSION_COLUMNS).where(submissions.c.id.in_(bindparam("ids", expanding=True)))

_RAW = (
    select(contents.c.body)
    .join(submissions, submissions.c.sha256 == contents.c.sha256)
    .where(submissions.c.id == bindparam("id"))
)

_MESSAGES = select(*MESSAGE_COLUMNS).where(messages.c.id.in_(bindparam("ids", expanding=True)))

_CANONICALS = select(messages.c.id, messages.c.canonical).where(messages.c.id.in_(bindparam("ids", expanding=True)))

_CORRELATIONS = select(messages.c.id, messages.c.correlation_id).where(
    messages.c.id.in_(bindparam("ids", expanding=True))
)

_OF_SUBMISSION = (
    select(messages.c.ordinal, messages.c.id)
    .where(
        messages.c.submission_id == bindparam("of"),
        messages.c.ordinal >= bindparam("place"),
        messages.c.previous_version_of.is_(None),
    )
    .order_by(messages.c.ordinal)
    .limit(bindparam("at_most"))
)

_KEYS = (
    select(message_keys.c.message_id, message_keys.c.kind, message_keys.c.value)
    .where(message_keys.c.message_id.in_(bindparam("ids", expanding=True)))
    .order_by(message_keys.c.message_id, message_keys.c.rank)
)

_COUNT_MESSAGES = select(messages.c.status, func.count()).group_by(messages.c.status)
_COUNT_DELIVERIES = select(deliveries.c.status, func.count()).group_by(deliveries.c.status)

_TAKES_PART = select(
    or_(
        exists().where(messages.c.case_id == bindparam("case"), unindexed(messages.c.party) == bindparam("of_party")),
        exists().where(deliveries.c.order_key == bindparam("case"), deliveries.c.party == bindparam("of_party")),
    )
)

_UNDELIVERED = (
    select(deliveries.c.endpoint, func.count().label("waiting"), func.min(deliveries.c.created_at).label("oldest_at"))
    .where(deliveries.c.status.in_([status.value for status in DeliveryStatus if status not in SETTLED]))
    .group_by(deliveries.c.endpoint)
    .order_by(deliveries.c.endpoint)
)


def read_submissions(connection: Connection, ids: Iterable[str]) -> tuple[SubmissionRow, ...]:
    """These submissions, without their bytes."""
    rows = connection.execute(_SUBMISSIONS, {"ids": list(ids)})
    return tuple(SubmissionRow(**{**row._mapping, "verdict": Verdict(row.verdict)}) for row in rows)


def read_messages_of(connection: Connection, submission_id: str, place: int, limit: int) -> tuple[tuple[int, str], ...]:
    """The place in its document, from 0, and the id of each message of a submission, from a place on."""
    rows = connection.execute(_OF_SUBMISSION, {"of": submission_id, "place": place, "at_most": limit})
    return tuple((row.ordinal, row.id) for row in rows)


def read_raw(connection: Connection, submission_id: str) -> bytes | None:
    """The bytes as received, None where they are unknown or erased."""
    return connection.execute(_RAW, {"id": submission_id}).scalar()


def read_canonicals(connection: Connection, ids: Iterable[str]) -> dict[str, bytes]:
    """The canonical bytes of these messages; one that was erased has none."""
    rows = connection.execute(_CANONICALS, {"ids": list(ids)})
    return {id: canonical or b"" for id, canonical in rows}


def read_correlations(connection: Connection, ids: Iterable[str]) -> dict[str, str]:
    """The correlation id of each of these messages."""
    return dict(connection.execute(_CORRELATIONS, {"ids": list(ids)}).all())


def read_messages(connection: Connection, ids: Iterable[str]) -> dict[str, MessageRow]:
    """These messages with their keys, in order of acceptance."""
    return {message.id: message for message in _with_keys(connection, _MESSAGES, {"ids": list(ids)})}


def find_messages(connection: Connection, query: MessageQuery) -> MessagePage:
    """A page of messages, newest first."""
    wanted = select(*MESSAGE_COLUMNS).order_by(messages.c.seq.desc()).limit(query.limit + 1)
    for column, value in (
        (messages.c.case_id, query.case_id),
        (messages.c.submission_id, query.submission_id),
        (messages.c.party, query.party),
        (messages.c.type, query.type),
        (messages.c.status, query.status.value if query.status else None),
    ):
        if value is not None:
            wanted = wanted.where(column == value)
    rows = _with_keys(connection, _narrowed(wanted, query), {})
    more = len(rows) > query.limit
    page = tuple(rows[: query.limit])
    return MessagePage(rows=page, next=page[-1].seq if more else None)


def _narrowed(wanted: Select[Any], query: MessageQuery) -> Select[Any]:
    if query.key is not None:
        wanted = wanted.join(message_keys, message_keys.c.message_id == messages.c.id).where(
            message_keys.c.kind == query.key.kind, message_keys.c.value == query.key.value
        )
    if query.before is not None:
        wanted = wanted.where(messages.c.seq < query.before)
    if query.since is not None:
        wanted = wanted.where(messages.c.accepted_at >= query.since)
    if query.until is not None:
        wanted = wanted.where(messages.c.accepted_at < query.until)
    return wanted


def takes_part(connection: Connection, party: str, case_id: str) -> bool:
    """Whether a party has sent a message of the case or was to receive one."""
    return bool(connection.execute(_TAKES_PART, {"case": case_id, "of_party": party}).scalar_one())


def read_counts(connection: Connection) -> Counts:
    """How much stands where; a status that nothing has is given as 0."""
    of_messages: dict[str, int] = dict(connection.execute(_COUNT_MESSAGES).all())
    of_deliveries: dict[str, int] = dict(connection.execute(_COUNT_DELIVERIES).all())
    return Counts(
        messages={status: of_messages.get(status.value, 0) for status in MessageStatus},
        deliveries={status: of_deliveries.get(status.value, 0) for status in DeliveryStatus},
        slips=count_slips(connection),
    )


def read_undelivered(connection: Connection) -> tuple[Undelivered, ...]:
    """Per endpoint what it has not got yet."""
    rows = connection.execute(_UNDELIVERED)
    return tuple(Undelivered(endpoint=row.endpoint, count=row.waiting, oldest_at=row.oldest_at) for row in rows)


def read_keys(connection: Connection, ids: Iterable[str]) -> dict[str, tuple[OrderKey, ...]]:
    """The keys of these messages, in order of precedence."""
    keys: dict[str, list[OrderKey]] = defaultdict(list)
    for id, kind, value in connection.execute(_KEYS, {"ids": list(ids)}):
        keys[id].append(OrderKey(kind, value))
    return {id: tuple(each) for id, each in keys.items()}


def message_row(row: RowMapping | Mapping[str, Any], keys: tuple[OrderKey, ...]) -> MessageRow:
    """A row of the table as a value."""
    return MessageRow(**{**row, "status": MessageStatus[row["status"]], "keys": keys})


def _with_keys(connection: Connection, wanted: Select[Any], values: Mapping[str, object]) -> list[MessageRow]:
    rows: Sequence[Row[*tuple[Any, ...]]] = connection.execute(wanted, values).all()
    keys = read_keys(connection, [row.id for row in rows]) if rows else {}
    return [message_row(row._mapping, keys.get(row.id, ())) for row in rows]
