"""cjhub document: the content of a document that is attached to a message, into a file of its own.

Rule: whoever reads a content says why; the audit keeps it before the file is there.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from hub.cli import options
from hub.cli.operating import Place, Reason, actor, command, refuse, tell


def document(
    message_id: Annotated[
        str, typer.Argument(metavar="MESSAGE_ID", help="The message's id, as `cjhub trace` shows it.")
    ],
    sha256: Annotated[str, typer.Argument(metavar="SHA256", help="The SHA-256 that the message names.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Write it here; the file must not be there yet.")],
    reason: Reason,
    as_json: options.Json = False,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Write a document that is attached to a message into a file that only you can read. The audit keeps who and why.

    Exit code 0; 1 where the message has no such document or the file cannot be written.
    """
    from hub.ledger.account import NewAudit

    place = Place(config, data)
    with place.ledger() as ledger:
        row, body = ledger.message(message_id), ledger.document(message_id, sha256)
        if row is None or body is None:
            typed = place.typed(command("trace", message_id, reason=False))
            refuse(f"message {message_id} has no document {sha256}, or it was erased: see {typed}", as_json)
        detail = {"document": sha256, "reason": reason}
        note = NewAudit(
            actor=actor(),
            action="read",
            subject_kind="message",
            subject_id=message_id,
            message_id=message_id,
            case_id=row.case_id,
            detail=detail,
        )
        try:
            with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                ledger.note([note])
                file.write(body)
        except OSError as cause:
            refuse(f"{out} cannot be written: {(cause.strerror or 'unknown reason').lower()}", as_json)
    tell(f"{len(body)} bytes written to {out}; the audit says who read them and why", as_json, size=len(body))
