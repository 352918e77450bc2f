"""The register: what each case is now, read and written whole.

Rule: record decides what changes (`RegisterChange`); here it is written as given, row by row, the newer over the older.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Row, Table, bindparam, delete, select
from sqlalchemy.dialects.postgresql import Insert, insert

from hub.ledger.admission import OrderKey
from hub.ledger.bulk import Bulk
from hub.ledger.lookup import among, in_pairs, pair_values
from hub.ledger.register import (
    CaseRow,
    CaseStatus,
    CaseView,
    CustodyRow,
    DefendantRow,
    HearingRow,
    HearingStage,
    OffenceRow,
    RegisterChange,
)
from hub.ledger.tables import case_keys, cases, custody, defendants, hearings, offences

CaseChange = tuple[str, RegisterChange]
"""The id of a case and what changes in it."""


def _upsert(table: Table) -> Insert:
    """Insert a row or write it over the one with the same key (SQLite and PostgreSQL say it alike)."""
    statement = insert(table)
    keys = [column.name for column in table.primary_key]
    over = {column.name: statement.excluded[column.name] for column in table.c if column.name not in keys}
    over.pop("created_at", None)
    return statement.on_conflict_do_update(index_elements=keys, set_=over)


_KEEP = {
    table: Bulk(_upsert(table), [column.name for column in table.primary_key])
    for table in (cases, defendants, offences, hearings, custody)
}

_LINK = Bulk(insert(case_keys).on_conflict_do_nothing())
_LINK_ANEW = Bulk(_upsert(case_keys), ("kind", "value"))

_REMOVE_OFFENCE = Bulk(
    delete(offences).where(
        offences.c.case_id == bindparam("of_case"),
        offences.c.defendant == bindparam("of_defendant"),
        offences.c.position == bindparam("at_position"),
    )
)

_TAKE: dict[type, Callable[[Any], tuple[Any, ...]]] = {
    kind: attrgetter(*kind.__slots__) for kind in (CaseRow, DefendantRow, OffenceRow, HearingRow, CustodyRow)
}

_FIND_LINKS = select(case_keys).where(in_pairs(case_keys.c.kind, case_keys.c.value))

_OF_CASES = {
    table: select(table).where(among(table.c.case_id, "ids")).order_by(*order)
    for table, order in (
        (case_keys, (case_keys.c.kind, case_keys.c.value)),
        (defendants, (defendants.c.position, defendants.c.key)),
        (offences, (offences.c.defendant, offences.c.position)),
        (hearings, (hearings.c.on, hearings.c.at, hearings.c.key)),
        (custody, (custody.c.noms,)),
    )
}
_CASES = select(cases).where(among(cases.c.id, "ids"))


def find_links(connection: Connection, keys: Iterable[OrderKey]) -> dict[OrderKey, str]:
    """Which of these keys lead to a case, and to which."""
    wanted = set(keys)
    if not wanted:
        return {}
    found = {OrderKey(row.kind, row.value): row.case_id for row in connection.execute(_FIND_LINKS, pair_values(wanted))}
    return {key: case_id for key, case_id in found.items() if key in wanted}


def read_cases(connection: Connection, ids: Iterable[str]) -> dict[str, CaseView]:
    """These cases, whole."""
    wanted = {"ids": list(ids)}
    if not wanted["ids"]:
        return {}
    heads = {row.id: _case_row(row) for row in connection.execute(_CASES, wanted)}
    parts: dict[Table, dict[str, list[dict[str, Any]]]] = {}
    for table, statement in _OF_CASES.items():
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in connection.execute(statement, wanted).mappings():
            values = dict(row)
            found[values.pop("case_id")].append(values)
        parts[table] = found
    return {id: _view(head, {table: found[id] for table, found in parts.items()}) for id, head in heads.items()}


def write_changes(connection: Connection, changes: Sequence[CaseChange]) -> None:
    """Write the changes of several cases; each case may stand in them once only."""
    given: dict[Table, list[dict[str, object]]] = {table: [] for table in _KEEP}
    for case_id, change in changes:
        given[cases].append(_values(change.case) | {"id": case_id, "status": change.case.status.value})
        given[defendants] += [_of_case(case_id, row) for row in change.defendants]
        given[offences] += [_of_case(case_id, row) for row in change.offences]
        given[hearings] += [_of_case(case_id, row) | {"stage": row.stage.value} for row in change.hearings]
        given[custody] += [_of_case(case_id, row) for row in change.custody]
    for table, rows in given.items():
        if rows:
            _KEEP[table].run(connection, rows)
    _remove_offences(connection, changes)
    _write_links(connection, changes)


def _of_case(case_id: str, row: DefendantRow | OffenceRow | HearingRow | CustodyRow) -> dict[str, object]:
    return _values(row) | {"case_id": case_id}


def _values(row: CaseRow | DefendantRow | OffenceRow | HearingRow | CustodyRow) -> dict[str, object]:
    kind = type(row)
    return dict(zip(kind.__slots__, _TAKE[kind](row), strict=True))


def _remove_offences(connection: Connection, changes: Sequence[CaseChange]) -> None:
    gone = [
        {"of_case": case_id, "of_defendant": offence.defendant, "at_position": offence.position}
        for case_id, change in changes
        for offence in change.removed_offences
    ]
    _REMOVE_OFFENCE.run(connection, gone)


def _write_links(connection: Connection, changes: Sequence[CaseChange]) -> None:
    for moves, statement in ((False, _LINK), (True, _LINK_ANEW)):
        rows = [
            {"kind": link.kind, "value": link.value, "case_id": case_id}
            for case_id, change in changes
            for link in change.links
            if link.moves is moves
        ]
        if rows:
            statement.run(connection, rows)


def _case_row(row: Row[*tuple[Any, ...]]) -> CaseRow:
    return CaseRow(**{**row._mapping, "status": CaseStatus(row.status)})


def _view(head: CaseRow, parts: dict[Table, list[dict[str, Any]]]) -> CaseView:
    return CaseView(
        case=head,
        links=tuple((row["kind"], row["value"]) for row in parts[case_keys]),
        defendants=tuple(DefendantRow(**row) for row in parts[defendants]),
        offences=tuple(OffenceRow(**{**row, "result_codes": tuple(row["result_codes"])}) for row in parts[offences]),
        hearings=tuple(HearingRow(**{**row, "stage": HearingStage(row["stage"])}) for row in parts[hearings]),
        custody=tuple(CustodyRow(**row) for row in parts[custody]),
    )
