"""cjhub prove: the samples of dialects through everything, against their golden files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import options
from hub.cli.output import STYLES, Code, add_row, clean, json_line, printer, say, show, table, watched

if TYPE_CHECKING:
    from hub.flow.judge import Judge
    from hub.prove import Failure, Proof


def prove(
    dialects: Annotated[list[str] | None, typer.Argument(metavar="[DIALECT...]", help="Only these.")] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Write the golden files anew; review the difference.")
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

    with judging(config) as judge:
        names = _names(judge, dialects)
        samples = samples_in(judge.found.bundle, names)
        proofs = [prove_sample(judge, sample, update=update) for sample in watched(samples, "prove")]
    unproved = sorted(set(names) - {proof.sample.dialect for proof in proofs})
    _print_json(proofs, unproved) if as_json else _print(proofs, unproved)
    passed = not unproved and all(proof.passed for proof in proofs)
    raise typer.Exit(Code.DONE if passed else Code.NO)


def _names(judge: Judge, wanted: list[str] | None) -> list[str]:
    """The dialects to prove: those asked for, or all that are read, and any that has a folder without a Reader."""
    from hub.cli.documents import named
    from hub.prove.samples import samples_in

    readers = judge.found.readers
    if wanted:
        return [named(readers, name, "no connector reads").dialect for name in wanted]
    return sorted({*readers, *(sample.dialect for sample in samples_in(judge.found.bundle))})


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
