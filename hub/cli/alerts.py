"""cjhub alerts: what goes wrong and stays wrong, for how long, and what to do next.

Rule: shows codes, ids, counts and times. What it advises can be typed as it stands.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import options
from hub.cli.operating import Place, command
from hub.cli.output import Code, add_row, json_line, say, show, table
from hub.cli.trace import ago, shown

if TYPE_CHECKING:
    from hub.ledger.incident import Alert

_MOST = 200
"""Alerts that are shown with --all, the latest."""


def alerts(
    everything: Annotated[bool, typer.Option("--all", help="Those that are over too, the latest first.")] = False,
    as_json: options.Json = False,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Show the alerts that are open: since when, what is wrong, and the command to type next.

    Looks into the ledger beside a hub that runs. Exit code 0 where none is open, 1 where one is.
    """
    from hub.assemble import clock

    place = Place(config, data)
    with place.ledger() as ledger:
        standing = ledger.alerts.standing()
        listed = ledger.alerts.newest(_MOST) if everything else standing
    now = clock()
    if as_json:
        for alert in listed:
            json_line(_facts(alert, place))
    elif listed:
        _print(listed, now, place)
    if not standing and not as_json:
        say("no alert is open")
        place.note_idle()
    raise typer.Exit(Code.NO if standing else Code.DONE)


def next_command(alert: Alert, place: Place) -> str:
    """What to type to see more of what an alert is about, or to end it."""
    from hub.alerts.conditions import Kind

    match Kind(alert.kind):
        case Kind.BROKEN:
            return place.typed(command("doctor", "--endpoints", reason=False))
        case Kind.HELD:
            return place.typed(command("endpoint", "release", alert.subject))
        case Kind.STOPPED | Kind.BURIED | Kind.PENDING if alert.example is not None:
            return place.typed(command("trace", alert.example, reason=False))
        case Kind.SILENT:
            return place.typed(command("keys", "list", alert.subject, reason=False))
        case _:
            return place.typed(command("doctor", reason=False))


def _print(listed: tuple[Alert, ...], now: datetime, place: Place) -> None:
    made = table("since", "lasts", "kind", "subject", "what", "next")
    for alert in listed:
        lasts = ago(alert.opened_at, alert.closed_at or now)
        then = f"over since {shown(alert.closed_at)}" if alert.closed_at else next_command(alert, place)
        add_row(made, shown(alert.opened_at), lasts, alert.kind, alert.subject, alert.words, then)
    show(made)


def _facts(alert: Alert, place: Place) -> dict[str, object]:
    return {
        "id": alert.id,
        "kind": alert.kind,
        "subject": alert.subject,
        "words": alert.words,
        "state": alert.state,
        "opened_at": shown(alert.opened_at),
        "updated_at": shown(alert.updated_at),
        "closed_at": shown(alert.closed_at),
        "times": alert.times,
        "example": alert.example,
        "next": None if alert.closed_at else next_command(alert, place),
    }
