"""cjhub reference: the published tables of offences, courts and results that the hub looks codes up in.

Rule: a load is whole or not at all; the edition before it stays, to compare with and to go back to.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import options
from hub.cli.output import Code, add_row, json_line, say, show, table

if TYPE_CHECKING:
    from hub.contract.reference import ReferenceTable
    from hub.discovery.reference import EditionOfTables
    from hub.discovery.reference.difference import Difference
    from hub.discovery.reference.files import Fault

MOST_CHANGES = 200
"""Changes of one table that are shown to people."""

app = typer.Typer(help="The published tables that codes are looked up in.", no_args_is_help=True)

DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")]


@app.command()
def load(
    places: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Tables as NAME.csv or NAME.csv.gz, or folders of them.")
    ],
    version: Annotated[str, typer.Option("--version", help="Version or date of the tables, as published.")] = "",
    source: Annotated[str, typer.Option("--source", help="Where the tables come from.")] = "",
    dry_run: DryRun = False,
    as_json: options.Json = False,
    config: options.Config = None,
) -> None:
    """Load tables: those given take the place of those of the same names, all others stay.

    Exit code 0 where they are loaded, 1 where a file has a fault: nothing is changed then. A running hub takes them at
    its next start.
    """
    from hub.assemble import clock
    from hub.discovery.reference.store import Told, put_in_force, read_all

    folder, made = _folder(config), read_all(places)
    if made.faults:
        _tell_faults(made.faults, as_json)
        raise typer.Exit(Code.NO)
    before = _tables(folder, made.tables)
    changes = [_compared(name, before.get(name), one.table) for name, one in sorted(made.tables.items())]
    if not dry_run:
        put_in_force(folder, made, Told(version=version, source=source), clock())
    _tell_counts(changes, as_json, "would be loaded" if dry_run else "loaded")


@app.command("show")
def show_rows(
    name: Annotated[str | None, typer.Argument(metavar="TABLE", help="A table; without one, all are listed.")] = None,
    code: Annotated[str | None, typer.Argument(metavar="CODE", help="The code to look up.")] = None,
    on: Annotated[
        datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], metavar="DATE", help="The day it is to hold on.")
    ] = None,
    as_json: options.Json = False,
    config: options.Config = None,
) -> None:
    """Show what is loaded, or the row of a code in a table, loaded or shipped. Exit code 1 where there is none."""
    if name is None:
        _list(_folder(config), config, as_json)
        return
    rows = list(_rows(name, code, on, config))
    for row in rows:
        json_line(row) if as_json else say(*(f"{column}={cell}" for column, cell in row.items()))
    if not rows and not as_json:
        say("there is no such row")
    raise typer.Exit(Code.DONE if rows else Code.NO)


@app.command()
def diff(
    name: Annotated[str | None, typer.Argument(metavar="TABLE", help="One table alone.")] = None,
    against: Annotated[
        Path | None, typer.Option("--with", metavar="PATH", help="Compare with these files, not the edition before.")
    ] = None,
    as_json: options.Json = False,
    config: options.Config = None,
) -> None:
    """Show what the last load changed, code by code; or what a load of other files would change."""
    folder = _folder(config)
    old, new = _sides(folder, against)
    names = sorted(old.keys() | new.keys()) if against is None else sorted(new)
    changes = [_compared(one, old.get(one), new.get(one)) for one in names if name in (None, one)]
    _tell_counts([one for one in changes if one.changes or name], as_json, "")
    if not as_json:
        _tell_changes(changes)


@app.command()
def undo(as_json: options.Json = False, config: options.Config = None) -> None:
    """Put the edition before the last load in force again."""
    from hub.discovery.reference.store import take_back

    edition = take_back(_folder(config))
    json_line({"edition": edition.name}) if as_json else say("in force again", f"edition {edition.name}")


def _folder(config: Path | None) -> Path:
    from hub.cli.folder import settings_of

    return settings_of(config).reference_folder


def _tables(
    folder: Path, wanted: Collection[str] | None = None, edition: EditionOfTables | None = None
) -> dict[str, ReferenceTable]:
    """The tables in force, or those of an edition; `wanted` names them, all without it. Raises Misconfigured."""
    from hub.discovery.reference import tables_in

    return tables_in(folder, wanted, edition)


def _sides(folder: Path, against: Path | None) -> tuple[dict[str, ReferenceTable], dict[str, ReferenceTable]]:
    from hub.discovery.reference import edition_in
    from hub.discovery.reference.store import read_all
    from hub.message.errors import Misconfigured

    if against is not None:
        made = read_all([against])
        if made.faults:
            raise Misconfigured([str(fault) for fault in made.faults])
        return _tables(folder), {name: one.table for name, one in made.tables.items()}
    now = edition_in(folder)
    if now is None or now.previous is None:
        raise Misconfigured([f"{folder}: there is no edition of the reference data before the one in force"])
    return _tables(folder, edition=edition_in(folder, now.previous)), _tables(folder, edition=now)


def _compared(name: str, before: ReferenceTable | None, after: ReferenceTable | None) -> Difference:
    from hub.discovery.reference.difference import difference

    return difference(name, before, after)


def _rows(name: str, code: str | None, on: datetime | None, config: Path | None) -> Iterator[dict[str, str]]:
    from hub.contract.tables import load_tables
    from hub.discovery.bundle import Bundle

    held = _tables(_folder(config), {name}).get(name)
    if held is not None:
        found = held.every() if code is None else filter(None, [held.find(code, on.date() if on else None)])
        yield from (dict(row) for row in found)
        return
    shipped = load_tables([folder / "codes" for folder in Bundle(config).config_folders]).lists.get(name)
    if shipped is not None:
        yield from (dict(row) for key, row in shipped.rows.items() if code in (None, key))


def _list(folder: Path, config: Path | None, as_json: bool) -> None:
    from hub.contract.tables import load_tables
    from hub.discovery.bundle import Bundle
    from hub.discovery.reference import edition_in

    edition = edition_in(folder)
    held = {} if edition is None else edition.tables
    made = table("table", "rows", "version", "loaded", "source", "sha256")
    lines: list[dict[str, object]] = []
    for name, one in sorted(held.items()):
        lines.append({"table": name, "rows": one.rows, "version": one.version, "loaded": one.loaded_at})
        lines[-1] |= {"source": one.source, "sha256": one.sha256}
    if edition is None:
        for name, read in sorted(_tables(folder).items()):
            lines.append({"table": name, "rows": len(read), "version": "", "loaded": "", "source": str(folder)})
    for name, shipped in load_tables([one / "codes" for one in Bundle(config).config_folders]).lists.items():
        lines.append({"table": name, "rows": len(shipped.rows), "version": "", "loaded": "", "source": "shipped"})
    for line in lines:
        json_line(line) if as_json else add_row(made, *(str(cell)[:40] for cell in line.values()))
    if not as_json:
        show(made)


def _tell_faults(faults: list[Fault], as_json: bool) -> None:
    made = table("file", "line", "column", "words")
    for fault in faults:
        line = {"file": fault.file, "line": fault.line, "column": fault.column, "words": fault.words}
        json_line(line) if as_json else add_row(made, *line.values())
    if not as_json:
        show(made)


def _tell_counts(changes: list[Difference], as_json: bool, words: str) -> None:
    made = table("table", "rows", "added", "removed", "changed", title=words or None)
    for one in changes:
        counts = {kind: one.count(kind) for kind in ("added", "removed", "changed")}
        line: dict[str, object] = {"table": one.name, "rows": one.after, **counts}
        if as_json:
            codes = [{"kind": each.kind, "code": each.code, "columns": each.columns} for each in one.changes]
            json_line(line | ({} if words else {"changes": codes}))
        else:
            add_row(made, *line.values())
    if not as_json:
        show(made)


def _tell_changes(changes: list[Difference]) -> None:
    for one in changes:
        for change in one.changes[:MOST_CHANGES]:
            say(one.name, change.kind, change.code, ", ".join(change.columns))
        if len(one.changes) > MOST_CHANGES:
            say(one.name, f"and {len(one.changes) - MOST_CHANGES} more; --json tells all of them")
