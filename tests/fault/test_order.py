"""Order and poison: what cannot be delivered, and what we cannot process, holds up its own case and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic, process_time
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from hub.assemble import Hub
from hub.message.lifecycle import DeliveryStatus, MessageStatus
from tests.doubles.manners import answers, judges
from tests.doubles.peer import Peer, peer
from tests.exchanges import Exchange, exchange, family, urn
from tests.figures import FULL
from tests.hubs import wait_until
from tests.invariants import (
    assert_all,
    assert_in_order,
    assert_one_id_and_the_same_bytes,
    assert_the_record_is_sound,
    messages_of,
)

POISON = 7
"""The case whose messages nobody can process."""


@pytest.fixture
def courts() -> Iterator[dict[str, Peer]]:
    with ExitStack() as stack:
        yield {code: stack.enter_context(peer(answers())) for code in ("court-1", "court-2")}


def statuses(made: Exchange, submissions: list[str], court: str) -> list[DeliveryStatus]:
    """Where the deliveries of these submissions to a court stand, in order."""
    ids = messages_of(made.hub.ledger, submissions)
    return [row.status for id in ids for row in made.hub.ledger.deliveries_of(id) if row.endpoint == court]


@pytest.mark.promise(
    "Order and poison",
    "A delivery that dies at the head of its case",
    holds="what is behind it of that case at that recipient waits, and nothing else does",
)
def test_a_dead_delivery_holds_up_its_own_case_at_that_recipient_and_nothing_else(
    courts: dict[str, Peer], tmp_path: Path, figure: Callable[[str], None]
) -> None:
    wrong = family(0).encode()
    courts["court-2"].manner = judges(lambda came: 404 if urn(1).encode() in came.body and wrong in came.body else 200)
    with exchange(tmp_path, courts) as made:
        one = [made.give(1, number) for number in range(5)]
        two = [made.give(2, number) for number in range(5)]
        done, waits, dead = DeliveryStatus.ACKNOWLEDGED, DeliveryStatus.WAITING, DeliveryStatus.DEAD
        wait_until(lambda: made.undelivered() == 5)
        assert statuses(made, one, "court-2") == [dead, waits, waits, waits, waits]
        assert statuses(made, one, "court-1") == statuses(made, two, "court-1") == [done] * 5
        assert statuses(made, two, "court-2") == [done] * 5
        [stuck] = [row for row in made.hub.ledger.deliveries_of(messages_of(made.hub.ledger, one)[0]) if row.reason]
        assert made.hub.ledger.blocked_behind(stuck.id) == 4
        delays = made.delays("court-1")
        assert made.hub.ledger.discard(stuck.id, "operator", "the court has it on paper")
        wait_until(lambda: statuses(made, one, "court-2") == [DeliveryStatus.DISCARDED, done, done, done, done])
        assert_one_id_and_the_same_bytes(*courts.values())
        assert_in_order(made.hub.ledger, *courts.values())
        assert_the_record_is_sound(made.hub.ledger, made.accepted)
        figure(
            f"1 dead, 4 behind it of that case there, 15 others delivered meanwhile (the other court's slowest "
            f"{delays[-1] * 1000:.0f} ms); all 4 delivered in order once it was given up"
        )


class Poisoned:
    """Something of the hub's that raises where it meets the poisoned case."""

    def __init__(self, inner: Any, method: str, case: Callable[[Any], Any]) -> None:
        self._inner, self._method, self._case = inner, method, case
        self.tries: list[float] = []

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return self._guarded(found) if name == self._method else found

    def _guarded(self, found: Callable[..., Any]) -> Callable[..., Any]:
        def run(first: Any, *more: Any) -> Any:
            if self._case(first).value == urn(POISON):
                self.tries.append(monotonic())
                raise KeyError("poison")
            return found(first, *more)

        return run


def put(holder: object, name: str, value: object) -> None:
    object.__setattr__(holder, name, value)


def _stuck_together(made: Exchange, many: int, court: str) -> tuple[list[str], list[str]]:
    """Give documents of many cases, the poisoned one among them: its submissions, and the others."""
    poison, others = [], []
    for number in range(3):
        for case in range(1, many + 1):
            (poison if case == POISON else others).append(made.give(case, number))
    wait_until(lambda: set(statuses(made, others, court)) == {DeliveryStatus.ACKNOWLEDGED}, 60)
    return poison, others


@pytest.mark.promise(
    "Order and poison",
    "A message on which our own code fails (poison), among others",
    holds="it is tried twice and buried with an alarm; no other message waits for it; once mended it is delivered in order",
)
def test_a_message_that_intake_cannot_process_is_buried_after_two_tries_and_keeps_nobody_waiting(
    courts: dict[str, Peer], tmp_path: Path, figure: Callable[[str], None]
) -> None:
    with exchange(tmp_path, courts) as made:
        poisoned = Poisoned(made.hub.flow.routing, "route", lambda message: message.body.ptiurn)
        put(made.hub.flow, "routing", poisoned)
        poison, others = _stuck_together(made, 20, "court-1")
        delays = made.delays("court-1")
        ids = messages_of(made.hub.ledger, poison)

        def stand() -> list[MessageStatus]:
            return [row.status for id in ids if (row := made.hub.ledger.message(id))]

        made.pass_time(lambda: set(stand()) == {MessageStatus.BURIED}, step=30)
        assert len(poisoned.tries) >= 6
        reasons = [row.reason or "" for id in ids if (row := made.hub.ledger.message(id))]
        assert all("KeyError" in reason and "poison" not in reason for reason in reasons)
        put(made.hub.flow, "routing", poisoned._inner)  # a release that can
        assert all(made.hub.ledger.rerun(id, "operator", "mended") for id in ids)
        wait_until(made.settled)
        assert_all(made.hub.ledger, made.accepted, courts)
        figure(
            f"{len(others)} messages beside a poisonous case, slowest {delays[-1] * 1000:.0f} ms; its 3 messages buried "
            f"after {len(poisoned.tries)} tries in all, and delivered in order once mended"
        )
        assert delays[-1] < 1, "they waited for it"


@pytest.mark.promise(
    "Order and poison",
    "A message whose kept bytes cannot be read any more",
    holds="it is buried; those taken in together with it are delivered",
)
def test_kept_bytes_that_cannot_be_read_bury_their_own_message_only(
    courts: dict[str, Peer], tmp_path: Path, figure: Callable[[str], None]
) -> None:
    with stopped(tmp_path, courts) as made:
        poison = [made.give(POISON)]
        others = [made.give(case) for case in range(20, 30)]
    engine = create_engine(f"sqlite:///{tmp_path / 'data' / 'hub.sqlite'}")
    with engine.begin() as connection:
        changed = connection.execute(
            text("UPDATE messages SET canonical = :wrong WHERE submission_id = :id"),
            {"wrong": b"<what?/>", "id": poison[0]},
        )
        assert changed.rowcount == 1
    engine.dispose()
    with exchange(tmp_path, courts) as made:
        begun = monotonic()
        wait_until(lambda: set(statuses(made, others, "court-1")) == {DeliveryStatus.ACKNOWLEDGED}, 10)
        took = monotonic() - begun
        [id] = messages_of(made.hub.ledger, poison)
        made.pass_time(lambda: made.hub.ledger.message(id).status is MessageStatus.BURIED, step=30)  # type: ignore[union-attr]
        assert_the_record_is_sound(made.hub.ledger, others)
        figure(
            f"{len(others)} messages taken in beside one that cannot be read, all delivered after {took * 1000:.0f} ms"
        )


@contextmanager
def stopped(folder: Path, courts: dict[str, Peer]) -> Iterator[Exchange]:
    """An exchange whose intake does not run: what is given is kept, and no more."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Hub, "start", lambda hub: None)
        with exchange(folder, courts) as made:
            yield made


@pytest.mark.promise(
    "Order and poison",
    "A message that cannot be written in a recipient's format",
    holds="that delivery is dead with its reason; others of the same recipient do not wait",
)
def test_a_message_that_cannot_be_encoded_is_dead_and_holds_up_its_own_case_only(
    courts: dict[str, Peer], tmp_path: Path, figure: Callable[[str], None]
) -> None:
    with exchange(tmp_path, courts) as made:
        writer = Poisoned(made.hub.sending.writers["spi-case"], "encode", lambda part: part.message.body.ptiurn)
        put(made.hub.sending, "writers", dict(made.hub.sending.writers) | {"spi-case": writer})
        poison, others = _stuck_together(made, 20, "court-1")
        delays = made.delays("court-1")
        dead, waits = DeliveryStatus.DEAD, DeliveryStatus.WAITING
        wait_until(lambda: [statuses(made, poison, code) for code in courts] == [[dead, waits, waits]] * 2)
        put(made.hub.sending, "writers", dict(made.hub.sending.writers) | {"spi-case": writer._inner})
        for row in made.hub.ledger.deliveries_of(messages_of(made.hub.ledger, poison)[0]):
            assert made.hub.ledger.revive(row.id, "operator", "mended")
        wait_until(made.settled)
        assert_all(made.hub.ledger, made.accepted, courts)
        figure(f"{len(others)} messages beside a case that cannot be encoded, slowest {delays[-1] * 1000:.0f} ms")
        assert delays[-1] < 1, "they waited for it"


@pytest.mark.promise(
    "Order and poison",
    "10,000 messages of one case, all of them waiting at once",
    holds="they come in order, and the last costs no more than the first",
    short="400 messages instead of 10,000",
)
@pytest.mark.slow
def test_the_many_messages_of_one_case_come_in_order_and_the_last_as_quickly_as_the_first(
    courts: dict[str, Peer], tmp_path: Path, figure: Callable[[str], None]
) -> None:
    many = 10_000 if FULL else 400
    spent: list[float] = []  # seconds of processor time by the arrival of each: a busy machine changes little in them
    courts["court-1"].manner = judges(lambda came: (spent.append(process_time()), 200)[1])
    with exchange(tmp_path, courts) as made:
        for code in courts:
            made.hub.ledger.hold(code, "operator", "all of them are to wait in their lanes")
        accepting = _timed(lambda: [made.give(1, number) for number in range(many)])
        wait_until(lambda: not made.hub.ledger.counts().messages[MessageStatus.ACCEPTED], 600)
        for code in courts:
            made.hub.ledger.release(code, "operator", "go")
        longest = 3600 if FULL else 90
        took = _timed(lambda: wait_until(lambda: all(len(court.came) >= many for court in courts.values()), longest))
        wait_until(made.settled, longest)
        assert_all(made.hub.ledger, made.accepted, courts)
    tenth = many // 10  # the first starts with everything cold: the second is compared
    early, late = spent[2 * tenth - 1] - spent[tenth - 1], spent[many - 1] - spent[many - tenth - 1]
    figure(
        f"{many} messages of one case to {len(courts)} courts: accepted at {many / accepting:.0f} a second, delivered at "
        f"{many / took:.0f} a second to each; processor time of the second tenth {early:.2f} s, of the last {late:.2f} s"
    )
    assert late < 3 * early


def _timed(work: Callable[[], object]) -> float:
    begun = monotonic()
    work()
    return monotonic() - begun
