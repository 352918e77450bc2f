"""normalise: the sender's dialect to canonical messages, each with the ids and times that the hub issued.

Rule: what goes into the ledger is valid against the canonical schema; if it is not, that is a Defect of ours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from hub.canonical.schemas import SCHEMA
from hub.canonical.write import body_of, write
from hub.contract import Mapped, Opened, Reader, Trust
from hub.contract.tables import Tables
from hub.discovery.bundle import Bundle
from hub.document.schema import load as load_schema
from hub.document.xml import parse_own
from hub.message.envelope import Attachment, Decoded, Envelope, Message, Sender, Source
from hub.message.errors import Defect


@dataclass(frozen=True, slots=True)
class Canonical:
    """A canonical message, its XML, the hash of its body alone, and the contents of its documents."""

    message: Message
    xml: bytes
    content_hash: str
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """What the hub issues for one submission: where ids come from, the time, the correlation id."""

    new_id: Callable[[], str]
    at: datetime
    correlation_id: str


def decode(reader: Reader, opened: Opened, tables: Tables) -> tuple[Decoded, ...]:
    """What the sender said. Raises Refused with every field that makes it unusable."""
    return tuple(reader.decode(opened, tables))


def stamp(decoded: Decoded, reader: Reader, trust: Trust, issue: Issue, messages: int = 1) -> Message:
    """What the sender said, in the hub's envelope; `messages` is how many its document made."""
    envelope = Envelope(
        message_id=issue.new_id(),
        correlation_id=issue.correlation_id,
        sender=Sender(party=trust.party, system=decoded.system),
        source=Source(
            dialect=reader.dialect,
            version=reader.version,
            reference=decoded.reference,
            messages=messages if messages > 1 else None,
            mapping=reader.mapping_hash if isinstance(reader, Mapped) else None,
        ),
        occurred_at=decoded.occurred_at,
        accepted_at=issue.at,
        mode=decoded.mode,
    )
    return Message(envelope=envelope, body=decoded.body, findings=decoded.findings, unmapped=decoded.unmapped)


def canonical(message: Message, bundle: Bundle, attachments: tuple[Attachment, ...] = ()) -> Canonical:
    """The XML of a message, checked. Raises Defect where our own schema refuses what we wrote."""
    xml = write(message)
    if not load_schema(bundle.schema(SCHEMA)).accepts(parse_own(xml)):
        raise Defect(
            f"{type(message.body).__name__} from {message.envelope.source.dialect} breaks the canonical schema"
        )
    digest = sha256(body_of(xml, type(message.body).__name__)).hexdigest()
    return Canonical(message, xml, digest, attachments)
