"""Moments on the command line: a date and a time, and by whose clock.

Rule: nobody guesses. A moment says UTC or London, and an hour that London has twice, or not at all, is refused.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

LONDON = ZoneInfo("Europe/London")
_ZONES = {"utc": UTC, "z": UTC, "london": LONDON}
_HOW = "write it as 2026-07-01 14:00 UTC or 2026-07-01 14:00 London"


def moment(text: str | None) -> datetime | None:
    """The moment in UTC that a text means. Raises BadParameter for one that says no clock, or not one hour."""
    if text is None:
        return None
    words = text.strip().removesuffix("Z")
    if words != text.strip():
        words += " UTC"
    day_and_time, _, zone = words.rpartition(" ")
    try:
        told = datetime.fromisoformat(day_and_time.strip())
        clock = _ZONES[zone.lower()]
    except (ValueError, KeyError):
        raise typer.BadParameter(f"'{text}' is not a moment by a clock: {_HOW}") from None
    if told.tzinfo is not None:
        raise typer.BadParameter(f"'{text}' says two clocks: {_HOW}")
    return _one_hour(text, told, clock)


def _one_hour(text: str, told: datetime, clock: object) -> datetime:
    if clock is UTC:
        return told.replace(tzinfo=UTC)
    first, second = (told.replace(tzinfo=LONDON, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first.astimezone(LONDON).replace(tzinfo=None) != told:
        raise typer.BadParameter(f"'{text}': London has no such hour, the clocks go forward then; say it in UTC")
    if first != second:
        raise typer.BadParameter(f"'{text}': London has this hour twice, the clocks go back then; say it in UTC")
    return first


def told(at: datetime | None) -> str | None:
    """A time in UTC, to the millisecond."""
    return None if at is None else at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


Since = Annotated[
    str | None, typer.Option("--since", metavar="MOMENT", help='From then on: "2026-07-01 14:00 UTC", or London.')
]
Until = Annotated[
    str | None, typer.Option("--until", metavar="MOMENT", help='Before then: "2026-07-01 14:00 London", or UTC.')
]
