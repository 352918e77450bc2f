"""Looking rows up so that the right index is used, in SQLite and in PostgreSQL alike.

Rule: SQLite reads a whole table for `(a, b) IN (VALUES ...)`, so pairs are looked for as `a IN (...) AND b IN (...)`.
That may find more than was asked for: whoever asks picks the pairs out of what is found.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Column, ColumnElement, and_, bindparam, func


def in_pairs(first: Column[str], second: Column[str]) -> ColumnElement[bool]:
    """Rows that may have one of the pairs given by `pair_values`."""
    return and_(
        first.in_(bindparam("pair_firsts", expanding=True)), second.in_(bindparam("pair_seconds", expanding=True))
    )


def pair_values(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The pairs, as the statement wants them."""
    firsts, seconds = zip(*pairs, strict=True)
    return {"pair_firsts": sorted(set(firsts)), "pair_seconds": sorted(set(seconds))}


def unindexed(column: Column[str]) -> ColumnElement[str]:
    """A column that tells rows apart badly, said so that no index on it is taken in place of a better one."""
    return func.coalesce(column, "")
