"""The one sealer: numbers committed rows, chains them, and gives the feed its positions.

Rule: one holder of the lease seals at a time. A row's hash covers its number and all of its columns; a batch's hash
covers the hash of the batch before it and the hashes of its rows. So an altered, removed or inserted row breaks the
chain where it is, and a chain that was rewritten whole no longer holds an anchor kept elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import BigInteger, Connection, Row, Text, bindparam, func, insert, select, type_coerce, update

from hub.ledger.account import AuditVerdict, ChainHead
from hub.ledger.bulk import Bulk
from hub.ledger.leases import take_lease
from hub.ledger.tables import audit, feed, feed_audience, seals
from hub.ledger.unit import Unit

LEASE = timedelta(seconds=10)
"""How long a sealer that is gone keeps others out."""

START = ChainHead(number=0, hash="0" * 64)
"""Where a chain begins."""

_PAGE = 2000

_HEAD = select(seals).order_by(seals.c.batch.desc()).limit(1)
_FEED_HEAD = select(func.coalesce(func.max(feed.c.position), 0))

_SAID = (
    type_coerce(audit.c.at, BigInteger),
    *(audit.c[name] for name in ("actor", "action", "subject_kind", "subject_id")),
    *(audit.c[name] for name in ("submission_id", "message_id", "delivery_id", "case_id")),
    type_coerce(audit.c.detail, Text),
)
"""What an audit row says, as it is stored: so that a hash is of the bytes kept and not of a reading of them."""

_UNSEALED_AUDIT = (
    select(audit.c.row, *_SAID).where(audit.c.number.is_(None)).order_by(audit.c.row).limit(bindparam("at_most"))
)
_UNSEALED_FEED = (
    select(feed.c.row, feed.c.audience)
    .where(feed.c.position.is_(None))
    .order_by(feed.c.row)
    .limit(bindparam("at_most"))
)

_NUMBER_AUDIT = Bulk(
    update(audit)
    .where(audit.c.row == bindparam("at_row"), audit.c.number.is_(None))
    .values(number=bindparam("to_number"), row_hash=bindparam("to_hash"))
)
_NUMBER_FEED = Bulk(
    update(feed)
    .where(feed.c.row == bindparam("at_row"), feed.c.position.is_(None))
    .values(position=bindparam("to_position"))
)
_INSERT_SEAL = insert(seals)
_INSERT_AUDIENCE = Bulk(insert(feed_audience))

_ROWS_FROM = (
    select(audit.c.number, audit.c.row_hash, *_SAID)
    .where(audit.c.number > bindparam("after"))
    .order_by(audit.c.number)
    .limit(_PAGE)
)
_ALL_SEALS = select(seals).order_by(seals.c.batch)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsealed:
    """Committed rows that wait for the sealer, with their numbers and hashes worked out, and what they follow on."""

    batch: int
    head: ChainHead
    hash: str
    audit: tuple[tuple[int, int, str], ...]  # row, number, hash
    feed_head: int
    feed: tuple[tuple[int, int, tuple[str, ...]], ...]  # row, position, audience

    @property
    def count(self) -> int:
        """How many rows wait."""
        return len(self.audit) + len(self.feed)


def read_unsealed(connection: Connection, limit: int) -> Unsealed:
    """What waits, ready to be sealed. Committed rows do not change, so this needs no place in the writer's line."""
    last = connection.execute(_HEAD).one_or_none()
    head = START if last is None else ChainHead(number=last.last, hash=last.hash)
    rows = connection.execute(_UNSEALED_AUDIT, {"at_most": limit}).all()
    numbered = tuple((row.row, number, row_hash(number, row[1:])) for number, row in enumerate(rows, head.number + 1))
    feed_head = int(connection.execute(_FEED_HEAD).scalar_one())
    events = connection.execute(_UNSEALED_FEED, {"at_most": limit}).all()
    return Unsealed(
        batch=1 if last is None else last.batch + 1,
        head=head,
        hash=batch_hash(head, [hash for _, _, hash in numbered]),
        audit=numbered,
        feed_head=feed_head,
        feed=tuple((row.row, position, tuple(row.audience)) for position, row in enumerate(events, feed_head + 1)),
    )


def seal(unit: Unit, unsealed: Unsealed, holder: str) -> int:
    """Seal what was read, unless another sealer holds the lease or has sealed since. How many rows."""
    if not take_lease(unit, "sealer", holder, LEASE):
        return 0
    last = unit.connection.execute(_HEAD).one_or_none()
    if (START.hash if last is None else last.hash) != unsealed.head.hash:
        return 0
    if unit.connection.execute(_FEED_HEAD).scalar_one() != unsealed.feed_head:
        return 0
    if unsealed.audit:
        _seal_audit(unit, unsealed)
    if unsealed.feed:
        _seal_feed(unit, unsealed)
    return unsealed.count


def _seal_audit(unit: Unit, unsealed: Unsealed) -> None:
    _NUMBER_AUDIT.run(
        unit.connection,
        [{"at_row": row, "to_number": number, "to_hash": hash} for row, number, hash in unsealed.audit],
    )
    unit.connection.execute(
        _INSERT_SEAL,
        {
            "batch": unsealed.batch,
            "first": unsealed.audit[0][1],
            "last": unsealed.audit[-1][1],
            "previous_hash": unsealed.head.hash,
            "hash": unsealed.hash,
            "sealed_at": unit.now,
        },
    )


def _seal_feed(unit: Unit, unsealed: Unsealed) -> None:
    _NUMBER_FEED.run(unit.connection, [{"at_row": row, "to_position": position} for row, position, _ in unsealed.feed])
    audience = [{"party": party, "position": position} for _, position, parties in unsealed.feed for party in parties]
    _INSERT_AUDIENCE.run(unit.connection, audience)


_AS_JSON = json.JSONEncoder(separators=(",", ":")).encode


def row_hash(number: int, said: Sequence[object]) -> str:
    """The hash of an audit row under its number, over all that it says, in the order of `_SAID`."""
    return sha256(_AS_JSON([number, *said]).encode()).hexdigest()


def batch_hash(previous: ChainHead, row_hashes: Iterable[str]) -> str:
    """The hash of a batch: where it follows on, and its rows."""
    return sha256("\n".join([str(previous.number), previous.hash, *row_hashes]).encode()).hexdigest()


# --- verifying


def verify(connection: Connection, anchor: ChainHead | None) -> AuditVerdict:
    """Check every row and every batch from the beginning."""
    breaks: list[str] = []
    rows = _Rows(connection, breaks.append)
    head, held = START, anchor is None or anchor == START
    for expected, batch in enumerate(connection.execute(_ALL_SEALS).all(), 1):
        head = _verify_batch(batch, expected, (head, rows, breaks.append))
        held = held or head == anchor
    beyond = rows.rest()
    if beyond:
        breaks.append(f"{beyond} rows after number {head.number} are numbered but not sealed")
    if not held and anchor is not None:
        breaks.append(f"the chain does not hold the anchor at number {anchor.number}")
    return AuditVerdict(rows=rows.count, head=head, breaks=tuple(breaks))


class _Rows:
    """The numbered rows in order, read by the page; says what is wrong with each by itself."""

    def __init__(self, connection: Connection, broken: Callable[[str], None]) -> None:
        self.count = 0
        self._broken = broken
        self._rows = _numbered_rows(connection)
        self._next = next(self._rows, None)

    def upto(self, last: int) -> list[str]:
        """The hashes of the rows up to a number, worked out anew."""
        hashes: list[str] = []
        while self._next is not None and self._next.number <= last:
            row, self._next = self._next, next(self._rows, None)
            hashes.append(row_hash(row.number, row[2:]))
            self.count += 1
            if hashes[-1] != row.row_hash:
                self._broken(f"row {row.number} was altered")
        return hashes

    def rest(self) -> int:
        """How many rows come after the last batch."""
        before = self.count
        while self._next is not None:
            self.upto(self._next.number)
        return self.count - before


def _numbered_rows(connection: Connection) -> Iterator[Row[*tuple[Any, ...]]]:
    after = 0
    while rows := connection.execute(_ROWS_FROM, {"after": after}).all():
        yield from rows
        after = rows[-1].number


def _verify_batch(
    batch: Row[*tuple[Any, ...]], expected: int, by: tuple[ChainHead, _Rows, Callable[[str], None]]
) -> ChainHead:
    """Check a batch against the head before it; the head after it."""
    head, rows, broken = by
    if batch.batch != expected:
        broken(f"batch {expected} is missing before batch {batch.batch}")
    if batch.first != head.number + 1 or batch.previous_hash != head.hash:
        broken(f"batch {batch.batch} does not follow on number {head.number}")
    hashes = rows.upto(batch.last)
    if len(hashes) != batch.last - head.number:
        broken(f"{len(hashes)} rows stand where batch {batch.batch} has {batch.last - head.number}")
    if batch_hash(head, hashes) != batch.hash:
        broken(f"batch {batch.batch} (rows {batch.first} to {batch.last}) is not as it was sealed")
    return ChainHead(number=batch.last, hash=batch.hash)
