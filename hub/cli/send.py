"""cjhub send: documents to a hub's HTTP door, one after the other, with what it says to each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import options
from hub.cli.output import Code, add_row, json_line, say, show, table, watched
from hub.message.errors import Misconfigured, Refused, Unavailable

if TYPE_CHECKING:
    from hub.wire import Response, Transport

_LARGEST = 64 * 1024 * 1024  # bytes that are read of a file; the hub has its own limit, and says so
_DOOR = "/v1/messages"
_BUSY = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of one file: `taken`, `refused` or `away`; what the hub said."""

    file: Path
    outcome: str
    words: str
    answer: dict[str, Any]


def send(
    files: options.Files,
    to: Annotated[str, typer.Option("--to", metavar="URL", help="The hub's address.")],
    key: Annotated[str, typer.Option("--key", envvar="CJHUB_KEY", show_envvar=True, help="The party's hub key.")],
    idempotency_key: Annotated[
        str | None, typer.Option(help="A key of your own for the file; the same key and bytes give the first receipt.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Send documents to a hub and show its receipts.

    Exit code 0 where all were taken, 1 where the hub refused some, 3 where it could not be reached for some.
    """
    if idempotency_key is not None and len(files) > 1:
        raise Misconfigured(["--idempotency-key: it is the key of one document: give one file with it"])
    transport = _transport(to, key)
    try:
        headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
        results = [_one(transport, path, headers) for path in watched(files, "send")]
    finally:
        transport.close()
    for sent in results:
        _print_json(sent) if as_json else _print(sent)
    outcomes = {sent.outcome for sent in results}
    raise typer.Exit(Code.AWAY if "away" in outcomes else Code.NO if "refused" in outcomes else Code.DONE)


def _transport(to: str, key: str) -> Transport:
    from hub.wire.http import HttpTransport

    if not to.startswith(("http://", "https://")):
        raise Misconfigured([f"--to: '{to}' is not an address: it begins with http:// or https://"])
    address = to.rstrip("/").removesuffix(_DOOR)
    return HttpTransport(address, timeout=60, connections=1, headers={"Authorization": f"Bearer {key}"})


def _one(transport: Transport, path: Path, headers: dict[str, str]) -> Sent:
    from hub.cli.documents import read
    from hub.wire import Consignment

    try:
        raw = read(path, _LARGEST)
        kind = "application/json" if raw.lstrip()[:1] in (b"{", b"[") else "application/xml"
        consignment = Consignment(body=raw, content_type=kind, name=path.name, path=_DOOR, headers=headers)
        return _understood(path, transport.send(consignment))
    except Refused as cause:
        return Sent(file=path, outcome="refused", words=cause.faults[0].words, answer={})
    except Unavailable as cause:
        return Sent(file=path, outcome="away", words=str(cause), answer={})


def _understood(path: Path, answer: Response) -> Sent:
    told = _told(answer.body)
    if 200 <= answer.status < 300:
        words = f"{told.get('status', 'taken')} {told.get('submission', '')}".strip()
        return Sent(file=path, outcome="taken", words=words, answer=told)
    words = f"{answer.status} {told.get('title', '')}".strip()
    away = answer.status >= 500 or answer.status in _BUSY
    return Sent(file=path, outcome="away" if away else "refused", words=words, answer=told)


def _told(body: bytes) -> dict[str, Any]:
    """The hub's answer as JSON; empty where it is none."""
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _print_json(sent: Sent) -> None:
    json_line({"file": str(sent.file), "outcome": sent.outcome, "words": sent.words, "answer": sent.answer})


def _print(sent: Sent) -> None:
    say(sent.file, sent.outcome, sent.words)
    faults = sent.answer.get("faults")
    if isinstance(faults, list) and faults:
        made = table("line", "severity", "rule", "path", "words")
        for fault in faults:
            add_row(made, *(fault.get(name) for name in ("line", "severity", "rule", "path", "words")))
        show(made)
