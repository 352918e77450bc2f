"""The one writer of SQLite: units of writing wait in a line, and those that wait together share one commit.

Rule: nobody learns of success before the commit. A unit that fails is undone alone; when the commit itself fails,
everybody in it gets Unavailable and nothing of it was written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from sqlalchemy import Connection, Engine

from hub.ledger import Clock, NewId
from hub.ledger.failures import as_ours
from hub.ledger.line import Line
from hub.ledger.unit import Failed, Unit, attempt, savepoint
from hub.message.errors import Unavailable
from hub.message.slip import Lane

Item = TypeVar("Item")
Answer = TypeVar("Answer")
Made = TypeVar("Made")

_Item = TypeVar("_Item", contravariant=True)
_Answer = TypeVar("_Answer", covariant=True)


class Writing(Protocol[_Item, _Answer]):
    """How a ledger is written to; units raise Unavailable where the database is away, and then nothing was written."""

    def on_slips(self, ring: Callable[[frozenset[Lane]], None]) -> None:
        """Call `ring` after each commit that added slips."""

    def write(self, work: Callable[[Unit], Made]) -> Made:
        """Run a unit and wait for its commit."""

    def submit(self, work: Callable[[Unit], object]) -> None:
        """Have a unit run that may be lost: what it does, comes back and is done again."""

    def write_bulk(self, item: _Item) -> _Answer:
        """Write an item of the bulk kind, with whatever else of the kind waits, and wait for the commit."""

    def close(self) -> None:
        """Finish what waits, then stop."""


class _Job:
    """One unit in the line, and where its answer goes."""

    __slots__ = ("future", "work")

    def __init__(self, work: Callable[[Unit], object]) -> None:
        self.work = work
        self.future: Future[object] = Future()


class _BulkJob(Generic[Item]):
    """One item in the line that is written together with its like."""

    __slots__ = ("future", "item")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.future: Future[object] = Future()


@dataclass(frozen=True, slots=True)
class _Done:
    """What a job is to be told once the commit is through."""

    future: Future[object]
    answer: object = None
    error: BaseException | None = None


class Writer(Generic[Item, Answer]):
    """A thread that owns all writing. `together` writes several items of the bulk kind in one go."""

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
        self._line: Line[_Job | _BulkJob[Item]] = Line("ledger-writer", self._commit)

    def on_slips(self, ring: Callable[[frozenset[Lane]], None]) -> None:
        """Call `ring` after each commit that added slips."""
        self._rings.append(ring)

    def write(self, work: Callable[[Unit], Made]) -> Made:
        """Run a unit and wait for its commit."""
        return self._enter(_Job(work)).result()  # type: ignore[return-value]  # a job answers with what its work made

    def submit(self, work: Callable[[Unit], object]) -> None:
        """Put a unit in the line; nobody waits for it."""
        self._enter(_Job(work))

    def write_bulk(self, item: Item) -> Answer:
        """Write an item of the bulk kind, with whatever else of the kind waits, and wait for the commit."""
        return self._enter(_BulkJob(item)).result()  # type: ignore[return-value]  # as `together` answers

    def close(self) -> None:
        """Finish the line, then stop."""
        self._line.close()

    def _enter(self, job: _Job | _BulkJob[Item]) -> Future[object]:
        self._line.enter(job)
        return job.future

    def _commit(self, jobs: Sequence[_Job | _BulkJob[Item]]) -> None:
        lanes: set[Lane] = set()
        done = attempt(lambda: self._in_one_transaction(jobs, lanes))
        if isinstance(done, Failed):
            error = _batch_error(done.error)
            done = [_Done(job.future, error=error) for job in jobs]
            lanes.clear()
        for each in done:
            if each.error is None:
                each.future.set_result(each.answer)
            else:
                each.future.set_exception(each.error)
        if lanes:
            for ring in self._rings:
                ring(frozenset(lanes))

    def _in_one_transaction(self, jobs: Sequence[_Job | _BulkJob[Item]], lanes: set[Lane]) -> list[_Done]:
        with self._engine.begin() as connection:
            done = self._perform_bulk(connection, [job for job in jobs if isinstance(job, _BulkJob)], lanes)
            for job in jobs:
                if isinstance(job, _Job):
                    done.append(self._perform_one(connection, job, lanes))
        return done

    def _perform_bulk(self, connection: Connection, jobs: list[_BulkJob[Item]], lanes: set[Lane]) -> list[_Done]:
        if not jobs:
            return []
        all_of_them = _Job(lambda unit: self._together(unit, [job.item for job in jobs]))
        made = self._perform_one(connection, all_of_them, lanes)
        if made.error is None:
            answers: Sequence[Answer] = made.answer  # type: ignore[assignment]  # as `together` answers
            return [_Done(job.future, answer) for job, answer in zip(jobs, answers, strict=True)]
        return [self._perform_alone(connection, job, lanes) for job in jobs]

    def _perform_alone(self, connection: Connection, job: _BulkJob[Item], lanes: set[Lane]) -> _Done:
        alone = _Job(lambda unit: self._together(unit, [job.item])[0])
        made = self._perform_one(connection, alone, lanes)
        return _Done(job.future, made.answer, made.error)

    def _perform_one(self, connection: Connection, job: _Job, lanes: set[Lane]) -> _Done:
        unit = Unit(connection, self._clock(), self._new_id)
        answer = attempt(lambda: _within_savepoint(unit, job.work))
        if isinstance(answer, Failed):
            _still_in_transaction(connection, answer.error)
            return _Done(job.future, error=as_ours(answer.error))
        lanes |= unit.lanes
        return _Done(job.future, answer)


def _within_savepoint(unit: Unit, work: Callable[[Unit], object]) -> object:
    with savepoint(unit.connection):
        answer = work(unit)
        unit.flush()
    return answer


def _batch_error(error: Exception) -> Exception:
    ours = as_ours(error)
    return ours if isinstance(ours, Unavailable) else Unavailable(f"the ledger: {type(error).__name__}")


def _still_in_transaction(connection: Connection, error: Exception) -> None:
    """SQLite gives a whole transaction up on some errors (a full disk); then nothing of this commit may be believed."""
    if not getattr(connection.connection.dbapi_connection, "in_transaction", True):
        raise Unavailable("the ledger: the transaction was lost") from error
