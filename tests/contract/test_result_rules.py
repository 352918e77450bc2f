"""The rules on results beside the published expected results of the receiving side: triggers, exceptions, and what is
worked out on the way. The rules are written from the facts of the format; these outcomes only measure them.

A published outcome was made with a police record at hand. What only that record tells is out of reach here and set
apart by name: the codes of OUT_OF_REACH, and the force on record, which decides the triggers that are wanted.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.courts.findings import findings_of
from connectors.courts.findings.classes import class_of
from connectors.courts.findings.exceptions import EXCEPTIONS
from connectors.courts.findings.heard import heard
from connectors.courts.findings.triggers import TRIGGERS
from hub.assemble import tools
from hub.contract import Trust
from hub.document import Element
from hub.document.xml import local_name, parse
from hub.flow.judge import Judge
from hub.message.hearing import HearingResulted
from tests.unit.cli.conftest import Run

SENDER = Trust(party="court", agency="court")
AT = datetime(2026, 3, 5, tzinfo=UTC)
IN_SCOPE = frozenset({*TRIGGERS, *EXCEPTIONS, "TRPR0015", "TRPR0027"})
OUT_OF_REACH = frozenset({"HO100304", "TRPR0018"})
"""Codes of the corpus that come from comparing with the police record."""

OTHER_FORCE = {"test-241": {("TRPR0023", None): 1, ("TRPR0027", None): -1}}
"""Where the force on record is another than the message tells: what is told too much (1) and missed (-1)."""

RESUBMITTED = frozenset({"test-040-2", "test-108-1", "test-298-1", "test-403-1"})
"""Not results as a court sends them: an outcome that an operator edited, in the receiving side's own form."""

Key = tuple[str, int | None]


@dataclass(frozen=True)
class Expected:
    """One published outcome."""

    name: str
    raw: bytes
    triggers: Counter[Key]
    errors: Counter[Key]
    outcome: Element

    @property
    def force(self) -> str | None:
        """The force that owns it, as published."""
        owner = next(named(self.outcome, "ForceOwner"), None)
        return None if owner is None else text_in(owner, "SecondLevelCode")

    @property
    def findings(self) -> Counter[Key]:
        """What is to be told, of the codes in scope."""
        return Counter({key: count for key, count in (self.triggers + self.errors).items() if key[0] in IN_SCOPE})


def named(node: Element, name: str) -> Iterator[Element]:
    return (one for one in node.iter() if isinstance(one.tag, str) and local_name(one.tag) == name)


def child(node: Element, name: str) -> str | None:
    return next((one.text for one in node if isinstance(one.tag, str) and local_name(one.tag) == name), None)


def text_in(node: Element, name: str) -> str | None:
    return next((one.text for one in named(node, name)), None)


def errors_in(outcome: Element) -> Iterator[Key]:
    for node in outcome.iter():
        for name, code in node.items() if isinstance(node.tag, str) else ():
            if local_name(name) == "Error":
                offences = (one for one in node.iterancestors() if local_name(one.tag) == "Offence")
                number = next((child(one, "CourtOffenceSequenceNumber") for one in offences), None)
                yield code, None if number is None else int(number)


def read(path: Path) -> Expected:
    held = json.loads(path.read_text(encoding="utf-8"))
    root = parse(held["annotatedHearingOutcome"].encode())
    return Expected(
        name=path.stem,
        raw=held["incomingMessage"].encode(),
        triggers=Counter(
            (one["code"], int(one["identifier"]) if one.get("identifier") else None) for one in held["triggers"]
        ),
        errors=Counter(errors_in(root)),
        outcome=next(named(root, "HearingOutcome")),
    )


@pytest.fixture(scope="module")
def corpus(samples: Path) -> list[Expected]:
    """Every published outcome of a result as a court sends it."""
    found = [read(path) for path in sorted((samples / "result-rules").glob("*.json")) if path.stem not in RESUBMITTED]
    assert len(found) == 36
    return found


@pytest.fixture(scope="module")
def judge(reference_data: Path) -> Iterator[Judge]:
    """What judges documents, with the published tables as they stand."""
    made = tools(reference=reference_data)
    yield made
    made.layers.explainer.close()


def told(judge: Judge, one: Expected, owner: str | None = None) -> Counter[Key]:
    """What the hub tells; `owner` is the force on record."""
    judged = judge.judge(one.raw, SENDER, AT)
    assert not judged.refused, one.name
    findings = judged.findings
    if owner is not None:
        (body,) = (kept.message.body for kept in judged.messages)
        assert isinstance(body, HearingResulted)
        findings = findings_of(body, judge.found.tables, owner=owner)
    return Counter((found.code, found.offence) for found in findings if found.code in IN_SCOPE)


def rates(pairs: list[tuple[Counter[Key], Counter[Key]]]) -> Iterator[tuple[str, int, int, int, int]]:
    """For each code, and for all together: expected, told, right, and how many of the two differ."""
    codes = sorted({key[0] for pair in pairs for side in pair for key in side})
    for code in [*codes, "all"]:
        cut = [[Counter({k: n for k, n in side.items() if code in (k[0], "all")}) for side in pair] for pair in pairs]
        wanted, said = sum(one[0].total() for one in cut), sum(one[1].total() for one in cut)
        right = sum((one[0] & one[1]).total() for one in cut)
        yield code, wanted, said, right, wanted + said - 2 * right


def note(figure: Callable[[str], None], pairs: list[tuple[Counter[Key], Counter[Key]]]) -> tuple[float, float]:
    """A line for each code; the precision and recall of all."""
    precision = recall = 0.0
    for code, wanted, said, right, _ in rates(pairs):
        precision, recall = right / said if said else 1.0, right / wanted if wanted else 1.0
        figure(
            f"{code}: precision {precision:.1%}, recall {recall:.1%} ({wanted} expected, {said} told, {right} right)"
        )
    return precision, recall


def test_from_the_message_alone_only_another_force_on_record_makes_a_difference(
    corpus: list[Expected], judge: Judge, figure: Callable[[str], None]
) -> None:
    pairs = [(one.findings, told(judge, one)) for one in corpus]
    precision, recall = note(figure, pairs)
    assert precision > 0.95
    assert recall > 0.95
    differences = {}
    for one, (wanted, said) in zip(corpus, pairs, strict=True):
        said.subtract(wanted)
        left = {key: count for key, count in said.items() if count}
        if left:
            differences[one.name] = left
    assert differences == OTHER_FORCE


def test_given_the_force_on_record_at_least_98_in_100_are_right_and_none_is_missed(
    corpus: list[Expected], judge: Judge, figure: Callable[[str], None]
) -> None:
    precision, recall = note(figure, [(one.findings, told(judge, one, one.force)) for one in corpus])
    assert precision >= 0.98
    assert recall >= 0.98


def test_every_code_of_the_corpus_is_in_scope_or_known_to_be_out_of_reach(corpus: list[Expected]) -> None:
    seen = {key[0] for one in corpus for key in one.triggers + one.errors}
    assert seen - IN_SCOPE <= OUT_OF_REACH
    assert not IN_SCOPE & OUT_OF_REACH


def test_what_is_worked_out_on_the_way_is_what_the_outcomes_say(
    corpus: list[Expected], judge: Judge, figure: Callable[[str], None]
) -> None:
    """The class, code and next court of each result, and the day of conviction of each offence."""
    compared: Counter[str] = Counter()
    for one in corpus:
        (kept,) = judge.judge(one.raw, SENDER, AT).messages
        assert isinstance(kept.message.body, HearingResulted)
        case = heard(kept.message.body, judge.found.tables, "")
        assert case is not None
        published = [
            node for node in named(one.outcome, "Offence") if local_name(node.getparent().tag) == "HearingDefendant"
        ]  # type: ignore[union-attr]
        assert len(published) == len(case.offences), one.name
        for node, offence in zip(published, case.offences, strict=True):
            convicted = None if offence.convicted_on is None else offence.convicted_on.isoformat()
            assert child(node, "ConvictionDate") == convicted, one.name
            compared["offences"] += 1
            results = [inner for inner in node if local_name(inner.tag) == "Result"]
            for inner, result in zip(results, offence.results, strict=True):
                courts = [text_in(at, "OrganisationUnitCode") for at in named(inner, "NextResultSourceOrganisation")]
                assert courts == ([] if result.next_court is None else [result.next_court]), one.name
                assert child(inner, "CJSresultCode") == str(result.code), one.name
                named_class = child(inner, "ResultClass")
                assert named_class in (None, class_of(offence, result, case).value), one.name
                compared["results"] += 1
                compared["results with a class"] += named_class is not None
    assert compared["results with a class"] > 70
    figure(", ".join(f"{count} {name}" for name, count in compared.items()) + ": all alike")


def test_the_command_accepts_every_result_of_the_corpus_and_tells_its_findings(
    corpus: list[Expected], reference_data: Path, tmp_path: Path
) -> None:
    files = []
    for one in corpus:
        files.append(tmp_path / f"{one.name}.xml")
        files[-1].write_bytes(one.raw)
    env = {"CJHUB_REFERENCE": str(reference_data), "CJHUB_DATA": str(tmp_path / "data")}
    run = Run("validate", *files, "--json", env=env)
    lines = [json.loads(line) for line in run.out.splitlines()]
    assert run.code == 0
    assert {(line["dialect"], line["verdict"]) for line in lines} == {("spi-result", "accepted")}
    by_name = {Path(line["file"]).stem: line["findings"] for line in lines}
    assert {"code": "TRPR0001", "offence": 1, "path": "/ResultedCaseMessage/Session/Case/Defendant/Offence"} in by_name[
        "test-029-1"
    ]
