"""cjhub migrate: brings the tables of the ledger to the shape that this release needs.

Rule: on PostgreSQL it runs before the new release is started, while the old one serves; two never run at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import options
from hub.cli.output import say, warn

if TYPE_CHECKING:
    from hub.ledger.migrations import Shape


def migrate(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the SQL that is to come, and change nothing.")
    ] = False,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Bring the ledger's tables up to date, while the hub serves.

    Exit code 0 where they are up to date now, 2 where a later release made them what this one cannot work on, 3 where
    the server is away, another migration is under way, or a step needs the processes of the release before stopped.
    """
    from hub.cli.folder import settings_of
    from hub.ledger.upgrade import script, shape_of, upgrade

    settings = settings_of(config, data=data)
    found = shape_of(settings.database)
    _tell(settings.where, found)
    if dry_run:
        say(script(settings.database).strip() if found.steps else "-- nothing is to be done")
        return
    if found.steps:
        upgrade(settings.database, lambda attempt: warn(f"a table is in use: attempt {attempt} is put off"))
        say(f"done: at {found.target}")


def _tell(where: str, found: Shape) -> None:
    """How far the tables are, and what is missing: notes, so that the SQL of a dry run stands alone."""
    at = f"at {found.current}" if found.current else "no tables yet"
    later = ", and works on the tables of the later one too" if found.later else ""
    warn(f"{where}: {at}; this release needs {found.target}{later}")
    for name, words in found.steps:
        warn(f"    {name} {words}")
    if found.stops:
        warn(f"    stop every process first: the release that serves cannot work after step {found.stops}")
