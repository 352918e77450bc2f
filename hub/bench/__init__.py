"""Measures beside ceilings: what the hub does in a second, and what the same libraries do when called bare.

Rule: hub and ceiling run in one process, one after the other, over the same documents, with equal durability (every
document committed with synchronous=FULL, in groups) and equal posts. A measure is never a test: machines differ.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One measure: documents a second through the hub, through the ceiling, and how many were run."""

    measure: str
    hub: float
    ceiling: float
    documents: int
    words: str

    @property
    def ratio(self) -> float:
        """How much of the ceiling the hub reaches."""
        return self.hub / self.ceiling
