"""What messages are called on each hop: a map that outlives restarts, and the memory of what came before.

Rule: of one sender a request is taken once, whatever became of it, and of several messages with one reference the first
is the one that it names. Both are decided in the transaction that keeps the submission.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Connection, bindparam, insert, select
from sqlalchemy.dialects.postgresql import insert as insert_or  # its ON CONFLICT is written the same for SQLite

from hub.ledger.admission import Admission, HopIn, Verdict
from hub.ledger.attempt import HopOut
from hub.ledger.bulk import Bulk
from hub.ledger.hop_tables import hops_in, hops_out
from hub.ledger.lookup import among
from hub.ledger.tables import deliveries, messages, submissions
from hub.ledger.unit import Unit
from hub.message.hops import Hop

Named = tuple[str, str]
"""A party, and what it calls something."""

_KEEP_IN = Bulk(insert(hops_in))
_KEEP_OUT = Bulk(insert_or(hops_out).on_conflict_do_nothing())

_REQUESTS = (
    select(hops_in.c.party, hops_in.c.request, submissions.c.sha256, submissions.c.id, submissions.c.receipt)
    .join(submissions, submissions.c.id == hops_in.c.submission_id)
    .where(among(hops_in.c.request, "requests"))
)

_REFERENCES = select(hops_in.c.party, hops_in.c.reference, hops_in.c.submission_id).where(
    among(hops_in.c.reference, "references"), hops_in.c.repeats.is_(None)
)

_HOP_IN = select(hops_in).where(hops_in.c.submission_id == bindparam("id"))

_HOP_OUT = (
    select(hops_out.c.delivery_id, deliveries.c.message_id, messages.c.submission_id)
    .join(deliveries, deliveries.c.id == hops_out.c.delivery_id)
    .join(messages, messages.c.id == deliveries.c.message_id)
    .where(hops_out.c.reference == bindparam("named"), hops_out.c.party == bindparam("of_party"))
)


def keys_to_hold(admissions: Sequence[Admission]) -> Iterator[Named]:
    """The ids of these that nobody else may take meanwhile."""
    for one in admissions:
        if one.hop is not None:
            yield from ((f"{one.party} request", one.hop.request),) if one.hop.request else ()
            yield from ((f"{one.party} reference", one.hop.reference),) if one.hop.reference else ()


def find_requests(connection: Connection, admissions: Sequence[Admission]) -> dict[Named, tuple[str, str, bytes]]:
    """What was taken before under the requests of these: hash, submission, receipt."""
    requests = sorted({one.hop.request for one in admissions if one.hop is not None and one.hop.request})
    rows = connection.execute(_REQUESTS, {"requests": requests}) if requests else ()
    return {(row.party, row.request): (row.sha256, row.id, row.receipt) for row in rows}


def find_references(connection: Connection, admissions: Sequence[Admission]) -> dict[Named, str]:
    """The submissions that had the references of these first."""
    references = sorted({one.hop.reference for one in admissions if one.hop is not None and one.hop.reference})
    rows = connection.execute(_REFERENCES, {"references": references}) if references else ()
    return {(row.party, row.reference): row.submission_id for row in rows}


def verdict_of(admission: Admission, first: dict[Named, str]) -> Verdict:
    """The verdict to keep a submission with. One whose reference came before is judged once more, with that known.

    `first` says whose each reference is, and learns of this one.
    """
    hop = admission.hop
    if admission.verdict is Verdict.REFUSED or hop is None or hop.reference is None:
        return admission.verdict
    owner = first.setdefault((admission.party, hop.reference), admission.submission_id)
    repeated = owner != admission.submission_id and hop.request is not None
    return Verdict.PENDING if repeated else admission.verdict


def insert_hops(unit: Unit, kept: Sequence[tuple[Admission, Verdict]], first: Mapping[Named, str]) -> None:
    """Keep what the submissions are called that were taken; one that was refused at once holds no id."""
    rows: list[dict[str, object]] = []
    for admission, verdict in kept:
        hop = admission.hop
        if hop is None or verdict not in (Verdict.ACCEPTED, Verdict.PENDING):
            continue
        owner = first.get((admission.party, hop.reference or ""))
        rows.append(
            {
                "submission_id": admission.submission_id,
                "party": admission.party,
                "request": hop.request,
                "reference": hop.reference,
                "repeats": owner if owner != admission.submission_id else None,
                "answer": hop.answer,
                "block": [list(pair) for pair in hop.block],
                "at": unit.now,
            }
        )
    _KEEP_IN.run(unit.connection, sorted(rows, key=lambda row: str(row["submission_id"])))


def insert_out(unit: Unit, made: Sequence[tuple[str, str, Hop]]) -> None:
    """Keep what deliveries are called by their recipients: delivery id, party, hop."""
    rows = [
        {"delivery_id": id, "party": party, "request": hop.request, "reference": hop.reference, "at": unit.now}
        for id, party, hop in made
    ]
    _KEEP_OUT.run(unit.connection, rows)


def read_hop(connection: Connection, submission_id: str) -> HopIn | None:
    """What a submission is called by its sender."""
    row = connection.execute(_HOP_IN, {"id": submission_id}).one_or_none()
    if row is None:
        return None
    block = tuple((name, text) for name, text in row.block)
    hop = Hop(request=row.request, reference=row.reference, answer=row.answer, block=block)
    return HopIn(submission_id=row.submission_id, party=row.party, hop=hop, repeats=row.repeats)


def find_sent(connection: Connection, party: str, reference: str) -> HopOut | None:
    """The delivery that a party calls so, None where it was sent none."""
    row = connection.execute(_HOP_OUT, {"named": reference, "of_party": party}).first()
    return None if row is None else HopOut(**row._mapping)
