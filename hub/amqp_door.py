"""The AMQP door: a party publishes documents to an exchange of its own, and reads from a queue of its own what became
of each.

    cjhub.in.PARTY      documents: message_id is the Idempotency-Key, correlation_id comes back with the answer
    cjhub.reply.PARTY   answers: type "receipt" with the exact receipt, type "refusal" with a problem document

Rule: who sent a document, the queue says through which it came; nothing that is written on it does, and it is answered
there alone. It is acknowledged after the ledger's commit and the broker's confirm of the answer: after a crash in
between it comes again, and its key makes that a repeat, which gets the same receipt. Documents of one party are taken
one after another, in the order in which it published them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from threading import Condition, Event, Thread
from typing import Any

import structlog

from hub.flow import Flow
from hub.flow.accept import Answer, Arrival
from hub.flow.accept.problem import as_bytes, problem, refusal, too_large
from hub.message.errors import WRONG_CODE, Fault, HubError, Unavailable
from hub.wire import Standing
from hub.wire.amqp import Address
from hub.wire.amqp.consume import Consumer, Handlers, Letter
from hub.wire.amqp.mail import Fate, Mail, Parcel
from hub.wire.amqp.queues import OTHERWISE, door_of, replies_to

log = structlog.get_logger()

AHEAD = 16
"""Documents of a party that are here before the first is answered; their answers go out in one window."""

LONGEST_KEY = 200  # characters, as at the HTTP door

_SILENCE_SECONDS = 300.0
_CONFIRM_SECONDS = 20.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 30.0
_PROBLEM = "application/problem+json"


class AmqpDoor:
    """Takes the documents of one party."""

    def __init__(self, *, flow: Flow, party: str, dialects: tuple[str, ...], address: Address, mail: Mail) -> None:
        self._flow, self._party, self._dialects, self._mail = flow, party, dialects, mail
        self._queue, self._replies = door_of(party), replies_to(party)
        self._as_it_is = False
        handlers = Handlers(arrived=self._arrived, lost=self._lost, told=self._told)
        self._consumer = Consumer(address, {self._queue.name: AHEAD}, handlers, _SILENCE_SECONDS, self._declare)
        self._bell = Condition()
        self._ready: deque[Letter] = deque()
        self._stop = Event()
        self._thread = Thread(target=self._run, name=f"amqp-{party}", daemon=True)

    def start(self) -> None:
        """Begin to connect, and to take. Does not wait for the broker."""
        self._mail.start()
        self._consumer.start()
        self._thread.start()

    def finish(self) -> None:
        """Begin no further document. Several doors are told so before the first of them is waited for."""
        with self._bell:
            self._stop.set()
            self._bell.notify_all()

    def stop(self) -> None:
        """Finish the document at hand, then stop. What is not acknowledged comes again, here or elsewhere."""
        self.finish()
        if self._thread.ident is not None:
            self._consumer.pause()
            self._thread.join(30)
            self._consumer.stop()

    # --- on the pumping thread

    def _arrived(self, letter: Letter) -> None:
        with self._bell:
            self._ready.append(letter)
            self._bell.notify_all()

    def _lost(self) -> None:
        with self._bell:
            self._ready.clear()

    def _declare(self, channel: Any, _queue: str) -> None:
        self._queue.declare(channel, as_it_is=self._as_it_is)

    def _told(self, standing: Standing, why: str) -> None:
        if standing is Standing.AWAY:  # where the queue was made with other bounds, it stays as it is
            self._as_it_is = OTHERWISE in why
        if not self._stop.is_set():
            tell = log.info if standing is Standing.UP else log.warning
            tell("amqp door", party=self._party, standing=standing.value, why=why)

    # --- on the door's own thread

    def _run(self) -> None:
        while letters := self._take():
            answered: list[tuple[Letter, Parcel]] = []
            for letter in letters:
                reply = self._reply(letter)
                if reply is None:
                    break
                answered.append((letter, reply))
            self._answer(answered)

    def _take(self) -> list[Letter]:
        """What is here, once something is; nothing once stopped."""
        with self._bell:
            self._bell.wait_for(lambda: self._stop.is_set() or self._ready)
            taken = [] if self._stop.is_set() else list(self._ready)
            self._ready.clear()
            return taken

    def _reply(self, letter: Letter) -> Parcel | None:
        """Admit a document and say what became of it; None once stopped. While the ledger is away it waits here."""
        for pause in self._pauses():
            try:
                return self._admit(letter)
            except Unavailable as cause:
                log.warning("unavailable", step="amqp door", party=self._party, what=str(cause))
            except (HubError, *WRONG_CODE) as cause:
                log.error("defect", step="amqp door", party=self._party, kind=type(cause).__name__)
                title = "a defect of the hub: it was logged, and nothing of this document was kept"
                return self._refusal(letter, problem(500, title))
            self._stop.wait(pause)
        return None

    def _admit(self, letter: Letter) -> Parcel:
        limit, key = self._flow.bounds.max_bytes, letter.label.message_id
        if len(letter.body) > limit:
            return self._refusal(letter, problem(413, "the document is too large", [too_large(limit)]))
        if key is not None and not _is_key(key):
            return self._refusal(letter, problem(422, "the message_id cannot be used", [_NOT_A_KEY]))
        arrival = Arrival(
            raw=letter.body,
            trust=self._flow.trust_of(self._party),
            door="amqp",
            dialects=self._dialects,
            key=str(key) if key else None,
        )
        answer = self._flow.door(arrival)
        return self._receipt(letter, answer) if answer.accepted else self._refusal(letter, refusal(answer), answer)

    def _receipt(self, letter: Letter, answer: Answer) -> Parcel:
        return Parcel(
            body=answer.receipt,
            type="receipt",
            message_id=answer.submission_id,
            content_type="application/json",
            correlation_id=_correlation(letter),
        )

    def _refusal(self, letter: Letter, why: dict[str, object], answer: Answer | None = None) -> Parcel:
        return Parcel(
            body=as_bytes(why),
            type="refusal",
            message_id=answer.submission_id if answer else self._flow.new_id(),
            content_type=_PROBLEM,
            correlation_id=_correlation(letter),
        )

    def _answer(self, answered: Sequence[tuple[Letter, Parcel]]) -> None:
        """Publish the answers and acknowledge what they answer. One that does not get through is published again."""
        left = list(answered)
        for pause in self._pauses():
            fates = self._mail.send(self._replies.name, [reply for _, reply in left], _CONFIRM_SECONDS)
            done = [letter for (letter, _), fate in zip(left, fates, strict=True) if fate is Fate.KEPT]
            self._consumer.acknowledge([letter.receipt for letter in done])
            left = [one for one, fate in zip(left, fates, strict=True) if fate is not Fate.KEPT]
            if not left:
                return
            why = next(fate for fate in fates if fate is not Fate.KEPT)
            log.warning("unanswered", step="amqp door", party=self._party, count=len(left), why=why.value)
            self._stop.wait(pause)

    def _pauses(self) -> Iterator[float]:
        """Growing waits, for as long as the door is open."""
        pause = _FIRST_PAUSE
        while not self._stop.is_set():
            yield pause
            pause = min(2 * pause, _LONGEST_PAUSE)


_NOT_A_KEY = Fault(
    path="message_id",
    rule="message-id",
    words=f"A message_id is at most {LONGEST_KEY} characters of text. Give the message another, or none.",
)


def _is_key(text: str | bytes) -> bool:
    return isinstance(text, str) and len(text) <= LONGEST_KEY and text.isprintable()


def _correlation(letter: Letter) -> str | bytes | None:
    """What lets the party know which of its messages is answered: its correlation_id, or else its message_id."""
    label = letter.label
    return label.correlation_id if label.correlation_id is not None else label.message_id
