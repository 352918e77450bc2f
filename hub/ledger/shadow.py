"""Runs of candidate mappings beside the live ones: how far each has read, and in which fields it differs.

Rule: a step's counts and the place it came to are written together, and only from the place where it began; so every
submission is counted once, whatever dies in between.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT is written the same for SQLite

from hub.ledger.account import Ahead, ShadowRun, Tally
from hub.ledger.bulk import Bulk
from hub.ledger.locks import many_write
from hub.ledger.rereading import READ_FROM, reread
from hub.ledger.tables import messages, shadow_differences, shadow_runs, submissions
from hub.ledger.unit import Unit

_SETTLED = timedelta(seconds=60)
"""After so long no message can still be committed behind one that is seen already, whoever writes."""

_EVER = datetime(9000, 1, 1, tzinfo=UTC)

_START = insert(shadow_runs).on_conflict_do_nothing()
_HEAD = select(func.coalesce(func.max(messages.c.seq), 0))
_SETTLED_HEAD = _HEAD.where(messages.c.accepted_at < bindparam("before"))
_RUN = select(shadow_runs).where(shadow_runs.c.candidate == bindparam("of"))
_RUNS = select(shadow_runs).order_by(shadow_runs.c.started_at, shadow_runs.c.candidate)
_DIFFERENCES = (
    select(shadow_differences)
    .where(shadow_differences.c.candidate == bindparam("of"))
    .order_by(shadow_differences.c.count.desc(), shadow_differences.c.field)
)

_NEXT = (
    select(messages.c.seq, messages.c.submission_id)
    .join(submissions, submissions.c.id == messages.c.submission_id)
    .where(
        messages.c.seq > bindparam("cursor"),
        messages.c.dialect == bindparam("of_dialect"),
        messages.c.previous_version_of.is_(None),
        READ_FROM,
        messages.c.accepted_at < bindparam("before"),
    )
    .order_by(messages.c.seq)
    .limit(bindparam("at_most"))
)
_ADVANCE = (
    update(shadow_runs)
    .where(shadow_runs.c.candidate == bindparam("of"), shadow_runs.c.cursor == bindparam("began"))
    .values(
        cursor=bindparam("reached"),
        read=shadow_runs.c.read + bindparam("more_read"),
        same=shadow_runs.c.same + bindparam("more_same"),
        refused=shadow_runs.c.refused + bindparam("more_refused"),
        read_at=bindparam("at"),
    )
)
_INSERT = insert(shadow_differences)
_COUNT = Bulk(
    _INSERT.on_conflict_do_update(
        index_elements=[shadow_differences.c.candidate, shadow_differences.c.field],
        set_={"count": shadow_differences.c.count + _INSERT.excluded["count"]},
    )
)


def start_shadow(unit: Unit, candidate: str, dialect: str, version: str) -> None:
    """Begin a run with the next message that is accepted, unless it has begun."""
    head = int(unit.connection.execute(_HEAD).scalar_one())
    values = {"candidate": candidate, "dialect": dialect, "version": version, "after": head, "cursor": head}
    zero = dict.fromkeys(("read", "same", "refused"), 0)
    unit.connection.execute(_START, values | zero | {"started_at": unit.now, "read_at": unit.now})


def read_shadowed(connection: Connection, candidate: str, limit: int, now: datetime) -> tuple[ShadowRun | None, Ahead]:
    """The run as it is, and what it is to read next, in order of acceptance.

    Where many write, a message may be committed behind one that is seen already: there it waits until none can be.
    """
    run = connection.execute(_RUN, {"of": candidate}).one_or_none()
    if run is None:
        return None, Ahead(0, ())
    before = now - _SETTLED if many_write(connection) else _EVER
    asked = {"cursor": run.cursor, "of_dialect": run.dialect, "at_most": limit, "before": before}
    found = connection.execute(_NEXT, asked).all()
    return ShadowRun(**run._mapping), Ahead(found[-1].seq if found else run.cursor, reread(connection, found))


def count_shadow(unit: Unit, run: ShadowRun, tally: Tally, reached: int) -> bool:
    """Write what a step found. False where another has been over the same ground."""
    values = {
        "of": run.candidate,
        "began": run.cursor,
        "reached": reached,
        "more_read": tally.read,
        "more_same": tally.same,
        "more_refused": tally.refused,
        "at": unit.now,
    }
    if unit.connection.execute(_ADVANCE, values).rowcount == 0:
        return False
    _COUNT.run(
        unit.connection,
        [
            {"candidate": run.candidate, "field": name, "count": count, "example": example}
            for name, (count, example) in tally.fields.items()
        ],
    )
    return True


def pass_over(unit: Unit, run: ShadowRun) -> None:
    """Nothing of the dialect has come: go on from where all is settled, so that it is not looked through again."""
    head = int(unit.connection.execute(_SETTLED_HEAD, {"before": unit.now - _SETTLED}).scalar_one())
    if head > run.cursor:
        count_shadow(unit, run, Tally(), head)


def read_shadow_runs(connection: Connection) -> tuple[ShadowRun, ...]:
    """Every run with its differences, the most frequent first."""
    made = []
    for run in connection.execute(_RUNS).all():
        rows = connection.execute(_DIFFERENCES, {"of": run.candidate})
        differences = tuple((row.field, row._mapping["count"], row.example) for row in rows)
        made.append(ShadowRun(**run._mapping, differences=differences))
    return tuple(made)


def forget_shadow(unit: Unit, candidate: str) -> bool:
    """Take a run away; it begins anew where the candidate is still there. False where there is none."""
    unit.connection.execute(delete(shadow_differences).where(shadow_differences.c.candidate == candidate))
    return bool(unit.connection.execute(delete(shadow_runs).where(shadow_runs.c.candidate == candidate)).rowcount)
