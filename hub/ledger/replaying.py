"""Replay runs: what is wanted is read page by page, and each page is written with how far the run is.

Rule: a page is written whole or not at all, and only where the run still is where it was when the page was read; so a
run that is killed goes on where it stopped, and makes each delivery once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, exists, func, insert, literal_column, select, update

from hub.ledger.account import NewAudit
from hub.ledger.attempt import DeliveryRow, Outcome
from hub.ledger.cases import read_cases
from hub.ledger.deliveries import (
    DELIVERY_COLUMNS,
    Placed,
    delivery_row,
    insert_deliveries,
    lock_deliveries,
    move_deliveries,
)
from hub.ledger.locks import lock_keys
from hub.ledger.lookup import unindexed
from hub.ledger.reading import read_canonicals, read_messages
from hub.ledger.replay import ON_ITS_WAY, Candidate, Candidates, ReplayRun, State, Target, Undone, Wanted
from hub.ledger.tables import deliveries, messages, replay_runs
from hub.ledger.unit import Unit
from hub.message.lifecycle import DeliveryEvent, DeliveryStatus

_PURPOSE, _ALL_RUNS = "replay", [("run", "")]
"""What is held while a page is written: two runs never make the same delivery side by side."""

_MOVING = tuple(status.value for status in ON_ITS_WAY)
_UNSENT = (DeliveryStatus.WAITING.value, DeliveryStatus.DUE.value)

_LAST = select(func.coalesce(func.max(messages.c.seq), 0))

_OPEN = select(replay_runs).where(
    replay_runs.c.request == bindparam("request"), replay_runs.c.state == State.OPEN.value
)
_RUN = select(replay_runs).where(replay_runs.c.id == bindparam("id"))
_HELD_RUN = _RUN.with_for_update()
_RUNS = select(replay_runs).order_by(replay_runs.c.started_at.desc(), replay_runs.c.id.desc()).limit(bindparam("most"))

_ADVANCE = (
    update(replay_runs)
    .where(replay_runs.c.id == bindparam("of_run"))
    .values({name: bindparam(f"to_{name}") for name in ("cursor", "made", "state", "changed_at")})
)

_OF_MESSAGES = (
    select(*DELIVERY_COLUMNS)
    .where(deliveries.c.message_id.in_(bindparam("ids", expanding=True)))
    .order_by(deliveries.c.seq)
)

_TAKEN = select(deliveries.c.message_id, deliveries.c.endpoint, deliveries.c.dialect, deliveries.c.part).where(
    deliveries.c.message_id.in_(bindparam("ids", expanding=True)), deliveries.c.status.in_(_MOVING)
)

_UNTRIED = deliveries.c.attempts == literal_column("0")

_COUNT = (
    select(deliveries.c.status, _UNTRIED, func.count())
    .where(deliveries.c.run == bindparam("run"))
    .group_by(deliveries.c.status, _UNTRIED)
)

_TO_DISCARD = (
    select(deliveries.c.id)
    .where(
        deliveries.c.run == bindparam("run"),
        deliveries.c.status.in_(_UNSENT),
        _UNTRIED,
    )
    .limit(bindparam("most"))
)


# --- what is wanted


def find_to_replay(connection: Connection, wanted: Wanted, after: int, last: int, limit: int) -> Candidates:
    """The next messages that are wanted, up to a ticket, in order of acceptance."""
    found = select(messages.c.seq, messages.c.id).where(messages.c.seq > after, messages.c.seq <= last)
    rows = connection.execute(_narrowed(found, wanted).order_by(messages.c.seq).limit(limit)).all()
    ids = [row.id for row in rows]
    if not ids:
        return Candidates(last, ())
    held, canonicals, made = (
        read_messages(connection, ids),
        read_canonicals(connection, ids),
        _deliveries(connection, ids),
    )
    cases = read_cases(connection, list({one.case_id for one in held.values() if one.case_id is not None}))
    views = {id: view.case for id, view in cases.items()}
    return Candidates(
        rows[-1].seq if len(rows) == limit else last,
        tuple(
            Candidate(
                message=held[id],
                canonical=canonicals[id],
                case=views.get(held[id].case_id or ""),
                deliveries=tuple(made[id]),
            )
            for id in ids
        ),
    )


def last_ticket(connection: Connection) -> int:
    """The ticket of the message accepted last, 0 where there is none."""
    return int(connection.execute(_LAST).scalar_one())


def _narrowed(found: Select[Any], wanted: Wanted) -> Select[Any]:
    for column, value in (
        (messages.c.id, wanted.message),
        (messages.c.party, wanted.sender),
        (messages.c.type, wanted.type),
    ):
        if value is not None:
            found = found.where(column == value)
    if wanted.cases:
        found = found.where(messages.c.case_id.in_(wanted.cases))
    if wanted.since is not None:
        found = found.where(messages.c.accepted_at >= wanted.since)
    if wanted.until is not None:
        found = found.where(messages.c.accepted_at < wanted.until)
    if wanted.endpoint is not None or wanted.status is not None:
        having = [deliveries.c.message_id == messages.c.id]  # looked up a message at a time: a page costs what it reads
        if wanted.endpoint is not None:
            having.append(unindexed(deliveries.c.endpoint) == wanted.endpoint)
        if wanted.status is not None:
            having.append(unindexed(deliveries.c.status) == wanted.status.value)
        found = found.where(exists().where(*having))
    return found


def _deliveries(connection: Connection, message_ids: Sequence[str]) -> dict[str, list[DeliveryRow]]:
    made: dict[str, list[DeliveryRow]] = defaultdict(list)
    for row in connection.execute(_OF_MESSAGES, {"ids": list(message_ids)}):
        made[row.message_id].append(delivery_row(row._mapping))
    return made


# --- runs


def read_run(connection: Connection, run_id: str) -> ReplayRun | None:
    """A run."""
    row = connection.execute(_RUN, {"id": run_id}).one_or_none()
    return None if row is None else _run(row)


def read_runs(connection: Connection, most: int) -> tuple[ReplayRun, ...]:
    """The runs that began last, the latest first."""
    return tuple(map(_run, connection.execute(_RUNS, {"most": most})))


def start_replay(unit: Unit, request: str, actor: str, reason: str) -> tuple[ReplayRun, bool]:
    """The open run of a request, or a new one; and whether it went before."""
    lock_keys(unit.connection, _PURPOSE, _ALL_RUNS)
    held = unit.connection.execute(_OPEN, {"request": request}).one_or_none()
    if held is not None:
        return _run(held), True
    run = ReplayRun(
        id=unit.new_id(),
        request=request,
        actor=actor,
        reason=reason,
        state=State.OPEN,
        last=last_ticket(unit.connection),
        cursor=0,
        made=0,
        started_at=unit.now,
        changed_at=unit.now,
    )
    values = {name: getattr(run, name) for name in ReplayRun.__slots__}
    unit.connection.execute(insert(replay_runs), values | {"state": run.state.value})
    _note_run(unit, run, "started", (actor, reason), request=request)
    return run, False


def replay_page(unit: Unit, run: ReplayRun, targets: Sequence[Target], reached: int) -> ReplayRun | None:
    """Make these deliveries and move the run on. None, and nothing is made, where the run has moved since it was read.

    What has come to be on its way to its recipient meanwhile is left out.
    """
    lock_keys(unit.connection, _PURPOSE, _ALL_RUNS)
    row = unit.connection.execute(_HELD_RUN, {"id": run.id}).one_or_none()
    if row is None or row.state != State.OPEN.value or row.cursor != run.cursor:
        return None
    ids = sorted({target.message_id for target in targets})
    moving = {tuple(found) for found in unit.connection.execute(_TAKEN, {"ids": ids})} if ids else set()
    wanted = [target for target in targets if target.key not in moving]
    placed = [
        Placed(message_id=one.message_id, case_id=one.case_id, new=one.new, replays=one.replays, run=run.id)
        for one in wanted
    ]
    for target, id in zip(wanted, insert_deliveries(unit, placed), strict=True):
        _note_target(unit, run, target, id)
    moved = {"cursor": reached, "made": run.made + len(wanted), "changed_at": unit.now}
    moved["state"] = (State.DONE if reached >= run.last else State.OPEN).value
    unit.connection.execute(_ADVANCE, {"of_run": run.id} | {f"to_{name}": value for name, value in moved.items()})
    if moved["state"] == State.DONE.value:
        _note_run(unit, run, "done", (run.actor, run.reason), made=moved["made"])
    return _run(unit.connection.execute(_RUN, {"id": run.id}).one())


def _note_target(unit: Unit, run: ReplayRun, target: Target, id: str) -> None:
    """Who had it replayed and why, on what is replayed: a delivery, or the message where its recipient had none."""
    subject = ("message", target.message_id) if target.replays is None else ("delivery", target.replays)
    unit.note(
        NewAudit(
            actor=run.actor,
            action="replayed",
            subject_kind=subject[0],
            subject_id=subject[1],
            message_id=target.message_id,
            delivery_id=target.replays,
            case_id=target.case_id,
            detail={"reason": run.reason, "as": id, "to": target.new.endpoint, "run": run.id},
        )
    )


def _note_run(unit: Unit, run: ReplayRun, action: str, by: tuple[str, str], **more: object) -> None:
    actor, reason = by
    detail = {"reason": reason} | more
    unit.note(NewAudit(actor=actor, action=action, subject_kind="replay", subject_id=run.id, detail=detail))


# --- undoing


def count_undone(connection: Connection, run_id: str) -> Undone:
    """Where the deliveries of a run stand."""
    unsent, others = 0, dict[DeliveryStatus, int]()
    for status, untried, count in connection.execute(_COUNT, {"run": run_id}):
        if status in _UNSENT and untried:
            unsent += count
        else:
            others[DeliveryStatus[status]] = others.get(DeliveryStatus[status], 0) + count
    return Undone(unsent=unsent, others=others)


def undo_replay(unit: Unit, run_id: str, by: tuple[str, str], limit: int) -> int:
    """End a run and give up the next of its deliveries of which no attempt was made; how many. `by` is who and why."""
    row = unit.connection.execute(_HELD_RUN, {"id": run_id}).one_or_none()
    if row is None:
        return 0
    if row.state != State.UNDONE.value:
        ended = {"cursor": row.cursor, "made": row.made, "changed_at": unit.now, "state": State.UNDONE.value}
        unit.connection.execute(_ADVANCE, {"of_run": run_id} | {f"to_{name}": value for name, value in ended.items()})
        _note_run(unit, _run(row), "undone", by)
    ids = list(unit.connection.execute(_TO_DISCARD, {"run": run_id, "most": limit}).scalars())
    event, (actor, reason) = DeliveryEvent.DISCARD, by
    rows = [one for one in lock_deliveries(unit, ids) if one.status in _UNSENT and one.attempts == 0]
    move_deliveries(unit, [(one, event, Outcome(event=event, reason=reason)) for one in rows], actor)
    return len(rows)


def _run(row: Row[*tuple[Any, ...]]) -> ReplayRun:
    return ReplayRun(**{**row._mapping, "state": State(row.state)})
