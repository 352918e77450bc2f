"""New editions of the reference data: read whole, checked whole, put in force by one rename, taken back by another.

Rule: what is in force is never written to. A load that fails at any instruction leaves the edition before it in force;
of the editions the one in force and the one before it are kept.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from hub.discovery.reference import CURRENT, EDITIONS, MANIFEST, EditionOfTables, Held, edition_in
from hub.discovery.reference.files import Fault, TableFile, is_table, read_table
from hub.message.errors import Misconfigured, Unavailable

PUBLISHED = "MANIFEST.json"
"""A list of the tables of a published folder, which may stand beside them: file, columns, rows, sources."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the operator says of the tables: their version or date, and where they come from."""

    version: str = ""
    source: str = ""


@dataclass(slots=True)
class Read:
    """What was read of the files given: the tables, every fault, and what their own list says of their source."""

    tables: dict[str, TableFile] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)


def read_all(places: Iterable[Path]) -> Read:
    """Every table in the files and folders given; of a folder, each file that is named as a table is."""
    made = Read()
    for place in places:
        files = sorted(filter(is_table, place.iterdir())) if place.is_dir() else [place]
        if not files:
            made.faults.append(Fault(file=str(place), words="there is no table in this folder"))
        for path in files:
            _read(path, made)
        if place.is_dir() and (place / PUBLISHED).is_file():
            _compare(place / PUBLISHED, made)
    return made


def _read(path: Path, made: Read) -> None:
    name = path.name.partition(".")[0]
    if not is_table(path):
        made.faults.append(Fault(file=path.name, words="a table is named as name.csv or name.csv.gz"))
    elif name in made.tables:
        made.faults.append(Fault(file=path.name, words="this table is given twice"))
    elif (table := read_table(path, made.faults)) is not None:
        made.tables[name] = table


def _compare(manifest: Path, made: Read) -> None:
    """Whether each table has the rows and columns that the published list says, and from where it says they are."""
    try:
        listed = {one["file"]: one for one in json.loads(manifest.read_text(encoding="utf-8"))["tables"]}
    except (OSError, ValueError, KeyError, TypeError) as cause:
        made.faults.append(Fault(file=manifest.name, words=f"it cannot be read: {cause}"))
        return
    for name, held in made.tables.items():
        said = listed.get(held.path.name)
        if said is None or held.path.parent != manifest.parent:
            continue
        if said.get("rows") != len(held.table):
            words = f"{len(held.table)} rows, and {manifest.name} says {said.get('rows')}"
            made.faults.append(Fault(file=held.path.name, words=words))
        if said.get("columns") != list(held.table.columns):
            made.faults.append(Fault(file=held.path.name, line=1, words=f"not the columns of {manifest.name}"))
        sources = (f"{one.get('repo', '')}@{str(one.get('commit', ''))[:12]}" for one in said.get("sources", []))
        made.sources[name] = ", ".join(dict.fromkeys(sources))


def put_in_force(folder: Path, made: Read, told: Told, at: datetime) -> EditionOfTables:
    """A new edition: the tables read, and those of the edition before that were not given again.

    Raises Misconfigured where anything read has a fault, Unavailable where the folder cannot be written to.
    """
    if made.faults or not made.tables:
        raise Misconfigured([str(fault) for fault in made.faults] or ["no table was given"])
    before = edition_in(folder)
    if before is None and any(map(is_table, folder.iterdir() if folder.is_dir() else ())):
        raise Misconfigured(
            [f"{folder}: published tables lie in this folder themselves; give another for what is loaded"]
        )
    try:
        return _write(folder, before, made, told, at)
    except OSError as cause:
        raise Unavailable(f"{folder} cannot be written to: {(cause.strerror or 'unknown reason').lower()}") from None


def _write(folder: Path, before: EditionOfTables | None, made: Read, told: Told, at: datetime) -> EditionOfTables:
    editions = folder / EDITIONS
    editions.mkdir(parents=True, exist_ok=True)
    name = f"{max((int(one.name) for one in editions.iterdir() if one.name.isdigit()), default=0) + 1:04d}"
    previous = None if before is None else before.name
    with TemporaryDirectory(prefix=".loading-", dir=editions, ignore_cleanup_errors=True) as beside:
        place = Path(beside) / name
        place.mkdir()
        held = _kept(before, made.tables, place) | {
            table: _put(table, one, place, _said(table, made, told), at) for table, one in made.tables.items()
        }
        content = {"edition": name, "previous": previous, "tables": [asdict(one) for _, one in sorted(held.items())]}
        _durably(place / MANIFEST, json.dumps(content, indent=1, ensure_ascii=False).encode())
        place.rename(editions / name)
    point_to(folder, name)
    _forget(editions, {name, previous})
    return EditionOfTables(name=name, previous=previous, folder=editions / name, tables=held)


def _said(table: str, made: Read, told: Told) -> Told:
    return Told(version=told.version, source=told.source or made.sources.get(table, ""))


def _kept(before: EditionOfTables | None, new: Mapping[str, TableFile], place: Path) -> dict[str, Held]:
    held = {} if before is None else {name: one for name, one in before.tables.items() if name not in new}
    for one in held.values():
        shutil.copyfile((before.folder if before else place) / one.file, place / one.file)
    return held


def _put(name: str, one: TableFile, place: Path, told: Told, at: datetime) -> Held:
    _durably(place / one.path.name, one.raw)
    return Held(
        name=name,
        file=one.path.name,
        rows=len(one.table),
        sha256=one.sha256,
        version=told.version,
        source=told.source,
        loaded_at=at.isoformat(timespec="seconds").replace("+00:00", "Z"),
    )


def _durably(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def point_to(folder: Path, name: str) -> None:
    """Put an edition in force: one rename."""
    beside = folder / f".{CURRENT}"
    _durably(beside, f"{name}\n".encode())
    beside.replace(folder / CURRENT)


def _forget(editions: Path, kept: set[str | None]) -> None:
    """The editions that nobody can go back to, and what a load left that was cut off."""
    for one in editions.iterdir():
        if one.name not in kept:
            shutil.rmtree(one, ignore_errors=True)


def take_back(folder: Path) -> EditionOfTables:
    """Put the edition before in force again. Raises Misconfigured where there is none."""
    now = edition_in(folder)
    if now is None or now.previous is None or not (folder / EDITIONS / now.previous / MANIFEST).is_file():
        raise Misconfigured([f"{folder}: there is no edition of the reference data before the one in force"])
    before = edition_in(folder, now.previous)
    if before is None:
        raise Misconfigured([f"{folder}: the edition {now.previous} cannot be read"])
    point_to(folder, now.previous)
    return before
