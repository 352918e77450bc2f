"""cjhub migrate: what is missing is told, done once, and done while others work; a hub waits for it with words."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from time import monotonic

import psycopg
import pytest

from hub.ledger import migrations
from hub.ledger.upgrade import shape_of, upgrade
from tests.servers.postgres import Server
from tests.unit.cli.conftest import Run

HEAD = "0010"


@pytest.fixture
def url(postgres: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty database on PostgreSQL, which the commands take for the ledger's. Its address holds a password."""
    with postgres.database("template1") as made:
        with_password = made.replace("hub@", "hub:horse-battery@")
        monkeypatch.setenv("CJHUB_DATABASE_URL", with_password)
        yield with_password


def nothing(attempt: int) -> None:
    raise AssertionError("no table is in use")


def test_a_dry_run_prints_the_sql_and_changes_nothing(run: Callable[..., Run], url: str) -> None:
    told = run("migrate", "--dry-run")
    assert told.code == 0
    assert "CREATE TABLE submissions" in told.out
    assert "CREATE INDEX CONCURRENTLY ix_audit_unsealed ON audit (row) WHERE number IS NULL" in told.out
    assert f"no tables yet; this release needs {HEAD}" in told.err
    assert shape_of(url).current is None


def test_the_sql_of_a_dry_run_does_what_migrate_does(run: Callable[..., Run], url: str, postgres: Server) -> None:
    said = run("migrate", "--dry-run").out
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in said.split(";\n"):
            lines = [line for line in statement.splitlines() if not line.lstrip().startswith("--")]
            if text := "\n".join(lines).strip():
                connection.execute(text.encode())
    assert shape_of(url).current == HEAD


def test_migrate_takes_the_steps_once(run: Callable[..., Run], url: str) -> None:
    first, again = run("migrate"), run("migrate")
    assert (first.code, again.code) == (0, 0)
    assert f"done: at {HEAD}" in first.out
    assert "0001 The first shape of the ledger." in first.err
    assert again.out == ""
    assert f"at {HEAD}; this release needs {HEAD}" in again.err


def test_migrate_makes_the_ledger_of_a_data_folder(run: Callable[..., Run], tmp_path: Path) -> None:
    assert run("migrate").code == 0
    assert shape_of(f"sqlite:///{tmp_path / 'data' / 'hub.sqlite'}").steps == ()


@pytest.mark.parametrize("command", ["serve", "work"])
def test_a_hub_on_tables_that_are_behind_names_the_command_and_no_password(
    run: Callable[..., Run], url: str, command: str
) -> None:
    upgrade(url, nothing, "0003")
    told = run(command)
    assert told.code == 2
    assert f"is at step 0003, and this release needs {HEAD}: run cjhub migrate" in told.err
    assert "horse-battery" not in told.err + told.out


def test_a_server_that_is_away_is_told_without_the_password(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CJHUB_DATABASE_URL", "postgresql://hub:horse-battery@127.0.0.1:1/hub?sslpassword=battery")
    for words in (["migrate"], ["serve"], ["keys", "list"], ["doctor", "--json"]):
        told = run(*words)
        assert told.code == (1 if words[0] == "doctor" else 3), told.err
        assert "postgresql://hub@127.0.0.1:1/hub" in told.err + told.out
        assert "battery" not in told.err + told.out


def test_doctor_looks_at_the_server_too(run: Callable[..., Run], url: str) -> None:
    upgrade(url, nothing)
    told = run("doctor")
    assert "fsync is off" in told.out, "as it is on a server for tests"
    assert "its tables are up to date" in told.out
    assert "battery" not in told.err + told.out


def test_two_migrations_never_run_at_once(run: Callable[..., Run], url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(f"SELECT pg_advisory_lock({migrations._ONE_AT_A_TIME})")
        told = run("migrate")
    assert told.code == 3
    assert "another migration" in told.err
    assert run("migrate").code == 0


def test_a_step_that_finds_its_table_in_use_is_put_off_and_done_later(url: str) -> None:
    upgrade(url, nothing, "0003")
    attempts: list[int] = []
    with psycopg.connect(url) as holder:
        holder.execute("LOCK TABLE slips IN SHARE UPDATE EXCLUSIVE MODE")

        def put_off(attempt: int) -> None:
            attempts.append(attempt)
            holder.rollback()

        upgrade(url, put_off)
    assert attempts == [1]
    assert shape_of(url).current == HEAD


def test_the_release_before_goes_on_writing_while_the_tables_change(url: str) -> None:
    upgrade(url, nothing, "0003")
    stop, written, slowest = Event(), [0], [0.0]

    def serve() -> None:
        with psycopg.connect(url) as connection:
            while not stop.is_set():
                begun = monotonic()
                connection.execute(
                    "INSERT INTO audit (at, actor, action, subject_kind, subject_id, detail) VALUES (1,'a','b','c','d','{}')"
                )
                connection.execute("INSERT INTO slips (lane, subject, due_at) VALUES ('intake', 'm', 1)")
                connection.execute("UPDATE audit SET number = row, row_hash = 'x' WHERE number IS NULL")
                connection.execute("DELETE FROM slips")
                connection.commit()
                written[0] += 1
                slowest[0] = max(slowest[0], monotonic() - begun)

    thread = Thread(target=serve)
    thread.start()
    try:
        upgrade(url, nothing)
        done = written[0]
        end = monotonic() + 10
        while written[0] < done + 10 and monotonic() < end:
            stop.wait(0.01)
    finally:
        stop.set()
        thread.join()
    sys.stdout.write(f"{written[0]} transactions beside the migration, the slowest {slowest[0] * 1000:.0f} ms\n")
    assert written[0] >= done + 10
    assert slowest[0] < 2
    assert shape_of(url).current == HEAD


def test_what_an_index_built_half_left_behind_is_built_anew(url: str) -> None:
    upgrade(url, nothing, "0003")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE INDEX ix_audit_unsealed ON audit (row)")
    upgrade(url, nothing)
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_audit_unsealed'").fetchone()
    assert row is not None
    assert "WHERE (number IS NULL)" in row[0]


def test_a_database_in_another_encoding_is_refused_with_words(
    run: Callable[..., Run], postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres.say("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' LOCALE_PROVIDER libc TEMPLATE template0")
    monkeypatch.setenv("CJHUB_DATABASE_URL", postgres.url("latin"))
    told = run("migrate")
    assert told.code == 2
    assert "encoding is LATIN1" in told.err


def test_a_hub_started_by_itself_ends_with_words_where_the_tables_are_missing(tmp_path: Path, url: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "hub", "serve", "--port", "0"],
        env=os.environ | {"CJHUB_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 2
    assert "has no tables yet" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "battery" not in ended.stderr
