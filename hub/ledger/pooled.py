"""Writing to a database that many write to: each unit is a transaction of its own, in its caller's thread; admissions
that arrive together share one.

Rule: a unit that another transaction got in the way of (a deadlock, a key just taken) is done again whole, a few times;
a connection that is lost is Unavailable at once. Where it is lost at the commit itself, nobody can know whether it went
through: whoever tries again must find what was done, which every unit of the ledger lets him do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Generic

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from hub.ledger import Clock, NewId
from hub.ledger.failures import as_ours, lost_a_race
from hub.ledger.line import Line
from hub.ledger.unit import Failed, Unit, attempt
from hub.ledger.writer import Answer, Item, Made
from hub.message.errors import Unavailable
from hub.message.slip import Lane

_ATTEMPTS = 6
_NO_WAIT = "SET LOCAL synchronous_commit = off"


@dataclass(frozen=True, slots=True)
class _BulkJob(Generic[Item]):
    item: Item
    future: Future[object] = field(default_factory=Future)


class PooledWriter(Generic[Item, Answer]):
    """Writes through a pool of connections. `together` writes several items of the bulk kind in one transaction."""

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        new_id: NewId,
        together: Callable[[Unit, Sequence[Item]], Sequence[Answer]],
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._new_id = new_id
        self._together = together
        self._rings: list[Callable[[frozenset[Lane]], None]] = []
        self._bulk: Line[_BulkJob[Item]] = Line("ledger-bulk", self._write_bulk)

    def on_slips(self, ring: Callable[[frozenset[Lane]], None]) -> None:
        """Call `ring` after each commit that added slips."""
        self._rings.append(ring)

    def write(self, work: Callable[[Unit], Made]) -> Made:
        """Run a unit and wait for its commit."""
        if self._bulk.closed:
            raise Unavailable("the ledger is closed")
        made = attempt(partial(self._patiently, work))
        if isinstance(made, Failed):
            raise as_ours(made.error) from made.error
        return made

    def submit(self, work: Callable[[Unit], object]) -> None:
        """Have a unit run that may be lost with the server: its commit waits for no disk."""
        self.write(lambda unit: (unit.connection.exec_driver_sql(_NO_WAIT), work(unit)))

    def write_bulk(self, item: Item) -> Answer:
        """Write an item of the bulk kind, with whatever else of the kind waits, and wait for the commit."""
        job = _BulkJob(item)
        self._bulk.enter(job)
        return job.future.result()  # type: ignore[return-value]  # as `together` answers

    def close(self) -> None:
        """Finish what waits, then stop."""
        self._bulk.close()

    def _patiently(self, work: Callable[[Unit], Made]) -> Made:
        """Run a unit, again where another transaction came first."""
        try:
            return self._once(work)
        except DBAPIError as cause:
            if not lost_a_race(cause):
                raise
        again = Retrying(
            retry=retry_if_exception(lost_a_race),
            stop=stop_after_attempt(_ATTEMPTS - 1),
            wait=wait_random_exponential(multiplier=0.01, max=0.5),
            reraise=True,
        )
        return again(partial(self._once, work))

    def _once(self, work: Callable[[Unit], Made]) -> Made:
        with self._engine.begin() as connection:
            unit = Unit(connection, self._clock(), self._new_id)
            made = work(unit)
            unit.flush()
        if unit.lanes:
            for ring in self._rings:
                ring(frozenset(unit.lanes))
        return made

    def _write_bulk(self, jobs: Sequence[_BulkJob[Item]]) -> None:
        """All in one transaction; where that fails by one of them, each in its own, so that only that one fails."""
        items = [job.item for job in jobs]
        run = self._patiently if len(jobs) == 1 else self._once
        made = attempt(lambda: run(lambda unit: self._together(unit, items)))
        if not isinstance(made, Failed):
            for job, answer in zip(jobs, made, strict=True):
                job.future.set_result(answer)
            return
        error = as_ours(made.error)
        if len(jobs) > 1 and (lost_a_race(made.error) or not isinstance(error, Unavailable)):
            for job in jobs:
                self._write_bulk([job])
            return
        for job in jobs:
            job.future.set_exception(error)
