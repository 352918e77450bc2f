"""What the tests share: the hub's own judge, with this package's samples laid over its configuration."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hub.assemble import tools
from hub.flow.judge import Judge

import cjhub_example_connector

PACKAGE = Path(cjhub_example_connector.__file__).parent


@pytest.fixture(scope="session")
def judge() -> Iterator[Judge]:
    made = tools(PACKAGE)
    yield made
    made.layers.explainer.close()
