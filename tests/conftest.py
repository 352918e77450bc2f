"""Fixtures shared by every test: a PostgreSQL and a RabbitMQ of the tests' own, the ledgers that contract suites run
over, the real-format samples and code tables, when they are there; and figures, told when a run ends.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from tests.doubles.traffic import Desk
from tests.hubs import wait_until
from tests.servers.postgres import Server, server
from tests.servers.rabbitmq import RabbitNode, listens, rabbit_node
from tests.servers.vhosts import Vhost, vhost

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


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """A command sets the log up for its process: the next test is not to hear less for it."""
    yield
    structlog.reset_defaults()


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


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL for this run, with a template of the ledger's tables."""
    with server() as made:
        yield made


@pytest.fixture(params=["sqlite", "postgres"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """A place for a ledger, with its clock: on each database that a ledger may be in."""
    if request.param == "sqlite":
        yield Desk(tmp_path / "hub.db")
        return
    with request.getfixturevalue("postgres").database() as url:
        yield Desk(url)


@pytest.fixture(scope="session")
def rabbit() -> Iterator[RabbitNode]:
    """The RabbitMQ node of this session."""
    with rabbit_node() as node:
        yield node


@pytest.fixture(scope="session")
def managed() -> Iterator[RabbitNode]:
    """A RabbitMQ node with its management, which takes no large messages."""
    with rabbit_node("max_message_size = 200000", plugins=("rabbitmq_management",)) as node:
        wait_until(lambda: node.admin_port and listens(node.admin_port), 60)
        yield node


@pytest.fixture
def broker(managed: RabbitNode) -> Iterator[Vhost]:
    """A virtual host of a test's own."""
    with vhost(managed) as made:
        yield made
