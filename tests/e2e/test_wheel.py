"""The wheel: it carries schemas and configuration, and works where there is no checkout."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.papers import case_file

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the wheel is installed, and nothing else."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run([*pip, *build], check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    subprocess.run([*pip, "install", "--no-deps", "--target", str(folder / "site"), str(wheel)], check=True)
    return folder


def run(installed: Path, *words: str) -> subprocess.CompletedProcess[str]:
    program = "import sys; sys.argv[0] = 'cjhub'; from hub.__main__ import main; main()"
    environment = os.environ | {"PYTHONPATH": str(installed / "site")}
    command = [sys.executable, "-c", program, *words]
    return subprocess.run(command, cwd=installed, env=environment, capture_output=True, text=True, check=False)


def test_it_runs_from_its_own_files(installed: Path) -> None:
    shown = subprocess.run(
        [sys.executable, "-c", "import hub; print(hub.__file__)"],
        cwd=installed,
        env=os.environ | {"PYTHONPATH": str(installed / "site")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.startswith(str(installed))


def test_it_validates_a_case_file(installed: Path) -> None:
    (installed / "case.xml").write_bytes(case_file())
    done = run(installed, "validate", "case.xml", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["verdict"] == "accepted"


def test_it_carries_every_schema_every_code_list_and_every_sample(installed: Path) -> None:
    shipped = installed / "site" / "hub" / "_shipped"
    for folder in ("schemas", "config"):
        ours = {path.relative_to(ROOT) for path in (ROOT / folder).rglob("*") if path.is_file()}
        theirs = {path.relative_to(shipped) for path in shipped.joinpath(folder).rglob("*") if path.is_file()}
        assert ours == theirs
