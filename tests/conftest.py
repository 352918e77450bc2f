"""Fixtures shared by every test: a PostgreSQL of the tests' own, the ledgers that contract suites run over, and where
the real-format samples and code tables lie, when they are there.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doubles.traffic import Desk
from tests.servers.postgres import Server, server

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
