"""Looking rows up so that the right index is used, in SQLite and in PostgreSQL alike.

Rule: SQLite reads a whole table for `(a, b) IN (VALUES ...)`, so pairs are looked for as `a IN (...) AND b IN (...)`.
That may find more than was asked for: whoever asks picks the pairs out of what is found.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, Column, ColumnElement, and_, bindparam, func
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import InternalTraversal


class _Among(ColumnElement[bool]):
    """A column that has one of the values of a list parameter.

    PostgreSQL gets the list as one array, so that a statement has one text, and one plan, however long the list is.
    """

    inherit_cache = True
    _traverse_internals = [  # noqa: RUF012 - what tells statements apart in SQLAlchemy's cache
        ("column", InternalTraversal.dp_clauseelement),
        ("name", InternalTraversal.dp_string),
    ]

    def __init__(self, column: Column[Any], name: str) -> None:
        self.column, self.name = column, name


@compiles(_Among)
def _as_list(element: _Among, compiler: SQLCompiler, **more: Any) -> str:
    return compiler.process(element.column.in_(bindparam(element.name, expanding=True)), **more)


@compiles(_Among, "postgresql")
def _as_array(element: _Among, compiler: SQLCompiler, **more: Any) -> str:
    one = compiler.process(element.column, **more)
    held = bindparam(element.name, type_=ARRAY(type(element.column.type)))
    return f"{one} = ANY ({compiler.process(held, **more)})"


def among(column: Column[Any], name: str) -> ColumnElement[bool]:
    """Rows whose column has one of the values in the list parameter of this name."""
    return _Among(column, name)


def in_pairs(first: Column[str], second: Column[str]) -> ColumnElement[bool]:
    """Rows that may have one of the pairs given by `pair_values`."""
    return and_(among(first, "pair_firsts"), among(second, "pair_seconds"))


def pair_values(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The pairs, as the statement wants them."""
    firsts, seconds = zip(*pairs, strict=True)
    return {"pair_firsts": sorted(set(firsts)), "pair_seconds": sorted(set(seconds))}


def unindexed(column: Column[str]) -> ColumnElement[str]:
    """A column that tells rows apart badly, said so that no index on it is taken in place of a better one."""
    return func.coalesce(column, "")
