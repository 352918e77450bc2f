"""The tutorial of a new force, run as it is written; and the draft that it begins with."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.contract.mapping import read_mapping
from hub.contract.tables import load_tables
from hub.discovery.bundle import Bundle

PAGE = Bundle().root / "docs" / "new-force.md"
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_tutorial_leads_from_nothing_to_a_proven_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = []
    for kind, name, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if kind != "console":
            Path(name).write_text(text, encoding="utf-8")
            continue
        for line in text.splitlines():
            words = shlex.split(line.removeprefix("$ cjhub "))
            told = CliRunner().invoke(app, words)
            assert told.exit_code == 0, f"{line}\n{told.output}"
            ran.append(words[0])
    assert ran == ["new-force", "map", "prove", "prove", "validate", "keys"]
    assert Path("config/dialects/riverdale-rms/samples/first.expected.xml").is_file()
    written = {path.name for path in Path("config").rglob("*.toml")}
    assert written == {"riverdale.toml", "mapping.toml"}  # two files besides samples


def test_a_draft_loads_without_a_fault_and_finds_the_fields_that_are_called_by_their_names(tmp_path: Path) -> None:
    samples = Bundle().root / "config" / "dialects"
    tables = load_tables([Bundle().root / "config" / "codes"])
    found = {}
    for name in ("northshire-rms/samples/two-charges.xml", "southdale-json/samples/two-defendants.json"):
        told = CliRunner().invoke(
            app, ["new-force", "made-up", str(samples / name), "--name", "X", "--out", str(tmp_path / name)]
        )
        assert told.exit_code == 0, told.output
        text = (tmp_path / name / "dialects" / "made-up-rms" / "mapping.toml").read_text()
        read_mapping(text, "draft", tables)
        found[name[:5]] = text
    assert 'each = "n:Parties/n:Person"' in found["north"]
    assert 'born_on = { at = "n:DOB", read = "date:%d%m%Y" }  # 100' in found["north"]
    assert 'each = "../../n:Charges/n:Charge"' in found["north"]
    assert 'asn = "arrestSummonsNumber"  # 100' in found["south"]
    assert "Sampleton" not in found["north"] + found["south"]


def test_nothing_that_is_there_is_written_over(tmp_path: Path) -> None:
    sample = tmp_path / "s.json"
    sample.write_text('{"urn": "41ZD0000126"}')
    words = ["new-force", "made-up", str(sample), "--name", "X", "--out", str(tmp_path / "out")]
    assert CliRunner().invoke(app, words).exit_code == 0
    again = CliRunner().invoke(app, words)
    assert again.exit_code == 2
    assert "not written over" in again.stderr


def test_a_mapping_with_faults_and_a_document_with_faults_are_told_apart(tmp_path: Path) -> None:
    mapping, sample = tmp_path / "mapping.toml", tmp_path / "s.xml"
    sample.write_text("<F><U> </U></F>")
    mapping.write_text('[dialect]\nname = "a"\nlift = "xml"\n[recognise]\nroot = "F"\n[case]\nptiurm = "U"\n')
    faulty = CliRunner().invoke(app, ["map", str(sample), "--with", str(mapping)])
    assert (faulty.exit_code, "did you mean 'ptiurn'" in faulty.stderr) == (2, True)
    mapping.write_text(mapping.read_text().replace("ptiurm", "ptiurn"))
    refused = CliRunner().invoke(app, ["map", str(sample), "--with", str(mapping)])
    assert (refused.exit_code, "empty" in refused.stderr) == (1, True)
