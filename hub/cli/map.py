"""cjhub map: what a mapping makes of a document, again each time that one of the two files is saved."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import options
from hub.cli.output import Code, printer, say, warn
from hub.message.errors import Misconfigured, Refused

if TYPE_CHECKING:
    from hub.contract.tables import Tables

EVERY = 0.5  # seconds between two looks at the files


def map_file(
    file: Annotated[Path, typer.Argument(help="A document as the force writes it.")],
    mapping: Annotated[Path, typer.Option("--with", metavar="MAPPING", help="The mapping.toml to read it with.")],
    watch: Annotated[bool, typer.Option("--watch", help="Again each time that a file is saved, until Ctrl-C.")] = False,
    config: options.Config = None,
) -> None:
    """Show the canonical messages that a mapping makes of a document, what is questionable, and what nobody reads.

    Exit code 0; 1 where the document is refused, 2 where the mapping has faults.
    """
    from hub.contract.tables import load_tables
    from hub.discovery.bundle import Bundle

    tables = load_tables([folder / "codes" for folder in Bundle(config).config_folders])
    code = _once(file, mapping, tables)
    seen = _saved(file, mapping)
    while watch:
        try:
            time.sleep(EVERY)
        except KeyboardInterrupt:
            break
        if (now := _saved(file, mapping)) != seen:
            seen = now
            printer().clear()
            code = _once(file, mapping, tables)
    raise typer.Exit(code)


def _saved(*paths: Path) -> list[int]:
    return [path.stat().st_mtime_ns if path.exists() else 0 for path in paths]


def _once(file: Path, mapping: Path, tables: Tables) -> Code:
    try:
        return _show(file, mapping, tables)
    except Misconfigured as cause:
        for fault in cause.faults:
            warn(fault)
        return Code.USAGE
    except Refused as cause:
        for one in cause.faults:
            warn(f"line {one.line or '?'}: {one.path}: {one.rule}: {one.words}")
        return Code.NO


def _show(file: Path, mapping: Path, tables: Tables) -> Code:
    from hub.canonical.write import write
    from hub.contract.mapping import load_mapping
    from hub.document.lift import lift
    from hub.flow.normalise import Issue, decode, stamp
    from hub.prove.fixed import AT, SENDER, Ids
    from hub.prove.pretty import pretty

    for path in (file, mapping):
        if not path.is_file():
            raise Misconfigured([f"{path}: there is no such file"])
    raw = file.read_bytes()
    reader, document, ids = load_mapping(mapping, tables), lift(raw), Ids(raw)
    if not reader.recognise(document):
        warn(f"{file} is not recognised by [recognise] of {mapping}: it is read all the same")
    decoded = decode(reader, reader.open(document, SENDER), tables)
    issue = Issue(new_id=ids, at=AT, correlation_id=ids())
    for one in decoded:
        message = stamp(one, reader, SENDER, issue, len(decoded))
        say(pretty(write(message), ".xml"))
        for finding in message.findings:
            warn(f"{finding.path}: {finding.code}: {finding.words}")
        for left in message.unmapped:
            warn(f"not read: {left.path}")
    return Code.DONE
