"""cjhub validate: what the hub would say to these documents, without keeping any of them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import options
from hub.cli.output import Code, add_row, fault_table, json_line, say, show, table, watched
from hub.message.errors import Defect, Fault, Refused

if TYPE_CHECKING:
    from hub.flow.judge import Judge, Judged, Terms


def validate(
    files: options.Files,
    dialect: Annotated[str | None, typer.Option(metavar="NAME", help="Read them as this dialect only.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Let every schema refuse, not only report.")] = False,
    on: Annotated[
        datetime | None,
        typer.Option("--on", formats=["%Y-%m-%d"], metavar="DATE", help="The day that counts as today, yyyy-mm-dd."),
    ] = None,
    as_json: options.Json = False,
    config: options.Config = None,
) -> None:
    """Check documents: their layers, schemas, contents and business rules.

    Exit code 0 where all are accepted, 1 where some are refused, 2 for wrong usage or configuration.
    """
    from hub.cli.documents import judging, only
    from hub.flow.judge import Terms

    terms = Terms(strict=strict, on=on.date() if on else None)
    counts = {"accepted": 0, "refused": 0}
    with judging(config) as judge:
        chosen = only(judge, dialect)
        for path in watched(files, "validate") if as_json else files:
            judged = judge_file(chosen, path, terms)
            counts[_verdict(judged)] += 1
            _print_json(path, judged) if as_json else _print(path, judged)
    if len(files) > 1 and not as_json:
        say(f"{counts['accepted']} accepted, {counts['refused']} refused")
    raise typer.Exit(Code.NO if counts["refused"] else Code.DONE)


def judge_file(judge: Judge, path: Path, terms: Terms) -> Judged:
    """The verdict on one file; one that cannot be read, or that the hub fails on, is refused."""
    from hub.assemble import clock
    from hub.cli.documents import read
    from hub.flow.judge import Judged
    from hub.prove.fixed import SENDER

    try:
        return judge.judge(read(path, judge.bounds.max_bytes), SENDER, clock(), terms)
    except Refused as cause:
        return Judged(faults=cause.faults)
    except Defect as cause:
        return Judged(
            faults=(Fault(path="", rule="defect", words=f"The hub itself failed on this document: {cause}."),)
        )


def _verdict(judged: Judged) -> str:
    return "refused" if judged.refused else "accepted"


def _print_json(path: Path, judged: Judged) -> None:
    from hub.flow.accept.receipt import fault_json

    json_line(
        {
            "file": str(path),
            "dialect": judged.reader.dialect if judged.reader else None,
            "verdict": _verdict(judged),
            "faults": [fault_json(fault) for fault in judged.faults],
            "findings": [
                {"code": finding.code, "offence": finding.offence, "path": finding.path} for finding in judged.findings
            ],
        }
    )


def _print(path: Path, judged: Judged) -> None:
    types = ", ".join(dict.fromkeys(type(kept.message.body).__name__ for kept in judged.messages))
    made = f"{len(judged.messages)} x {types}" if judged.messages else ""
    say(path, _verdict(judged), judged.reader.dialect if judged.reader else "no dialect", made)
    if judged.faults:
        show(fault_table(judged.faults))
    if judged.findings:
        found = table("finding", "offence", "path", "words")
        for finding in judged.findings:
            add_row(found, finding.code, finding.offence, finding.path, finding.words)
        show(found)
