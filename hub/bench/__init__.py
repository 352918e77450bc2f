"""Measures beside ceilings: what the hub does in a second, and what the same libraries do when called bare.

Rule: hub and ceiling run in one process, one after the other, over the same documents, with equal durability (every
document committed to the disk, in groups) and equal posts. A measure is never a test: machines differ.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One measure: documents a second through the hub, through the ceiling, and how many were run.

    `p99_ms` is how long 99 of 100 documents at most took to be accepted, in milliseconds, where that was measured.
    """

    measure: str
    hub: float
    ceiling: float
    documents: int
    words: str
    p99_ms: float | None = None

    @property
    def ratio(self) -> float:
        """How much of the ceiling the hub reaches."""
        return self.hub / self.ceiling


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the hub that is measured keeps its ledger and its slips: SQLite and embedded where nothing is said."""

    database: str = ""
    broker: str = ""

    @property
    def name(self) -> str:
        """As the measures' names end."""
        return f"{'PostgreSQL' if self.database else 'SQLite'}{' + RabbitMQ' if self.broker else ''}"
