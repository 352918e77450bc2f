"""Guides are run as they stand: their files are written, their commands run in order, what they show is what comes out.

A block of code says what it is after its language: a path (the file is written), `in` and a path (its lines stand in
that file at the end), or nothing. A block of `sh` is run; any other without a path is only shown.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
BLOCK = re.compile(r"^```(\w+)(?: +(in +)?(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One block of code of a guide."""

    language: str
    shown_in: bool
    path: str
    text: str


def blocks_of(guide: str) -> list[Block]:
    """The blocks of a guide, in order."""
    text = (ROOT / "docs" / guide).read_text(encoding="utf-8")
    return [Block(language, bool(within), path, body) for language, within, path, body in BLOCK.findall(text)]


def script_of(blocks: list[Block]) -> str:
    """What a reader of the guide does, as one script."""
    steps = []
    for block in blocks:
        if block.path and not block.shown_in:
            folder = os.path.dirname(block.path) or "."
            steps.append(f"mkdir -p '{folder}'\ncat > '{block.path}' <<'END OF FILE'\n{block.text}END OF FILE\n")
        elif block.language == "sh":
            steps.append(block.text)
    return "\n".join(steps)


@dataclass(frozen=True)
class Done:
    """A guide that was followed: in which folder, and what its commands said."""

    folder: Path
    blocks: list[Block]
    said: str


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Done:
    folder = tmp_path_factory.mktemp("guide")
    blocks = blocks_of("connector-guide.md")
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script_of(blocks)],
        cwd=folder,
        env=environment | {"PATH": path, "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Done(folder, blocks, done.stdout)


def test_the_connector_of_the_guide_is_found_and_proved(followed: Done) -> None:
    assert "gate-book" in followed.said
    proofs = [line for line in followed.said.splitlines() if "arrival.json" in line and "passed" in line]
    assert len(proofs) == 4
    assert "gate-book" in proofs[-1].partition("passed")[2]


def test_the_wrong_document_of_the_guide_is_refused_with_every_fault(followed: Done) -> None:
    assert "refused, as it must be" in followed.said
    assert {"/number", "/at"} <= set(followed.said.split())


def test_what_the_guide_shows_is_what_comes_out(followed: Done) -> None:
    shown = [block for block in followed.blocks if block.shown_in]
    assert shown
    for block in shown:
        assert block.text in (followed.folder / block.path).read_text(encoding="utf-8")


def test_the_writer_of_the_guide_gives_the_document_back(followed: Done) -> None:
    assert (followed.folder / "made" / "arrival.json").is_file()
    written = (followed.folder / "src/gate_book/dialects/gate-book/samples/arrival.gate-book.expected.json").read_text()
    assert '"number": "A1234BC"' in written


def test_the_code_of_the_guide_keeps_the_rules_of_the_house(followed: Done) -> None:
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--config", str(ROOT / "pyproject.toml"), "src"]
    done = subprocess.run(command, cwd=followed.folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
