"""Code tables: what a sender's code means in our words, and back.

Rule: a table never guesses. An unknown code reads as None and the message carries a finding.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from hub.contract.reference import NO_REFERENCE, Reference
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
class Groups:
    """Named groups of codes, such as the results that raise a trigger: `editions` by their first day, the latest first.

    An edition without a first day holds from the beginning.
    """

    editions: tuple[tuple[date | None, Mapping[str, frozenset[str]]], ...] = ()

    def on(self, day: date | None) -> Mapping[str, frozenset[str]]:
        """The groups of a day; without a day the latest."""
        for first, groups in self.editions:
            if first is None or day is None or first <= day:
                return groups
        return {}


@dataclass(frozen=True, slots=True)
class Tables:
    """Every code list and every group of codes, by name, and the reference data that is loaded."""

    lists: Mapping[str, Table]
    groups: Mapping[str, Groups] = field(default_factory=dict)
    reference: Reference = NO_REFERENCE

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
