"""cjhub prove and dialects: what they list, and how they end."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.unit.cli.conftest import Run


def test_a_dialect_that_passes_ends_with_0_and_lists_its_samples(run: Callable[..., Run]) -> None:
    told = run("prove", "exchange")
    assert told.code == 0
    assert "case-file.xml" in told.out
    assert "failed" not in told.out


def test_a_sample_of_ones_own_that_fails_ends_with_1_and_shows_the_difference(
    run: Callable[..., Run], config: Path, case_file: Path
) -> None:
    folder = config / "dialects" / "exchange" / "samples"
    folder.mkdir(parents=True)
    (folder / "mine.xml").write_bytes(case_file.read_bytes())
    golden = case_file.with_name("case-file.expected.xml").read_text()
    (folder / "mine.expected.xml").write_text(golden.replace("CHARGE", "SUMMONS"))
    told = run("prove", "exchange")
    assert told.code == 1
    assert "mine.expected.xml differs" in told.out
    assert '-    <Initiation value="SUMMONS">' in told.out
    lines = [json.loads(line) for line in run("prove", "exchange", "--json").out.splitlines()]
    assert [line["sample"] for line in lines if not line["passed"]] == ["mine.xml"]


def test_a_dialect_that_nobody_reads_is_wrong_usage(run: Callable[..., Run]) -> None:
    assert run("prove", "klingon").code == 2


def test_dialects_say_what_they_carry_and_who_uses_them(run: Callable[..., Run]) -> None:
    listed = {line["name"]: line for line in map(json.loads, run("dialects", "--json").out.splitlines())}
    exchange = listed["exchange"]
    assert exchange["reads"] and exchange["writes"]
    assert exchange["senders"] == exchange["receivers"] == ["north-court"]
    assert exchange["schemas"] == ["exchange/1/envelope.xsd"]
    assert "CaseFileSubmission" in exchange["types_read"]
    assert listed["spi-case"]["senders"] == ["north-police"]
    assert listed["libra-list"]["answers"] == "later"
    assert "exchange" in run("dialects").out
