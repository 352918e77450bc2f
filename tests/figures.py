"""Figures that tests note: told when a run ends, and kept in a file where one is named (`--figures FILE`).

Rule: a test of a campaign says in one place, beside itself, what it breaks and what must hold (`@pytest.mark.promise`);
`tests/faults_page.py` makes docs/faults.md of these words and of that file. What ran again replaces what it gave before.
"""

from __future__ import annotations

import json
import os
import platform
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.servers import postgres, rabbitmq

FULL = os.environ.get("CJHUB_FULL") == "1"
"""Whether tests run in their long form."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The file of figures."""
    parser.addoption("--figures", type=Path, help="file (JSON) in which the figures of campaigns are kept")


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Notes a line of figures, which is printed with all others when the run ends."""

    def note(line: str) -> None:
        request.node.user_properties.append(("figure", line))

    return note


def lines(report: pytest.TestReport) -> list[str]:
    """What a test noted."""
    return [str(line) for name, line in report.user_properties if name == "figure"]


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Tell the figures, test by test, and keep those of campaigns."""
    stats = terminalreporter.stats
    reports = [one for kind in ("passed", "failed") for one in stats.get(kind, []) if one.when == "call"]
    told = [f"{one.nodeid.rpartition('::')[2]}: {line}" for one in reports for line in lines(one)]
    if told:
        terminalreporter.section("figures")
        for line in told:
            terminalreporter.write_line(line)
    file = config.getoption("figures")
    if file is not None:
        keep(file, [one for one in reports if "promise" in one.keywords])


def keep(file: Path, reports: list[pytest.TestReport]) -> None:
    """Put what these tests gave into the file, beside what others gave before."""
    held = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    about = {"form": "full" if FULL else "short", "date": datetime.now(UTC).date().isoformat(), "on": machine()}
    for one in reports:
        held[one.nodeid] = {"passed": one.passed, "figures": lines(one), **about}
    file.write_text(json.dumps(dict(sorted(held.items())), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def machine() -> str:
    """What the figures of this run depend on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB; {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, PostgreSQL {postgres.version()}, RabbitMQ {rabbitmq.version()}, "
        f"SQLite {sqlite3.sqlite_version}"
    )
