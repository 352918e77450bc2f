"""Fixtures shared by every test: the real-format material, when it is there; and figures, told when a run ends."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
BESIDE = Path(os.environ.get("CJHUB_SHARED", ROOT.parent / "shared"))


def _folder(name: str) -> Path:
    path = BESIDE / name
    if not path.is_dir():
        pytest.skip(f"no real-format material at {path}: this test needs the folder '{name}' beside the checkout")
    return path


@pytest.fixture(scope="session")
def samples() -> Path:
    """The real-format messages, which stay outside the project."""
    return _folder("samples")


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """The published code tables, which stay outside the project."""
    return _folder("reference-data")


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Notes a line of figures, which is printed with all others when the run ends."""

    def note(line: str) -> None:
        request.node.user_properties.append(("figure", line))

    return note


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The figures that tests noted, test by test."""
    reports = [one for kind in ("passed", "failed") for one in terminalreporter.stats.get(kind, [])]
    lines = [
        (one.nodeid.rpartition("::")[2], line)
        for one in reports
        if one.when == "call"
        for name, line in one.user_properties
        if name == "figure"
    ]
    if lines:
        terminalreporter.section("figures")
        for test, line in lines:
            terminalreporter.write_line(f"{test}: {line}")
