"""Canonical XML in from a party, and out to one (schemas/exchange/1).

Rule: the schema gates. Ids, times and readings are the hub's: what a sender writes in the envelope is its reference,
and the identifiers in the body are read again. What only the hub may say, nobody else may send.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from hub.contract import (
    Answers,
    Judgement,
    Layer,
    Opened,
    Outbound,
    Part,
    PeerAnswer,
    Recipient,
    Reply,
    SchemaRef,
    Stamp,
    Trust,
)
from hub.contract.answers import judge_http
from hub.contract.documents import for_agency
from hub.contract.exchange import canonical_outbound, qualified, read_canonical
from hub.contract.tables import Tables
from hub.document import Document, Element
from hub.message.catalogue import CATALOGUE, Agency
from hub.message.envelope import Decoded, Envelope, Message, Sender, Source
from hub.message.errors import Defect, Fault, Refused, Severity
from hub.message.notice import BusinessReceipt, Problem, ReceiptStatus

ROOT = qualified("Message")
ONLY_THE_HUB = frozenset(name for name, entry in CATALOGUE.items() if entry.senders == {Agency.HUB})
KEPT = {"CorrelationId": "correlation_id", "CausationId": "causation_id", "PreviousVersionOf": "previous_version_of"}


@dataclass(frozen=True, slots=True)
class Exchange:
    """Reads whole canonical messages."""

    dialect: str = "exchange"
    version: str = "1"
    answers: Answers = Answers.AT_ONCE

    def recognise(self, document: Document) -> bool:
        """Whether the root is a canonical message."""
        return document.root is not None and document.root.tag == ROOT

    def open(self, document: Document, trust: Trust) -> Opened:
        """The message; its own id is the reference, the ids that it refers to are kept beside it."""
        root = document.root
        if root is None:
            raise Refused(at="Message", rule="a canonical message, as XML")
        ids = {
            name: text
            for tag, name in KEPT.items()
            if (text := root.findtext(f"{qualified('Envelope')}/{qualified(tag)}")) is not None
        }
        schema = SchemaRef(path="exchange/1/envelope.xsd", gate=True)
        return Opened(
            layers=(Layer(name="canonical message", root=root, schema=schema, line=document.line),),
            root=root,
            line=document.line,
            reference=root.findtext(f"{qualified('Envelope')}/{qualified('MessageId')}"),
            ids=ids,
        )

    def decode(self, opened: Opened, tables: Tables) -> Iterator[Decoded]:
        """One message. Raises Refused for what only the hub may say, and for a value that no calendar has."""
        root = opened.root
        assert root is not None  # noqa: S101 - open() has put it there
        faults = list(_hub_only(root))
        if faults:
            raise Refused(faults)
        try:
            message = read_canonical(root)
        except Defect:
            words = "a value that the schema allows but no calendar or clock has: a date, a time or a number"
            raise Refused([Fault(path="Message", rule="canonical-value", words=words)]) from None
        yield Decoded(
            body=message.body,
            reference=message.envelope.message_id,
            system=message.envelope.sender.system,
            occurred_at=message.envelope.occurred_at,
            mode=message.envelope.mode,
            findings=message.findings,
            unmapped=message.unmapped,
        )

    def reply(self, opened: Opened | None, reply: Reply, stamp: Stamp) -> Outbound:
        """A BusinessReceipt: accepted, perhaps with warnings, or rejected with every fault; never with a value."""
        status = ReceiptStatus.REJECTED
        if reply.accepted:
            warned = any(fault.severity is Severity.WARNING for fault in reply.faults)
            status = ReceiptStatus.ACCEPTED_WITH_WARNINGS if warned else ReceiptStatus.ACCEPTED
        about = opened.reference if opened is not None and opened.reference else reply.receipt_id
        problems = tuple(
            Problem(code=fault.rule, path=fault.path, severity=fault.severity, words=fault.words)
            for fault in reply.faults
        )
        receipt = BusinessReceipt(about=about, status=status, problems=problems, at=stamp.at)
        return canonical_outbound(Message(envelope=_ours(stamp), body=receipt), stamp)


@dataclass(frozen=True, slots=True)
class ExchangeOut:
    """Writes any message as it stands in the hub."""

    dialect: str = "exchange"
    sends: frozenset[str] = frozenset(CATALOGUE)
    announces: bool = False

    def split(self, message: Message) -> Sequence[Part]:
        """One delivery a message."""
        return (Part(message=message),)

    def encode(self, part: Part, recipient: Recipient, stamp: Stamp, tables: Tables) -> Outbound:
        """The canonical XML, nothing added; left out are documents that the recipient may not have."""
        message, reports = for_agency(part.message, recipient.agency, tables)
        return replace(canonical_outbound(message, stamp), reports=reports)

    def judge(self, answer: PeerAnswer) -> Judgement:
        """By the status."""
        return judge_http(answer)


def _hub_only(root: Element) -> Iterator[Fault]:
    for name in sorted(ONLY_THE_HUB):
        if root.find(qualified(name)) is not None:
            words = f"a {name} is written by the hub only: send the message that it would tell of"
            yield Fault(path=f"Message/{name}", rule="hub-only", words=words)


def _ours(stamp: Stamp) -> Envelope:
    return Envelope(
        message_id=stamp.id,
        correlation_id=stamp.correlation_id,
        sender=Sender(party="hub"),
        source=Source(dialect="exchange", version="1"),
        accepted_at=stamp.at,
    )
