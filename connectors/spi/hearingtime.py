"""The clock of a hearing as the court reads it: some forces mark local times as UTC, others send true offsets.

Rule (police-spi 6, summer time): it is decided by the trait `times_are_local` of the sender's system and by the date of
the hearing, in Europe/London. "true": the clock stands as written, whatever zone follows it. "false": an offset is
true, and the clock is moved to London. Without the trait nothing is known, and the clock stands as written. The text
is never altered.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from connectors.spi import LIBRA
from connectors.spi.reading import Reading
from connectors.spi.values import TIME, date_of
from hub.document import Element
from hub.message.values import Timed

LONDON = ZoneInfo("Europe/London")
TRAIT = "times_are_local"

_DATE = f"{{{LIBRA}}}DateOfHearing"
_OFFSET = re.compile(r"(?:Z|([+-])(0[0-9]|1[0-4]):([0-5][0-9]))\s*\Z", re.ASCII)


def _read(text: str, node: Element, run: Reading) -> Timed:
    held: Timed = TIME.read(text, node, run)
    if held.value is None or run.traits.get(TRAIT) != "false":
        return held
    day, offset = _day_of(node), _offset_in(text)
    if day is None or offset is None:
        return held
    moved = _in_london(day, held.value, offset)
    if moved is None:
        run.note(node, "HEARING_TIME_OFFSET", "in London this is on another day: the clock is kept as written")
        return held
    return replace(held, value=moved)


def _in_london(day: date, clock: time, offset: timedelta) -> time | None:
    """The clock in London, None where it would be that of another day."""
    local = datetime.combine(day, clock, timezone(offset)).astimezone(LONDON)
    return local.time() if local.date() == day else None


def _day_of(node: Element) -> date | None:
    """The date of the hearing, which stands beside its time."""
    around = node.getparent()
    beside = None if around is None else around.find(_DATE)
    return None if beside is None else date_of(beside.text or "")


def _offset_in(text: str) -> timedelta | None:
    """The offset at the end of a time, None where none is named."""
    match = _OFFSET.search(text)
    if match is None:
        return None
    sign, hours, minutes = match.groups()
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    return -offset if sign == "-" else offset


HEARING_TIME = replace(TIME, read=_read)
