"""send: encode once, attempt, judge the answer, be patient. Every wait is a due time in the ledger.

Rule: the bytes of a delivery are kept before the first of them leaves; every attempt sends the same bytes and ids.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from hub.contract import Delivered, Outbound, Part, PeerAnswer, Reader, Recipient, Stamp, Trust, Writer
from hub.contract.tables import Tables
from hub.document.lift import lift
from hub.flow.send.patience import Patience
from hub.flow.send.span import attempt_of, of_attempt
from hub.flow.shelf import Shelf
from hub.ledger import Ledger
from hub.ledger.attempt import Claimed, Gate, KeptOutbound, Outcome, Settlement
from hub.message.envelope import Message
from hub.message.errors import WRONG_CODE, Defect, HubError, Unavailable
from hub.message.lifecycle import DeliveryEvent
from hub.watch.metrics import SEND, SEND_SECONDS
from hub.watch.traces import NoTraces, Traces, Verb
from hub.wire import Consignment, Response, TakesNothing, Together, Transport

log = structlog.get_logger()

Ready = tuple[Claimed, KeptOutbound]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """Everything that sending needs, made once."""

    ledger: Ledger
    readers: Mapping[str, Reader]
    writers: Mapping[str, Writer]
    recipients: Mapping[str, Recipient]
    transports: Mapping[str, Transport]
    tables: Tables
    shelf: Shelf
    patience: Patience
    patiences: Mapping[str, Patience]  # of endpoints that have their own
    clock: Callable[[], datetime]
    trust_of: Callable[[str], Trust]
    pool: Executor
    longest_attempt: timedelta
    traces: Traces = field(default_factory=NoTraces)

    def send(self, delivery_ids: Sequence[str], lease_seconds: float) -> int:
        """Claim, encode, attempt and settle deliveries; endpoints side by side. How many were claimed."""
        claimed, running = self._begin(delivery_ids, lease_seconds)
        for group in running:
            group.result()
        return claimed

    def begin(self, delivery_ids: Sequence[str], lease_seconds: float) -> Sequence[Future[None]]:
        """`send` for who does not wait: each endpoint's deliveries are attempted and settled in their own time.

        Whoever waited for a slow recipient would keep everybody else's waiting. What is claimed needs no slip any more:
        its lease brings it back. How many are under way is bounded by each endpoint's `in_flight`.
        """
        return self._begin(delivery_ids, lease_seconds)[1]

    def _begin(self, delivery_ids: Sequence[str], lease_seconds: float) -> tuple[int, list[Future[None]]]:
        claimed = self.ledger.claim_many(delivery_ids, lease_seconds)
        groups: dict[str, list[Ready]] = {}
        for one, outbound in self._encoded(self._with_a_way(claimed)):
            groups.setdefault(one.endpoint, []).append((one, outbound))
        return len(claimed), [self.pool.submit(self._send_group, group) for group in groups.values()]

    def _with_a_way(self, claimed: Sequence[Claimed]) -> list[Claimed]:
        """Those whose endpoint a live party's file has. The others wait: their party is gone, or planned again."""
        lost = [one for one in claimed if one.endpoint not in self.transports]
        if lost:
            reason = "put off: no live party's file has this endpoint: bring it back, or give the delivery up"
            outcome = Outcome(
                event=DeliveryEvent.RETRY, due_at=self.patience.probe_at(self.clock()), reason=reason, tried=False
            )
            self.ledger.settle_many(
                [Settlement(delivery_id=one.delivery_id, fence=one.fence, outcome=outcome) for one in lost]
            )
            endpoints = sorted({one.endpoint for one in lost})
            log.warning("no endpoint", step="send", endpoints=endpoints, deliveries=[one.delivery_id for one in lost])
        return [one for one in claimed if one.endpoint in self.transports]

    def _send_group(self, group: Sequence[Ready]) -> None:
        """Attempt the deliveries of one endpoint, in one go where its way takes several; settle them together."""
        if not group:
            return
        code = group[0][0].endpoint
        way = self.transports[code]
        outcomes = self._together(way, group) if isinstance(way, Together) else self._in_turn(group)
        settled = [
            Settlement(delivery_id=one.delivery_id, fence=one.fence, outcome=outcome)
            for (one, _), outcome in zip(group, outcomes, strict=True)
        ]
        for each in outcomes:
            SEND.labels(code, each.event.value).inc()
        self.ledger.settle_many(settled)
        _log_undelivered(group, settled)
        self._break_gate(code, settled)

    def _in_turn(self, group: Sequence[Ready]) -> list[Outcome]:
        """One after another, until the endpoint turns out to be away."""
        outcomes: list[Outcome] = []
        for one, outbound in group:
            early = self._put_off(one, away=any(each.away for each in outcomes)) or self._expired(one)
            outcomes.append(early or self._attempt(one, outbound))
        return outcomes

    def _together(self, way: Together, group: Sequence[Ready]) -> list[Outcome]:
        """All that may go, in one window. They are of different cases: of each only the first is ever due."""
        early = {one.delivery_id: self._put_off(one, away=False) or self._expired(one) for one, _ in group}
        going = [(one, outbound) for one, outbound in group if early[one.delivery_id] is None]
        began = self.traces.now()
        with SEND_SECONDS.labels(group[0][0].endpoint).time():
            answers = way.send_many([self._consignment(one, outbound) for one, outbound in going]) if going else ()
        late = {one.delivery_id: self._outcome(one, answer) for (one, _), answer in zip(going, answers, strict=True)}
        for one, _ in going:
            self._trace(one, late[one.delivery_id], began)
        return [early[one.delivery_id] or late[one.delivery_id] for one, _ in group]

    def _put_off(self, one: Claimed, *, away: bool) -> Outcome | None:
        """Not now: where the endpoint has just been found away, or the lease might end before the answer comes.

        Nothing is sent, so that no attempt is used up.
        """
        now = self.clock()
        if away:
            due, reason = self.patience.soon(now), "put off: the endpoint has just been found away"
        elif now + self.longest_attempt > one.lease_until:
            due, reason = now, "put off: there was no time left for an attempt"
        else:
            return None
        return Outcome(event=DeliveryEvent.RETRY, due_at=due, reason=reason, tried=False)

    def _encoded(self, claimed: Sequence[Claimed]) -> list[Ready]:
        """Each delivery with its bytes, kept before they are used. One that cannot be encoded is settled as dead."""
        ready: list[Ready] = []
        fresh: list[tuple[str, int, KeptOutbound]] = []
        failed: list[Settlement] = []
        for one in claimed:
            try:
                outbound = one.outbound or self.encode(one)
            except (HubError, *WRONG_CODE) as cause:
                outcome = _our_fault(one, "cannot be encoded", cause)
                failed.append(Settlement(delivery_id=one.delivery_id, fence=one.fence, outcome=outcome))
                continue
            if one.outbound is None:
                fresh.append((one.delivery_id, one.fence, outbound))
            ready.append((one, outbound))
        if failed:
            self.ledger.settle_many(failed)
        kept = dict(
            zip((entry[0] for entry in fresh), self.ledger.keep_outbound_many(fresh) if fresh else (), strict=True)
        )
        return [(one, outbound) for one, outbound in ready if kept.get(one.delivery_id, True)]

    def encode(self, one: Claimed) -> KeptOutbound:
        """The bytes for one delivery. Raises what the Writer raises."""
        message = self.shelf.message(one.message.id, one.canonical)
        writer = self.writers[one.dialect]
        part = next((part for part in writer.split(message) if part.label == one.part), None)
        if part is None:
            raise Defect(f"{one.dialect} no longer makes the part '{one.part}' of this message")
        if one.message.dialect == one.dialect:
            part = Part(message=part.message, label=part.label, verbatim=self._payload(one, message))
        stamp = Stamp(
            id=one.delivery_id,
            correlation_id=one.message.correlation_id,
            at=one.first_attempt_at,
            sequence=one.message.seq,
        )
        outbound = writer.encode(part, self.recipients[one.party], stamp, self.tables)
        return kept_outbound(outbound)

    def _payload(self, one: Claimed, message: Message) -> str | None:
        """The payload exactly as the sender wrote it, where the submission carried this message alone."""
        held = self.shelf.payload(one.message.id)
        if held is not None:
            return held
        raw = self.ledger.raw(one.message.submission_id)
        reader = self.readers.get(message.envelope.source.dialect)
        if raw is None or reader is None or message.envelope.source.messages is not None:
            return None
        return reader.open(lift(raw), self.trust_of(one.message.party)).payload

    def _attempt(self, one: Claimed, outbound: KeptOutbound) -> Outcome:
        began = self.traces.now()
        with SEND_SECONDS.labels(one.endpoint).time():
            try:
                answer: Response | Unavailable = self.transports[one.endpoint].send(self._consignment(one, outbound))
            except Unavailable as cause:
                answer = cause
            outcome = self._outcome(one, answer)
        self._trace(one, outcome, began)
        return outcome

    def _trace(self, one: Claimed, outcome: Outcome, began: int) -> None:
        if self.traces.on:
            self.traces.tell(of_attempt(one, outcome, (began, self.traces.now())))

    def _consignment(self, one: Claimed, outbound: KeptOutbound) -> Consignment:
        headers = dict(outbound.headers) | {
            "Idempotency-Key": one.delivery_id,
            "X-Correlation-Id": one.message.correlation_id,
            "X-Message-Id": one.message.id,
        }
        if one.replays is not None:
            headers["X-Replay-Of"] = one.replays
        traceparent = self.traces.traceparent(Verb.SEND, one.message.correlation_id, attempt_of(one))
        if traceparent is not None:
            headers["traceparent"] = traceparent
        return Consignment(
            body=outbound.body,
            content_type=outbound.content_type,
            name=outbound.name or one.delivery_id,
            method=outbound.method,
            path=outbound.path,
            type=f"{one.message.type}/{one.dialect}",
            headers=headers,
            at=one.message.accepted_at,
        )

    def _expired(self, one: Claimed) -> Outcome | None:
        if one.deadline is None or self.clock() <= one.deadline:
            return None
        return Outcome(event=DeliveryEvent.EXPIRE, reason="its deadline passed before the recipient had it")

    def _outcome(self, one: Claimed, answer: Response | Unavailable) -> Outcome:
        """What an answer, or none, leads to."""
        if isinstance(answer, TakesNothing):
            return self.patience.untaken(str(answer), self.clock())
        if isinstance(answer, Unavailable):
            patience = self._patience(one.endpoint)
            return patience.after(one, str(answer), self.clock(), away=True, wait=answer.retry_after)
        try:
            peer = PeerAnswer(status=answer.status, body=answer.body, headers=answer.headers, id=one.delivery_id)
            judgement = self.writers[one.dialect].judge(peer)
        except WRONG_CODE as cause:
            return _our_fault(one, "was sent, but the answer could not be understood", cause)
        status = f"status {answer.status}" if answer.status else answer.words
        if isinstance(judgement, Delivered):
            return Outcome(event=DeliveryEvent.ACKNOWLEDGE, answer=status)
        return self._patience(one.endpoint).judge(one, judgement, status, self.clock())

    def _patience(self, endpoint: str) -> Patience:
        return self.patiences.get(endpoint, self.patience)

    def _break_gate(self, code: str, settled: Sequence[Settlement]) -> None:
        away = [one.outcome for one in settled if one.outcome.away]
        if not away:
            return
        row = self.ledger.endpoint(code)
        if row is not None and row.gate is Gate.UP and row.failures >= self.patience.breaks_after:
            reason = f"{row.failures} attempts in a row did not reach it: {away[-1].reason}"
            self.ledger.break_gate(code, self.patience.probe_at(self.clock()), reason)
            log.warning("broken", step="send", endpoint=code, failures=row.failures)


def _log_undelivered(group: Sequence[Ready], settled: Sequence[Settlement]) -> None:
    """What somebody must look at: deliveries that ended without having been taken."""
    for (one, _), settlement in zip(group, settled, strict=True):
        event = settlement.outcome.event
        if event not in (DeliveryEvent.ACKNOWLEDGE, DeliveryEvent.RETRY):
            ids = {"delivery_id": one.delivery_id, "message_id": one.message.id, "endpoint": one.endpoint}
            log.warning("undelivered", step="send", end=event.value, **ids)


def _our_fault(one: Claimed, what: str, cause: Exception) -> Outcome:
    """Dead by our own defect: the kind of failure, never a foreign text, which may quote the message."""
    said = f": {cause}" if isinstance(cause, HubError) else ""
    log.error("defect", step="send", delivery_id=one.delivery_id, kind=type(cause).__name__)
    return Outcome(event=DeliveryEvent.EXHAUST, reason=f"{what}: {type(cause).__name__}{said}")


def kept_outbound(outbound: Outbound) -> KeptOutbound:
    """What a Writer made, as the ledger keeps it."""
    reports = [{"kind": str(report.kind), "path": report.path, "words": report.words} for report in outbound.reports]
    return KeptOutbound(
        body=outbound.body,
        content_type=outbound.content_type,
        headers=tuple(outbound.headers.items()),
        name=outbound.name,
        method=outbound.method,
        path=outbound.path,
        reports=json.dumps(reports, ensure_ascii=False),
        hop=outbound.hop,
    )
