"""Duplicates and reordering: one document is one message however often it comes, and no old word undoes a new one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import create_engine, text

from hub.canonical.write import write
from hub.contract import Trust
from hub.flow.accept import Arrival
from hub.ledger.admission import Verdict
from hub.ledger.register import CaseStatus
from hub.message.hearing import HearingResulted
from hub.message.lifecycle import MessageStatus
from tests.doubles.manners import answers
from tests.doubles.peer import Peer, peer
from tests.examples import NOW, message, resulted
from tests.exchanges import Exchange, exchange, urn
from tests.hubs import Client, wait_until, web_door
from tests.invariants import assert_all, assert_one_id_and_the_same_bytes, assert_the_record_is_sound, messages_of
from tests.papers import case_file

AT_ONCE = 50
COURT_THAT_SENDS = Trust(party="court-1", agency="court")


@pytest.fixture
def courts() -> Iterator[dict[str, Peer]]:
    with ExitStack() as stack:
        yield {code: stack.enter_context(peer(answers())) for code in ("court-1", "court-2")}


@pytest.fixture
def made(tmp_path: Path, courts: dict[str, Peer]) -> Iterator[Exchange]:
    with exchange(tmp_path, courts) as running:
        yield running


@pytest.fixture
def force(made: Exchange) -> Iterator[Client]:
    with web_door(made.hub) as client:
        yield client("force-41")


@pytest.mark.promise(
    "Duplicates",
    "The same document posted 50 times at the same moment",
    holds="one receipt, byte for byte; one message; one delivery to each recipient",
)
def test_fifty_posts_of_the_same_bytes_at_once_are_one_receipt_and_one_delivery(
    made: Exchange, force: Client, figure: Callable[[str], None]
) -> None:
    raw, start = case_file(), Barrier(AT_ONCE)

    def post(_: int) -> tuple[int, bytes]:
        start.wait(30)
        answer = force.post("/v1/messages", raw, Idempotency_Key="the-one")
        return answer.status, answer.data

    with ThreadPoolExecutor(AT_ONCE) as pool:
        told = set(pool.map(post, range(AT_ONCE)))
    assert len(told) == 1, "the same answer, byte for byte"
    [(status, _)] = told
    assert status == 202
    [only] = made.hub.ledger.recent(AT_ONCE)
    wait_until(made.settled)
    assert_all(made.hub.ledger, [only.submission_id], made.peers)
    assert [len(court.came) for court in made.peers.values()] == [1, 1]
    seen = sum(len(court.came) for court in made.peers.values())
    figure(
        f"{AT_ONCE} posts at once: {len(told)} receipt, {len(made.hub.ledger.recent(99))} message, {seen} deliveries to "
        f"{len(made.peers)} recipients"
    )


@pytest.mark.promise(
    "Duplicates",
    "Another document under a key that was used",
    holds="409 with both hashes; kept and audited; nothing is sent",
)
def test_the_same_id_with_other_bytes_is_a_conflict_that_is_kept_and_audited(
    made: Exchange, force: Client, figure: Callable[[str], None]
) -> None:
    first, other = case_file(), case_file(family="Otherton")
    kept = force.post("/v1/messages", first, Idempotency_Key="k").json()["submission"]
    answer = force.post("/v1/messages", other, Idempotency_Key="k")
    assert answer.status == 409
    hashes = {name: answer.json()[name] for name in ("first_sha256", "this_sha256")}
    assert hashes == {"first_sha256": sha256(first).hexdigest(), "this_sha256": sha256(other).hexdigest()}
    wait_until(made.settled)
    assert_all(made.hub.ledger, [kept], made.peers)
    conflict = _kept_with(made, other)
    row = made.hub.ledger.submission(conflict)
    assert row is not None
    assert (row.verdict, made.hub.ledger.raw(conflict)) == (Verdict.CONFLICT, other)
    assert [one.action for one in made.hub.ledger.audit_of("submission", conflict)] == ["conflict"]
    assert not made.hub.ledger.messages_of(conflict, 0, 9)
    seen = sum(len(court.came) for court in made.peers.values())
    figure(
        f"409 with both SHA-256; 1 audit line; {seen} deliveries of the first to {len(made.peers)} recipients, 0 of the other"
    )


def _kept_with(made: Exchange, raw: bytes) -> str:
    """The submission that these bytes came with."""
    engine = create_engine(made.hub.settings.database)
    with engine.connect() as connection:
        wanted = text("SELECT id FROM submissions WHERE sha256 = :digest")
        id = connection.execute(wanted, {"digest": sha256(raw).hexdigest()}).scalar_one()
    engine.dispose()
    return str(id)


@pytest.mark.promise(
    "Duplicates",
    "A document that was refused, sent again mended under the same key",
    holds="a new attempt: no receipt before it is accepted, and then a true one",
)
def test_after_a_refused_first_copy_the_same_id_is_a_new_attempt_with_a_receipt_of_its_own(
    made: Exchange, force: Client, figure: Callable[[str], None]
) -> None:
    wrong, right = case_file().replace(b"2027-03-20", b"20 March"), case_file()
    refused = [force.post("/v1/messages", wrong, Idempotency_Key="k") for _ in range(2)]
    assert [answer.status for answer in refused] == [422, 422], "no receipt before it is accepted"
    assert len({answer.json()["submission"] for answer in refused}) == 2
    accepted = force.post("/v1/messages", right, Idempotency_Key="k")
    again = force.post("/v1/messages", right, Idempotency_Key="k")
    assert (accepted.status, again.status) == (202, 202)
    assert accepted.data == again.data
    wait_until(made.settled)
    assert_all(made.hub.ledger, [accepted.json()["submission"]], made.peers)
    seen = [len(court.came) for court in made.peers.values()]
    assert seen == [1, 1]
    figure(
        f"{len(refused)} x 422 without a receipt, then 2 x 202 with one and the same; {sum(seen)} deliveries to 2 recipients"
    )


@pytest.mark.promise(
    "Duplicates",
    "The same words sent again under other keys",
    holds="each has its receipt, and recipients see them once",
)
def test_the_same_words_under_another_id_are_a_duplicate_that_is_not_delivered(
    made: Exchange, force: Client, figure: Callable[[str], None]
) -> None:
    ids = [
        force.post("/v1/messages", case_file(f"c-{number}"), Idempotency_Key=f"k-{number}").json()["submission"]
        for number in range(5)
    ]
    wait_until(made.settled)
    rows = [made.hub.ledger.message(id) for id in messages_of(made.hub.ledger, ids)]
    assert [row.status for row in rows if row] == [MessageStatus.RECORDED] + [MessageStatus.DUPLICATE] * 4
    assert [len(court.came) for court in made.peers.values()] == [1, 1]
    assert_one_id_and_the_same_bytes(*made.peers.values())
    assert_the_record_is_sound(made.hub.ledger, ids)
    figure(
        f"{len(ids)} receipts, {len(rows) - 1} messages DUPLICATE, 1 delivery to each of {len(made.peers)} recipients"
    )


@pytest.mark.promise(
    "Duplicates",
    "Results of a hearing that come in the wrong order",
    holds="no old word undoes a new one in the register",
)
def test_a_later_result_that_comes_before_an_earlier_one_is_what_the_register_ends_with(
    made: Exchange, figure: Callable[[str], None]
) -> None:
    made.give(1)
    versions = {
        hours: resulted(urn(1), disposed="Y" if hours == 3 else "N", shared=NOW + timedelta(hours=hours))
        for hours in (1, 2, 3)
    }
    for hours in (3, 1, 2):
        _give_result(made, versions[hours])
    wait_until(made.settled)
    case_id = made.hub.ledger.find_case("PTIURN", urn(1))
    assert case_id is not None
    view = made.hub.ledger.case_view(case_id)
    assert view is not None
    [hearing] = [row for row in view.hearings if row.shared_at is not None]
    assert hearing.shared_at == NOW + timedelta(hours=3)
    assert view.case.status is CaseStatus.FINALISED
    assert_the_record_is_sound(made.hub.ledger, made.accepted)
    figure(
        "3 results of one hearing, shared at 1, 2 and 3 o'clock and given as 3, 1, 2: the register ends with that of 3"
    )


def _give_result(made: Exchange, body: HearingResulted) -> None:
    raw = write(message(body, party="court-1"))
    digest = sha256(raw).hexdigest()
    arrival = Arrival(raw=raw, trust=COURT_THAT_SENDS, door="test", dialects=("exchange",), key=digest)
    answer = made.hub.flow.door(arrival)
    assert answer.outcome == "accepted", answer.faults
    made.accepted.append(answer.submission_id)
