"""How long check and normalise took on one document: for the figures and the traces of whoever asked.

Rule: judging happens in another process, so its times come back with its ruling, as plain numbers.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple


class Took(NamedTuple):
    """When judging began, when the checks were done, when it ended: nanoseconds since 1970.

    In a file of many cases check and normalise take turns; their lengths are right, and normalise is put at the end.
    """

    began: int
    checked: int
    ended: int


@dataclass(slots=True)
class Stopwatch:
    """Runs from its making on."""

    began: int = field(default_factory=time.time_ns)
    normalising: int = 0

    @contextmanager
    def normalise(self) -> Iterator[None]:
        """What happens within is normalising, and all else is checking."""
        began = time.time_ns()
        try:
            yield
        finally:
            self.normalising += max(0, time.time_ns() - began)

    def took(self) -> Took:
        """The times until now."""
        ended = max(self.began, time.time_ns())
        return Took(self.began, max(self.began, ended - self.normalising), ended)
