"""One payload being written for a recipient whose sender spoke another dialect: what fits, and what had to be done.

Rule: nothing is invented. A value is cut, spelt in the recipient's characters, or left out, and each is reported with
its place; a default stands only where its source says which (courts 1.7, police-spi 3). What the schema requires and
nobody knows goes empty where the schema lets it; else an optional block around it is left out, and otherwise the
recipient will judge.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from hub.contract import Report, ReportKind
from hub.contract.tables import Tables
from hub.document.escape import NOT_XML
from hub.message.values import Coded

NOT_RESTRICTED = re.compile(r"""[^A-Za-z0-9 \t\r\n~!"@#$%&'()*+,\-./:;<=>?\[\\\]_{}^£€]""")
"""What is outside the alphabet of names and address lines (police-spi 2, courts 1.6)."""

_SPELT = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "`": "'",
        "\u00b4": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2013": "-",
        "\u2014": "-",
        "\u2026": "...",
        "|": "/",
        "\u00a0": " ",
        "\u00df": "ss",
        "\u00e6": "ae",
        "\u00c6": "AE",
        "\u0153": "oe",
        "\u0152": "OE",
        "\u00f8": "o",
        "\u00d8": "O",
        "\u0142": "l",
        "\u0141": "L",
        "\u0111": "d",
        "\u0110": "D",
        "\u00f0": "d",
        "\u00d0": "D",
        "\u00fe": "th",
        "\u00de": "Th",
    }
)


class Fit:
    """What is gathered while one payload is made to fit. `broken` is set where a required value is not known.

    `nth` is the number of the next element among those of its name, 0 where it does not repeat; `heard_on` the day of
    the hearing.
    """

    __slots__ = ("_path", "broken", "heard_on", "nth", "reports", "tables")

    def __init__(self, tables: Tables, root: str) -> None:
        self.tables = tables
        self.reports: list[Report] = []
        self.broken = False
        self.nth = 0
        self.heard_on: date | None = None
        self._path = [root]

    def enter(self, element: str) -> None:
        """Go down into an element."""
        self._path.append(f"{element}[{self.nth}]" if self.nth else element)
        self.nth = 0

    def leave(self) -> None:
        """Come up out of the innermost element."""
        self._path.pop()

    def report(self, kind: ReportKind, words: str, element: str = "") -> None:
        """Say what was done to the value at this place."""
        path = "/" + "/".join([*self._path, element] if element else self._path)
        self.reports.append(Report(kind=kind, path=path, words=words))

    def miss(self, element: str) -> None:
        """Something that the schema requires is not known, and the source of the interface names no default."""
        self.broken = True
        self.report(ReportKind.ADAPTED, "required here, but not known", element)

    def code(self, name: str, held: Coded) -> str | None:
        """The code of a list that says the same: as received, if it is of this list, else the first with our word."""
        table = self.tables.lists[name]
        text = held.text.strip()
        if held.value is None:
            return text if text in table.rows else None
        if table.value(text) == held.value:
            return text
        return next((code for code, row in table.rows.items() if row["value"] == held.value), None)


def restricted(text: str) -> str:
    """The text in the restricted alphabet: letters without their accents, and `?` for what has no likeness in it."""
    if NOT_RESTRICTED.search(text) is None:
        return text
    plain = unicodedata.normalize("NFKD", text.translate(_SPELT)).translate(_SPELT)
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return NOT_RESTRICTED.sub("?", plain)


def carried(text: str) -> str:
    """The text without the characters that XML cannot carry."""
    return NOT_XML.sub("", text)
