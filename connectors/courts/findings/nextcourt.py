"""The next court and date that a result's text names, where the message itself does not (courts 2.1).

Rule: only the results of list R are read so, by the patterns that the list names for their code, in its order; the
first that yields a court wins, and without a court nothing is read. Which codes those are is data.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

_COURT = r"(?P<court>\S.*?(?:Crown|Criminal) Court)"
_DATED = r"on (?P<day>[0-9]{2}/[0-9]{2}/[0-9]{4}) or such other date"

PATTERNS: dict[str, tuple[re.Pattern[str], ...]] = {
    name: tuple(re.compile(pattern, re.DOTALL) for pattern in patterns)
    for name, patterns in {
        "P1": (rf"[Cc]ommitted to {_COURT}",),
        "P2": (rf"to appear (?:at|before) {_COURT}",),
        "P3": (
            rf"until the Crown Court hearing.*?{_DATED}.*?as the Crown Court directs,?\s*{_COURT}",
            rf"until the Crown Court hearing.*?time to be fixed,?\s*{_COURT}",
        ),
        "P4": (rf"[Tt]o be brought before {_COURT}",),
        "P5": (rf"Act [0-9]{{4}} to {_COURT}",),
    }.items()
}
_AFTER = re.compile(rf"\b{_DATED}")
_KEY = "text "


@dataclass(frozen=True, slots=True)
class Read:
    """The name of a court in a text, and the day with it, if any."""

    court: str
    day: date | None


def read_text(code: int, text: str, classes: Mapping[str, frozenset[str]]) -> Read | None:
    """What the text of a result says of the next hearing; `classes` are the groups `result-classes`."""
    for key, codes in classes.items():
        if key.startswith(_KEY) and str(code) in codes:
            return next((read for name in key.split()[1:] if (read := _by(name, text)) is not None), None)
    return None


def _by(name: str, text: str) -> Read | None:
    for pattern in PATTERNS[name]:
        match = pattern.search(text)
        if match is not None:
            named = match.groupdict().get("day")
            after = None if named else _AFTER.search(text, match.end())
            return Read(match["court"], _day(named or (after["day"] if after else "")))
    return None


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%d/%m/%Y").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None
