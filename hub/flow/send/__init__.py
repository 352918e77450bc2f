"""send: encode once, attempt, judge the answer, be patient. Every wait is a due time in the ledger.

Rule: the bytes of a delivery are kept before the first of them leaves; every attempt sends the same bytes and ids.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from hub.contract import Delivered, Outbound, Part, PeerAnswer, Reader, Recipient, Stamp, Trust, Writer
from hub.contract.tables import Tables
from hub.document.lift import lift
from hub.flow.send.patience import Patience
from hub.flow.shelf import Shelf
from hub.ledger import Ledger
from hub.ledger.attempt import Claimed, Gate, KeptOutbound, Outcome, Settlement
from hub.message.envelope import Message
from hub.message.errors import WRONG_CODE, Defect, HubError, Unavailable
from hub.message.lifecycle import DeliveryEvent
from hub.watch.metrics import SEND, SEND_SECONDS
from hub.wire import Consignment, Transport

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
    clock: Callable[[], datetime]
    trust_of: Callable[[str], Trust]
    pool: Executor
    longest_attempt: timedelta

    def send(self, delivery_ids: Sequence[str], lease_seconds: float) -> int:
        """Claim, encode, attempt and settle deliveries; endpoints side by side. How many were claimed."""
        claimed = self.ledger.claim_many(delivery_ids, lease_seconds)
        groups: dict[str, list[Ready]] = {}
        for one, outbound in self._encoded(self._with_a_way(claimed)):
            groups.setdefault(one.endpoint, []).append((one, outbound))
        first, *others = groups.values() or [[]]
        running = [self.pool.submit(self._send_group, group) for group in others]
        self._send_group(first)
        for group in running:
            group.result()
        return len(claimed)

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
            log.warning("no endpoint", step="send", endpoints=sorted({one.endpoint for one in lost}))
        return [one for one in claimed if one.endpoint in self.transports]

    def _send_group(self, group: Sequence[Ready]) -> None:
        """Attempt the deliveries of one endpoint in turn, until it turns out to be away; settle them together."""
        settled: list[Settlement] = []
        for one, outbound in group:
            put_off = self._put_off(one, away=any(each.outcome.away for each in settled))
            outcome = put_off or self._attempt(one, outbound)
            settled.append(Settlement(delivery_id=one.delivery_id, fence=one.fence, outcome=outcome))
        if settled:
            self.ledger.settle_many(settled)
            self._break_gate(group[0][0].endpoint, settled)

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
                outcome = _our_fault("cannot be encoded", cause)
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
        with SEND_SECONDS.labels(one.endpoint).time():
            outcome = self._outcome(one, outbound)
        SEND.labels(one.endpoint, outcome.event.value).inc()
        return outcome

    def _outcome(self, one: Claimed, outbound: KeptOutbound) -> Outcome:
        now = self.clock()
        if one.deadline is not None and now > one.deadline:
            return Outcome(event=DeliveryEvent.EXPIRE, reason="its deadline passed before the recipient had it")
        try:
            response = self.transports[one.endpoint].send(_consignment(one, outbound))
        except Unavailable as cause:
            return self.patience.after(one, str(cause), self.clock(), away=True, wait=cause.retry_after)
        return self._judged(one, PeerAnswer(status=response.status, body=response.body, headers=response.headers))

    def _judged(self, one: Claimed, answer: PeerAnswer) -> Outcome:
        try:
            judgement = self.writers[one.dialect].judge(answer)
        except WRONG_CODE as cause:
            return _our_fault("was sent, but the answer could not be understood", cause)
        status = f"status {answer.status}" if answer.status else "file in place"
        if isinstance(judgement, Delivered):
            return Outcome(event=DeliveryEvent.ACKNOWLEDGE, answer=status)
        return self.patience.judge(one, judgement, status, self.clock())

    def _break_gate(self, code: str, settled: Sequence[Settlement]) -> None:
        if not any(one.outcome.away for one in settled):
            return
        row = self.ledger.endpoint(code)
        if row is not None and row.gate is Gate.UP and row.failures >= self.patience.breaks_after:
            reason = f"{row.failures} attempts in a row did not reach it"
            self.ledger.break_gate(code, self.patience.probe_at(self.clock()), reason)


def _our_fault(what: str, cause: Exception) -> Outcome:
    """Dead by our own defect: the kind of failure, never a foreign text, which may quote the message."""
    said = f": {cause}" if isinstance(cause, HubError) else ""
    log.error("defect", step="send", kind=type(cause).__name__)
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
    )


def _consignment(one: Claimed, outbound: KeptOutbound) -> Consignment:
    headers = dict(outbound.headers) | {
        "Idempotency-Key": one.delivery_id,
        "X-Correlation-Id": one.message.correlation_id,
        "X-Message-Id": one.message.id,
    }
    if one.replays is not None:
        headers["X-Replay-Of"] = one.replays
    return Consignment(
        body=outbound.body,
        content_type=outbound.content_type,
        name=outbound.name or one.delivery_id,
        method=outbound.method,
        path=outbound.path,
        headers=headers,
    )
