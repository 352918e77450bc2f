"""cjhub parties: who is connected and how; and the parties' accounts at RabbitMQ.

Rule: a password is shown once, when it is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import options
from hub.cli.output import add_row, json_line, say, show, table, warn
from hub.message.errors import Misconfigured

if TYPE_CHECKING:
    from hub.broker.accounts import Change
    from hub.discovery.parties import Party
    from hub.settings import Settings
    from hub.wire.amqp.management import Management

app = typer.Typer(help="Who is connected and how, and the parties' accounts at RabbitMQ.", invoke_without_command=True)


@app.callback()
def parties(context: typer.Context, as_json: options.Json = False, config: options.Config = None) -> None:
    """Where no command is given, list parties."""
    if context.invoked_subcommand is None:
        list_parties(as_json, config)


@app.command("list")
def list_parties(as_json: options.Json = False, config: options.Config = None) -> None:
    """List parties, planned ones too: who each is, how it sends and where it receives."""
    from hub.discovery.connectors import discover

    found = discover(config)
    made = table("code", "name", "agency", "status", "doors", "endpoint")
    for _, party in sorted({**found.parties, **found.planned}.items()):
        row = _shown(party)
        json_line(row) if as_json else add_row(made, *(_cell(value) for value in row.values()))
    if not as_json:
        show(made)


@app.command()
def apply(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")] = False,
    rotate: Annotated[
        str | None, typer.Option(metavar="PARTY", help="Give this party's account a new password.")
    ] = None,
    as_json: options.Json = False,
    config: options.Config = None,
) -> None:
    """Make RabbitMQ's users those of the live parties that speak AMQP: each may use its own queues and nothing else.

    Exit code 0 where all is as it should be now, 2 for a wrong configuration, 3 where RabbitMQ's management is away.
    """
    from hub.broker.accounts import apply as make
    from hub.broker.accounts import plan
    from hub.cli.folder import settings_of
    from hub.discovery.connectors import discover

    found, settings = discover(config), settings_of(config)
    with _management(settings) as (management, vhost):
        changes = plan(found.parties.values(), management, vhost, rotate)
        if dry_run:
            for change in changes:
                _tell(change, None, as_json, done=False)
        else:
            for one in make(changes, management):
                _tell(one.change, one.password, as_json, done=True)
    if not changes and not as_json:
        say("nothing to do: every account is as it should be")


@contextmanager
def _management(settings: Settings) -> Iterator[tuple[Management, str]]:
    from hub.wire.amqp import Address
    from hub.wire.amqp.management import Management

    wanting = [name for name in ("broker_url", "broker_admin_url") if not getattr(settings, name).get_secret_value()]
    if wanting:
        raise Misconfigured([f"setting {name}: it is needed to apply accounts, and is empty" for name in wanting])
    vhost = Address(settings.broker_url.get_secret_value(), settings.broker_ca_file).vhost
    authority = str(settings.broker_ca_file) if settings.broker_ca_file else None
    management = Management(settings.broker_admin_url.get_secret_value(), vhost, authority)
    try:
        yield management, vhost
    finally:
        management.close()


def _tell(change: Change, password: str | None, as_json: bool, *, done: bool) -> None:
    if as_json:
        told: dict[str, object] = {"user": change.user, "does": change.does, "words": change.words, "done": done}
        json_line(told | ({"password": password} if password else {}))
        return
    say(change.does if done else f"would {change.does}", change.user, change.words)
    if password:
        say(password)
        warn(f"the password of {change.user}: keep it safe, it is not shown again")


def _shown(party: Party) -> dict[str, object]:
    identity, sends = party.party, party.sends
    doors = [["http"] * bool(sends.dialects), ["folder"] * bool(sends.folder), ["amqp"] * sends.amqp]
    return {
        "code": identity.code,
        "name": identity.name,
        "agency": identity.agency.value,
        "status": identity.status.value,
        "doors": [door for each in doors for door in each],
        "endpoint": None if party.endpoint is None else party.endpoint.kind,
    }


def _cell(value: object) -> object:
    return ", ".join(value) if isinstance(value, list) else value
