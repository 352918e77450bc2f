"""Editions of a mapping: which one reads a document follows from the day on which it comes."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.assemble import tools
from hub.contract import Trust
from hub.discovery.connectors import discover
from hub.flow.judge import Judge, Terms
from hub.message.errors import Misconfigured

TRUST = Trust(party="a", agency="police")
EDITIONS = {
    "mapping.toml": ("1", "2026-01-01", "Old"),
    "mapping-2.toml": ("2", "2026-06-01", "Old"),
    "mapping-3.toml": ("3", "2026-09-01", "New"),
}


def text(version: str, applies: str | None, root: str, more: str = "") -> str:
    dated = f"applies_from = {applies}\n" if applies else ""
    head = f'[dialect]\nname = "a-rms"\nversion = "{version}"\nlift = "xml"\n{dated}{more}'
    return head + f'[recognise]\nroot = "{root}"\n[case]\nptiurn = "U"\n'


def write(folder: Path, files: dict[str, str]) -> Path:
    place = folder / "dialects" / "a-rms"
    place.mkdir(parents=True)
    for name, said in files.items():
        (place / name).write_text(said)
    return folder


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    return tools(write(tmp_path, {name: text(*one) for name, one in EDITIONS.items()}))


def version_of(judge: Judge, root: str, month: int, terms: Terms = Terms()) -> str | None:  # noqa: B008
    raw = f"<{root}><U>41ZD0000126</U></{root}>".encode()
    judged = judge.judge(raw, TRUST, datetime(2026, month, 15, tzinfo=UTC), terms)
    return None if judged.refused else judged.messages[0].message.envelope.source.version


def test_the_latest_edition_whose_day_has_come_reads_a_document(judge: Judge) -> None:
    assert [version_of(judge, "Old", month) for month in (1, 5, 6, 8)] == ["1", "1", "2", "2"]


def test_a_document_is_known_by_the_edition_of_its_day_and_by_no_other(judge: Judge) -> None:
    assert version_of(judge, "New", 9) == "3"
    assert version_of(judge, "Old", 9) is None
    assert version_of(judge, "New", 8) is None


def test_before_its_first_edition_applies_a_dialect_is_not_read(judge: Judge) -> None:
    raw = b"<Old><U>41ZD0000126</U></Old>"
    judged = judge.judge(raw, TRUST, datetime(2025, 12, 31, tzinfo=UTC))
    assert [fault.rule for fault in judged.faults] == ["dialect-unknown"]


def test_an_edition_that_is_named_reads_whatever_the_day(judge: Judge) -> None:
    assert version_of(judge, "Old", 3, Terms(edition="2")) == "2"


def test_editions_that_cannot_be_told_apart_and_two_candidates_are_faults(tmp_path: Path) -> None:
    files = {
        "mapping.toml": text("1", None, "F"),
        "mapping-2.toml": text("1", "2026-01-01", "F"),
        "mapping-3.toml": text("3", "2026-01-01", "F"),
        "mapping-4.toml": text("4", None, "F", "candidate = true\n"),
        "mapping-5.toml": text("5", None, "F", "candidate = true\n"),
    }
    with pytest.raises(Misconfigured) as refused:
        discover(write(tmp_path, files))
    assert [fault.partition(":")[0] for fault in refused.value.faults] == [
        "a-rms/mapping-3.toml",  # the day of mapping-2
        "a-rms/mapping-5.toml",
        "a-rms/mapping.toml",  # the version of mapping-2
    ]


def test_ten_faulty_mappings_tell_all_their_faults_in_one_run(tmp_path: Path) -> None:
    for number in range(10):
        place = tmp_path / "dialects" / f"f{number}-rms"
        place.mkdir(parents=True)
        wrong = 'nobody = "X"\n' if number % 2 else 'informant = { at = "//X", read = "txt" }\n'
        head = f'[dialect]\nname = "f{number}-rms"\nlift = "xml"\n[recognise]\nroot = "F{number}"\n'
        (place / "mapping.toml").write_text(f'{head}[case]\nptiurn = "U"\n{wrong}')
    with pytest.raises(Misconfigured) as refused:
        discover(tmp_path)
    places = [":".join(fault.split(": ")[:2]) for fault in refused.value.faults]
    wanted = []
    for number in range(10):
        file = f"f{number}-rms/mapping.toml:8"
        keys = ["case.nobody"] if number % 2 else ["case.informant.at", "case.informant.read"]
        wanted += [f"{file}:{key}" for key in keys]
    assert places == wanted
