"""cjhub endpoint: how the ways out are, and their gates.    Rule: a hold is an operator's; only an operator ends it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from hub.cli import options
from hub.cli.operating import Place, Reason, actor, command, refuse, tell
from hub.cli.output import add_row, json_line, show, table
from hub.cli.trace import shown

if TYPE_CHECKING:
    from hub.ledger import Ledger
    from hub.ledger.account import Undelivered
    from hub.ledger.attempt import EndpointRow

app = typer.Typer(help="See the ways out; hold and release one.", no_args_is_help=True)

EndpointCode = Annotated[str, typer.Argument(metavar="CODE", help="The endpoint's code, as `endpoint list` shows it.")]


@app.command("list")
def list_endpoints(
    as_json: options.Json = False,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """List the endpoints: their gates and why, attempts that did not reach them, and what they have not got yet."""
    with Place(config, data).ledger() as ledger:
        undelivered = {one.endpoint: one for one in ledger.undelivered()}
        rows = [_facts(row, undelivered.get(row.code)) for row in ledger.endpoints()]
    made = table(
        "code", "gate", "since", "reason", "failures", "next try", "at a time", "when dead", "undelivered", "oldest"
    )
    for facts in rows:
        if as_json:
            json_line(facts)
            continue
        del facts["party"]
        add_row(made, *facts.values())
    if not as_json:
        show(made)


def _facts(row: EndpointRow, undelivered: Undelivered | None) -> dict[str, object]:
    return {
        "code": row.code,
        "party": row.party,
        "gate": row.gate.value,
        "changed_at": shown(row.changed_at),
        "reason": row.reason,
        "failures": row.failures,
        "probe_at": shown(row.probe_at),
        "in_flight": row.in_flight,
        "on_dead": row.on_dead.value,
        "undelivered": undelivered.count if undelivered else 0,
        "oldest_at": shown(undelivered.oldest_at) if undelivered else None,
    }


@app.command()
def hold(
    code: EndpointCode,
    reason: Reason,
    as_json: options.Json = False,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Let nothing more go to an endpoint until it is released. Attempts under way end as they would.

    Exit code 0; 1 where there is no such endpoint or it is held already.
    """
    place = Place(config, data)
    with place.ledger() as ledger:
        before = _endpoint(ledger, code, as_json)
        if not ledger.hold(code, actor(), reason):
            _refuse(ledger.endpoint(code) or before, place, as_json)
        count = _undelivered(ledger, code)
    then = f"nothing more goes to it until {place.typed(command('endpoint', 'release', code))}"
    words = f"endpoint {code}, which was {before.gate}, is held: {count} undelivered, {then}"
    tell(words, as_json, endpoint=code, was=before.gate.value, gate="held", undelivered=count)


@app.command()
def release(
    code: EndpointCode,
    reason: Reason,
    as_json: options.Json = False,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Let things go to an endpoint again that is held, or broken and not to wait for its next try.

    Exit code 0; 1 where there is no such endpoint or it is up already.
    """
    place = Place(config, data)
    with place.ledger() as ledger:
        before = _endpoint(ledger, code, as_json)
        if not ledger.release(code, actor(), reason):
            _refuse(ledger.endpoint(code) or before, place, as_json)
        count = _undelivered(ledger, code)
    why = f" ({before.reason})" if before.reason else ""
    then = f"of {count} undelivered one goes first, and more with each answer" if count else "nothing is undelivered"
    words = f"endpoint {code}, which was {before.gate}{why}, is up: {then}"
    tell(words, as_json, endpoint=code, was=before.gate.value, gate="up", undelivered=count)
    place.note_idle()


def _endpoint(ledger: Ledger, code: str, as_json: bool) -> EndpointRow:
    row = ledger.endpoint(code)
    if row is None:
        known = ", ".join(one.code for one in ledger.endpoints()) or "none at all"
        refuse(f"no endpoint has the code {code}; there are: {known}", as_json)
    return row


def _refuse(row: EndpointRow, place: Place, as_json: bool) -> NoReturn:
    """Only a gate that is as wanted already does not move."""
    why = f" ({row.reason})" if row.reason else ""
    other = "release" if row.gate.value == "held" else "hold"
    words = f"endpoint {row.code} is {row.gate} already, since {shown(row.changed_at)}{why}. Possible is:"
    refuse(words, as_json, (place.typed(command("endpoint", other, row.code)),), endpoint=row.code, gate=row.gate.value)


def _undelivered(ledger: Ledger, code: str) -> int:
    return next((one.count for one in ledger.undelivered() if one.endpoint == code), 0)
