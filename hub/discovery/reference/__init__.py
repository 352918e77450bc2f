"""Reference data that an operator loaded: where it lies, and what of it the rules need (docs/reference.md).

    <folder>/current                 the name of the edition in force, and nothing else
    <folder>/editions/0003/          its tables as they were given, and manifest.json: name, rows, hash, version, source

A folder of published tables, as it was downloaded, may stand in its place: it is then read as it is.

Rule: an edition is never altered. Loading makes a new one beside it, and one rename puts it in force.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from hub.contract.reference import NO_REFERENCE, Reference, ReferenceTable
from hub.discovery.reference.files import Fault, TableFile, is_table, read_table
from hub.message.errors import Misconfigured

CURRENT, EDITIONS, MANIFEST = "current", "editions", "manifest.json"

IN_USE = frozenset({"offence_codes", "courts", "police_units", "result_codes", "result_qualifiers"})
"""The tables that rules look at and that are published. The others are kept, shown and compared."""

OWN = frozenset({"prosecutors", "case_markers", "offence_requirements"})
"""Tables that a few rules on case files look at and that nobody publishes: an operator who has them loads them too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One table of an edition: its file, and what was said of it when it was loaded."""

    name: str
    file: str
    rows: int
    sha256: str
    version: str
    source: str
    loaded_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionOfTables:
    """One edition: its name, the one before it if it is still there, and its tables by name."""

    name: str
    previous: str | None
    folder: Path
    tables: dict[str, Held]


def edition_in(folder: Path, name: str | None = None) -> EditionOfTables | None:
    """The edition in force, or the one named; None where there is none. Raises Misconfigured for a broken manifest."""
    pointer = folder / CURRENT
    if name is None:
        if not pointer.is_file():
            return None
        name = pointer.read_text(encoding="utf-8").strip()
    place = folder / EDITIONS / name
    try:
        told = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
        tables = {one["name"]: Held(**one) for one in told["tables"]}
        return EditionOfTables(name=name, previous=told["previous"], folder=place, tables=tables)
    except (OSError, ValueError, KeyError, TypeError) as cause:
        raise Misconfigured(
            [f"{place / MANIFEST}: this edition of the reference data cannot be read: {cause}"]
        ) from None


def load_reference(folder: Path | None, wanted: Collection[str] = IN_USE | OWN) -> Reference:
    """The tables wanted, as far as they are there. Raises Misconfigured with every fault."""
    if folder is None or not folder.is_dir():
        return NO_REFERENCE
    return Reference(tables_in(folder, wanted))


def missing(reference: Reference) -> list[str]:
    """The tables that rules look at and that are not loaded."""
    return sorted(IN_USE - reference.tables.keys())


def tables_in(
    folder: Path, wanted: Collection[str] | None = None, edition: EditionOfTables | None = None
) -> dict[str, ReferenceTable]:
    """The tables wanted, or all, of the edition in force or of another. Raises Misconfigured with every fault."""
    edition = edition or edition_in(folder)
    if edition is not None:
        files = {one.name: edition.folder / one.file for one in edition.tables.values()}
    else:
        published = sorted(folder.iterdir()) if folder.is_dir() else []
        files = {path.name.partition(".")[0]: path for path in published if is_table(path)}
    faults: list[Fault] = []
    tables: dict[str, ReferenceTable] = {}
    for name in sorted(files if wanted is None else files.keys() & set(wanted)):
        made = read_table(files[name], faults, None if edition is None else edition.tables[name].sha256)
        if made is not None:
            tables[name] = made.table
            faults += _altered(made, edition)
    if faults:
        raise Misconfigured([str(fault) for fault in faults])
    return tables


def _altered(made: TableFile, edition: EditionOfTables | None) -> list[Fault]:
    """Whether a file is no more what was loaded."""
    if edition is None or made.sha256 == edition.tables[made.table.name].sha256:
        return []
    return [Fault(file=made.path.name, words="the file is not what was loaded: load the table again")]
