"""The implementations that the contract suites run over."""

from collections.abc import Iterator

import pytest

from hub.ledger import Ledger
from tests.doubles.traffic import Desk


@pytest.fixture
def ledger(desk: Desk) -> Iterator[Ledger]:
    """An open ledger with two endpoints."""
    opened = desk.open("court", "cps")
    yield opened
    opened.close()
