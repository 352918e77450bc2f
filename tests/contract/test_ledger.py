"""The ledger keeps what it promised: its shape, the door, reading, and what a kill leaves behind."""

import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from hub.ledger import Ledger
from hub.ledger.account import MessageQuery
from hub.ledger.admission import Conflict, Fresh, Judgement, Kept, OrderKey, Repeated, Verdict
from hub.ledger.attempt import KeptOutbound
from hub.ledger.decision import Decision, Known, NewEvent
from hub.ledger.engine import SqlLedger, open_ledger
from hub.ledger.tables import metadata
from hub.message.errors import Defect, Misconfigured, Unavailable
from hub.message.lifecycle import DeliveryEvent, MessageEvent, MessageStatus
from hub.message.slip import Lane
from tests.doubles.clock import Clock, Ids
from tests.doubles.traffic import URN, Desk, admission, end, new_message

ASN = OrderKey("ASN", "2101AB0100000012345R")
NOMS = OrderKey("NOMS", "A1234AA")


def slips(ledger: Ledger, lane: Lane) -> list[str]:
    """The subjects of every due slip of a lane, which are taken and finished."""
    claimed = ledger.claim_slips(lane, 1000, 60)
    ledger.finish_slips([one.number for one in claimed])
    return [one.slip.id for one in claimed]


def miss(kept: Kept, known: Known) -> Decision:
    return Decision(event=MessageEvent.MISS, reason="no case is known")


# --- the shape of the database


def test_migrations_and_tables_agree(desk: Desk) -> None:
    desk.open().close()
    with desk.behind() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_every_table_and_index_can_be_said_to_postgresql() -> None:
    said = [str(CreateTable(table).compile(dialect=postgresql.dialect())) for table in metadata.sorted_tables]
    said += [
        str(CreateIndex(index).compile(dialect=postgresql.dialect()))
        for table in metadata.sorted_tables
        for index in table.indexes
    ]
    assert sum(text.count("CREATE") for text in said) == len(said)


def test_a_database_that_is_not_known_is_refused_with_words() -> None:
    with pytest.raises(Misconfigured, match="mysql"):
        open_ledger("mysql://somewhere/hub", Clock(), Ids())


def test_a_database_of_a_later_release_is_refused_with_words(desk: Desk) -> None:
    desk.open().close()
    with desk.behind() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Misconfigured, match="later release"):
        desk.open()


LARGE = (
    "contents|submissions|messages|message_keys|case_keys|lanes|deliveries|slips|audit|feed|feed_audience|defendants"
)


Said = dict[str, object]


def daily_work(desk: Desk, ledger: SqlLedger) -> Said:
    """Every statement that the daily work says, with the parameters it had last."""
    said: Said = {}

    def note(_c: object, _cursor: object, statement: str, parameters: object, _context: object, many: bool) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
            said[statement] = parameters[0] if many else parameters  # type: ignore[index]

    for engine in (ledger.writing, ledger.reading):
        event.listen(engine, "before_cursor_execute", note)
    for n in range(3):
        desk.record(ledger, f"m{n}", "court", "cps")
    ledger.bury("m0", "x")
    for slip in ledger.claim_slips(Lane.SEND, 100, 60):
        for claimed in ledger.claim_many([slip.slip.id], 60):
            ledger.keep_outbound(claimed.delivery_id, claimed.fence, KeptOutbound(body=b"", content_type=""))
            ledger.settle(end(claimed, DeliveryEvent.ACKNOWLEDGE))
    ledger.claim_due(10, 60)
    ledger.next_slip_due(Lane.SEND)
    ledger.next_slips_due()
    ledger.sweep(0, 100)
    ledger.seal_once(100)
    ledger.timeline("m1")
    ledger.takes_part("cps", URN.value)
    ledger.find_messages(MessageQuery(key=URN))
    ledger.feed_after(0, "cps", 10)
    for engine in (ledger.writing, ledger.reading):
        event.remove(engine, "before_cursor_execute", note)
    return said


@pytest.mark.parametrize("desk", ["sqlite"], indirect=True)
def test_no_statement_of_the_daily_work_reads_a_whole_table(desk: Desk, ledger: Ledger) -> None:
    assert isinstance(ledger, SqlLedger)
    said = daily_work(desk, ledger)
    with ledger.reading.connect() as connection:
        plans = {
            (statement, row[3])
            for statement, parameters in said.items()
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[arg-type]
        }
    whole = re.compile(
        rf"SCAN ({LARGE})\b(?! USING (COVERING )?INDEX ix_(deliveries_parked|audit_unsealed|feed_unsealed))"
    )
    assert len(said) > 30
    assert not [(statement, plan) for statement, plan in plans if whole.match(plan)]


@pytest.mark.parametrize("desk", ["postgres"], indirect=True)
def test_every_statement_of_the_daily_work_has_an_index_on_postgresql(desk: Desk, ledger: Ledger) -> None:
    assert isinstance(ledger, SqlLedger)
    said = daily_work(desk, ledger)
    with ledger.writing.connect() as connection:
        connection.exec_driver_sql("SET enable_seqscan = off")  # small tables are read whole where that is possible
        plans = [
            (statement, row[0])
            for statement, parameters in said.items()
            if "set_config" not in statement
            for row in connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)  # type: ignore[arg-type]
        ]
        connection.rollback()
    whole = re.compile(rf"Seq Scan on ({LARGE})\b")
    assert len(said) > 30
    assert not [(statement, plan) for statement, plan in plans if whole.search(plan)]


# --- the door


def test_an_accepted_submission_is_kept_whole(desk: Desk, ledger: Ledger) -> None:
    kept = admission("1", new_message("m1", URN, ASN, reference="REF-1"), raw=b"<raw>as it came</raw>")
    assert ledger.admit(kept) == Fresh(b"receipt of 1")
    ledger.close()
    again = desk.open()
    message, submission = again.message("m1"), again.submission("s-1")
    assert again.raw("s-1") == b"<raw>as it came</raw>"
    assert again.canonical("m1") == b"<m>m1</m>"
    assert message is not None
    assert submission is not None
    assert (message.status, message.keys, message.reference) == (MessageStatus.ACCEPTED, (URN, ASN), "REF-1")
    assert (submission.verdict, submission.receipt, submission.size) == (Verdict.ACCEPTED, b"receipt of 1", 21)
    assert [(row.actor, row.action) for row in again.timeline("m1")] == [("42", "accepted")]
    assert slips(again, Lane.INTAKE) == ["m1"]
    again.close()


def test_fifty_at_once_with_one_key_give_one_fresh_and_the_same_receipt_to_all(ledger: Ledger) -> None:
    copies = [
        replace(
            admission("1", new_message(f"m{n}", URN), raw=b"same"), submission_id=f"s{n}", receipt=b"receipt %d" % n
        )
        for n in range(50)
    ]
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(ledger.admit, copies))
    assert sum(isinstance(answer, Fresh) for answer in answers) == 1
    assert sum(isinstance(answer, Repeated) for answer in answers) == 49
    assert len({answer.receipt for answer in answers if not isinstance(answer, Conflict)}) == 1
    assert sum(ledger.counts().messages.values()) == 1
    assert len(slips(ledger, Lane.INTAKE)) == 1


def test_a_repeat_names_the_first_and_stores_nothing(ledger: Ledger) -> None:
    ledger.admit(admission("1", new_message("m1"), raw=b"same"))
    again = replace(admission("1", new_message("m2"), raw=b"same", receipt=b"another"), submission_id="s-2")
    assert ledger.admit(again) == Repeated(b"receipt of 1", "s-1")
    assert ledger.submission("s-2") is None
    assert ledger.message("m2") is None


def test_the_same_key_with_other_bytes_is_a_conflict_which_is_kept_and_audited(ledger: Ledger) -> None:
    first = admission("1", new_message("m1"), raw=b"one")
    ledger.admit(first)
    other = replace(admission("1", new_message("m2"), raw=b"two"), submission_id="s-2")
    assert ledger.admit(other) == Conflict(first.sha256)
    assert ledger.raw("s-2") == b"two"
    assert ledger.message("m2") is None
    assert [row.action for row in ledger.audit_of("submission", "s-2")] == ["conflict"]
    assert ledger.admit(first) == Repeated(b"receipt of 1", "s-1")


def test_the_same_key_of_another_party_is_another_key(ledger: Ledger) -> None:
    ledger.admit(admission("1", new_message("m1"), raw=b"one"))
    other = replace(admission("1", new_message("m2"), raw=b"two", party="43"), submission_id="s-2")
    assert isinstance(ledger.admit(other), Fresh)


def test_a_refused_first_copy_does_not_burn_the_key(ledger: Ledger) -> None:
    refused = admission("1", raw=b"bad", verdict=Verdict.REFUSED, rules=("SPI-07",), receipt=b"refused because")
    assert ledger.admit(refused) == Fresh(b"refused because")
    mended = replace(admission("1", new_message("m1"), raw=b"good"), submission_id="s-2")
    assert ledger.admit(mended) == Fresh(b"receipt of 1")
    (line,) = ledger.audit_of("submission", "s-1")
    assert (line.action, line.detail["rules"]) == ("refused", ["SPI-07"])
    assert slips(ledger, Lane.INTAKE) == ["m1"]


def test_one_bad_admission_does_not_harm_those_that_share_its_commit(ledger: Ledger) -> None:
    ledger.admit(admission("0", new_message("taken")))
    many = [admission(str(n), new_message("taken" if n == 7 else f"m{n}")) for n in range(1, 30)]
    with ThreadPoolExecutor(29) as pool:
        futures = [pool.submit(ledger.admit, one) for one in many]
    failed = [n for n, future in enumerate(futures, 1) if future.exception() is not None]
    assert failed == [7]
    assert isinstance(futures[6].exception(), Defect)
    assert ledger.submission("s-7") is None
    assert ledger.submission("s-8") is not None


def test_the_same_bytes_are_stored_once(desk: Desk, ledger: Ledger) -> None:
    for n in range(3):
        ledger.admit(admission(str(n), new_message(f"m{n}"), raw=b"the same bytes"))
    assert [ledger.raw(f"s-{n}") for n in range(3)] == [b"the same bytes"] * 3
    with desk.behind() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM contents").scalar() == 1


def test_a_pending_submission_is_judged_later_and_only_once(ledger: Ledger) -> None:
    ledger.admit(admission("1", verdict=Verdict.PENDING))
    assert slips(ledger, Lane.INTAKE) == ["s-1"]
    assert [row.id for row in ledger.pending(["s-1", "m1"])] == ["s-1"]
    part = Judgement(verdict=Verdict.PENDING, messages=(new_message("m1"),), cursor="1")
    assert ledger.judge("s-1", part)
    assert sorted(slips(ledger, Lane.INTAKE)) == ["m1", "s-1"]
    assert not ledger.judge("s-1", replace(part, messages=(new_message("m3"),)))  # the same chunk once more
    last = Judgement(verdict=Verdict.ACCEPTED, messages=(new_message("m2"),), began="1", cursor="2")
    assert ledger.judge("s-1", last)
    assert not ledger.judge("s-1", replace(last, messages=(new_message("m3"),), began="2"))
    assert ledger.message("m3") is None
    assert [row.action for row in ledger.audit_of("submission", "s-1")] == [
        "pending", "accepted", "continued", "accepted", "accepted",
    ]  # fmt: skip


def test_what_is_judged_later_is_told_to_its_sender_alone(ledger: Ledger) -> None:
    ledger.admit(admission("1", verdict=Verdict.PENDING))
    told = NewEvent(type="SubmissionJudged", audience=("42",), body='{"submission": "s-1"}')
    ledger.judge("s-1", Judgement(verdict=Verdict.REFUSED, events=(told,)))
    while ledger.seal_once(100):
        pass
    assert [(one.type, one.message_id, one.body) for one in ledger.feed_after(0, "42", 10)] == [
        ("SubmissionJudged", None, '{"submission": "s-1"}')
    ]
    assert ledger.feed_after(0, "a-court", 10) == ()


def test_a_pending_submission_that_is_refused_gives_its_key_back(ledger: Ledger) -> None:
    ledger.admit(admission("1", verdict=Verdict.PENDING, raw=b"bad"))
    ledger.judge("s-1", Judgement(verdict=Verdict.REFUSED, faults='[{"rule": "X"}]', rules=("X",)))
    mended = replace(admission("1", new_message("m1"), raw=b"good"), submission_id="s-2")
    assert isinstance(ledger.admit(mended), Fresh)


def test_a_closed_ledger_is_unavailable(ledger: Ledger) -> None:
    ledger.close()
    with pytest.raises(Unavailable):
        ledger.admit(admission("1"))


@pytest.mark.parametrize("desk", ["sqlite"], indirect=True)
def test_a_full_disk_gives_no_receipt_and_leaves_nothing_half_kept(desk: Desk) -> None:
    ledger = desk.open()
    assert isinstance(ledger, SqlLedger)
    with ledger.writing.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    many = [admission(str(n), new_message(f"m{n}"), raw=bytes([n]) * 90_000) for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(ledger.admit, one) for one in many]
    assert {type(future.exception()) for future in futures} == {Unavailable}
    assert sum(ledger.counts().messages.values()) == 0
    with ledger.writing.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 100000")
    assert [type(ledger.admit(one)) for one in many] == [Fresh] * 8
    ledger.close()


CHILD = """
import sys
from threading import Thread
from uuid import uuid4
from hub.ledger.engine import open_ledger
from tests.doubles.clock import Clock
from tests.doubles.traffic import admission, new_message

ledger = open_ledger(sys.argv[1], Clock(), lambda: str(uuid4()))

def send(thread):
    for n in range(100000):
        id = f"{thread}-{n}"
        receipt = ledger.admit(admission(id, new_message(f"m-{id}"))).receipt
        sys.stdout.write(receipt.decode() + chr(10))
        sys.stdout.flush()

for thread in range(8):
    Thread(target=send, args=(thread,), daemon=True).start()
sys.stdin.read()
"""


def test_every_receipt_given_before_a_kill_is_there_after_reopening(desk: Desk) -> None:
    root = Path(__file__).resolve().parents[2]
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, desk.url],
        cwd=root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdin is not None
    given = [child.stdout.readline() for _ in range(300)]
    child.send_signal(signal.SIGKILL)
    given += child.stdout.readlines()
    child.wait()
    child.stdout.close()
    child.stdin.close()
    ids = [
        line.removeprefix("receipt of ").strip()
        for line in given
        if line.startswith("receipt of ") and line[-1] == "\n"
    ]
    assert len(ids) >= 300
    ledger = desk.open()
    for id in ids:
        submission, message = ledger.submission(f"s-{id}"), ledger.message(f"m-{id}")
        assert submission is not None
        assert submission.receipt == f"receipt of {id}".encode()
        assert message is not None
        assert ledger.canonical(message.id) == f"<m>m-{id}</m>".encode()
    assert len(slips(ledger, Lane.INTAKE)) >= min(len(ids), 1000)
    ledger.close()


# --- reading, keys


def test_messages_are_found_by_key_party_type_status_and_time_page_by_page(desk: Desk, ledger: Ledger) -> None:
    for n in range(5):
        ledger.admit(admission(str(n), new_message(f"m{n}", URN if n % 2 else ASN), party=f"4{n % 2}"))
        desk.clock.advance(60)
    ledger.intake(["m1"], miss)
    ledger.intake(["m0"], miss)

    def ids(**query: object) -> list[str]:
        return [row.id for row in ledger.find_messages(MessageQuery(**query)).rows]  # type: ignore[arg-type]

    first = ledger.find_messages(MessageQuery(limit=2))
    assert [row.id for row in first.rows] == ["m4", "m3"]
    assert ids(limit=2, before=first.next) == ["m2", "m1"]
    assert ids(key=URN) == ["m3", "m1"]
    assert ids(party="40", status=MessageStatus.ACCEPTED) == ["m4", "m2"]
    assert ids(submission_id="s-2") == ["m2"]
    assert ids(type="PrisonerReleased") == []
    assert ids(since=Clock().at.replace(minute=2), until=Clock().at.replace(minute=3)) == ["m2"]
    assert ledger.find_messages(MessageQuery(limit=5)).next is None
    assert ledger.counts().messages[MessageStatus.UNMATCHED] == 2


def test_those_who_sent_or_were_to_receive_take_part_in_a_case(desk: Desk, ledger: Ledger) -> None:
    desk.record(ledger, "m1", "court")
    assert [ledger.takes_part(party, URN.value) for party in ("42", "court", "cps")] == [True, True, False]
    assert not ledger.takes_part("42", "another case")


def test_a_key_is_found_until_it_is_revoked(ledger: Ledger) -> None:
    key_id = ledger.add_key("42", "hash-1", "first", ["submit", "read"])
    found = ledger.find_key("hash-1")
    assert found is not None
    assert (found.id, found.party, found.scopes) == (key_id, "42", ("read", "submit"))
    assert ledger.find_key("hash-2") is None
    assert ledger.revoke_key(key_id, "admin")
    assert not ledger.revoke_key(key_id, "admin")
    assert ledger.find_key("hash-1") is None
    assert [key.revoked_at is not None for key in ledger.list_keys("42")] == [True]
    assert ledger.list_keys("43") == ()
    assert [row.action for row in ledger.audit_of("key", key_id)] == ["added", "revoked"]


@pytest.mark.parametrize("url", ["not an address", "oracle://x/y"])
def test_an_address_that_is_no_database_of_ours_is_refused_with_words(url: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        open_ledger(url, lambda: datetime.now(UTC), str)
    assert "sqlite:///PATH" in caught.value.faults[0]


def test_a_file_that_is_no_database_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "hub.sqlite").write_bytes(b"this is not a database at all" * 100)
    with pytest.raises(Misconfigured) as caught:
        open_ledger(f"sqlite:///{tmp_path / 'hub.sqlite'}", lambda: datetime.now(UTC), str)
    assert "hub.sqlite" in caught.value.faults[0]
