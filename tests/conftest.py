"""Fixtures shared by every test: a PostgreSQL and a RabbitMQ of the tests' own, the ledgers that contract suites run
over, and the real-format samples and code tables, when they are there. Figures are in `tests/figures.py`.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.doubles.traffic import Desk
from tests.hubs import wait_until
from tests.servers.postgres import Server, server
from tests.servers.rabbitmq import RabbitNode, listens, rabbit_node
from tests.servers.vhosts import Vhost, vhost

pytest_plugins = ("tests.figures",)
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
