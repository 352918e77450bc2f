"""cjhub serve, work, send and doctor: one process a data folder, an ordered end, what a machine lacks."""

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import urllib3

from hub.cli.folder import held, is_held, lock_of, settings_of
from hub.message.errors import Unavailable
from tests.doubles.clamd import daemon
from tests.doubles.sftp_server import Server, make_key, sftp_server
from tests.doubles.traffic import Desk
from tests.unit.cli.conftest import Run

OTHER_HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMDFZQvNecFcp8/rkLTWoE5aC719RC2jOzb71CPpyYRd"


@contextmanager
def started(command: str, tmp_path: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A command in a process of its own, from its first line on."""
    env = os.environ | {"CJHUB_DATA": str(tmp_path / "data"), "CJHUB_CONFIG": str(tmp_path / "config")}
    with subprocess.Popen(
        [sys.executable, "-m", "hub", command, *arguments],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline()
        finally:
            process.kill()


def ended(process: subprocess.Popen[str], number: signal.Signals) -> int:
    process.send_signal(number)
    return process.wait(30)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_takes_documents_and_ends_in_order(
    run: Callable[..., Run], tmp_path: Path, case_file: Path, broken: Path, number: signal.Signals
) -> None:
    key = run("keys", "add", "north-court").out.strip()
    with started("serve", tmp_path, "--port", "0") as (process, line):
        address = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert address, process.stderr and process.stderr.read()
        sent = run("send", case_file, broken, "--to", address[0], "--key", key, "--json")
        outcomes = [json.loads(each)["outcome"] for each in sent.out.splitlines()]
        assert outcomes == ["taken", "refused"], sent.out
        assert sent.code == 1
        assert run("keys", "add", "north-police").code == 0, "a key can be added while the hub runs"
        assert ended(process, number) == 0
    assert not is_held(tmp_path / "data" / "hub.lock")
    ledger = Desk(tmp_path / "data" / "hub.sqlite").open()
    assert ledger.recent(10), "what was accepted is in the ledger"
    ledger.close()


def test_no_answer_on_a_kept_connection_waits_for_an_acknowledgement(config: Path, tmp_path: Path) -> None:
    with started("serve", tmp_path, "--port", "0") as (process, line):
        address = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert address, process.stderr and process.stderr.read()
        with urllib3.PoolManager(maxsize=1, retries=False) as pool:
            times = []
            for _ in range(20):
                begun = time.monotonic()
                assert pool.request("GET", f"{address[0]}/livez").status == 200
                times.append(time.monotonic() - begun)
        assert ended(process, signal.SIGTERM) == 0
    assert min(times[5:]) < 0.03, "a caller acknowledges 40 ms after the first half of an answer"


def test_work_runs_without_doors_and_ends_in_order(tmp_path: Path, config: Path) -> None:
    with started("work", tmp_path) as (process, line):
        assert line.startswith("CJ Hub works")
        assert ended(process, signal.SIGTERM) == 0


@pytest.mark.parametrize("command", ["serve", "work"])
def test_a_data_folder_in_use_is_refused_with_the_holders_process(
    run: Callable[..., Run], tmp_path: Path, command: str
) -> None:
    settings = settings_of(None, data=tmp_path / "data")
    with held(settings, "serve"):
        told = run(command)
    assert told.code == 3
    assert f"in use by process {os.getpid()} (cjhub serve)" in told.err


def test_a_lock_goes_with_its_holder(tmp_path: Path) -> None:
    settings = settings_of(None, data=tmp_path / "data")
    lock = lock_of(settings)
    assert lock is not None
    with held(settings, "serve"):
        assert is_held(lock)
        with pytest.raises(Unavailable), held(settings, "work"):
            pass
    assert not is_held(lock)
    with held(settings, "work"):
        assert "cjhub work" in lock.read_text()


def test_a_port_in_use_is_told(run: Callable[..., Run]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = run("serve", "--port", port)
    assert told.code == 3
    assert f"127.0.0.1 port {port} cannot be listened on" in told.err


def test_what_the_command_line_gives_overrules_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CJHUB_PORT", "9001")
    assert settings_of(None, port=9002).port == 9002
    assert settings_of(None, port=None).port == 9001


# --- send


def test_a_hub_that_is_away_is_told_apart_from_a_refusal(run: Callable[..., Run], case_file: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    told = run("send", case_file, "--to", f"http://127.0.0.1:{port}", "--key", "k", "--json")
    assert told.code == 3
    assert json.loads(told.out)["outcome"] == "away"


def test_one_idempotency_key_is_for_one_document(run: Callable[..., Run], case_file: Path) -> None:
    told = run("send", case_file, case_file, "--to", "http://127.0.0.1", "--key", "k", "--idempotency-key", "x")
    assert told.code == 2


def test_an_address_without_a_scheme_is_wrong_usage(run: Callable[..., Run], case_file: Path) -> None:
    assert run("send", case_file, "--to", "localhost:8080", "--key", "k").code == 2


# --- doctor


def doctor(run: Callable[..., Run], *arguments: object) -> tuple[int, dict[str, dict[str, str]]]:
    told = run("doctor", "--json", *arguments)
    return told.code, {line["name"]: line for line in map(json.loads, told.out.splitlines())}


def test_a_sound_installation_has_nothing_that_fails(
    run: Callable[..., Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("CJHUB_PORT", str(port))
    Desk(tmp_path / "data" / "hub.sqlite").open().close()
    code, checks = doctor(run)
    assert code == 0, checks
    assert {"python", "settings", "data folder", "space", "lock", "port", "ledger", "audit"} <= set(checks)
    assert checks["schemas"]["verdict"] == checks["explainer"]["verdict"] == "ok"
    assert checks["parties"]["words"] == "2: north-court, north-police"
    assert checks["north-court: folder out"]["verdict"] == "ok"


def test_a_fault_of_the_configuration_fails_and_says_what_to_do(run: Callable[..., Run], config: Path) -> None:
    (config / "parties" / "bad.toml").write_text("[party]\n")
    code, checks = doctor(run)
    assert code == 1
    assert checks["configuration"]["verdict"] == "fail"
    assert checks["configuration"]["todo"]


def test_a_wrong_setting_fails_and_ends_the_examination(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CJHUB_THREADS", "many")
    code, checks = doctor(run)
    assert code == 1
    assert "threads" in checks["settings"]["words"]


def test_a_ledger_that_was_tampered_with_fails(run: Callable[..., Run], tmp_path: Path) -> None:
    desk = Desk(tmp_path / "data" / "hub.sqlite")
    ledger = desk.open("court")
    desk.record(ledger, "m1", "court")
    assert ledger.seal_once(100)
    ledger.close()
    with closing(sqlite3.connect(desk.path, isolation_level=None)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")  # whoever can write the file can do this too
        connection.execute("UPDATE audit SET actor = 'somebody else' WHERE number = 1")
    code, checks = doctor(run)
    assert code == 1
    assert checks["audit"]["verdict"] == "fail"


def test_no_scanner_is_warned_of_and_one_that_is_set_is_tried(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert doctor(run)[1]["scanner"]["verdict"] == "warn"
    monkeypatch.setenv("CJHUB_SCANNER", "clamd")
    with daemon() as double:
        monkeypatch.setenv("CJHUB_SCANNER_ADDRESS", double.address)
        assert doctor(run)[1]["scanner"]["verdict"] == "ok"
    code, checks = doctor(run)
    assert (code, checks["scanner"]["verdict"]) == (1, "fail")
    monkeypatch.setenv("CJHUB_SCANNER", "nobody")
    assert "no package brings a scanner 'nobody'" in doctor(run)[1]["scanner"]["words"]


def test_addresses_are_knocked_at_on_request_only(run: Callable[..., Run], config: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    party = f'[party]\ncode = "far"\nname = "Far"\nagency = "cps"\n[endpoint]\nkind = "http"\nurl = "http://127.0.0.1:{port}"\n'
    (config / "parties" / "far.toml").write_text(party)
    assert "far: address" not in doctor(run)[1]
    assert doctor(run, "--endpoints")[1]["far: address"]["verdict"] == "warn"


def test_a_broker_that_cannot_be_had_fails_without_its_password(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CJHUB_DATABASE_URL", "postgresql+psycopg://127.0.0.1:1/none")
    monkeypatch.setenv("CJHUB_BROKER_URL", "amqp://hub:s3cret@127.0.0.1:1/vh")
    code, checks = doctor(run)
    assert code == 1
    assert checks["broker"]["verdict"] == "fail"
    assert checks["broker"]["words"].startswith("amqp://127.0.0.1:1/vh: ConnectionRefusedError")
    assert "s3cret" not in str(checks)


# --- doctor: parties' SFTP servers


@contextmanager
def sftp_party(config: Path, folder: Path, **changes: str) -> Iterator[Server]:
    """A party that receives and sends by SFTP, and its server. A change replaces a line of the place."""
    with sftp_server(folder / "sftp") as server:
        (server.root / "in").mkdir()
        server.user_key = make_key(folder / "user-key")
        lines = {
            "at": f'host = "127.0.0.1"\nport = {server.port}',
            "path": 'path = "/in"',
            "user": 'user = "cjhub"',
            "key": f'key_file = "{folder}/user-key"',
            "host_key": f'host_key = "{server.host_key}"',
        } | changes
        place = "\n".join(lines.values())
        text = f'[party]\ncode = "a-cps"\nname = "CPS"\nagency = "cps"\n[sends.sftp]\n{place}\n[endpoint]\nkind = "sftp"\n{place}\n'
        (config / "parties" / "a-cps.toml").write_text(text)
        yield server


def test_an_sftp_server_is_asked_only_where_that_is_wanted(
    run: Callable[..., Run], config: Path, tmp_path: Path
) -> None:
    with sftp_party(config, tmp_path) as server:
        _, checks = doctor(run)
        assert checks["a-cps: SFTP in"]["verdict"] == checks["a-cps: SFTP out"]["verdict"] == "ok"
        assert server.log_ins == []
        _, checks = doctor(run, "--endpoints")
    for name in ("a-cps: SFTP in", "a-cps: SFTP out"):
        assert checks[name]["verdict"] == "ok"
        assert "has the pinned key, lets cjhub in and has /in" in checks[name]["words"]
    assert server.log_ins == ["yes", "yes"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"host_key": f'host_key = "{OTHER_HOST_KEY}"'}, "shows the host key SHA256:"),
        ({"user": 'user = "somebody"'}, "refuses the user somebody"),
        ({"path": 'path = "/missing"'}, "there is no such folder"),
        ({"at": 'host = "127.0.0.1"\nport = 1'}, "takes no connections"),
        ({"key": 'password_env = "CJHUB_TEST_NOT_SET"'}, "the environment has no CJHUB_TEST_NOT_SET"),
    ],
)
def test_what_is_wrong_with_an_sftp_server_fails_and_says_what_to_do(
    run: Callable[..., Run], config: Path, tmp_path: Path, changes: dict[str, str], words: str
) -> None:
    with sftp_party(config, tmp_path, **changes):
        code, checks = doctor(run, "--endpoints")
    assert code == 1
    assert checks["a-cps: SFTP out"]["verdict"] == "fail"
    assert words in checks["a-cps: SFTP out"]["words"]
    assert checks["a-cps: SFTP out"]["todo"]


def test_a_private_key_that_others_can_read_is_a_warning(run: Callable[..., Run], config: Path, tmp_path: Path) -> None:
    with sftp_party(config, tmp_path):
        (tmp_path / "user-key").chmod(0o640)
        told = run("doctor", "--json").out
    assert "user-key can be read by others than its owner" in told
    assert f"chmod 600 {tmp_path}/user-key" in told
