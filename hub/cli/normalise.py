"""cjhub normalise: documents to canonical XML.    Rule: the same file always gives the same output."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import options
from hub.cli.output import Code, report, warn, watched
from hub.message.errors import Defect, Refused, Severity

if TYPE_CHECKING:
    from hub.cli.documents import Outlet
    from hub.contract import Trust
    from hub.flow.judge import Judge, Terms


def normalise(
    files: options.Files,
    sender: Annotated[
        str | None,
        typer.Option("--from", metavar="PARTY", help="Read them as this party's: its dialects, its system's traits."),
    ] = None,
    out: options.Out = None,
    config: options.Config = None,
) -> None:
    """Turn documents into canonical XML.

    Ids follow from the bytes of the file and the time of acceptance is 1970-01-01, so that the same file always gives
    the same output. Without --out it goes to standard output. Exit code 0 where all went, 1 where some were refused.
    """
    from hub.cli.documents import Outlet, judging

    outlet, went = Outlet(out), True
    with judging(config) as judge:
        trust, terms = _sender(judge, sender)
        for path in watched(files, "normalise") if out else files:
            went &= _one(judge, path, (trust, terms), outlet)
    raise typer.Exit(Code.DONE if went else Code.NO)


def _sender(judge: Judge, code: str | None) -> tuple[Trust, Terms]:
    from hub.assemble import clock, truster
    from hub.cli.documents import named
    from hub.flow.judge import LONDON, Terms
    from hub.prove.fixed import SENDER

    today = clock().astimezone(LONDON).date()  # for the rules that refuse; the output does not hold it
    if code is None:
        return SENDER, Terms(on=today)
    party = named(judge.found.parties, code, "no party has the code")
    return truster(judge.found.parties)(code), Terms(dialects=party.sends.dialects, on=today)


def _one(judge: Judge, path: Path, terms: tuple[Trust, Terms], outlet: Outlet) -> bool:
    from hub.cli.documents import read, telling
    from hub.prove.fixed import AT, Ids

    made, went = 0, True
    try:
        raw = read(path, judge.bounds.max_bytes)
        own = replace(judge, new_id=Ids(raw))
        for judged in telling(path, own.in_chunks(raw, terms[0], AT, terms[1])):
            refusals = [fault for fault in judged.faults if fault.severity is Severity.ERROR]
            if judged.progress is None and judged.refused:
                raise Refused(refusals)
            places = (judged.progress.total, judged.ordinals) if judged.progress else None
            outlet.put(path, [kept.xml for kept in judged.messages], places=places)
            made += len(judged.messages)
            if refusals:
                went = False
                warn(path, f"{judged.progress.refused if judged.progress else 0} cases refused")
                report(Refused(refusals))
    except (Refused, Defect) as cause:
        warn(path, "refused")
        report(cause)
        return False
    if not made and went:
        warn(path, "accepted", "it gives no message")
    return went
