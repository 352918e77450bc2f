"""One sample through recognise, check, decode, the canonical schema, reading back, its golden files and the Writers.

Rule: business rules are left out, since they look at today's date and not at the dialect.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hub.canonical.read import read
from hub.canonical.write import write
from hub.contract import Outbound, Writer
from hub.document.lift import lift
from hub.document.xml import parse
from hub.flow.check.rules import RuleBook
from hub.flow.judge import Judge, Judged
from hub.flow.normalise import Canonical
from hub.message.errors import Defect, HubError, Refused, Severity
from hub.prove import Failure, Proof, Sample, Step
from hub.prove.fixed import AT, RECIPIENT, SENDER, Ids, numbered, stamp_of, suffix_of
from hub.prove.pretty import difference, pretty
from hub.prove.samples import golden_file, stale


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One output of a sample, the golden file that it is compared with, and the step that this is."""

    step: Step
    golden: Path
    content: bytes


def prove(judge: Judge, sample: Sample, *, update: bool = False) -> Proof:
    """Everything that a sample must pass. `update` writes its golden files anew instead of comparing with them."""
    raw = sample.path.read_bytes()
    bare = replace(judge, new_id=Ids(raw), rules=RuleBook({}))
    try:
        judged = bare.judge(raw, SENDER, AT)
    except Defect as cause:
        return Proof(sample=sample, failures=(Failure(step=Step.NORMALISE, words=str(cause)),))
    failures = [*_recognised(bare, sample, raw, judged), *_refusals(judged)]
    if failures:
        return Proof(sample=sample, failures=tuple(failures))
    canonical = _canonical(sample, judged)
    rendered, unrendered = _rendered(bare, sample, judged)
    outputs = [*canonical, *(made for made in rendered if made.golden.is_file())]
    left = stale(sample, [made.golden for made in canonical])
    updated = _update(outputs, left) if update else ()
    failures = [*_read_back(judged), *_differences(outputs), *unrendered]
    return Proof(
        sample=sample,
        messages=tuple(type(kept.message.body).__name__ for kept in judged.messages),
        writers=tuple(sorted(writer.dialect for writer in _able(bare, judged))),
        failures=(*failures, *(() if update else _left_over(left))),
        updated=updated,
    )


def _failure(step: Step, words: str) -> Failure:
    return Failure(step=step, words=words)


# --- recognise and check


def _recognised(judge: Judge, sample: Sample, raw: bytes, judged: Judged) -> Iterator[Failure]:
    if judged.reader is None:
        return
    document = lift(raw, judge.bounds)
    names = sorted(name for name, reader in judge.found.readers.items() if reader.recognise(document))
    if names != [sample.dialect]:
        yield _failure(Step.RECOGNISE, f"recognised as {', '.join(names)}; it must be {sample.dialect} and no other")


def _refusals(judged: Judged) -> Iterator[Failure]:
    step = Step.RECOGNISE if judged.reader is None else Step.CHECK
    for fault in judged.faults:
        if fault.severity is Severity.ERROR:
            yield _failure(step, f"{fault.path or 'document'}: {fault.rule}: {fault.words}")


def _read_back(judged: Judged) -> Iterator[Failure]:
    for kept in judged.messages:
        if read(parse(kept.xml)) != kept.message:
            yield _failure(Step.READ_BACK, f"{type(kept.message.body).__name__} reads back as another message")


# --- outputs and their golden files


def _canonical(sample: Sample, judged: Judged) -> list[Made]:
    names = numbered(sample.path.stem, len(judged.messages))
    return [
        Made(step=Step.COMPARE, golden=golden_file(sample, name, ".xml"), content=_without_mapping(kept))
        for name, kept in zip(names, judged.messages, strict=True)
    ]


def _without_mapping(kept: Canonical) -> bytes:
    """The canonical XML but for the mapping's hash, which every edit changes: what is said is what is compared."""
    envelope = kept.message.envelope
    if envelope.source.mapping is None:
        return kept.xml
    source = replace(envelope.source, mapping=None)
    return write(replace(kept.message, envelope=replace(envelope, source=source)))


def _rendered(judge: Judge, sample: Sample, judged: Judged) -> tuple[list[Made], list[Failure]]:
    made: list[Made] = []
    failures: list[Failure] = []
    for writer in _able(judge, judged):
        try:
            outputs = list(_encoded(judge, writer, judged))
        except HubError as cause:
            failures.append(_failure(Step.RENDER, f"{writer.dialect}: {cause}"))
            continue
        for name, outbound in zip(numbered(sample.path.stem, len(outputs)), outputs, strict=True):
            golden = golden_file(sample, f"{name}.{writer.dialect}", suffix_of(outbound.content_type))
            made.append(Made(step=Step.RENDER, golden=golden, content=outbound.body))
    return made, failures


def _encoded(judge: Judge, writer: Writer, judged: Judged) -> Iterator[Outbound]:
    for kept in judged.messages:
        if type(kept.message.body).__name__ in writer.sends:
            for part in writer.split(kept.message):
                yield writer.encode(part, RECIPIENT, stamp_of(kept.message, part), judge.found.tables)


def _able(judge: Judge, judged: Judged) -> list[Writer]:
    types = {type(kept.message.body).__name__ for kept in judged.messages}
    return [writer for writer in judge.found.writers.values() if types & writer.sends]


def _differences(outputs: Sequence[Made]) -> Iterator[Failure]:
    for made in outputs:
        name, suffix = made.golden.name, made.golden.suffix
        if not made.golden.is_file():
            yield _failure(made.step, f"{name} is missing: write it with --update, and review it")
            continue
        try:
            golden = pretty(made.golden.read_bytes(), suffix)
        except (Refused, ValueError) as cause:
            yield _failure(made.step, f"{name} cannot be read: {cause}")
            continue
        diff = difference(golden, pretty(made.content, suffix), name)
        if diff:
            yield Failure(step=made.step, words=f"{name} differs", diff=diff)


def _left_over(left: Sequence[Path]) -> Iterator[Failure]:
    for path in left:
        yield _failure(Step.COMPARE, f"{path.name}: the sample does not give this message any more")


def _update(outputs: Sequence[Made], left: Sequence[Path]) -> tuple[Path, ...]:
    """Write what changed, remove what nothing gives any more. The files concerned."""
    changed = list(left)
    for path in left:
        path.unlink()
    for made in outputs:
        text = pretty(made.content, made.golden.suffix)
        if not made.golden.is_file() or made.golden.read_text(encoding="utf-8") != text:
            made.golden.write_text(text, encoding="utf-8")
            changed.append(made.golden)
    return tuple(changed)
