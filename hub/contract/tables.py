"""Code tables: what a sender's code means in our words, and back.

Rule: a table never guesses. An unknown code reads as None and the message carries a finding.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hub.message.errors import Misconfigured
from hub.message.values import Coded


@dataclass(frozen=True, slots=True)
class Table:
    """One code list: `rows` by the code as sent, each with at least `code`, `value` and `name`."""

    name: str
    rows: Mapping[str, Mapping[str, str]]

    def value(self, code: str) -> str | None:
        """Our word for a code, None where the list does not have it."""
        row = self.rows.get(code)
        return None if row is None else row["value"]


@dataclass(frozen=True, slots=True)
class Tables:
    """Every code list, by name."""

    lists: Mapping[str, Table]

    def read(self, name: str, text: str) -> Coded:
        """The text as sent beside our word for it. Spaces around the code do not count."""
        return Coded(text, self.lists[name].value(text.strip()))

    def row(self, name: str, code: str) -> Mapping[str, str]:
        """The whole row of a code, empty where there is none."""
        return self.lists[name].rows.get(code, {})


def load_tables(folders: list[Path]) -> Tables:
    """Read every `*.csv` of the folders; a later folder's file replaces an earlier one's. Raises Misconfigured."""
    lists: dict[str, Table] = {}
    faults: list[str] = []
    for path in (path for folder in folders for path in sorted(folder.glob("*.csv"))):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        if any("code" not in row or "value" not in row for row in rows):
            faults.append(f"{path}: every code list needs the columns code and value")
            continue
        lists[path.stem] = Table(path.stem, {row["code"]: row for row in rows})
    if faults:
        raise Misconfigured(faults)
    return Tables(lists)
