"""The sweeper: rings again for whatever stands still, at a steady pace.

Rule: with it, any slip may be lost: by a broker, by a crash, by an operator's hand. What is to be swept is the ledger's
to know; when, is told to whoever runs it.
"""

from __future__ import annotations

from dataclasses import dataclass

from hub.ledger import Ledger
from hub.ledger.account import Swept


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweeper:
    """Sweeps every `every_seconds` what has had no slip for `grace_seconds`, at most `limit` of each kind a round."""

    ledger: Ledger
    every_seconds: float = 5.0
    grace_seconds: float = 60.0
    limit: int = 500

    def sweep(self) -> Swept:
        """One round."""
        return self.ledger.sweep(self.grace_seconds, self.limit)
