"""How values that SQL does not know are stored: moments and JSON.

Times are whole microseconds since 1970 in UTC: exact, the same in SQLite and PostgreSQL, compared as numbers (ISO text
would be parsed at every read, and sorts wrongly as soon as two writers disagree on the length of the fraction).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Dialect, Text
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_AS_JSON = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


class Instant(TypeDecorator[datetime]):
    """A moment: an aware datetime in Python, microseconds since 1970 in the database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """To microseconds."""
        return None if value is None else (value - _EPOCH) // _TICK

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """To a datetime in UTC."""
        return None if value is None else _EPOCH + value * _TICK


class Json(TypeDecorator[object]):
    """A list or an object: JSON text in the database, always ASCII, so that no text a sender chose can upset it."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> str:
        """To compact text with sorted keys."""
        return _AS_JSON(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """To lists, dicts and plain values."""
        return None if value is None else json.loads(value)
