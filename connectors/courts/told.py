"""An object of an event read field by field, which remembers what was read of it.

Rule: whatever a reading does not ask for stays in `rest`, with its pointer and its text, so that nothing is lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from hub.contract.fields import Fields, leaves
from hub.contract.findings import Findings
from hub.contract.tables import Tables
from hub.message.envelope import Unmapped
from hub.message.values import Coded, Dated, Numbered


@dataclass(slots=True, kw_only=True)
class Told:
    """One object; `used` and `findings` are shared by all that are read of one event."""

    fields: Fields
    tables: Tables
    findings: Findings = field(default_factory=Findings)
    used: set[str] = field(default_factory=set)

    def inner(self, name: str, *, needed: bool = False) -> Told:
        """An object within this one; an empty one where it is absent."""
        return self._below(self.fields.inner(name, needed=needed))

    def each(self, name: str) -> list[Told]:
        """The objects of a list within this one."""
        return [self._below(one) for one in self.fields.each(name)]

    def at(self, name: str) -> str:
        """The pointer of a field, which is taken for read."""
        pointer = self.fields.at(name)
        self.used.add(pointer)
        return pointer

    def wants(self, name: str, rule: str, words: str) -> None:
        """Note what is wrong with a field, for which the event is refused."""
        self.fields.fault(name, rule, words)

    def text(self, name: str, *, needed: bool = False) -> str | None:
        """A string, or a whole number as text. Empty stays apart from absent."""
        self.at(name)
        held = self.fields.value.get(name)
        if isinstance(held, int) and not isinstance(held, bool):
            return str(held)
        return self.fields.text(name, needed=needed)

    def said(self, name: str) -> str | None:
        """A text that says something: None where it is blank, which then stays in the rest."""
        held = self.text(name)
        if held is not None and not held.strip():
            self.used.discard(self.fields.at(name))
            return None
        return held

    def says(self, name: str) -> bool:
        """Whether a field is true. It stays in the rest."""
        return self.fields.value.get(name) is True

    def code(self, name: str, table: str) -> Coded | None:
        """A code of one of our lists."""
        held = self.said(name)
        return None if held is None else self.findings.code(self.tables, table, held, self.fields.at(name))

    def day(self, name: str, form: str = "%Y-%m-%d") -> Dated | None:
        """A date."""
        held = self.said(name)
        return None if held is None else self.findings.day(held, self.fields.at(name), form)

    def number(self, name: str) -> Numbered | None:
        """A number, whole or decimal, as a number or in a string."""
        held = self.fields.value.get(name)
        if isinstance(held, float):
            self.at(name)
            return Numbered(str(held), Decimal(str(held)))
        text = self.said(name)
        return None if text is None else self.findings.number(text, self.fields.at(name))

    def rest(self) -> Iterator[Unmapped]:
        """Every leaf that was not read."""
        for path, text in leaves(dict(self.fields.value), self.fields.pointer):
            if path not in self.used:
                yield Unmapped(path=path, text=text)

    def _below(self, fields: Fields) -> Told:
        return Told(fields=fields, tables=self.tables, findings=self.findings, used=self.used)
