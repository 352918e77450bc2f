"""What goes back along the hops: a refusal, ours or another system's, to whoever sent what is refused.

    taken, then refused by the hub     -> a message to its sender, about the ids of its own hop
    delivered, then refused by a peer  -> the delivery it speaks of -> the submission behind it -> the same

Rule: it is a message like any other: kept with the verdict, recorded, and delivered as every delivery is. It goes to
the sender of what it is about and to nobody else, whatever routes say.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from hub.contract.hops import Said
from hub.discovery import Found
from hub.flow.normalise import canonical
from hub.flow.ruling import Ruling, new_message
from hub.ledger import Ledger
from hub.ledger.account import SubmissionRow
from hub.ledger.admission import HopIn, NewMessage
from hub.ledger.decision import Decision, NewDelivery, NewEvent
from hub.message.envelope import Envelope, Message, Sender, Source, Unmapped
from hub.message.errors import Fault, Severity
from hub.message.hops import Block
from hub.message.lifecycle import MessageEvent
from hub.message.notice import BusinessReceipt, Problem, ReceiptStatus

log = structlog.get_logger()

HUB = "hub"


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """Who an answer is for: the party that sent what it is about, and the dialect in which it takes answers, if any."""

    party: str
    dialect: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """Makes answers and says where they go, over one ledger."""

    found: Found
    ledger: Ledger
    new_id: Callable[[], str]
    patience: timedelta

    # --- making one

    def told_later(self, row: SubmissionRow, ruling: Ruling, at: datetime) -> Ruling:
        """The ruling on what was taken first, with the answer that its sender gets where it is refused.

        A reference that came before refuses it too, whatever else is to be said.
        """
        hop = self.ledger.hop_of(row.id)
        if hop is None or hop.hop.request is None or ruling.later:
            return ruling
        if hop.repeats is not None:
            ruling = replace(ruling, refused=True, messages=(), findings=(), faults=(*ruling.faults, _repeated()))
        if not ruling.refused or hop.hop.answer is None:
            return ruling
        problems = tuple(_problem(fault) for fault in ruling.faults if fault.severity is Severity.ERROR)
        answer = self._answer(row, hop, (problems, hop.hop.block), at)
        return replace(ruling, messages=(answer,), findings=(0,))

    def passed_on(self, ruling: Ruling, party: str, at: datetime) -> Ruling:
        """The ruling on what a peer says of a delivery, with the message that tells the sender of what was delivered.

        What speaks of nothing that this peer was sent is kept, and nobody is told.
        """
        said = ruling.said
        if said is None or ruling.refused:
            return ruling
        sent = self.ledger.find_sent(party, said.about)
        row = None if sent is None else self.ledger.submission(sent.submission_id)
        if row is None:
            log.warning("answer to nothing", party=party)
            return ruling
        hop = self.ledger.hop_of(row.id)
        answer = self._answer(row, hop, (said.problems, _block(hop, said)), at)
        return replace(ruling, messages=(answer,), findings=(0,), correlation_id=row.correlation_id)

    def _answer(
        self, row: SubmissionRow, hop: HopIn | None, says: tuple[Sequence[Problem], Block], at: datetime
    ) -> NewMessage:
        """What is said of a submission, as a message of the hub."""
        problems, block = says
        envelope = Envelope(
            message_id=self.new_id(),
            correlation_id=row.correlation_id,
            causation_id=row.id,
            sender=Sender(party=HUB),
            source=Source(dialect=row.dialect or HUB, version=row.version or "1"),
            accepted_at=at,
        )
        about = row.id if hop is None or hop.hop.reference is None else hop.hop.reference
        body = BusinessReceipt(about=about, status=ReceiptStatus.REJECTED, problems=tuple(problems), at=at)
        unmapped = tuple(Unmapped(path=name, text=text) for name, text in block)
        return new_message(canonical(Message(envelope=envelope, body=body, unmapped=unmapped), self.found.bundle), 0)

    # --- sending it

    def addressees(self, messages: Mapping[str, Message | None]) -> dict[str, Addressee | None]:
        """Who the answers among these messages are for, by message; None where nobody is known."""
        return {
            id: self.addressee(message)
            for id, message in messages.items()
            if message is not None and isinstance(message.body, BusinessReceipt)
        }

    def addressee(self, message: Message) -> Addressee | None:
        """Who an answer is for."""
        about = message.envelope.causation_id
        row = None if about is None else self.ledger.submission(about)
        if row is None:
            return None
        hop = self.ledger.hop_of(row.id)
        return Addressee(party=row.party, dialect=None if hop is None else hop.hop.answer)

    def decide(self, message: Message, to: Addressee | None, at: datetime) -> Decision:
        """What becomes of an answer: a delivery, and an entry in the feed of whoever it is for."""
        if to is None:
            return Decision(event=MessageEvent.MISS, reason="nothing is known that it answers")
        event = _event(message, to)
        party = self.found.parties.get(to.party)
        if to.dialect not in self.found.writers or party is None or party.endpoint is None:
            reason = "its addressee takes no answers of this kind: it is told in its feed"
            return Decision(event=MessageEvent.STRAND, reason=reason, events=(event,))
        hours = party.endpoint.deadline_hours
        delivery = NewDelivery(
            party=to.party,
            endpoint=to.party,
            dialect=to.dialect or "",
            deadline=at + (self.patience if hours is None else timedelta(hours=hours)),
            because="an answer to what it sent",
        )
        return Decision(event=MessageEvent.RECORD, deliveries=(delivery,), events=(event,))


def _repeated() -> Fault:
    words = "This reference came before. Whatever became of that, a message that is sent anew needs a new one."
    return Fault(path="", rule="repeated-reference", words=words)


def _problem(fault: Fault) -> Problem:
    return Problem(code=fault.rule, path=fault.path, severity=fault.severity, words=fault.words)


def _block(hop: HopIn | None, said: Said) -> Block:
    return (*(() if hop is None else hop.hop.block), *said.more)


def _event(message: Message, to: Addressee) -> NewEvent:
    """The receipt in the feed: ids and codes, never a text that a peer chose."""
    body = message.body
    assert isinstance(body, BusinessReceipt)  # noqa: S101 - who calls has looked
    said = {
        "type": "BusinessReceipt",
        "about": message.envelope.causation_id,
        "status": body.status.value,
        "codes": sorted({one.code for one in body.problems}),
    }
    return NewEvent(type="BusinessReceipt", audience=(to.party,), body=json.dumps(said))
