"""cjhub shadow: what candidates for a mapping read differently from the live one, counted by field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import options
from hub.cli.output import Code, add_row, json_line, say, show, table, warn

if TYPE_CHECKING:
    from hub.ledger.account import ShadowRun


def shadow(
    dialect: Annotated[str | None, typer.Argument(help="Only this dialect's candidates.")] = None,
    forget: Annotated[
        str | None, typer.Option(metavar="CANDIDATE", help="Take a run away, by its candidate's hash; it begins anew.")
    ] = None,
    as_json: options.Json = False,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Show the runs of candidate mappings beside live traffic: what was read, what is the same, which fields differ.

    Exit code 0; 1 where --forget finds no such run.
    """
    from hub.cli.folder import ledger_in

    with ledger_in(config, data) as ledger:
        if forget is not None:
            gone = ledger.forget_shadow(forget)
            (say if gone else warn)(f"{forget}: {'forgotten' if gone else 'there is no such run'}")
            raise typer.Exit(Code.DONE if gone else Code.NO)
        runs = [run for run in ledger.shadow_runs() if dialect in (None, run.dialect)]
    if not runs:
        warn("no candidate has run: put one beside the live mapping (docs/mapping.md), and start the hub")
    for run in runs:
        _json(run) if as_json else _print(run)


def _print(run: ShadowRun) -> None:
    say(f"{run.dialect} {run.version}, candidate {run.candidate}, since {run.started_at:%Y-%m-%d %H:%M} UTC")
    say(f"{run.read} documents read: {run.same} the same, {run.refused} that it would refuse")
    made = table("field", "documents", "a message that differs")
    for name, count, example in run.differences:
        add_row(made, name, str(count), example)
    if run.differences:
        show(made)


def _json(run: ShadowRun) -> None:
    json_line(
        {
            "dialect": run.dialect,
            "version": run.version,
            "candidate": run.candidate,
            "read": run.read,
            "same": run.same,
            "refused": run.refused,
            "fields": [{"field": name, "documents": count, "example": id} for name, count, id in run.differences],
        }
    )
