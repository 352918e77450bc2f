"""cjhub message: what an operator does about one message.    Rule: the ledger decides what its status allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from hub.cli import options
from hub.cli.operating import Place, Reason, actor, command, refuse, tell
from hub.message.lifecycle import MESSAGE_TABLE, MessageEvent

if TYPE_CHECKING:
    from hub.ledger.admission import MessageRow

app = typer.Typer(help="Run one message again.", no_args_is_help=True)


@app.command()
def rerun(
    message_id: Annotated[
        str, typer.Argument(metavar="MESSAGE_ID", help="The message's id, as `cjhub trace` shows it.")
    ],
    reason: Reason,
    as_json: options.Json = False,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Send an UNMATCHED, STRANDED or BURIED message through intake again: it is matched and routed anew.

    Exit code 0; 1 where there is no such message or it is in another status.
    """
    place = Place(config, data)
    with place.ledger() as ledger:
        before = ledger.message(message_id)
        if before is None:
            refuse(f"no message has the id {message_id} (cjhub trace shows them)", as_json)
        if not ledger.rerun(message_id, actor(), reason):
            _refuse(ledger.message(message_id) or before, place, as_json)
        after = ledger.message(message_id) or before
    typed = place.typed(command("trace", message_id, reason=False))
    words = f"message {message_id}, which was {before.status}, is to be recorded and routed again: see {typed}"
    tell(words, as_json, message=message_id, was=str(before.status), status=str(after.status))
    place.note_idle()


def _refuse(row: MessageRow, place: Place, as_json: bool) -> NoReturn:
    may = [str(status) for status, event in MESSAGE_TABLE if event is MessageEvent.RERUN]
    refuse(
        f"message {row.id} is {row.status} ({row.status.words}): only {', '.join(may[:-1])} and {may[-1]} ones "
        "can be run again. See what became of it, and what its deliveries allow:",
        as_json,
        (place.typed(command("trace", row.id, reason=False)),),
        message=row.id,
        status=str(row.status),
    )
