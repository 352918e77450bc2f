"""What changed between two readings of a table: rows added, removed, changed, by their code.

Rule: rows are the same where every cell is; a code that has several rows is compared as the set of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hub.contract.reference import ReferenceTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One code whose rows are not the same; `columns` are those that differ, where one row became one other."""

    kind: str
    code: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One table before and after, either of which may not be there."""

    name: str
    before: int | None
    after: int | None
    changes: tuple[Change, ...]

    def count(self, kind: str) -> int:
        """How many codes were added, removed or changed."""
        return sum(change.kind == kind for change in self.changes)


def difference(name: str, before: ReferenceTable | None, after: ReferenceTable | None) -> Difference:
    """What changed in one table."""
    return Difference(
        name=name,
        before=None if before is None else len(before),
        after=None if after is None else len(after),
        changes=tuple(_changes(before, after)),
    )


def _changes(before: ReferenceTable | None, after: ReferenceTable | None) -> Iterator[Change]:
    old, new = _by_code(before), _by_code(after)
    for code in sorted(old.keys() | new.keys()):
        was, now = old.get(code, []), new.get(code, [])
        if not was:
            yield Change(kind="added", code=code)
        elif not now:
            yield Change(kind="removed", code=code)
        elif sorted(map(_cells, was)) != sorted(map(_cells, now)):
            yield Change(kind="changed", code=code, columns=_columns(was, now))


def _by_code(table: ReferenceTable | None) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    if table is not None:
        for row in table.every():
            found.setdefault(row[table.columns[0]], []).append(dict(row))
    return found


def _cells(row: dict[str, str]) -> list[tuple[str, str]]:
    return sorted(row.items())


def _columns(was: list[dict[str, str]], now: list[dict[str, str]]) -> tuple[str, ...]:
    if len(was) != 1 or len(now) != 1:
        return ()
    names = dict.fromkeys([*was[0], *now[0]])
    return tuple(name for name in names if was[0].get(name) != now[0].get(name))
