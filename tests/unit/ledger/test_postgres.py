"""Connections to PostgreSQL: every wait ends, what is lost heals, and nothing shows what it should not."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError

from hub.ledger import Ledger
from hub.ledger.admission import Fresh, OrderKey
from hub.ledger.engine import SqlLedger, open_ledger
from hub.ledger.postgres import open_engines
from hub.message.errors import Defect, Misconfigured, Unavailable
from hub.message.slip import Lane
from tests.doubles.traffic import Desk, admission, new_message
from tests.hubs import wait_until
from tests.servers.postgres import Server


@pytest.fixture
def desk(postgres: Server) -> Iterator[Desk]:
    with postgres.database() as url:
        yield Desk(url)


@pytest.fixture
def ledger(desk: Desk) -> Iterator[Ledger]:
    opened = desk.open("court")
    yield opened
    opened.close()


@contextmanager
def engines(url: str, **more: float) -> Iterator[tuple[Engine, Engine]]:
    made = open_engines(url, 2, **more)
    try:
        yield made
    finally:
        for engine in made:
            engine.dispose()


def answers(engine: Engine) -> bool:
    try:
        with engine.connect() as connection:
            return connection.exec_driver_sql("SELECT 1").scalar() == 1
    except DBAPIError:
        return False


def test_a_server_that_lives_and_says_nothing_is_given_up_and_comes_back(desk: Desk, postgres: Server) -> None:
    with engines(desk.url, patience=0.5) as (writing, reading):
        assert answers(writing)
        assert answers(reading)
        with postgres.frozen():
            begun = monotonic()
            assert not answers(reading)
            assert monotonic() - begun < 5
            begun = monotonic()
            assert not answers(reading)
            assert monotonic() - begun < 0.1, "it was away a moment ago"
        wait_until(lambda: answers(reading) and answers(writing))


def test_a_statement_that_takes_long_but_ends_in_time_is_waited_for(desk: Desk) -> None:
    with engines(desk.url, patience=2) as (_, reading), reading.connect() as connection:
        assert connection.exec_driver_sql("SELECT pg_sleep(0.5) IS NOT NULL").scalar() is True


def test_connections_that_the_server_ended_are_made_anew_without_a_failure(desk: Desk, ledger: Ledger) -> None:
    ledger.admit(admission("1", new_message("m1")))
    with desk.behind() as connection:
        ended = connection.exec_driver_sql(
            "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE application_name = 'cjhub'"
            " AND datname = current_database()"
        ).scalar()
    assert ended
    assert isinstance(ledger.admit(admission("2", new_message("m2"))), Fresh)
    assert ledger.message("m1") is not None


def test_a_connection_lost_in_the_middle_of_a_unit_is_unavailable_and_nothing_of_it_is_kept(
    desk: Desk, ledger: Ledger
) -> None:
    ledger.admit(admission("1", new_message("m1", OrderKey("ASN", "1"))))

    def end_it(*_: object) -> object:
        with desk.behind() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'cjhub'"
                " AND state = 'idle in transaction' AND datname = current_database()"
            )
        raise KeyError("after the connection was lost")

    with pytest.raises(Unavailable):
        ledger.intake(["m1"], end_it)  # type: ignore[arg-type]
    message = ledger.message("m1")
    assert message is not None
    assert (message.status.value, message.defects) == ("ACCEPTED", 0)
    assert [one.slip.id for one in ledger.claim_slips(Lane.INTAKE, 10, 60)] == ["m1"]


def test_a_server_that_has_become_a_copy_is_unavailable_and_its_connections_are_given_up(
    desk: Desk, ledger: Ledger
) -> None:
    assert isinstance(ledger, SqlLedger)

    def of_a_copy(connection: Any, *_: object) -> None:
        connection.read_only = True  # what a server that is one says of itself, it says to every transaction

    event.listen(ledger.writing, "checkout", of_a_copy)
    with pytest.raises(Unavailable, match="ReadOnlySqlTransaction"):
        ledger.admit(admission("1", new_message("m1")))
    event.remove(ledger.writing, "checkout", of_a_copy)
    assert isinstance(ledger.admit(admission("1", new_message("m1"))), Fresh)


def test_no_failure_tells_a_value_of_the_row_that_failed(ledger: Ledger) -> None:
    secret = OrderKey("ASN", "Sampleton-1990-01-31")
    ledger.admit(admission("1", new_message("m1", secret)))
    with pytest.raises(Defect) as caught:
        ledger.admit(admission("2", new_message("m1", secret, type=None)))
    assert "Sampleton" not in str(caught.value)
    assert "messages" in str(caught.value) or "type" in str(caught.value)


def test_a_server_that_is_away_is_told_at_once_and_the_password_never(postgres: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    begun = monotonic()
    with pytest.raises(Unavailable, match=rf"postgresql://hub@127\.0\.0\.1:{port}/x: connection failed") as caught:
        open_ledger(f"postgresql://hub:horse@127.0.0.1:{port}/x?sslpassword=battery", Desk(Path("x")).clock, str)
    assert monotonic() - begun < 1
    assert not [word for word in ("horse", "battery") if word in str(caught.value)]


def test_a_database_that_does_not_exist_is_told(postgres: Server) -> None:
    with pytest.raises(Unavailable, match='database "nowhere" does not exist'):
        open_ledger(postgres.url("nowhere"), Desk(Path("x")).clock, str)


def test_a_server_that_would_answer_before_it_has_written_is_told_not_to(desk: Desk) -> None:
    name = desk.url.rpartition("/")[2]
    with psycopg.connect(desk.url, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    with engines(desk.url) as (writing, _), writing.connect() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"


def test_tables_that_are_behind_are_refused(postgres: Server) -> None:
    with postgres.database("template1") as url, pytest.raises(Misconfigured, match="cjhub migrate"):
        open_ledger(url, Desk(Path("x")).clock, str)
