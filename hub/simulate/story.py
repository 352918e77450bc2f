"""One case story: its submissions in order, and what must come of each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from hub.simulate.places import Arrival


class Expected(StrEnum):
    """What the hub is to say to a submission."""

    TAKEN = "taken"
    SAME_RECEIPT = "the first receipt again"
    REFUSED = "refused with reasons"
    CONFLICT = "refused: the same key with other bytes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One submission: what it is, who sends which bytes under which key, and what must come of it."""

    title: str
    sender: str
    body: bytes = field(repr=False)
    content_type: str
    key: str
    expected: Expected = Expected.TAKEN
    due: tuple[Arrival, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One case: number, kind of story, URN, steps, and the identifiers by which its papers are known."""

    number: int
    kind: str
    urn: str
    steps: tuple[Step, ...]
    keys: tuple[str, ...] = field(repr=False)

    @property
    def due(self) -> dict[tuple[str, str], int]:
        """How many deliveries each agency is to get, by party and dialect."""
        total: Counter[tuple[str, str]] = Counter()
        for arrival in (arrival for step in self.steps for arrival in step.due):
            total[arrival.party, arrival.dialect] += arrival.count
        return dict(total)
