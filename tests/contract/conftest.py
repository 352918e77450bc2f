"""The implementations that the contract suites run over."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.ledger import Ledger
from tests.doubles.traffic import Desk


@pytest.fixture(params=["sqlite"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Desk:
    """A place for a ledger, with its clock."""
    return Desk(tmp_path / "hub.db")


@pytest.fixture
def ledger(desk: Desk) -> Iterator[Ledger]:
    """An open ledger with two endpoints."""
    opened = desk.open("court", "cps")
    yield opened
    opened.close()
