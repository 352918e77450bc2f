"""What was kept first is judged later: a document at once, a file of many cases chunk by chunk.

Rule: what a judge dies of stops nothing but itself. A chunk that fails is tried with fewer cases, down to one; that one
is refused alone, with words, and the next is judged.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from hub.contract import Reader, Trust
from hub.flow.accept.receipt import fault_json, rules_of
from hub.flow.broken import broken_rules
from hub.flow.cases import CHUNK, Chunk, Progress, is_bulk, progress_of
from hub.flow.judge import Terms
from hub.flow.judges import too_hard
from hub.flow.ruling import Rule, Ruling
from hub.ledger.account import SubmissionRow
from hub.ledger.admission import Judgement, Verdict
from hub.ledger.decision import NewEvent
from hub.message.errors import Defect, Fault

log = structlog.get_logger()

MOST_FAULTS = 1000
"""Faults of one submission that are kept; how many cases were refused is counted beyond it."""

_FEWER = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A submission that waits for its judgement: its row, its bytes, its sender, and who reads it, if that is known.

    `dialects` are those that its sender may use, None where it was seen before that this is one.
    """

    row: SubmissionRow
    raw: bytes
    trust: Trust
    reader: Reader | None
    dialects: tuple[str, ...] | None = None

    @property
    def before(self) -> Progress | None:
        """How far its judging came."""
        return progress_of(self.row.cursor)


def rule_on(kept: Kept, rule: Rule, clock: Callable[[], datetime]) -> Ruling:
    """The ruling on a document, or on the next cases of a file of many. Never raises Defect."""
    first = kept.before.next if kept.before else 1
    bulk = kept.reader is not None and is_bulk(kept.reader, kept.raw)
    count = CHUNK
    while True:
        terms = Terms(dialects=kept.dialects, chunk=Chunk(first or 1, count), correlation_id=kept.row.correlation_id)
        try:
            return rule(kept.raw, kept.trust, clock(), terms)
        except Defect as cause:
            log.error("defect", step="judge", submission_id=kept.row.id, case=first, cases=count, what=str(cause))
        if not bulk:
            return _failed(kept)
        if count == 1:
            return _without_one(kept, rule, clock(), first or 1)
        count = max(1, count // _FEWER)


def judgement(kept: Kept, ruling: Ruling) -> Judgement:
    """What is to be written of a ruling."""
    progress = ruling.progress.after(kept.before) if ruling.progress else None
    if progress is None and kept.before is not None:  # from here on it cannot be read at all: what was taken stays
        progress = replace(kept.before, next=None)
    verdict = _verdict(ruling, progress)
    faults = [*json.loads(kept.row.faults), *map(fault_json, ruling.faults)]
    return Judgement(
        verdict=verdict,
        messages=ruling.messages,
        faults=json.dumps(faults[:MOST_FAULTS], ensure_ascii=False),
        rules=rules_of(ruling.faults),
        broken=ruling.broken,
        began=kept.row.cursor,
        cursor=progress.text() if progress else None,
        dialect=ruling.dialect,
        version=ruling.version,
        events=() if verdict is Verdict.PENDING else (_event(kept.row, verdict, progress),),
    )


def _verdict(ruling: Ruling, progress: Progress | None) -> Verdict:
    if progress is None:
        return Verdict.REFUSED if ruling.refused else Verdict.ACCEPTED
    if progress.next is not None:
        return Verdict.PENDING
    return Verdict.ACCEPTED if progress.accepted else Verdict.REFUSED


def _event(row: SubmissionRow, verdict: Verdict, progress: Progress | None) -> NewEvent:
    """Tells the sender that what it sent was judged; where to read what came of it stands in the receipt."""
    said: dict[str, object] = {"type": "SubmissionJudged", "submission": row.id, "verdict": str(verdict)}
    if progress is not None:
        said |= {"total": progress.total, "accepted": progress.accepted, "refused": progress.refused}
    return NewEvent(type="SubmissionJudged", audience=(row.party,), body=json.dumps(said))


def _failed(kept: Kept) -> Ruling:
    """The refusal of a document on which our code fails."""
    faults = (too_hard(),)
    return Ruling(
        dialect=kept.row.dialect,
        version=kept.row.version,
        refused=True,
        faults=faults,
        broken=broken_rules(faults, (), (), None),
    )


def _without_one(kept: Kept, rule: Rule, at: datetime, number: int) -> Ruling:
    """The ruling on one case on which our code fails: it is refused alone. Where nobody knows yet how many there are,
    the next one tells; if it fails as well, the file cannot be read at all."""
    total = kept.before.total if kept.before else 0
    if not total:
        try:
            beyond = rule(kept.raw, kept.trust, at, Terms(chunk=Chunk(number + 1, 1)))
        except Defect:
            return _failed(kept)
        if beyond.progress is None:
            return beyond
        total = beyond.progress.total
    failed = _failed(kept)
    faults: tuple[Fault, ...] = tuple(replace(fault, case=number) for fault in failed.faults)
    progress = Progress(next=number + 1 if number < total else None, total=total, accepted=0, refused=1)
    return replace(failed, faults=faults, progress=progress)
