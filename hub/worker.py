"""Workers: take slips, run the step, say that it is done. Threads within one process; an ordered end on request.

Rule: a step that fails in a way nobody foresaw is a Defect: it is counted on the message, tried once more, then buried.
The only broad `except` of the hub outside the web edge is here, and it always records.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from threading import Event, Thread

import structlog

from hub.alerts import Lookout
from hub.alerts.telling import Teller
from hub.broker import Broker, Taken
from hub.broker.sweeper import Sweeper
from hub.flow import Flow
from hub.flow.cases import progress_of
from hub.flow.send import Sending
from hub.flow.shadow import Shadow
from hub.flow.spans import of_sealing
from hub.message.errors import Unavailable
from hub.message.slip import Lane
from hub.watch.metrics import SUBSCRIBE

log = structlog.get_logger()

_SEALED_AT_ONCE = 1000  # rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How many threads for each lane, how many slips at a time, how long a lease, how often to seal (seconds).

    After a batch that was not full a lane lingers, so that what comes together is done together: fewer commits.
    """

    intake_threads: int = 1
    send_threads: int = 4
    intake_batch: int = 128
    send_batch: int = 64
    lease_seconds: float = 60.0
    linger_seconds: float = 0.01
    seal_seconds: float = 0.5
    shadow_seconds: float = 1.0
    shadow_batch: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """What a worker does, made once."""

    flow: Flow
    sending: Sending
    shadow: Shadow
    lookout: Lookout
    teller: Teller | None = None


class Worker:
    """Runs the lanes of one process until told to stop."""

    def __init__(self, *, steps: Steps, broker: Broker, sweeper: Sweeper, pace: Pace) -> None:
        self._flow, self._sending, self._shadow = steps.flow, steps.sending, steps.shadow
        self._lookout, self._teller = steps.lookout, steps.teller
        self._broker, self._sweeper, self._pace = broker, sweeper, pace
        self._ledger = self._flow.ledger
        self._stop = Event()
        self._threads: list[Thread] = []

    def start(self, lanes: Collection[Lane] = tuple(Lane)) -> None:
        """Start the threads of these lanes, and those that sweep, seal and look out."""
        pace = self._pace
        self._broker.start(lanes)
        if Lane.INTAKE in lanes:
            self._spawn("intake", lambda: self._lane(Lane.INTAKE, pace.intake_batch, self._intake), pace.intake_threads)
        if Lane.SEND in lanes:
            self._spawn("send", lambda: self._lane(Lane.SEND, pace.send_batch, self._send), pace.send_threads)
        self._spawn("sweep", lambda: self._every(self._sweeper.every_seconds, self._sweep))
        self._spawn("seal", lambda: self._every(pace.seal_seconds, self._seal))
        self._spawn("alerts", lambda: self._every(self._lookout.every_seconds, self._lookout.look))
        if self._teller is not None:
            teller = self._teller
            self._spawn("telling", lambda: self._every(teller.every_seconds, teller.tell))
        if self._shadow.candidates:
            self._shadow.start()
            self._spawn("shadow", lambda: self._every(pace.shadow_seconds, self._read_beside))

    def stop(self, timeout: float = 30.0) -> None:
        """Take no more; let the steps under way finish and settle; then return. What is left, its lease gives back."""
        self._stop.set()
        self._broker.stop()
        for thread in self._threads:
            thread.join(timeout)

    def _spawn(self, name: str, run: Callable[[], None], count: int = 1) -> None:
        for number in range(count):
            thread = Thread(target=run, name=f"{name}-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _lane(self, lane: Lane, limit: int, step: Callable[[Sequence[Taken]], None]) -> None:
        while not self._stop.is_set():
            self._guard(str(lane), lambda: self._turn(lane, limit, step))

    def _turn(self, lane: Lane, limit: int, step: Callable[[Sequence[Taken]], None]) -> None:
        taken = self._broker.take(lane, limit, 1.0)
        if taken:
            step(taken)
            if len(taken) < limit:
                self._stop.wait(self._pace.linger_seconds)

    def _every(self, seconds: float, step: Callable[[], None]) -> None:
        while not self._stop.wait(seconds):
            self._guard("tick", step)

    def _guard(self, name: str, step: Callable[[], None]) -> None:
        """Run a step; what nobody foresaw is logged, and the slips come back after their lease."""
        try:
            step()
        except Unavailable as cause:
            log.warning("unavailable", step=name, what=str(cause))
            self._stop.wait(1.0)
        except Exception as cause:  # noqa: BLE001 - the edge of a thread: recorded as a defect, never passed over
            log.error("defect", step=name, kind=type(cause).__name__, where=_where(cause))
            self._stop.wait(1.0)

    # --- lane intake

    def _intake(self, taken: Sequence[Taken]) -> None:
        ids = [one.slip.id for one in taken]
        pending = [row.id for row in self._ledger.pending(ids)]
        for submission_id in pending:
            self._judge(submission_id)
        messages = [id for id in ids if id not in pending]
        for result in self._flow.intake(messages) if messages else ():
            if result.error is not None:
                self._defect(result.message_id, result.error)
        self._broker.done(taken)

    def _judge(self, submission_id: str) -> None:
        made = self._flow.judge_later(submission_id)
        if made is not None:
            progress = progress_of(made.cursor)
            far = {} if progress is None else {"judged": progress.judged, "of": progress.total}
            log.info("checked", submission_id=submission_id, verdict=str(made.verdict), rules=made.rules, **far)

    def _defect(self, message_id: str, error: Exception) -> None:
        count = self._ledger.count_defect(message_id)
        log.error("defect", message_id=message_id, count=count, kind=type(error).__name__, where=_where(error))
        if count >= 2:
            self._ledger.bury(message_id, f"{type(error).__name__} at {_where(error)}")

    # --- lane send, sweeping, sealing

    def _send(self, taken: Sequence[Taken]) -> None:
        for group in self._sending.begin([one.slip.id for one in taken], self._pace.lease_seconds):
            group.add_done_callback(lambda ended: self._guard("send", ended.result))
        self._broker.done(taken)

    def _sweep(self) -> None:
        swept = self._sweeper.sweep()
        if swept.lapsed or swept.expired:
            log.info("swept", lapsed=swept.lapsed, expired=swept.expired)

    def _seal(self) -> None:
        while (sealed := self._seal_once()) and not self._stop.is_set():
            SUBSCRIBE.inc(sealed)
            if sealed < _SEALED_AT_ONCE:
                return

    def _seal_once(self) -> int:
        traces = self._flow.traces
        if not traces.on:
            return self._ledger.seal_once(_SEALED_AT_ONCE)
        head, began = self._ledger.feed_head(), traces.now()
        sealed = self._ledger.seal_once(_SEALED_AT_ONCE)
        ended = traces.now()
        events = self._ledger.feed_after(head, None, _SEALED_AT_ONCE) if sealed else ()
        correlations = self._ledger.correlations([one.message_id for one in events if one.message_id is not None])
        traces.tell(*of_sealing(events, correlations, (began, ended)))
        return sealed

    def _read_beside(self) -> None:
        while self._shadow.step(self._pace.shadow_batch) and not self._stop.is_set():
            pass


def _where(error: BaseException) -> str:
    """The file and line at which an error arose; never its text, which may quote a message."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "unknown" if trace is None else f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
