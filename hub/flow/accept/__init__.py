"""accept: one `Arrival` behind all doors, and the answers that a door can give.

Rule: a receipt is given only after the ledger has committed the exact bytes that it speaks of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from hub.contract import Trust
from hub.message.errors import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A document at a door: its bytes, who brought it, and what the sender calls it.

    `key` is the sender's own key for it (an Idempotency-Key), `name` the name of its file; either may be missing.
    `traceparent` is what a caller says of its own trace; ours only points at it. `soap` is the SOAP door that was
    called, by its path: there a sender is answered for the delivery alone, and told later of what is wrong with what
    was delivered.
    """

    raw: bytes = field(repr=False)
    trust: Trust
    door: str
    dialects: tuple[str, ...] | None = None
    key: str | None = None
    name: str | None = None
    traceparent: str | None = None
    soap: str | None = None

    @property
    def digest(self) -> str:
        """The SHA-256 of the bytes."""
        return sha256(self.raw).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a door says: accepted, pending, refused, repeated or conflict. `receipt` is the exact bytes to give."""

    outcome: str
    receipt: bytes
    submission_id: str
    dialect: str | None = None
    faults: tuple[Fault, ...] = ()
    detail: Mapping[str, str] = field(default_factory=dict)

    @property
    def accepted(self) -> bool:
        """Whether the document was kept as the sender meant it."""
        return self.outcome not in ("refused", "conflict")
