"""The operators' part of the ledger's face: single deliveries, dead letters, replays of many.

Rule: each method is a unit of writing or a read, as those of `SqlLedger`, of which this is a part.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from hub.ledger import letters, overrides, replaying
from hub.ledger.account import Heap, LetterPage, Letters
from hub.ledger.failures import as_ours
from hub.ledger.replay import Candidates, ReplayRun, Target, Undone, Wanted
from hub.ledger.writer import Writing

Made = TypeVar("Made")


class Acts:
    """What an operator does and looks at."""

    reading: Engine
    _writer: Writing[Any, Any]

    def _read(self, read: Callable[[Connection], Made]) -> Made:
        try:
            with self.reading.connect() as connection:
                return read(connection)
        except SQLAlchemyError as error:
            raise as_ours(error) from error

    def discard(self, delivery_id: str, actor: str, reason: str) -> bool:
        return bool(self.discard_many([delivery_id], actor, reason))

    def discard_many(self, delivery_ids: Sequence[str], actor: str, reason: str) -> int:
        return len(self._writer.write(lambda unit: overrides.discard(unit, delivery_ids, actor, reason)))

    def revive(self, delivery_id: str, actor: str, reason: str) -> bool:
        return bool(self.revive_many([delivery_id], actor, reason))

    def revive_many(self, delivery_ids: Sequence[str], actor: str, reason: str) -> int:
        return len(self._writer.write(lambda unit: overrides.revive(unit, delivery_ids, actor, reason)))

    def let_pass(self, delivery_id: str, actor: str, reason: str) -> bool:
        return self._writer.write(lambda unit: overrides.let_pass(unit, delivery_id, actor, reason))

    def replay(self, delivery_id: str, actor: str, reason: str) -> str | None:
        return self._writer.write(lambda unit: overrides.replay(unit, delivery_id, actor, reason))

    def blocked_behind(self, delivery_id: str) -> int:
        return self._read(lambda connection: overrides.count_behind(connection, delivery_id))

    def count_letters(self, wanted: Letters) -> tuple[Heap, ...]:
        return self._read(lambda connection: letters.count_letters(connection, wanted))

    def letters(self, wanted: Letters, after: str | None, limit: int) -> LetterPage:
        return self._read(lambda connection: letters.read_letters(connection, wanted, after, limit))

    def last_ticket(self) -> int:
        return self._read(replaying.last_ticket)

    def to_replay(self, wanted: Wanted, after: int, last: int, limit: int) -> Candidates:
        return self._read(lambda connection: replaying.find_to_replay(connection, wanted, after, last, limit))

    def start_replay(self, request: str, actor: str, reason: str) -> tuple[ReplayRun, bool]:
        return self._writer.write(lambda unit: replaying.start_replay(unit, request, actor, reason))

    def replay_page(self, run: ReplayRun, targets: Sequence[Target], reached: int) -> ReplayRun | None:
        return self._writer.write(lambda unit: replaying.replay_page(unit, run, targets, reached))

    def replay_run(self, run_id: str) -> ReplayRun | None:
        return self._read(lambda connection: replaying.read_run(connection, run_id))

    def replay_runs(self, most: int) -> tuple[ReplayRun, ...]:
        return self._read(lambda connection: replaying.read_runs(connection, most))

    def replayed(self, run_id: str) -> Undone:
        return self._read(lambda connection: replaying.count_undone(connection, run_id))

    def undo_replay(self, run_id: str, actor: str, reason: str, limit: int) -> int:
        return self._writer.write(lambda unit: replaying.undo_replay(unit, run_id, (actor, reason), limit))
