"""What this installation has: connectors, code tables, parties, rules; from entry points and configuration folders.

Rule: every fault is collected, then raised together; a hub with a fault in its configuration does not start.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from hub.contract import Reader, Writer
from hub.contract.hops import SoapDoor
from hub.contract.tables import Tables
from hub.discovery.bundle import Bundle
from hub.discovery.parties import Party
from hub.discovery.rules import RuleSetting


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One reading of a dialect, and the first day on which it applies; None from the beginning."""

    applies_from: date | None
    reader: Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Everything that was found."""

    bundle: Bundle
    readers: Mapping[str, Reader]
    writers: Mapping[str, Writer]
    tables: Tables
    parties: Mapping[str, Party]  # those that are live
    rules: Mapping[str, RuleSetting]
    editions: Mapping[str, tuple[Edition, ...]] = field(default_factory=dict)  # by dialect, the latest first
    candidates: Mapping[str, Reader] = field(default_factory=dict)
    planned: Mapping[str, Party] = field(default_factory=dict)  # described, and not connected yet
    soap_doors: Mapping[str, SoapDoor] = field(default_factory=dict)  # by their paths

    def in_force(self, on: date) -> Mapping[str, Reader]:
        """The readers of a day: of a dialect with editions the latest that applies, and none before the first does."""
        found = ((name, self._edition_of(name, reader, on)) for name, reader in self.readers.items())
        return {name: reader for name, reader in found if reader is not None}

    def _edition_of(self, dialect: str, reader: Reader, on: date) -> Reader | None:
        if dialect not in self.editions:
            return reader
        dated = self.editions[dialect]
        return next((one.reader for one in dated if one.applies_from is None or one.applies_from <= on), None)

    def edition(self, dialect: str, version: str) -> Reader | None:
        """The edition of a dialect with this version, the candidate too; None where there is none."""
        known = [*(one.reader for one in self.editions.get(dialect, ())), *self._alone(dialect)]
        return next((reader for reader in known if reader.version == version), None)

    def _alone(self, dialect: str) -> list[Reader]:
        return [readers[dialect] for readers in (self.candidates, self.readers) if dialect in readers]
