"""cjhub render: canonical XML to what a recipient reads.    Rule: the same file always gives the same output."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import options
from hub.cli.output import Code, report, warn, watched
from hub.message.errors import Defect, HubError, Refused

if TYPE_CHECKING:
    from hub.cli.documents import Outlet
    from hub.contract import Outbound, Recipient, Writer
    from hub.discovery import Found
    from hub.message.envelope import Message


def render(
    files: options.Files,
    to: Annotated[str, typer.Option("--to", metavar="DIALECT", help="The dialect to write.")],
    out: options.Out = None,
    recipient: Annotated[
        str | None, typer.Option(metavar="PARTY", help="Write it for this party: its codes and options.")
    ] = None,
    config: options.Config = None,
) -> None:
    """Write canonical XML files in another dialect.

    What had to be cut, filled in or adapted is told on standard error. Ids and times of the envelope follow from the
    message. Exit code 0 where all went, 1 where some did not.
    """
    from hub.cli.documents import Outlet, judging, named

    outlet, went = Outlet(out), True
    with judging(config, reference=False) as judge:
        writer = named(judge.found.writers, to, "no connector writes")
        reader = _recipient(judge.found, recipient)
        for path in watched(files, "render") if out else files:
            went &= _one(judge.found, path, (writer, reader), outlet)
    raise typer.Exit(Code.DONE if went else Code.NO)


def _recipient(found: Found, code: str | None) -> Recipient:
    from hub.assemble import recipient
    from hub.cli.documents import named
    from hub.prove.fixed import RECIPIENT

    return RECIPIENT if code is None else recipient(named(found.parties, code, "no party has the code"))


def _one(found: Found, path: Path, way: tuple[Writer, Recipient], outlet: Outlet) -> bool:
    from hub.prove.fixed import suffix_of

    try:
        outputs = _encoded(found, _message(found, path), way)
        suffix = suffix_of(outputs[0].content_type) if outputs else ".xml"
        outlet.put(path, [outbound.body for outbound in outputs], suffix)
    except HubError as cause:
        warn(path, "refused" if isinstance(cause, Refused | Defect) else "failed")
        report(cause)
        return False
    for outbound in outputs:
        for note in outbound.reports:
            warn(path, note.kind, f"{note.path}: {note.words}")
    return True


def _message(found: Found, path: Path) -> Message:
    """The message of a canonical file. Raises Refused where it is not one."""
    from hub.canonical.read import read as read_message
    from hub.canonical.schemas import SCHEMA
    from hub.cli.documents import read
    from hub.document import DEFAULT_BOUNDS
    from hub.document.schema import load
    from hub.document.xml import parse

    root = parse(read(path, DEFAULT_BOUNDS.max_bytes))
    faults = load(found.bundle.schema(SCHEMA)).complaints(root)
    if faults:
        raise Refused(faults)
    return read_message(root)


def _encoded(found: Found, message: Message, way: tuple[Writer, Recipient]) -> list[Outbound]:
    from hub.prove.fixed import stamp_of

    writer, recipient = way
    kind = type(message.body).__name__
    if kind not in writer.sends:
        carries = ", ".join(sorted(writer.sends))
        raise Refused(at=kind, rule=f"a message that '{writer.dialect}' can carry: {carries}")
    return [writer.encode(part, recipient, stamp_of(message, part), found.tables) for part in writer.split(message)]
