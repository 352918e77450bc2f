"""Stories told to a hub by many agencies at once, and an account of each: what was sent, what was due, what arrived.

Rule: what is due is told by the stories and counted in the agencies' books; nothing here asks the hub.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Event, Lock

from hub.simulate.books import Books
from hub.simulate.senders import Senders, Sent
from hub.simulate.story import Step, Story

LOOK = 0.05  # seconds between looks into the books


@dataclass(frozen=True, slots=True, kw_only=True)
class Tempo:
    """How fast: submissions a second over all (0: no limit), cases at once, patience for arrivals (seconds)."""

    rate: float = 0.0
    cases_at_once: int = 8
    patience: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What became of one story."""

    story: Story
    sent: tuple[Sent, ...]
    arrived: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def messages(self) -> frozenset[str]:
        """The hub's ids of its messages, as far as receipts tell them."""
        return frozenset(id for sent in self.sent for id in sent.messages)

    @property
    def surprises(self) -> tuple[Sent, ...]:
        """The steps to which the hub said something else than expected."""
        return tuple(sent for sent in self.sent if not sent.as_expected)

    @property
    def missing(self) -> dict[tuple[str, str], int]:
        """What is due and has not arrived."""
        return dict(Counter(self.story.due) - self.arrived)

    @property
    def extra(self) -> dict[tuple[str, str], int]:
        """What has arrived and was not due."""
        return dict(self.arrived - Counter(self.story.due))

    @property
    def complete(self) -> bool:
        """Whether every step went as expected, and exactly what was due has arrived."""
        told = len(self.sent) == len(self.story.steps)
        return told and not self.surprises and not self.missing and not self.extra


class Run:
    """One run of stories against one hub."""

    def __init__(self, senders: Senders, books: Books, tempo: Tempo) -> None:
        self._senders, self._books, self._tempo = senders, books, tempo
        self._stop, self._lock = Event(), Lock()
        self._turn = time.monotonic()

    def tell(self, stories: Iterable[Story], after_each: Callable[[Sent], None] = lambda _: None) -> list[Account]:
        """Send every story, its steps in order; then wait for what is due. `after_each` hears of every step."""
        with ThreadPoolExecutor(self._tempo.cases_at_once) as pool:
            try:
                told = list(pool.map(lambda story: (story, self._tell_one(story, after_each)), stories))
            except KeyboardInterrupt:
                self.stop()
                raise
        return self._settled([Account(story=story, sent=sent) for story, sent in told])

    def stop(self) -> None:
        """Send no further step."""
        self._stop.set()

    def _tell_one(self, story: Story, after_each: Callable[[Sent], None]) -> tuple[Sent, ...]:
        """The steps of one story, in order, up to the first that the hub takes otherwise than expected."""
        told: list[Sent] = []
        for step in story.steps:
            self._await_turn()
            if self._stop.is_set():
                break
            sent = self._senders.send(step)
            told.append(sent)
            after_each(sent)
            if not sent.as_expected:
                break
            if sent.pending:
                self._await_readers(story, told)
        return tuple(told)

    def _await_turn(self) -> None:
        """Keep to the rate, over all cases together."""
        if self._tempo.rate <= 0:
            return
        with self._lock:
            self._turn = max(self._turn, time.monotonic()) + 1 / self._tempo.rate
            wait = self._turn - time.monotonic()
        self._stop.wait(max(0.0, wait))

    def _await_readers(self, story: Story, told: list[Sent]) -> None:
        """A list that the hub judges later is read by those whom it concerns before its case goes on."""
        due, names = _due(sent.step for sent in told), {*story.keys, *(id for sent in told for id in sent.messages)}
        until = time.monotonic() + self._tempo.patience
        while due - self._books.tally(names) and time.monotonic() < until:
            if self._stop.wait(LOOK):
                return

    def _settled(self, accounts: list[Account]) -> list[Account]:
        """The accounts with what arrived, once nothing is missing or patience is at an end."""
        until = time.monotonic() + self._tempo.patience
        while True:
            at_end = time.monotonic() > until or self._stop.wait(LOOK * 4)
            accounts = [
                account if account.complete else replace(account, arrived=self._arrived(account))
                for account in accounts
            ]
            if at_end or not any(account.missing for account in accounts):
                return [replace(account, arrived=self._arrived(account)) for account in accounts]

    def _arrived(self, account: Account) -> Counter[tuple[str, str]]:
        return self._books.tally({*account.story.keys, *account.messages})


def _due(steps: Iterable[Step]) -> Counter[tuple[str, str]]:
    due: Counter[tuple[str, str]] = Counter()
    for arrival in (arrival for step in steps for arrival in step.due):
        due[arrival.party, arrival.dialect] += arrival.count
    return due
