"""Ids, times and names that follow from a document alone, so that the same file always gives the same output.

Rule: these never enter a ledger; what the hub issues in traffic comes from its clock and its own ids.
"""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from itertools import count
from uuid import UUID

from hub.contract import Part, Recipient, Stamp, Trust
from hub.message.envelope import Message

AT = datetime(1970, 1, 1, tzinfo=UTC)
"""The time of acceptance where there was none."""

SENDER = Trust(party="sample", agency="unknown")
RECIPIENT = Recipient(party="sample", agency="unknown", ou_code="B01LY00", system="Z00SAMPLE")
"""To whom a document is rendered where no party is named."""


class Ids:
    """Ids that follow from the bytes of a document and count up (UUIDs by name, over SHA-256)."""

    def __init__(self, raw: bytes) -> None:
        self._seed = sha256(raw).digest()
        self._numbers = count(1)

    def __call__(self) -> str:
        """The next id of this document."""
        return _uuid(self._seed + next(self._numbers).to_bytes(4, "big"))


def stamp_of(message: Message, part: Part) -> Stamp:
    """The stamp of a delivery that was never made: its id follows from the message's id and the part's label."""
    envelope = message.envelope
    return Stamp(
        id=_uuid(f"{envelope.message_id} {part.label}".encode()),
        correlation_id=envelope.correlation_id,
        at=envelope.accepted_at,
        sequence=1,
    )


def numbered(stem: str, total: int) -> list[str]:
    """The names of what came of one document: its own for one, NAME-001, NAME-002... for several."""
    width = max(3, len(str(total)))
    return [stem] if total == 1 else [f"{stem}-{number:0{width}d}" for number in range(1, total + 1)]


def suffix_of(content_type: str) -> str:
    """The ending of a file's name, by what is in it."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind.endswith("xml"):
        return ".xml"
    return ".json" if kind.endswith("json") else ".txt"


def _uuid(name: bytes) -> str:
    return str(UUID(bytes=sha256(name).digest()[:16], version=5))
