"""Submissions and messages: kept whole at the door, moved along their statuses, read back.

Rule: bytes, verdict, messages, keys, audit and slips of an admission are written in one transaction or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as insert_or  # its ON CONFLICT is written the same for SQLite

from hub.ledger.account import NewAudit
from hub.ledger.admission import (
    Admission,
    Admitted,
    BrokenRule,
    Conflict,
    Fresh,
    Judgement,
    NewMessage,
    OrderKey,
    Repeated,
    Verdict,
)
from hub.ledger.bulk import Bulk
from hub.ledger.documents import insert_documents
from hub.ledger.hops import find_references, find_requests, insert_hops, keys_to_hold, verdict_of
from hub.ledger.locks import ACCEPT, lock_keys
from hub.ledger.lookup import among, in_pairs, pair_values, unindexed
from hub.ledger.quality import Broken, insert_broken
from hub.ledger.tables import contents, message_keys, messages, submissions
from hub.ledger.unit import Unit
from hub.message.lifecycle import MESSAGE_TABLE, MessageEvent, MessageStatus, advance
from hub.message.slip import Lane

_IN_FORCE = text("verdict IN ('accepted', 'pending')")  # word for word as in the partial index

_TAKEN_KEY = BrokenRule(rule="key-conflict", severity="error", path="", unit=None, times=1)

_FIND_IN_FORCE = select(
    submissions.c.party, submissions.c.key, submissions.c.sha256, submissions.c.id, submissions.c.receipt
).where(
    among(submissions.c.key, "keys"),
    _IN_FORCE,
)

_KEEP_CONTENT = Bulk(insert_or(contents).on_conflict_do_nothing())
_KEEP_SUBMISSION = Bulk(insert(submissions))
_KEEP_MESSAGE = Bulk(insert(messages))
_KEEP_KEY = Bulk(insert_or(message_keys).on_conflict_do_nothing())

_LOCK_SUBMISSION = select(submissions).where(submissions.c.id == bindparam("id")).with_for_update(key_share=True)

_JUDGE = (
    update(submissions)
    .where(submissions.c.id == bindparam("submission"))
    .values(
        {name: bindparam(f"to_{name}") for name in ("verdict", "faults", "cursor", "dialect", "version", "rung_at")}
    )
)

_LOCK_MESSAGE = (
    select(messages.c.status, messages.c.submission_id, messages.c.case_id, messages.c.defects)
    .where(messages.c.id == bindparam("id"))
    .with_for_update(key_share=True)
)

MOVE = (
    update(messages)
    .where(messages.c.id == bindparam("message"))
    .values(status=bindparam("to_status"), reason=bindparam("to_reason"), status_at=bindparam("at"))
)

_COUNT_DEFECT = update(messages).where(messages.c.id == bindparam("message")).values(defects=bindparam("to_defects"))

_KEYS_OF_ONE = select(message_keys.c.kind, message_keys.c.value).where(message_keys.c.message_id == bindparam("id"))

_FIND_BY_KEYS = (
    select(messages.c.id, message_keys.c.kind, message_keys.c.value)
    .join(message_keys, message_keys.c.message_id == messages.c.id)
    .where(
        in_pairs(message_keys.c.kind, message_keys.c.value),
        unindexed(messages.c.status) == bindparam("in_status"),
    )
    .order_by(messages.c.seq)
)


def admit_all(unit: Unit, admissions: Sequence[Admission]) -> list[Admitted]:
    """Keep several admissions; the first of a key wins, also among these.

    Messages of a key get their tickets in the order of their commits: the next of a key waits for the one before.
    """
    keys = (key for one in admissions for made in one.messages for key in made.keys)
    lock_keys(unit.connection, ACCEPT, (*keys, *keys_to_hold(admissions)))
    first, named = _find_in_force(unit, admissions), find_references(unit.connection, admissions)
    answers: list[Admitted] = []
    kept: list[tuple[Admission, Verdict]] = []
    for admission in admissions:
        pair = (admission.party, admission.key)
        earlier = first.get(pair)
        if earlier is None:
            kept.append((admission, verdict_of(admission, named)))
            answers.append(Fresh(admission.receipt))
            if admission.verdict is not Verdict.REFUSED:
                first[pair] = (admission.sha256, admission.submission_id, admission.receipt)
        elif earlier[0] == admission.sha256:
            answers.append(Repeated(earlier[2], earlier[1]))
        else:
            kept.append((admission, Verdict.CONFLICT))
            answers.append(Conflict(earlier[0]))
    _keep(unit, kept)
    insert_hops(unit, kept, named)
    return answers


def _find_in_force(unit: Unit, admissions: Sequence[Admission]) -> dict[tuple[str, str], tuple[str, str, bytes]]:
    """What holds the keys of these; of other parties too, who may use the same words. A request is taken for good."""
    keys = list({admission.key for admission in admissions})
    rows = unit.connection.execute(_FIND_IN_FORCE, {"keys": keys})
    found = {(party, key): (sha256, id, receipt) for party, key, sha256, id, receipt in rows}
    taken = find_requests(unit.connection, admissions)
    for one in admissions:
        if one.hop is not None and one.hop.request is not None and (one.party, one.hop.request) in taken:
            found[one.party, one.key] = taken[one.party, one.hop.request]
    return found


def _keep(unit: Unit, kept: Sequence[tuple[Admission, Verdict]]) -> None:
    if not kept:
        return
    contents_of = {admission.sha256: admission for admission, _ in kept}
    _KEEP_CONTENT.run(unit.connection, [_content_values(unit, one) for _, one in sorted(contents_of.items())])
    in_order = sorted(kept, key=lambda each: (each[0].key, each[0].party))
    _KEEP_SUBMISSION.run(unit.connection, [_submission_values(*each) for each in in_order])
    rows: list[dict[str, object]] = []
    keys: list[dict[str, object]] = []
    made: list[NewMessage] = []
    for admission, verdict in kept:
        if verdict is Verdict.ACCEPTED:
            made += admission.messages
            for message in admission.messages:
                rows.append(_message_values(unit, message, _of_admission(admission)))
                keys += _key_values(message)
                _announce(unit, message.id, admission.submission_id, admission.party)
        else:
            _note_submission(unit, admission, verdict)
    _insert_rows(unit, rows, keys)
    insert_documents(unit, made)
    insert_broken(unit.connection, [_broken_of(*each) for each in kept])


def _broken_of(admission: Admission, verdict: Verdict) -> Broken:
    """What an admission broke. A key that was taken is all that the sender of a conflict is told of."""
    rules = (_TAKEN_KEY,) if verdict is Verdict.CONFLICT else admission.broken
    return Broken(admission.submission_id, admission.party, admission.received_at, rules)


def insert_messages(unit: Unit, of_submission: Mapping[str, Any], made: Sequence[NewMessage]) -> None:
    """Keep messages of a submission that is kept already, and ring for them."""
    rows = [_message_values(unit, message, of_submission) for message in made]
    _insert_rows(unit, rows, [values for message in made for values in _key_values(message)])
    insert_documents(unit, made)
    for message in made:
        _announce(unit, message.id, of_submission["submission_id"], of_submission["party"])


def _insert_rows(unit: Unit, rows: list[dict[str, object]], keys: list[dict[str, object]]) -> None:
    if rows:
        _KEEP_MESSAGE.run(unit.connection, rows)
    if keys:
        _KEEP_KEY.run(unit.connection, keys)


def _content_values(unit: Unit, admission: Admission) -> dict[str, object]:
    return {
        "sha256": admission.sha256,
        "size": len(admission.raw),
        "body": admission.raw,
        "added_at": unit.now,
    }


def _submission_values(admission: Admission, verdict: Verdict) -> dict[str, object]:
    return {
        "id": admission.submission_id,
        "party": admission.party,
        "key": admission.key,
        "sha256": admission.sha256,
        "size": len(admission.raw),
        "media": admission.media,
        "dialect": admission.dialect,
        "version": admission.version,
        "door": admission.door,
        "received_at": admission.received_at,
        "verdict": verdict.value,
        "faults": admission.faults,
        "receipt": admission.receipt,
        "correlation_id": admission.correlation_id,
        "rung_at": admission.received_at,
    }


def _of_admission(admission: Admission) -> dict[str, object]:
    """What a message has from its submission."""
    return {
        "submission_id": admission.submission_id,
        "party": admission.party,
        "dialect": admission.dialect,
        "version": admission.version,
        "correlation_id": admission.correlation_id,
    }


def _message_values(unit: Unit, message: NewMessage, of_submission: Mapping[str, Any]) -> dict[str, object]:
    return {
        "id": message.id,
        **of_submission,
        "ordinal": message.ordinal,
        "type": message.type,
        "reference": message.reference,
        "status": MessageStatus.ACCEPTED.value,
        "content_hash": message.content_hash,
        "mode": message.mode,
        "previous_version_of": message.previous_version_of,
        "occurred_at": message.occurred_at,
        "accepted_at": unit.now,
        "status_at": unit.now,
        "rung_at": unit.now,
        "defects": 0,
        "canonical": message.canonical,
        "mapping": message.mapping,
    } | ({} if message.version is None else {"version": message.version})


def _key_values(message: NewMessage) -> list[dict[str, object]]:
    return [
        {"kind": key.kind, "value": key.value, "message_id": message.id, "rank": rank}
        for rank, key in enumerate(message.keys)
    ]


def _announce(unit: Unit, message_id: str, submission_id: str, party: str) -> None:
    unit.ring(Lane.INTAKE, message_id)
    unit.note(
        NewAudit(
            actor=party,
            action="accepted",
            subject_kind="message",
            subject_id=message_id,
            submission_id=submission_id,
            message_id=message_id,
        )
    )


def _note_submission(unit: Unit, admission: Admission, verdict: Verdict) -> None:
    if verdict is Verdict.PENDING:
        unit.ring(Lane.INTAKE, admission.submission_id)
    detail: dict[str, object] = {"sha256": admission.sha256}
    if admission.rules:
        detail["rules"] = list(admission.rules)
    unit.note(
        NewAudit(
            actor=admission.party,
            action=verdict.value,
            subject_kind="submission",
            subject_id=admission.submission_id,
            submission_id=admission.submission_id,
            detail=detail,
        )
    )


def judge(unit: Unit, submission_id: str, judgement: Judgement) -> bool:
    """Write what was found in a pending submission, or in its next cases. False where somebody else did."""
    lock_keys(unit.connection, ACCEPT, (key for made in judgement.messages for key in made.keys))
    row = unit.connection.execute(_LOCK_SUBMISSION, {"id": submission_id}).one_or_none()
    if row is None or row.verdict != Verdict.PENDING.value or row.cursor != judgement.began:
        return False
    dialect, version = judgement.dialect or row.dialect, judgement.version or row.version
    unit.connection.execute(
        _JUDGE,
        {
            "submission": submission_id,
            "to_verdict": judgement.verdict.value,
            "to_faults": judgement.faults,
            "to_cursor": judgement.cursor,
            "to_dialect": dialect,
            "to_version": version,
            "to_rung_at": unit.now,
        },
    )
    of_submission: dict[str, object] = {
        "submission_id": submission_id,
        "party": row.party,
        "dialect": dialect,
        "version": version,
        "correlation_id": row.correlation_id,
    }
    insert_messages(unit, of_submission, judgement.messages)
    insert_broken(unit.connection, [Broken(submission_id, row.party, row.received_at, judgement.broken)])
    for event in judgement.events:
        unit.tell(event, None, None)
    _announce_judged(unit, row, judgement)
    return True


def _announce_judged(unit: Unit, row: Row[*tuple[object, ...]], judgement: Judgement) -> None:
    if judgement.verdict is Verdict.PENDING:
        unit.ring(Lane.INTAKE, row.id)
    detail: dict[str, object] = {"messages": len(judgement.messages)}
    if judgement.rules:
        detail["rules"] = list(judgement.rules)
    action = "continued" if judgement.verdict is Verdict.PENDING else judgement.verdict.value
    unit.note(
        NewAudit(
            actor="hub",
            action=action,
            subject_kind="submission",
            subject_id=row.id,
            submission_id=row.id,
            detail=detail,
        )
    )


def count_defect(unit: Unit, message_id: str) -> int:
    """Count one more failure of ours on a message."""
    row = unit.connection.execute(_LOCK_MESSAGE, {"id": message_id}).one_or_none()
    if row is None:
        return 0
    unit.connection.execute(_COUNT_DEFECT, {"message": message_id, "to_defects": row.defects + 1})
    _note_message(unit, message_id, row, "stumbled", {"defects": row.defects + 1})
    return int(row.defects) + 1


def bury(unit: Unit, message_id: str, reason: str) -> bool:
    """Take a message out of the way, and ring for those that waited behind it."""
    if not _move(unit, message_id, MessageEvent.BURY, ("hub", reason)):
        return False
    keys = {OrderKey(*row) for row in unit.connection.execute(_KEYS_OF_ONE, {"id": message_id})}
    for behind in _find_by_keys(unit, keys, MessageStatus.ACCEPTED):
        unit.ring(Lane.INTAKE, behind)
    return True


def rerun(unit: Unit, message_id: str, actor: str, reason: str) -> bool:
    """Send a message through intake again."""
    moved = _move(unit, message_id, MessageEvent.RERUN, (actor, reason))
    if moved:
        unit.ring(Lane.INTAKE, message_id)
    return moved


def _move(unit: Unit, message_id: str, event: MessageEvent, by: tuple[str, str]) -> bool:
    """Move a message by an event, where its status allows it. `by` is who and why."""
    row = unit.connection.execute(_LOCK_MESSAGE, {"id": message_id}).one_or_none()
    if row is None or (MessageStatus[row.status], event) not in MESSAGE_TABLE:
        return False
    status = advance(MessageStatus[row.status], event)
    actor, reason = by
    unit.connection.execute(
        MOVE, {"message": message_id, "to_status": status.value, "to_reason": reason, "at": unit.now}
    )
    _note_message(unit, message_id, row, event.value, {"reason": reason}, actor)
    return True


def rerun_waiting(unit: Unit, keys: Iterable[OrderKey]) -> None:
    """Send the unmatched messages that wait for one of these keys through intake again."""
    for waiting in _find_by_keys(unit, set(keys), MessageStatus.UNMATCHED):
        _move(unit, waiting, MessageEvent.RERUN, ("hub", "linked"))
        unit.ring(Lane.INTAKE, waiting)


def _find_by_keys(unit: Unit, keys: set[OrderKey], status: MessageStatus) -> list[str]:
    """The messages in a status that have one of these keys, in order of acceptance."""
    if not keys:
        return []
    rows = unit.connection.execute(_FIND_BY_KEYS, pair_values(keys) | {"in_status": status.value})
    return list(dict.fromkeys(row.id for row in rows if OrderKey(row.kind, row.value) in keys))


def _note_message(
    unit: Unit,
    message_id: str,
    row: Row[*tuple[object, ...]],
    action: str,
    detail: dict[str, object],
    actor: str = "hub",
) -> None:
    unit.note(
        NewAudit(
            actor=actor,
            action=action,
            subject_kind="message",
            subject_id=message_id,
            submission_id=row.submission_id,
            message_id=message_id,
            case_id=row.case_id,
            detail=detail,
        )
    )
