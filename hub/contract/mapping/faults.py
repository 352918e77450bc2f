"""What is wrong with a mapping: every fault, each with its file, line and key.

Rule: loading goes on after a fault, so that an analyst sees all of them at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.contract.mapping.lines import line_at
from hub.contract.mapping.readers import nearest


@dataclass(slots=True)
class Faults:
    """The faults of one file."""

    file: str
    lines: dict[str, int]
    found: list[str] = field(default_factory=list)

    def add(self, key: str, words: str) -> None:
        """One more fault, at a key by its dotted name."""
        self.found.append(f"{self.file}:{line_at(self.lines, key)}: {key}: {words}")

    def unknown(self, key: str, given: Iterable[str], known: Iterable[str]) -> None:
        """A fault for each key that is not known here."""
        names = list(known)
        for name in given:
            if name not in names:
                hint = nearest(name, names) or f"; there are {', '.join(sorted(names))}"
                self.add(_below(key, name), f"there is no such key{hint}")

    def text(self, table: Mapping[str, Any], key: str, name: str, default: str | None = None) -> str:
        """A text that a table must hold under a name, or may where there is a default."""
        held = table.get(name, default)
        if isinstance(held, str):
            return held
        self.add(_below(key, name), "a text is needed here" if held is None else "this must be a text")
        return ""

    def table(self, holder: Mapping[str, Any], key: str, name: str) -> dict[str, Any]:
        """A table that another may hold under a name; an empty one where it does not."""
        held = holder.get(name, {})
        if isinstance(held, dict):
            return held
        self.add(_below(key, name), "this must be a table")
        return {}

    def tables(self, holder: Mapping[str, Any], key: str, name: str) -> list[tuple[str, dict[str, Any]]]:
        """The tables of an array that another may hold under a name, each with its key."""
        held = holder.get(name, [])
        if not isinstance(held, list) or not all(isinstance(one, dict) for one in held):
            self.add(_below(key, name), f"this must be tables, each under [[{_below(key, name)}]]")
            return []
        return [(f"{_below(key, name)}[{number}]", one) for number, one in enumerate(held, 1)]

    def texts(self, table: Mapping[str, Any], key: str, name: str) -> tuple[str, ...]:
        """A list of texts that a table may hold under a name."""
        held = table.get(name, [])
        if isinstance(held, list) and all(isinstance(one, str) and one for one in held):
            return tuple(held)
        self.add(_below(key, name), "this must be a list of texts")
        return ()

    def whole(self, table: Mapping[str, Any], key: str, name: str, default: int) -> int:
        """A whole number from 1 on."""
        held = table.get(name, default)
        if isinstance(held, int) and not isinstance(held, bool) and held >= 1:
            return held
        self.add(_below(key, name), "this must be a whole number from 1 on")
        return default


def _below(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name
