"""cjhub prove: the samples of dialects through everything, against their golden files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import options
from hub.cli.output import STYLES, Code, add_row, clean, json_line, printer, say, show, table, watched

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub.flow.judge import Judge
    from hub.message.envelope import Message
    from hub.prove import Failure, Proof, Sample
    from hub.prove.coverage import Coverage


def prove(
    dialects: Annotated[
        list[str] | None, typer.Argument(metavar="[DIALECT|PARTY...]", help="Only these, or those that a party sends.")
    ] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Write the golden files anew; review the difference.")
    ] = False,
    covers: Annotated[
        bool,
        typer.Option("--coverage", help="Which canonical fields are filled, and which source fields unread."),
    ] = False,
    as_json: options.Json = False,
    config: options.Config = None,
) -> None:
    """Run every sample through recognise, check, decode, the canonical schema and every Writer that can carry it.

    Exit code 0 where all pass, 1 where one does not or a dialect has no sample.
    """
    from hub.cli.documents import judging
    from hub.prove.proving import prove as prove_sample
    from hub.prove.samples import samples_in

    with judging(config, reference=False) as judge:
        names = _names(judge, dialects)
        samples = samples_in(judge.found.bundle, names)
        proofs = [prove_sample(judge, sample, update=update) for sample in watched(samples, "prove")]
        covered = _covered(judge, samples) if covers else {}
    unproved = sorted(set(names) - {proof.sample.dialect for proof in proofs})
    _print_json(proofs, unproved) if as_json else _print(proofs, unproved)
    for dialect, found in covered.items():
        _coverage_json(dialect, found) if as_json else _print_coverage(dialect, found)
    passed = not unproved and all(proof.passed for proof in proofs)
    raise typer.Exit(Code.DONE if passed else Code.NO)


def _names(judge: Judge, wanted: list[str] | None) -> list[str]:
    """The dialects to prove: those asked for, or all that are read, and any that has a folder without a Reader."""
    from hub.cli.documents import named
    from hub.prove.samples import samples_in

    readers = judge.found.readers
    if wanted:
        parties = {**judge.found.planned, **judge.found.parties}
        names = [name for one in wanted for name in (parties[one].sends.dialects if one in parties else (one,))]
        return [named(readers, name, "no connector and no mapping reads").dialect for name in dict.fromkeys(names)]
    return sorted({*readers, *(sample.dialect for sample in samples_in(judge.found.bundle))})


def _covered(judge: Judge, samples: Sequence[Sample]) -> dict[str, Coverage]:
    """The coverage of each dialect's samples."""
    from hub.prove.coverage import coverage
    from hub.prove.fixed import AT, SENDER

    messages: dict[str, list[Message]] = {}
    for sample in samples:
        judged = judge.judge(sample.path.read_bytes(), SENDER, AT)
        messages.setdefault(sample.dialect, []).extend(kept.message for kept in judged.messages)
    return {dialect: coverage(held) for dialect, held in messages.items()}


def _print_coverage(dialect: str, found: Coverage) -> None:
    total = len(found.filled) + len(found.empty)
    say(f"{dialect}: the samples fill {len(found.filled)} of {total} canonical fields")
    for path in found.empty:
        say("  never filled", path)
    for path in found.unread:
        say("  nobody reads", path)


def _coverage_json(dialect: str, found: Coverage) -> None:
    filled, empty, unread = list(found.filled), list(found.empty), list(found.unread)
    json_line({"dialect": dialect, "filled": filled, "empty": empty, "unread": unread})


def _print(proofs: list[Proof], unproved: list[str]) -> None:
    made = table("dialect", "sample", "result", "messages", "written as")
    for proof in proofs:
        result = "passed" if proof.passed else "failed"
        messages, writers = "\n".join(dict.fromkeys(proof.messages)), ", ".join(proof.writers)
        add_row(made, proof.sample.dialect, proof.sample.path.name, result, messages, writers)
    for name in unproved:
        add_row(made, name, "no sample", "failed", "", "")
    show(made)
    for proof in proofs:
        for path in proof.updated:
            say("written" if path.is_file() else "removed", path)
        for failure in proof.failures:
            say(f"{proof.sample.dialect}/{proof.sample.path.name}", failure.step, failure.words)
            _print_diff(failure)


def _print_diff(failure: Failure) -> None:
    from rich.text import Text

    colours = {"+": STYLES["ok"], "-": STYLES["error"], "@": "cyan"}
    for line in failure.diff.splitlines():
        printer().print(Text(clean(line), style=colours.get(line[:1], "")), soft_wrap=True)


def _print_json(proofs: list[Proof], unproved: list[str]) -> None:
    for proof in proofs:
        json_line(
            {
                "dialect": proof.sample.dialect,
                "sample": proof.sample.path.name,
                "passed": proof.passed,
                "messages": list(proof.messages),
                "writers": list(proof.writers),
                "failures": [{"step": each.step, "words": each.words, "diff": each.diff} for each in proof.failures],
                "updated": [str(path) for path in proof.updated],
            }
        )
    for name in unproved:
        json_line({"dialect": name, "sample": None, "passed": False})
