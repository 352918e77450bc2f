"""Logs go to standard error as it is when they are written, and never stop what they tell of."""

import io
import json

import pytest
import structlog

from hub.watch.logs import configure


def test_a_log_goes_to_the_standard_error_of_the_moment_and_survives_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    configure("INFO")
    first, second = io.StringIO(), io.StringIO()
    log = structlog.get_logger()
    monkeypatch.setattr("sys.stderr", first)
    log.info("one", step="send")
    monkeypatch.setattr("sys.stderr", second)
    log.info("two", step="send")
    assert json.loads(first.getvalue())["event"] == "one"
    assert json.loads(second.getvalue())["event"] == "two"
    second.close()
    log.info("three", step="send")
