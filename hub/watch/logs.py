"""Logs are events with ids, one JSON object a line on standard error.

Rule: an event carries ids, codes and counts. Values from messages never enter a log.
"""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from typing import TextIO, cast

import structlog


class _StandardError:
    """Standard error as it is at the moment of writing. Where it is closed nothing is written: a log that cannot be
    kept must not stop the step that it tells of.
    """

    def write(self, text: str) -> None:
        """Write a piece of a line."""
        with suppress(ValueError):
            sys.stderr.write(text)

    def flush(self) -> None:
        """Write what waits."""
        with suppress(ValueError):
            sys.stderr.flush()


def configure(level: str = "INFO") -> None:
    """Set structlog up once for the process."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(file=cast("TextIO", _StandardError())),
        cache_logger_on_first_use=False,  # lines are few, and a process may set its log up again
    )
