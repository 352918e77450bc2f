"""The flow on one screen: accept -> check -> normalise (the door), record -> route (intake), send, subscribe.

Only this package sees two stages at once; the stages do not know each other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from hub.contract import Opened, Outbound, Reply, Stamp, Trust
from hub.contract.hops import Call
from hub.discovery import Found
from hub.document import Bounds
from hub.document.lift import lift, media_of
from hub.flow import later
from hub.flow.accept import Answer, Arrival
from hub.flow.accept.receipt import faults_json, receipt, rules_of
from hub.flow.accept.room import Room
from hub.flow.answering import Addressee, Answering
from hub.flow.judge import Terms
from hub.flow.record import Duplicate, Recorded, Unmatched, record
from hub.flow.route import RoutingTable, facts_of
from hub.flow.ruling import Rule, Ruling
from hub.flow.scan import Scan
from hub.flow.shelf import Shelf
from hub.flow.spans import Decided, of_door, of_intake, of_ruling
from hub.ledger import Ledger
from hub.ledger.account import SubmissionRow
from hub.ledger.admission import Admission, Conflict, Fresh, Judgement, Kept, Repeated, Verdict
from hub.ledger.decision import Decision, Intaken, Known, NewDelivery, NewEvent
from hub.message.envelope import Message
from hub.message.errors import WRONG_CODE, Defect, HubError, Refused, Unavailable
from hub.message.lifecycle import MessageEvent
from hub.message.notice import BusinessReceipt
from hub.watch.metrics import ACCEPT, CHECK_SECONDS, NORMALISE, RECORD, ROUTE
from hub.watch.traces import NoTraces, Traces

log = structlog.get_logger()

TrustOf = Callable[[str], Trust]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """The door and the intake, over one ledger."""

    found: Found
    bounds: Bounds
    rule: Rule
    routing: RoutingTable
    ledger: Ledger
    shelf: Shelf
    scan: Scan
    answering: Answering
    trust_of: TrustOf
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    traces: Traces = field(default_factory=NoTraces)
    room: Room = field(default_factory=Room)

    # --- accept -> check -> normalise

    def door(self, arrival: Arrival) -> Answer:
        """Judge a document and keep it with its verdict. The answer is given after the commit, never before.

        Raises Unavailable where it cannot be kept: there is no room, or the ledger is away.
        """
        self.room.wanted()
        began, at = self.traces.now(), self.clock()
        return self._admit(arrival, self._ruling(arrival, at), (began, at))

    def call(self, arrival: Arrival) -> tuple[Call, Unavailable | None]:
        """Take a call at a SOAP door: what was asked, kept where there is something to keep, or why it could not be.

        Raises Refused where it is no call of that door, Unavailable where nobody can look at it now, and Defect where
        our code fails on it before it is known what is asked: then nothing is kept.
        """
        began, at = self.traces.now(), self.clock()
        ruling = self._ruling(arrival, at)
        if ruling.call is None:
            raise Refused(ruling.faults)
        try:
            if ruling.call.keep:
                self.room.wanted()
                self._admit(arrival, ruling, (began, at))
        except Unavailable as cause:
            return ruling.call, cause
        return ruling.call, None

    def _admit(self, arrival: Arrival, ruling: Ruling, when: tuple[int, datetime]) -> Answer:
        began, at = when
        admission = self._admission(arrival, ruling, at)
        admitted = self.ledger.admit(admission)
        outcome = _outcome(admitted, admission)
        ACCEPT.labels(arrival.door, outcome).inc()
        answer = _answer(admission, admitted, ruling, outcome)
        if isinstance(admitted, Fresh):
            self._shelve(ruling)
        if self.traces.on:
            trace = admission.correlation_id
            self.traces.tell(of_door(arrival, trace, answer, (began, self.traces.now())))
            self.traces.tell(*of_ruling(ruling, trace, answer.submission_id))
        return answer

    def reply(self, arrival: Arrival, answer: Answer) -> Outbound | None:
        """The acknowledgement or refusal that the sender's own system expects; None where its dialect is not known."""
        reader = self.found.readers.get(answer.dialect or "")
        if reader is None:
            return None
        opened: Opened | None = None
        with suppress(Refused):
            opened = reader.open(lift(arrival.raw, self.bounds), arrival.trust)
        stamp = Stamp(id=self.new_id(), correlation_id=answer.submission_id, at=self.clock())
        reply = Reply(accepted=answer.accepted, receipt_id=answer.submission_id, faults=answer.faults)
        return reader.reply(opened, reply, stamp)

    def _ruling(self, arrival: Arrival, at: datetime) -> Ruling:
        ruling = Ruling(later=True)
        try:
            terms = Terms(dialects=arrival.dialects, wait=True, soap=arrival.soap)
            ruling = self.rule(arrival.raw, arrival.trust, at, terms)
            _time(ruling)
            ruling = self.answering.passed_on(self.scan(ruling), arrival.trust.party, at)
            return _put_off(ruling) if ruling.refused and _taken(ruling) else ruling
        except Defect as cause:
            log.error("defect", step="door", sha256=arrival.digest, what=str(cause))
            if arrival.soap is not None and ruling.call is None:
                raise  # nobody knows what is asked, so that nothing could be answered
            # kept as pending: lane intake tries once more, then the sender is told; it has its receipt meanwhile
            return Ruling(later=True, call=ruling.call)

    def _admission(self, arrival: Arrival, ruling: Ruling, at: datetime) -> Admission:
        verdict = Verdict.PENDING if ruling.later else Verdict.REFUSED if ruling.refused else Verdict.ACCEPTED
        submission_id, digest = self.new_id(), arrival.digest
        return Admission(
            submission_id=submission_id,
            party=arrival.trust.party,
            key=_submission_key(arrival, ruling, digest),
            sha256=digest,
            media=media_of(arrival.raw),
            door=arrival.door,
            received_at=at,
            raw=arrival.raw,
            verdict=verdict,
            receipt=_receipt(arrival, submission_id, verdict, at, ruling),
            correlation_id=ruling.correlation_id or self.new_id(),
            dialect=ruling.dialect,
            version=ruling.version,
            faults=faults_json(ruling.faults),
            rules=rules_of(ruling.faults),
            broken=ruling.broken,
            messages=ruling.messages,
            hop=ruling.call.hop if ruling.call else ruling.hop,
        )

    def _shelve(self, ruling: Ruling) -> None:
        for made in ruling.messages:
            NORMALISE.labels(made.type).inc()
            if ruling.payload is not None:
                self.shelf.put_payload(made.id, ruling.payload)

    # --- later judgement of what was kept first

    def judge_later(self, submission_id: str) -> Judgement | None:
        """Check and normalise a pending submission, or its next cases; None where somebody else has, or nobody can yet.

        A document on which our code fails here too is refused with a fault that says so.
        """
        row, raw = self.ledger.submission(submission_id), self.ledger.raw(submission_id)
        if row is None or raw is None or row.verdict is not Verdict.PENDING:
            return None
        reader = self.found.readers.get(row.dialect or "")
        kept = later.Kept(row=row, raw=raw, trust=self.trust_of(row.party), reader=reader, dialects=self._dialects(row))
        ruling = later.rule_on(kept, self.rule, self.clock)
        _time(ruling)
        at = self.clock()
        ruling = self.answering.passed_on(self.scan(ruling), row.party, at)
        ruling = self.answering.told_later(row, ruling, at)
        made = later.judgement(kept, ruling)
        if ruling.later or not self.ledger.judge(submission_id, made):
            return None
        self._shelve(ruling)
        if self.traces.on:
            self.traces.tell(*of_ruling(ruling, row.correlation_id, submission_id))
        return made

    def _dialects(self, row: SubmissionRow) -> tuple[str, ...] | None:
        """What the sender of a submission may send; None where that was looked at when it was kept."""
        if row.dialect is not None:
            return None
        party = self.found.parties.get(row.party)
        later = [door.later for door in self.found.soap_doors.values()] if row.door == "soap" else ()
        return () if party is None else (*party.sends.dialects, *later)

    # --- record -> route

    def intake(self, message_ids: Sequence[str]) -> tuple[Intaken, ...]:
        """Record and route messages, in order of acceptance, in one short transaction."""
        at = self.clock()
        before = self.ledger.to_intake(message_ids)
        ready = {kept.message.id: self._at_hand(kept) for kept in before}

        to = self.answering.addressees(ready)
        decided: dict[str, Decided] = {}

        def decide(kept: Kept, known: Known) -> Decision:
            began = self.traces.now()
            message = ready.get(kept.message.id) or self.shelf.message(kept.message.id, kept.canonical)
            decision, routing = self._decided(message, known, to, at)
            if self.traces.on:
                decided[kept.message.id] = Decided(
                    message=kept.message,
                    began=began,
                    routing=routing,
                    ended=self.traces.now(),
                    deliveries=len(decision.deliveries),
                )
            return decision

        taken = self.ledger.intake(message_ids, decide, before)
        for one in taken:
            RECORD.labels(str(one.status)).inc()
            if one.message_id in decided and one.error is None and not one.behind:
                self.traces.tell(*of_intake(decided[one.message_id], str(one.status), self.traces.now()))
        return taken

    def _at_hand(self, kept: Kept) -> Message | None:
        """A message, read before the transaction; None where it cannot be: it fails again inside, alone."""
        with suppress(HubError, *WRONG_CODE):
            return self.shelf.message(kept.message.id, kept.canonical)
        return None

    def decide(self, message: Message, known: Known, at: datetime) -> Decision:
        """What becomes of one message: recorded and routed, or why not."""
        return self._decision(message, record(message, known, at), at)

    def _decided(
        self, message: Message, known: Known, to: Mapping[str, Addressee | None], at: datetime
    ) -> tuple[Decision, int]:
        """What becomes of a message, and when routing it began: 0 where it did not. An answer goes to its addressee."""
        if isinstance(message.body, BusinessReceipt):
            if message.envelope.message_id not in to:
                raise Defect("an answer was taken up whose addressee had not been looked up")
            return self.answering.decide(message, to[message.envelope.message_id], at), 0
        outcome, routing = record(message, known, at), self.traces.now()
        return self._decision(message, outcome, at), routing if isinstance(outcome, Recorded) else 0

    def _decision(self, message: Message, outcome: Recorded | Duplicate | Unmatched, at: datetime) -> Decision:
        match outcome:
            case Duplicate(of=first):
                return Decision(event=MessageEvent.REPEAT, reason=f"says the same as {first}")
            case Unmatched(reason=reason):
                return Decision(event=MessageEvent.MISS, reason=reason)
            case Recorded():
                return self._routed(message, outcome, at)

    def _routed(self, message: Message, recorded: Recorded, at: datetime) -> Decision:
        routed = self.routing.route(message, facts_of(message, recorded.change.case), at)
        for one in routed:
            ROUTE.labels(one.party).inc()
        return Decision(
            event=MessageEvent.RECORD if routed else MessageEvent.STRAND,
            reason=None if routed else "no party's routes name this message: see the facts of its case",
            case_id=recorded.case_id,
            change=recorded.change,
            deliveries=routed,
            events=(_event(message, routed),),
        )


def _event(message: Message, routed: Sequence[NewDelivery]) -> NewEvent:
    kind = type(message.body).__name__
    audience = tuple(dict.fromkeys([message.envelope.sender.party, *(one.party for one in routed)]))
    body = json.dumps({"type": kind, "message": message.envelope.message_id})
    return NewEvent(type=kind, audience=audience, body=body, occurred_at=message.envelope.occurred_at)


def _time(ruling: Ruling) -> None:
    """Count how long check and normalise took, where they were done."""
    if ruling.took is not None and not ruling.later:
        CHECK_SECONDS.labels(ruling.dialect or "none").observe((ruling.took.ended - ruling.took.began) / 1e9)


def _taken(ruling: Ruling) -> bool:
    """Whether it came by a SOAP door and its delivery is as it should be."""
    return ruling.call is not None and ruling.call.hop is not None


def _put_off(ruling: Ruling) -> Ruling:
    """A refusal that is told later: kept now, and ruled on anew in lane intake, where the answer is made."""
    return replace(ruling, later=True, refused=False, faults=(), broken=())


def _receipt(arrival: Arrival, submission_id: str, verdict: Verdict, at: datetime, ruling: Ruling) -> bytes:
    """The receipt. What comes by a hop is never more than taken: its sender learns later what is wrong with it."""
    if _taken(ruling):
        return receipt(submission_id, str(Verdict.PENDING), arrival.digest, at, Ruling())
    return receipt(submission_id, str(verdict), arrival.digest, at, ruling)


def _submission_key(arrival: Arrival, ruling: Ruling, digest: str) -> str:
    """The request of its hop, else Idempotency-Key, else the dialect's own id, else file name and hash, else hash."""
    if ruling.call is not None and ruling.call.hop is not None:
        return f"request:{ruling.call.request}"
    if arrival.key:
        return f"key:{arrival.key}"
    if ruling.reference:
        return f"{ruling.dialect}:{ruling.reference}"
    return f"file:{arrival.name}:{digest}" if arrival.name else f"sha256:{digest}"


def _answer(admission: Admission, admitted: Fresh | Repeated | Conflict, ruling: Ruling, outcome: str) -> Answer:
    answer = Answer(
        outcome=outcome,
        receipt=admission.receipt,
        submission_id=admission.submission_id,
        dialect=ruling.dialect,
        faults=ruling.faults,
    )
    match admitted:
        case Conflict(first_sha256=first):
            return replace(answer, receipt=b"", detail={"first_sha256": first, "this_sha256": admission.sha256})
        case Repeated(receipt=first_receipt, submission_id=first_id):
            return replace(answer, receipt=first_receipt, submission_id=first_id)
        case Fresh():
            return answer


def _outcome(admitted: Fresh | Repeated | Conflict, admission: Admission) -> str:
    match admitted:
        case Fresh():
            return str(admission.verdict)
        case Repeated():
            return "repeated"
        case Conflict():
            return "conflict"
