"""cjhub delivery show: one delivery, its attempts and what was answered; its bytes only for a reason that is kept.

Rule: whoever reads the bytes says why, and the audit has it before they are shown.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import options
from hub.cli.moments import told
from hub.cli.operating import Place, actor, commands_for, refuse
from hub.cli.output import add_row, json_line, say, show, table
from hub.message.errors import Misconfigured

if TYPE_CHECKING:
    from hub.ledger import Ledger
    from hub.ledger.account import AuditRow
    from hub.ledger.attempt import DeliveryRow, KeptOutbound

Body = Annotated[bool, typer.Option("--body", help="Print the bytes that were sent, and nothing else; needs --reason.")]
Why = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why the bytes are read; it is kept in the audit.")]


def show_delivery(
    delivery_id: Annotated[
        str, typer.Argument(metavar="DELIVERY_ID", help="The delivery's id, as `cjhub delivery list --each` shows it.")
    ],
    body: Body = False,
    reason: Why = "",
    as_json: options.Json = False,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Show one delivery: status, attempts and what was answered, the size and hash of its bytes.

    Exit code 0; 1 where there is no such delivery, or no bytes of it.
    """
    if body and not reason.strip(" ."):
        raise Misconfigured(["--reason: say why the bytes are read: it is kept in the audit"])
    place = Place(config, data)
    with place.ledger() as ledger:
        row, outbound = ledger.delivery(delivery_id), ledger.outbound(delivery_id)
        if row is None:
            refuse(f"no delivery has the id {delivery_id} (cjhub delivery list --each shows them)", as_json)
        if body:
            _disclose(ledger, row, outbound, reason.strip(), as_json)
            return
        steps, behind = ledger.audit_of("delivery", row.id), ledger.blocked_behind(row.id)
    if as_json:
        json_line(_facts(row, outbound) | {"behind": behind, "steps": [_step(one) for one in steps]})
        return
    _print(row, outbound, steps)
    for one in commands_for(row, behind):
        say(f"     {place.typed(one)}")


def _disclose(ledger: Ledger, row: DeliveryRow, outbound: KeptOutbound | None, reason: str, as_json: bool) -> None:
    """Print the bytes, once the audit has who reads them and why."""
    from hub.ledger.account import NewAudit

    if outbound is None or not outbound.body:
        refuse(f"delivery {row.id} has no bytes: none were made yet, or they were erased", as_json)
    note = NewAudit(
        actor=actor(),
        action="read",
        subject_kind="delivery",
        subject_id=row.id,
        message_id=row.message_id,
        delivery_id=row.id,
        case_id=None if row.order_key == row.message_id else row.order_key,
        detail={"sha256": sha256(outbound.body).hexdigest(), "reason": reason},
    )
    ledger.note([note])
    sys.stdout.buffer.write(outbound.body)
    sys.stdout.buffer.flush()


def _facts(row: DeliveryRow, outbound: KeptOutbound | None) -> dict[str, object]:
    facts: dict[str, object] = {"id": row.id, "message": row.message_id, "endpoint": row.endpoint, "party": row.party}
    facts |= {"dialect": row.dialect, "part": row.part, "status": str(row.status), "reason": row.reason}
    facts |= {"answer": row.answer, "attempts": row.attempts, "replays": row.replays, "run": row.run}
    facts |= {"marks": list(row.marks), "created_at": told(row.created_at), "due_at": told(row.due_at)}
    facts |= {"first_attempt_at": told(row.first_attempt_at), "settled_at": told(row.settled_at)}
    kept = None
    if outbound is not None:
        digest = sha256(outbound.body).hexdigest() if outbound.body else None
        kept = {"size": len(outbound.body), "sha256": digest, "content_type": outbound.content_type}
    return facts | {"bytes": kept}


def _print(row: DeliveryRow, outbound: KeptOutbound | None, steps: Sequence[AuditRow]) -> None:
    say(f"delivery {row.id} to {row.endpoint} as {row.dialect}", f"message {row.message_id}", style="bold")
    say(row.status, row.status.words, row.reason or "")
    if row.replays is not None:
        say(f"replays {row.replays}", f"run {row.run}" if row.run else "")
    say(f"{row.attempts} attempts", f"answer {row.answer or 'none'}", f"made {told(row.created_at)}")
    if outbound is not None and outbound.body:
        say(f"{len(outbound.body)} bytes of {outbound.content_type}", f"SHA-256 {sha256(outbound.body).hexdigest()}")
    else:
        say("no bytes: none were made yet, or they were erased")
    made = table("at", "step", "by", "detail")
    for one in steps:
        detail = ", ".join(f"{name}={value}" for name, value in one.detail.items() if value)
        add_row(made, told(one.at), one.action, one.actor, detail)
    show(made)


def _step(one: AuditRow) -> dict[str, object]:
    return {"at": told(one.at), "action": one.action, "actor": one.actor, "detail": json.loads(json.dumps(one.detail))}
