"""The command line: a file a command, put together here. A new command is its module and one line in COMMANDS,
or in GROUPS where several belong together.

Rule: a command's module imports what is heavy inside the command, so that `cjhub --help` is there at once. Exit codes
are those of `hub.cli.output.Code`; an error that the hub raises on purpose is told in words, never as a traceback.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from hub.cli import (
    alerts,
    bench,
    delivery,
    dialects,
    doctor,
    document,
    endpoint,
    keys,
    map,
    message,
    migrate,
    new_force,
    normalise,
    output,
    parties,
    prove,
    quality,
    reference,
    render,
    renormalise,
    replay,
    send,
    serve,
    shadow,
    simulate,
    trace,
    validate,
    work,
)
from hub.message.errors import HubError

COMMANDS = (
    serve.serve,
    work.work,
    migrate.migrate,
    send.send,
    trace.trace,
    alerts.alerts,
    document.document,
    replay.replay,
    shadow.shadow,
    renormalise.renormalise,
    quality.quality,
    validate.validate,
    normalise.normalise,
    render.render,
    prove.prove,
    dialects.dialects,
    map.map_file,
    new_force.new_force,
    doctor.doctor,
    bench.bench,
    simulate.simulate,
)
"""The commands in the order in which help lists them. Each is called as its module is."""

GROUPS = {
    "delivery": delivery.app,
    "message": message.app,
    "endpoint": endpoint.app,
    "keys": keys.app,
    "parties": parties.app,
    "reference": reference.app,
}
"""Commands that belong together: `cjhub GROUP COMMAND`. Help lists them after the others."""


def name_of(command: Callable[..., None]) -> str:
    """What a command is called on the command line."""
    return command.__module__.rpartition(".")[2].replace("_", "-")


class Commands(TyperGroup):
    """The group of all commands: what goes wrong in one becomes words on standard error and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except HubError as cause:
            raise typer.Exit(output.report(cause)) from cause


app = typer.Typer(
    cls=Commands,
    help="An exchange for criminal-justice case messages.",
    epilog="Exit codes: 0 done, 1 refused or failed, 2 wrong usage or configuration, 3 away or held, 4 our defect.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # its tracebacks show values of variables, and these may be personal data
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in COMMANDS:
    app.command(name_of(command))(command)
for name, group in GROUPS.items():
    app.add_typer(group, name=name)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"cjhub {version('cjhub')}")
        raise typer.Exit


@app.callback()
def start(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    """An exchange for criminal-justice case messages."""
