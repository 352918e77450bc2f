"""cjhub keys: hub keys of parties.    Rule: a key is shown once, when it is made; the ledger keeps only its hash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import options
from hub.cli.output import Code, add_row, json_line, say, show, table, warn
from hub.message.errors import Misconfigured

if TYPE_CHECKING:
    from hub.ledger.account import PartyKey

app = typer.Typer(help="Hub keys, with which parties show who they are.", no_args_is_help=True)


@app.command()
def add(
    party: Annotated[str, typer.Argument(help="The party's code, as in its file.")],
    label: Annotated[str, typer.Option(help="What the key is for, to know it again.")] = "",
    scopes: Annotated[str, typer.Option(help="What it may do: submit, read, or both.")] = "submit,read",
    as_json: options.Json = False,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Make a key for a party and show it, this once. It works at once, also while the hub runs."""
    from hub.cli.documents import named
    from hub.cli.folder import ledger_in
    from hub.discovery.connectors import discover
    from hub.web.access import hash_key, new_key

    found = discover(config)
    if party in found.planned:
        raise Misconfigured([f"{party} is planned: a key is made for it once its file says that it is live"])
    named(found.parties, party, "no party has the code")
    wanted = _scopes(scopes)
    with ledger_in(config, data, create=True) as ledger:
        key = new_key(party)
        key_id = ledger.add_key(party, hash_key(key), label, wanted)
    if as_json:
        json_line({"id": key_id, "party": party, "scopes": wanted, "key": key})
        return
    say(key)
    warn(f"key {key_id} of {party} ({', '.join(wanted)}): keep it safe, it is not shown again")


@app.command("list")
def list_keys(
    party: Annotated[str | None, typer.Argument(help="Only this party's.")] = None,
    as_json: options.Json = False,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """List keys, revoked ones too."""
    from hub.cli.folder import ledger_in

    with ledger_in(config, data) as ledger:
        keys = ledger.list_keys(party)
    if as_json:
        for key in keys:
            json_line({**_shown(key), "scopes": list(key.scopes)})
        return
    made = table("id", "party", "label", "scopes", "added", "revoked")
    for key in keys:
        add_row(made, *_shown(key).values())
    show(made)


def _shown(key: PartyKey) -> dict[str, object]:
    return {
        "id": key.id,
        "party": key.party,
        "label": key.label,
        "scopes": ",".join(key.scopes),
        "added_at": key.added_at.isoformat(timespec="seconds"),
        "revoked_at": key.revoked_at.isoformat(timespec="seconds") if key.revoked_at else None,
    }


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The key's id, as `keys list` shows it.")],
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """End a key. A hub that runs refuses it within seconds."""
    from hub.cli.folder import ledger_in

    with ledger_in(config, data) as ledger:
        done = ledger.revoke_key(key_id, "operator")
    if not done:
        warn(f"no key in force has the id {key_id}")
        raise typer.Exit(Code.NO)
    say(f"revoked {key_id}")


def _scopes(text: str) -> list[str]:
    from hub.web.access import SCOPES

    wanted = list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    unknown = [scope for scope in wanted if scope not in SCOPES]
    if unknown or not wanted:
        raise Misconfigured([f"--scopes: '{text}'; a key may have {', '.join(SCOPES)}"])
    return wanted
