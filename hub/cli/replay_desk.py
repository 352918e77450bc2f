"""A replay of many as the command line does it: page after page, at a pace, and what it comes to.

Rule: a page is planned outside any transaction and written in one; whoever is killed between two loses nothing.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from hub.cli.moments import told
from hub.cli.operating import Place
from hub.cli.output import warn, warner

if TYPE_CHECKING:
    from hub.flow.replay import Plan, Replaying
    from hub.ledger import Ledger
    from hub.ledger.attempt import DeliveryRow
    from hub.ledger.replay import ReplayRun, Wanted

PAGE = 100
"""Messages that are looked at, and written, at a time."""

LATEST = 50
"""Runs that are looked through and listed, those that began last."""

Row = tuple[str, str, str, str]
"""Recipient, dialect, type of message, and day of acceptance (UTC)."""


def planner_of(place: Place, ledger: Ledger) -> Replaying:
    """What plans replays by the configuration that the command line names. Raises Misconfigured."""
    from hub.assemble import replaying
    from hub.cli.folder import settings_of
    from hub.discovery.connectors import discover

    return replaying(settings_of(place.config, data=place.data), discover(place.config), ledger)


def why_not(place: Place, ledger: Ledger, row: DeliveryRow) -> str | None:
    """Why its recipient may not have a delivery again, in words; None where the routes give it now."""
    from hub.assemble import clock
    from hub.ledger.replay import Wanted

    found = ledger.to_replay(Wanted(message=row.message_id), 0, ledger.last_ticket(), 1)
    why = planner_of(place, ledger).why_not(found.waiting[0], row, clock())
    return None if why is None else why.value


@dataclass(slots=True)
class Count:
    """How many, and when the first and the last of them were accepted."""

    count: int = 0
    first: datetime | None = None
    last: datetime | None = None

    def add(self, at: datetime) -> None:
        """One more."""
        self.count += 1
        self.first = at if self.first is None else min(self.first, at)
        self.last = at if self.last is None else max(self.last, at)


@dataclass(slots=True)
class Sum:
    """What a replay comes to: what is made, and what is left out, why, with a message as an example."""

    messages: int = 0
    waits: int = 0
    all: Count = field(default_factory=Count)
    made: dict[Row, Count] = field(default_factory=dict)
    left: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)

    def add(self, plans: Iterable[Plan]) -> None:
        """More messages."""
        for plan in plans:
            self._add(plan)

    def _add(self, plan: Plan) -> None:
        message = plan.candidate.message
        self.messages += bool(plan.targets or plan.left)
        self.waits += plan.waits
        for target in plan.targets:
            new, at = target.new, message.accepted_at
            row = (new.endpoint, new.dialect, message.type, f"{at:%Y-%m-%d}")
            self.made.setdefault(row, Count()).add(at)
            self.all.add(at)
        for one in plan.left:
            key = (one.recipient or "everybody", one.why.value)
            count, example = self.left.get(key, (0, message.id))
            self.left[key] = (count + 1, example)

    def facts(self) -> dict[str, object]:
        """As JSON says it."""
        names = ("recipient", "dialect", "type", "day")
        return {
            "messages": self.messages,
            "deliveries": self.all.count,
            "first": told(self.all.first),
            "last": told(self.all.last),
            "behind_stopped": self.waits,
            "counts": [
                {**dict(zip(names, row, strict=True)), "count": one.count}
                | {"first": told(one.first), "last": told(one.last)}
                for row, one in sorted(self.made.items())
            ],
            "left_out": [
                {"recipient": recipient, "why": why, "count": count, "example": example}
                for (recipient, why), (count, example) in sorted(self.left.items())
            ],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One replay: the ledger, what plans it, what is wanted and for whom."""

    ledger: Ledger
    place: Place
    replaying: Replaying
    wanted: Wanted
    to: str

    @property
    def request(self) -> str:
        """What is asked for, as a run keeps it: the same words are the same run."""
        asked = {
            name: value.isoformat() if isinstance(value, datetime) else str(value) if name == "status" else value
            for name, value in asdict(self.wanted).items()
            if value
        }
        return json.dumps(asked | {"to": self.to}, sort_keys=True)

    def page(self, after: int, last: int, limit: int = PAGE) -> tuple[int, list[Plan]]:
        """The ticket that is reached with the next page, and what is to be made of its messages."""
        from hub.assemble import clock

        reached, waiting = self.ledger.to_replay(self.wanted, after, last, limit)
        at = clock()
        return reached, [self.replaying.plan(one, self.wanted, self.to, at) for one in waiting]

    def unfinished(self) -> ReplayRun | None:
        """The run of the same request that was stopped half way, if there is one."""
        from hub.ledger.replay import State

        runs = self.ledger.replay_runs(LATEST)
        return next((run for run in runs if run.state is State.OPEN and run.request == self.request), None)

    def dry_run(self) -> Sum:
        """What a replay would come to; of one that was stopped half way, what is left of it."""
        run = self.unfinished()
        total, after, last = Sum(), run.cursor if run else 0, run.last if run else self.ledger.last_ticket()
        if run is not None:
            warn(f"run {run.id} of this request was stopped with {run.made} replayed: --apply goes on with it")
        with _progress(last) as progress:
            while after < last:
                after, plans = self.page(after, last)
                total.add(plans)
                progress(after, f"looked at; {total.all.count} found")
        return total

    def apply(self, run: ReplayRun, per_second: int) -> tuple[ReplayRun, Sum]:
        """Make what the run has not made yet, no faster than so many a second, a page a transaction."""
        from hub.ledger.replay import State

        total, began, limit = Sum(), time.monotonic(), min(PAGE, per_second)
        with _progress(run.last) as progress:
            while run.state is State.OPEN:
                reached, plans = self.page(run.cursor, run.last, limit)
                moved = self.ledger.replay_page(run, [one for plan in plans for one in plan.targets], reached)
                run = moved or self.ledger.replay_run(run.id) or run  # another process may be at the same run
                if moved is not None:
                    total.add(plans)
                progress(run.cursor, f"looked at; {run.made} replayed")
                time.sleep(max(0.0, total.all.count / per_second - (time.monotonic() - began)))
        return run, total


@contextmanager
def _progress(last: int) -> Iterator[Callable[[int, str], None]]:
    """A bar on standard error, where that is a terminal: how far of all messages, and what came of them."""
    from rich.progress import Progress

    console = warner()
    bar = Progress(console=console, transient=True, redirect_stdout=False, redirect_stderr=False)
    task = bar.add_task("", total=last)
    if console.is_terminal:
        bar.start()
    try:
        yield lambda done, words: bar.update(task, completed=done, description=words)
    finally:
        bar.stop()
