"""Mapping dialects from configuration folders: `dialects/<name>/mapping.toml`, and its other editions beside it.

Rule: a dialect has one mapping in force on any day: the latest whose `applies_from` has come. An edition marked as a
candidate is never in force. Every fault of every file is collected.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from hub.contract import Reader
from hub.contract.mapping import MappedReader, load_mapping
from hub.contract.tables import Tables
from hub.discovery import Edition
from hub.message.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Mappings:
    """What was found: editions by dialect, the latest first, and candidates by dialect."""

    editions: dict[str, tuple[Edition, ...]] = field(default_factory=dict)
    candidates: dict[str, Reader] = field(default_factory=dict)


def load_mappings(files: Iterable[Path], tables: Tables, readers: dict[str, Reader], faults: list[str]) -> Mappings:
    """Load every mapping and put the latest edition of each dialect among the readers."""
    found = Mappings()
    for path in files:
        try:
            reader = load_mapping(path, tables)
        except Misconfigured as cause:
            faults += cause.faults
            continue
        if reader.dialect != path.parent.name:
            faults.append(f"{path.parent.name}/{path.name}:1: dialect.name: this must be the folder's name")
        elif reader.head.candidate:
            _add_candidate(found, reader, path, faults)
        else:
            _add_edition(found, reader, path, faults)
    for name, editions in found.editions.items():
        if name in readers:
            faults.append(f"{name}/mapping.toml:1: dialect.name: a connector reads '{name}' already")
        readers[name] = editions[0].reader
    return found


def _add_candidate(found: Mappings, reader: MappedReader, path: Path, faults: list[str]) -> None:
    if reader.dialect in found.candidates:
        faults.append(f"{path.parent.name}/{path.name}:1: dialect.candidate: the dialect has a candidate already")
    found.candidates[reader.dialect] = reader


def _add_edition(found: Mappings, reader: MappedReader, path: Path, faults: list[str]) -> None:
    others = found.editions.get(reader.dialect, ())
    applies = reader.head.applies_from
    if any(one.applies_from == applies or one.reader.version == reader.version for one in others):
        words = "each edition of a dialect needs a version and an applies_from of its own"
        faults.append(f"{path.parent.name}/{path.name}:1: dialect.applies_from: {words}")
    editions = [*others, Edition(applies_from=applies, reader=reader)]
    editions.sort(key=lambda one: one.applies_from or date.min, reverse=True)
    found.editions[reader.dialect] = tuple(editions)
