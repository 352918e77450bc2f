"""A foreign value: its text as the sender wrote it, beside our reading of it.

Rule: the text is never altered. `value` is None where we cannot read the text; the message then carries a finding.
An absent value is None in place of the whole object; an empty one has the text "".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Coded:
    """A code from a sender's list, and the word of ours that it means (config/codes)."""

    text: str
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Dated:
    """A calendar date."""

    text: str
    value: date | None = None


@dataclass(frozen=True, slots=True)
class Timed:
    """A time of day: the clock as written, Europe/London unless the text names a zone; a zone stays in the text."""

    text: str
    value: time | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """A date and time; the reading is in UTC."""

    text: str
    value: datetime | None = None


@dataclass(frozen=True, slots=True)
class Numbered:
    """A number, whole or decimal."""

    text: str
    value: Decimal | None = None
