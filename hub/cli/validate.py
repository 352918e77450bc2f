"""cjhub validate: what the hub would say to these documents, without keeping any of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import options
from hub.cli.output import Code, add_row, fault_table, json_line, say, show, table, warn, watched
from hub.message.errors import Defect, Fault, Refused

if TYPE_CHECKING:
    from hub.flow.judge import Judge, Judged, Terms
    from hub.message.envelope import Finding


RESULTED = "HearingResulted"
"""The message whose findings need reference data."""


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

    Exit code 0 where all are accepted, 1 where some are refused, 2 for wrong usage or configuration. A file of many
    cases is judged case by case, and accepted where any of them is.
    """
    from hub.cli.documents import judging, only
    from hub.discovery.reference import missing
    from hub.flow.judge import Terms

    terms = Terms(strict=strict, on=on.date() if on else None)
    counts = {"accepted": 0, "refused": 0}
    all_well, resulted = True, False
    with judging(config) as judge:
        chosen = only(judge, dialect)
        for path in watched(files, "validate") if as_json else files:
            told = told_of(chosen, path, terms)
            counts[told.verdict] += 1
            resulted |= RESULTED in told.types
            all_well &= told.verdict == "accepted" and not told.refused
            _print_json(path, told) if as_json else _print(path, told)
        wanting = missing(judge.found.tables.reference) if resulted else []
    if wanting:
        names = ", ".join(wanting)
        warn(f"no reference data of {names}: findings on results that need them are left out (docs/reference.md)")
    if len(files) > 1 and not as_json:
        say(f"{counts['accepted']} accepted, {counts['refused']} refused")
    raise typer.Exit(Code.DONE if all_well else Code.NO)


@dataclass(slots=True)
class Told:
    """What is told of one file: who reads it, what is wrong or questionable, what it makes; its cases, if many."""

    dialect: str | None = None
    faults: list[Fault] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    types: Counter[str] = field(default_factory=Counter)
    total: int | None = None
    accepted: int = 0
    refused: int = 0
    stopped: bool = False

    @property
    def verdict(self) -> str:
        """Accepted, where anything of it is."""
        return "refused" if self.stopped or (self.refused and not self.accepted) else "accepted"

    def add(self, judged: Judged) -> None:
        """The whole of it, or its next cases."""
        self.dialect = judged.reader.dialect if judged.reader else None
        self.faults += judged.faults
        self.findings += judged.findings
        self.types.update(type(kept.message.body).__name__ for kept in judged.messages)
        if judged.progress is None:
            self.stopped = judged.refused
        else:
            self.total = judged.progress.total
            self.accepted += judged.progress.accepted
            self.refused += judged.progress.refused


def told_of(judge: Judge, path: Path, terms: Terms) -> Told:
    """What is told of one file; one that cannot be read, or that the hub fails on, is refused."""
    from hub.assemble import clock
    from hub.cli.documents import read, telling
    from hub.prove.fixed import SENDER

    told = Told()
    try:
        raw = read(path, judge.bounds.max_bytes)
        for judged in telling(path, judge.in_chunks(raw, SENDER, clock(), terms)):
            told.add(judged)
    except Refused as cause:
        told.faults, told.stopped = [*told.faults, *cause.faults], True
    except Defect as cause:
        words = f"The hub itself failed on this document: {cause}."
        told.faults, told.stopped = [*told.faults, Fault(path="", rule="defect", words=words)], True
    return told


def _print_json(path: Path, told: Told) -> None:
    from hub.flow.accept.receipt import fault_json

    json_line(
        {
            "file": str(path),
            "dialect": told.dialect,
            "verdict": told.verdict,
            "faults": [fault_json(fault) for fault in told.faults],
            "findings": [
                {"code": finding.code, "offence": finding.offence, "path": finding.path} for finding in told.findings
            ],
        }
        | ({} if told.total is None else {"cases": {"total": told.total, "refused": told.refused}})
    )


def _print(path: Path, told: Told) -> None:
    made = ", ".join(f"{count} x {name}" for name, count in told.types.items())
    cases = "" if told.total is None else f"{told.accepted} of {told.total} cases"
    say(path, told.verdict, told.dialect or "no dialect", cases, made)
    if told.faults:
        show(fault_table(told.faults))
    if told.findings:
        found = table("finding", "offence", "path", "words")
        for finding in told.findings:
            add_row(found, finding.code, finding.offence, finding.path, finding.words)
        show(found)
