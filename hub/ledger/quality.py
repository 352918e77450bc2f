"""What submissions break, counted by rule, place and unit, so that nobody has to read a body to count.

Rule: the counts of a submission are written in the transaction that keeps its verdict; one that breaks nothing has no
row. They hold codes, paths and numbers only, never a value of the document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, distinct, func, select
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT is written the same for SQLite

from hub.ledger.account import Place, QualityRow
from hub.ledger.admission import BrokenRule, Verdict
from hub.ledger.bulk import Bulk
from hub.ledger.tables import submission_rules, submissions

_INSERT = insert(submission_rules)
_COUNT = Bulk(  # a submission that is judged chunk by chunk may break the same rule in each
    _INSERT.on_conflict_do_update(
        index_elements=list(submission_rules.primary_key.columns),
        set_={"times": submission_rules.c.times + _INSERT.excluded["times"]},
    )
)

_IN_PERIOD = (
    submission_rules.c.party == bindparam("of_party"),
    submission_rules.c.received_at >= bindparam("since"),
    submission_rules.c.received_at < bindparam("until"),
)
_KIND = (submission_rules.c.unit, submission_rules.c.rule, submission_rules.c.severity)
_SUMS = (
    func.count(distinct(submission_rules.c.submission_id)).label("submissions"),
    func.sum(submission_rules.c.times).label("times"),
)
_BY_RULE = select(*_KIND, *_SUMS).where(*_IN_PERIOD).group_by(*_KIND).order_by(*_KIND)
_BY_PLACE = (
    select(*_KIND, submission_rules.c.path, *_SUMS)
    .where(*_IN_PERIOD)
    .group_by(*_KIND, submission_rules.c.path)
    .order_by(_SUMS[0].desc(), _SUMS[1].desc(), submission_rules.c.path)
)

_BY_VERDICT = (
    select(submissions.c.verdict, func.count())
    .where(
        submissions.c.party == bindparam("of_party"),
        submissions.c.received_at >= bindparam("since"),
        submissions.c.received_at < bindparam("until"),
    )
    .group_by(submissions.c.verdict)
)


class Broken(NamedTuple):
    """What one submission broke."""

    submission_id: str
    party: str
    received_at: datetime
    rules: Sequence[BrokenRule]


def insert_broken(connection: Connection, broken: Sequence[Broken]) -> None:
    """Count what submissions broke; nothing is done where they broke nothing."""
    _COUNT.run(
        connection,
        [
            {
                "submission_id": one.submission_id,
                "rule": rule.rule,
                "severity": rule.severity,
                "path": rule.path,
                "unit": rule.unit or "",
                "times": rule.times,
                "party": one.party,
                "received_at": one.received_at,
            }
            for one in broken
            for rule in one.rules
        ],
    )


def read_quality(connection: Connection, party: str, since: datetime, until: datetime) -> tuple[QualityRow, ...]:
    """What a party's submissions of a period (from, before) broke, by unit, rule and severity."""
    asked = {"of_party": party, "since": since, "until": until}
    places: dict[tuple[str, str, str], list[Place]] = {}
    for unit, rule, severity, path, held, times in connection.execute(_BY_PLACE, asked):
        places.setdefault((unit, rule, severity), []).append(Place(path=path, submissions=held, times=times))
    return tuple(
        QualityRow(
            unit=unit or None,
            rule=rule,
            severity=severity,
            submissions=held,
            times=times,
            places=tuple(places[unit, rule, severity]),
        )
        for unit, rule, severity, held, times in connection.execute(_BY_RULE, asked)
    )


def read_submitted(connection: Connection, party: str, since: datetime, until: datetime) -> Mapping[Verdict, int]:
    """How many submissions of a party had each verdict in a period; a verdict that none had is left out."""
    rows = connection.execute(_BY_VERDICT, {"of_party": party, "since": since, "until": until})
    return {Verdict(verdict): count for verdict, count in rows}
