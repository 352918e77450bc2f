"""Forms of dates and times, such as `%d/%m/%Y %H:%M`, and what a text in such a form says.

    %d %m %Y %y       day, month, year in four digits, year in two (00 to 68 are 20xx, 69 to 99 are 19xx)
    %b %B             the month's name in English, short or whole
    %H %I %p %M %S    hour of 24, hour of 12 with AM or PM, minute, second
    %f %z %%          a fraction of a second, an offset (Z, +01:00, +0100), a percent sign

Rule: nothing is guessed. Where figures follow figures each has its full width, so that `1122026` is no `%d%m%Y`; what
is not of the form, or is on no calendar, has no reading. The language of the machine makes no difference.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
PIVOT = 69
"""The first year of two digits that is of the last century, as in POSIX."""

DATES, TIMES = "dmYybB", "HIM"
"""The letters of a form of which a date, and a time of day, needs one at least."""

_PARTS = {
    "d": r"(?P<d>[0-9]{1,2})",
    "m": r"(?P<m>[0-9]{1,2})",
    "Y": r"(?P<Y>[0-9]{4})",
    "y": r"(?P<y>[0-9]{2})",
    "b": rf"(?P<b>{'|'.join(name[:3] for name in MONTHS)})",
    "B": rf"(?P<B>{'|'.join(MONTHS)})",
    "H": r"(?P<H>[0-9]{1,2})",
    "I": r"(?P<I>[0-9]{1,2})",
    "p": r"(?P<p>[AP]M)",
    "M": r"(?P<M>[0-9]{1,2})",
    "S": r"(?P<S>[0-9]{1,2})",
    "f": r"(?P<f>[0-9]{1,9})",
    "z": r"(?P<z>Z|[+-][0-9]{2}:?[0-9]{2})",
    "%": "%",
}
_NUMBERS = frozenset("dmYyHIMSf")
_PIECE = re.compile(r"%(.?)|([^%]+)", re.DOTALL)


class BadForm(Exception):
    """A form that cannot be read; its words say why."""


def form_of(written: str) -> Callable[[str], datetime | None]:
    """What a text in this form says: naive, or aware where the form has an offset; None where it says nothing.

    What the form does not hold is the first of January 1900 at midnight. Raises BadForm.
    """
    pieces = _PIECE.findall(written)
    letters = [letter for letter, literal in pieces if not literal]
    for letter in letters:
        if letter not in _PARTS:
            raise BadForm(f"'%{letter}' is not read; there are {' '.join(f'%{known}' for known in _PARTS)}")
        if letters.count(letter) > 1:
            raise BadForm(f"'%{letter}' stands in it twice")
    if "I" in letters and "p" not in letters:
        raise BadForm("%I needs %p beside it")
    pattern = re.compile("".join(_pattern(pieces)), re.IGNORECASE)

    def read(text: str) -> datetime | None:
        match = pattern.fullmatch(text.strip())
        try:
            return None if match is None else _moment(match.groupdict())
        except ValueError:
            return None

    return read


def in_utc(at: datetime) -> datetime | None:
    """The moment in UTC of a clock in London, or of an aware one; None where the calendar ends before it."""
    try:
        return (at if at.tzinfo is not None else at.replace(tzinfo=LONDON)).astimezone(UTC)
    except OverflowError:
        return None


def in_london(at: datetime) -> datetime | None:
    """The clock in London at a moment, in UTC where it says nothing else; None where the calendar ends before it."""
    try:
        return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).astimezone(LONDON).replace(tzinfo=None)
    except OverflowError:
        return None


def _pattern(pieces: list[tuple[str, str]]) -> list[str]:
    """The form as a regular expression: full width for figures that stand beside figures."""
    made = []
    for position, (letter, literal) in enumerate(pieces):
        if literal:
            made.append(r"\s+".join(map(re.escape, re.split(r"\s+", literal))))
            continue
        around = [pieces[at] for at in (position - 1, position + 1) if 0 <= at < len(pieces)]
        beside = any(other in _NUMBERS or text[:1].isdigit() or text[-1:].isdigit() for other, text in around)
        made.append(_PARTS[letter].replace("{1,2}", "{2}") if beside else _PARTS[letter])
    return made


def _moment(said: dict[str, str | None]) -> datetime:
    """Raises ValueError for what is on no calendar or clock."""
    return datetime(
        _year(said),
        _month(said),
        int(said.get("d") or 1),
        _hour(said),
        int(said.get("M") or 0),
        int(said.get("S") or 0),
        int((said.get("f") or "0")[:6].ljust(6, "0")),
        _zone(said.get("z")),
    )


def _year(said: dict[str, str | None]) -> int:
    short = said.get("y")
    if short is not None:
        return int(short) + (1900 if int(short) >= PIVOT else 2000)
    return int(said.get("Y") or 1900)


def _month(said: dict[str, str | None]) -> int:
    named = said.get("b") or said.get("B")
    if named is not None:
        return next(number for number, name in enumerate(MONTHS, 1) if name[:3].lower() == named[:3].lower())
    return int(said.get("m") or 1)


def _hour(said: dict[str, str | None]) -> int:
    half = said.get("p")
    if said.get("I") is None:
        return int(said.get("H") or 0)
    hour = int(said["I"] or 0)
    if not 1 <= hour <= 12:
        raise ValueError("no such hour")
    return hour % 12 + (12 if (half or "").upper() == "PM" else 0)


def _zone(text: str | None) -> timezone | None:
    if text is None:
        return None
    if text.upper() == "Z":
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    return timezone((1 if text[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes))
