"""Fixtures shared by every test: where the real-format samples and code tables lie, when they are there; RabbitMQ."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.rabbitmq import RabbitNode, rabbit_node

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
def rabbit() -> Iterator[RabbitNode]:
    """The RabbitMQ node of this session."""
    with rabbit_node() as node:
        yield node
