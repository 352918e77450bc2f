"""A slip: the note that something is to be done. It names a lane and an id, never a body.

Rule: any slip may be lost without harm; the ledger knows what stands still, and a sweeper writes the slip again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Lane(StrEnum):
    """The kinds of work that slips announce."""

    INTAKE = "intake"
    SEND = "send"
    SUBSCRIBE = "subscribe"


@dataclass(frozen=True, slots=True)
class Slip:
    """One note: do the step of `lane` for the record `id`."""

    lane: Lane
    id: str
