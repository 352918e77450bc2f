"""Intake: what is known is laid before `decide`, and what it decides is written.

Rule: messages are taken in order of acceptance, and never one before an earlier one that shares a key with it; their
keys and cases are held meanwhile, so that nobody else does either. All are written together; where that fails each is
written alone, so that one bad message does not stop its neighbours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, select, update

from hub.ledger import Decide
from hub.ledger.account import NewAudit
from hub.ledger.admission import Kept, MessageRow, OrderKey
from hub.ledger.bulk import Bulk
from hub.ledger.cases import find_links, read_cases, write_changes
from hub.ledger.decision import Decision, Intaken, Known, Link, Seen
from hub.ledger.deliveries import Placed, insert_deliveries
from hub.ledger.failures import as_ours
from hub.ledger.locks import INTAKE, lock_cases, lock_keys
from hub.ledger.lookup import among, in_pairs, pair_values, unindexed
from hub.ledger.messages import rerun_waiting
from hub.ledger.reading import MESSAGE_COLUMNS, message_row, read_keys, read_messages
from hub.ledger.register import CaseView, RegisterChange
from hub.ledger.tables import message_keys, messages
from hub.ledger.unit import Failed, Unit, attempt, savepoint
from hub.message.errors import Defect, Unavailable
from hub.message.lifecycle import MessageEvent, MessageStatus, advance
from hub.message.slip import Lane

MOST_AT_ONCE = 1000
"""How many messages one intake may grow to by the earlier ones that it takes along."""

_ACCEPTED = MessageStatus.ACCEPTED.value

_SAID = (MessageStatus.RECORDED, MessageStatus.UNMATCHED)
"""What a message with the same words repeats. One that nobody was entitled to have (STRANDED) may be sent anew."""

_TO_INTAKE = (
    select(*MESSAGE_COLUMNS, messages.c.canonical)
    .where(among(messages.c.id, "ids"), unindexed(messages.c.status) == _ACCEPTED)
    .order_by(messages.c.seq)
)

_STILL_TO_INTAKE = (
    select(messages.c.id)
    .where(among(messages.c.id, "ids"), unindexed(messages.c.status) == _ACCEPTED)
    .order_by(messages.c.seq)
    .with_for_update(key_share=True)
)

_EARLIER = (
    select(messages.c.id, message_keys.c.kind, message_keys.c.value)
    .join(message_keys, message_keys.c.message_id == messages.c.id)
    .where(
        in_pairs(message_keys.c.kind, message_keys.c.value),
        unindexed(messages.c.status) == _ACCEPTED,
        messages.c.seq < bindparam("before"),
    )
    .order_by(messages.c.seq)
    .limit(MOST_AT_ONCE)
)

_SAME_COLUMNS = (
    messages.c.id,
    messages.c.seq,
    messages.c.case_id,
    messages.c.content_hash,
    messages.c.type,
    messages.c.party,
)

_SAME = (
    select(*_SAME_COLUMNS)
    .where(
        among(messages.c.content_hash, "hashes"),
        messages.c.status.in_([status.value for status in _SAID]),
    )
    .order_by(messages.c.seq)
)

_LATER = (
    select(messages.c.id)
    .where(
        messages.c.case_id == bindparam("in_case"),
        messages.c.type == bindparam("of_type"),
        unindexed(messages.c.party) == bindparam("from_party"),
        unindexed(messages.c.status) == MessageStatus.RECORDED.value,
        messages.c.seq > bindparam("after"),
        messages.c.id != bindparam("this"),
    )
    .limit(1)
)

_RECORD = Bulk(
    update(messages)
    .where(messages.c.id == bindparam("message"))
    .values(
        status=bindparam("to_status"),
        reason=bindparam("to_reason"),
        case_id=bindparam("to_case"),
        status_at=bindparam("at"),
    )
)


@dataclass(frozen=True, slots=True)
class _Same:
    """A message that is already recorded or waiting."""

    id: str
    seq: int
    case_id: str | None


@dataclass(frozen=True, slots=True)
class _Made:
    """A message with its decision, ready to be written."""

    message: MessageRow
    decision: Decision
    status: MessageStatus


def read_to_intake(connection: Connection, message_ids: Sequence[str]) -> tuple[Kept, ...]:
    """These messages as far as they are ACCEPTED, and the earlier ones that share a key with them, in order."""
    wanted = set(message_ids)
    keys: dict[str, tuple[OrderKey, ...]] = {}
    while True:
        rows = connection.execute(_TO_INTAKE, {"ids": list(wanted)}).all() if wanted else []
        keys |= read_keys(connection, [row.id for row in rows if row.id not in keys]) if rows else {}
        pairs = {key for row in rows for key in keys.get(row.id, ())}
        if not pairs:
            break
        if len(rows) > MOST_AT_ONCE:  # too many to take at once: the first of them, and whatever goes before those
            wanted = {row.id for row in rows[: MOST_AT_ONCE // 10]}
            continue
        found = connection.execute(_EARLIER, pair_values(pairs) | {"before": max(row.seq for row in rows)})
        earlier = {row.id for row in found if OrderKey(row.kind, row.value) in pairs}
        if earlier <= wanted:
            break
        wanted |= earlier
    return tuple(
        Kept(message=message_row(_without_bytes(row._mapping), keys.get(row.id, ())), canonical=row.canonical or b"")
        for row in rows
    )


def _without_bytes(row: RowMapping) -> dict[str, Any]:
    return {column.name: row[column.name] for column in MESSAGE_COLUMNS}


def _read_again(connection: Connection, message_ids: Sequence[str], before: Sequence[Kept]) -> Sequence[Kept]:
    """What `read_to_intake` gives now, where it is more than was read `before`; else that, which may be too much."""
    held = {kept.message.id for kept in before}
    if held >= set(message_ids):
        pairs = {key for kept in before for key in kept.message.keys}
        last = max((kept.message.seq for kept in before), default=0)
        found = connection.execute(_EARLIER, pair_values(pairs) | {"before": last}) if pairs else ()
        if {row.id for row in found if OrderKey(row.kind, row.value) in pairs} <= held:
            return before
    return read_to_intake(connection, message_ids)


def _hold(connection: Connection, message_ids: Sequence[str], before: Sequence[Kept]) -> tuple[Kept, ...]:
    """What is to be taken in, with its keys held; read again until nothing came to it while a lock was waited for."""
    todo = before or read_to_intake(connection, message_ids)
    held: set[tuple[str, str]] = set()
    while wanted := {key for kept in todo for key in _keys_to_hold(kept.message)} - held:
        lock_keys(connection, INTAKE, wanted)
        held |= wanted
        todo = _read_again(connection, message_ids, todo)
    known = {kept.message.id: kept for kept in todo}
    still = connection.execute(_STILL_TO_INTAKE, {"ids": list(known)}).scalars() if known else ()
    return tuple(known[id] for id in still)


def _keys_to_hold(message: MessageRow) -> tuple[tuple[str, str], ...]:
    """The keys of a message; where it has none, what it says, so that two who say the same are seen by each other."""
    return message.keys or (("", message.content_hash),)


def intake(unit: Unit, message_ids: Sequence[str], decide: Decide, before: Sequence[Kept] = ()) -> tuple[Intaken, ...]:
    """Decide and write for these messages and the earlier ones that share a key with them.

    `before` is what was read of them a moment ago; what is no longer to be taken in is left out.
    """
    todo = _hold(unit.connection, message_ids, before)
    taken = attempt(lambda: _take_up(unit, todo, decide, set()))
    if isinstance(taken, Failed):  # written again one by one, where each is reported with its own error
        _stop_if_away(taken.error)
        taken = _take_up_alone(unit, todo, decide)
    return (*taken, *_left_alone(unit, message_ids, todo))


def _take_up_alone(unit: Unit, todo: Sequence[Kept], decide: Decide) -> list[Intaken]:
    failed: set[OrderKey] = set()
    taken: list[Intaken] = []
    for kept in todo:
        alone = attempt(partial(_take_up, unit, [kept], decide, failed))
        if isinstance(alone, Failed):
            _stop_if_away(alone.error)
            failed.update(kept.message.keys)
            alone = [_failed(kept, as_ours(alone.error))]
        taken += alone
    return taken


def _stop_if_away(error: Exception) -> None:
    """A database that is away is no fault of any message."""
    if isinstance(as_ours(error), Unavailable):
        raise error


def _left_alone(unit: Unit, message_ids: Sequence[str], todo: Sequence[Kept]) -> list[Intaken]:
    """Those that are past intake; and those for which there was no room this time, which ring again."""
    others = set(message_ids) - {kept.message.id for kept in todo}
    left: list[Intaken] = []
    for row in read_messages(unit.connection, others).values() if others else ():
        behind = row.status is MessageStatus.ACCEPTED
        left.append(Intaken(message_id=row.id, status=row.status, behind=behind))
        if behind:
            unit.ring(Lane.INTAKE, row.id)
    return left


def _take_up(unit: Unit, todo: Sequence[Kept], decide: Decide, failed: set[OrderKey]) -> list[Intaken]:
    """Decide on these messages and write it, whole or not at all. `failed` are keys behind which others wait."""
    child = unit.child()
    with savepoint(unit.connection):
        knowledge = _Knowledge(child, todo)
        taken, made = _decide_all(knowledge, todo, decide, failed)
        knowledge.write()
        _write(child, made, knowledge.fresh_keys)
        child.flush()
    return taken


def _decide_all(
    knowledge: _Knowledge, todo: Sequence[Kept], decide: Decide, failed: set[OrderKey]
) -> tuple[list[Intaken], list[_Made]]:
    taken: list[Intaken] = []
    made: list[_Made] = []
    for kept in todo:
        if not failed.isdisjoint(kept.message.keys):
            failed.update(kept.message.keys)
            taken.append(Intaken(message_id=kept.message.id, status=kept.message.status, behind=True))
            continue
        known = knowledge.of(kept.message)
        one = attempt(partial(_decided, kept, known, decide))
        if isinstance(one, Failed):
            failed.update(kept.message.keys)
            taken.append(_failed(kept, one.error))
            continue
        knowledge.learn(one)
        made.append(one)
        taken.append(Intaken(message_id=kept.message.id, status=one.status))
    return taken, made


def _decided(kept: Kept, known: Known, decide: Decide) -> _Made:
    decision = decide(kept, known)
    if decision.change is not None and decision.change.case.id != decision.case_id:
        raise Defect("a decision changes a case that is not its own")
    return _Made(kept.message, decision, advance(kept.message.status, decision.event))


def _failed(kept: Kept, error: Exception) -> Intaken:
    return Intaken(message_id=kept.message.id, status=kept.message.status, error=error)


def _write(unit: Unit, made: Sequence[_Made], fresh_keys: Iterable[OrderKey]) -> None:
    if made:
        _RECORD.run(unit.connection, [_record_values(unit, one) for one in made])
    placed: list[Placed] = []
    for one in made:
        _note(unit, one)
        for event in one.decision.events:
            unit.tell(event, one.message.id, one.decision.case_id)
        for new in one.decision.deliveries:
            placed.append(Placed(message_id=one.message.id, case_id=one.decision.case_id, new=new))
    insert_deliveries(unit, placed)
    fresh = set(fresh_keys)
    if fresh:
        rerun_waiting(unit, fresh)


def _record_values(unit: Unit, one: _Made) -> dict[str, object]:
    return {
        "message": one.message.id,
        "to_status": one.status.value,
        "to_reason": one.decision.reason,
        "to_case": one.decision.case_id,
        "at": unit.now,
    }


def _note(unit: Unit, one: _Made) -> None:
    """The status that the message has now, then what the decision itself has to say."""
    detail: dict[str, object] = {}
    if one.decision.reason is not None:
        detail["reason"] = one.decision.reason
    if one.decision.case_id is None and one.decision.event is MessageEvent.RECORD:
        detail["order"] = "unordered"
    lines = [(one.status.value.lower(), detail, "hub")]
    lines += [(note.action, dict(note.detail), note.actor) for note in one.decision.notes]
    for action, said, actor in lines:
        unit.note(
            NewAudit(
                actor=actor,
                action=action,
                subject_kind="message",
                subject_id=one.message.id,
                submission_id=one.message.submission_id,
                message_id=one.message.id,
                case_id=one.decision.case_id,
                detail=said,
            )
        )


class _Knowledge:
    """What the ledger knows that bears on a batch of messages, kept true as their decisions are made."""

    def __init__(self, unit: Unit, todo: Sequence[Kept]) -> None:
        connection = unit.connection
        self._unit = unit
        self._links = find_links(connection, (key for kept in todo for key in kept.message.keys))
        lock_cases(connection, set(self._links.values()))
        self._cases = read_cases(connection, set(self._links.values()))
        self._same: dict[tuple[str, str, str], list[_Same]] = defaultdict(list)
        self._recorded: list[MessageRow] = []
        self._recorded_in: dict[str, str | None] = {}
        self._changes: dict[str, RegisterChange] = {}
        self.fresh_keys: set[OrderKey] = set()
        hashes = list({kept.message.content_hash for kept in todo})
        for row in connection.execute(_SAME, {"hashes": hashes}) if hashes else ():
            self._same[row.content_hash, row.type, row.party].append(_Same(row.id, row.seq, row.case_id))

    def of(self, message: MessageRow) -> Known:
        """What bears on this message, with everything decided before it in this batch."""
        links = tuple(Link(*key, self._links[key]) for key in message.keys if key in self._links)
        return Known(
            new_case_id=self._unit.new_id(),
            case=self._case(links[0].case_id) if links else None,
            links=links,
            seen=self._seen(message),
        )

    def learn(self, one: _Made) -> None:
        """Take a decision into account for the messages after it."""
        message, decision = one.message, one.decision
        if decision.change is not None and decision.case_id is not None:
            if decision.case_id in self._changes:
                self.write()
            self._changes[decision.case_id] = decision.change
            self._cases.pop(decision.case_id, None)
            self._learn_links(decision.case_id, decision.change)
        if one.status in _SAID:
            same = _Same(message.id, message.seq, decision.case_id)
            self._same[message.content_hash, message.type, message.party].append(same)
        if one.status is MessageStatus.RECORDED:
            self._recorded.append(message)
            self._recorded_in[message.id] = decision.case_id

    def write(self) -> None:
        """Write the changes of cases decided so far."""
        if self._changes:
            write_changes(self._unit.connection, list(self._changes.items()))
            self._changes = {}

    def _learn_links(self, case_id: str, change: RegisterChange) -> None:
        for link in change.links:
            key = OrderKey(link.kind, link.value)
            held = self._links.get(key)
            if held is None or (link.moves and held != case_id):
                self._links[key] = case_id
                self.fresh_keys.add(key)

    def _case(self, case_id: str) -> CaseView | None:
        if case_id in self._changes:
            self.write()
        if case_id not in self._cases:
            self._cases |= read_cases(self._unit.connection, [case_id])
        return self._cases.get(case_id)

    def _seen(self, message: MessageRow) -> Seen | None:
        same = [
            each
            for each in self._same.get((message.content_hash, message.type, message.party), ())
            if each.id != message.id
        ]
        if not same:
            return None
        last = max(same, key=lambda each: each.seq)
        return Seen(message_id=last.id, superseded=self._superseded(last, message))

    def _superseded(self, last: _Same, message: MessageRow) -> bool:
        if last.case_id is None:
            return False
        for other in self._recorded:
            alike = (other.type, other.party) == (message.type, message.party)
            if alike and self._recorded_in[other.id] == last.case_id and other.seq > last.seq:
                return True
        values = {
            "in_case": last.case_id,
            "of_type": message.type,
            "from_party": message.party,
            "after": last.seq,
            "this": message.id,
        }
        return self._unit.connection.execute(_LATER, values).first() is not None
