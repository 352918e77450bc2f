"""Files out by SFTP, against a real server on loopback: whole or not at all, to the pinned server only, and in time."""

import socket
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest

from hub.message.errors import Unavailable
from hub.wire import Consignment, Seen, Stuck
from hub.wire.host_keys import HostKey, parse_host_key
from hub.wire.sftp import SftpStore, SftpTransport, check
from hub.wire.sftp_session import Account, load_key
from tests.doubles.sftp_server import PASSWORD, USER, Server, make_key, sftp_server

BODY = bytes(range(256)) * 500  # several writes
NAME = "0199-delivery.xml"


def account(server: Server, **other: object) -> Account:
    known = {"host": "127.0.0.1", "port": server.port, "user": USER, "credential": PASSWORD}
    return Account(**(known | {"host_keys": (parse_host_key(server.host_key),)} | other))  # type: ignore[arg-type]


@contextmanager
def transport(server: Server, folder: str = "/in", timeout: float = 10, **other: object) -> Iterator[SftpTransport]:
    made = SftpTransport(account(server, **other), folder, timeout=timeout, connections=2)
    try:
        yield made
    finally:
        made.close()


def consignment(body: bytes = BODY, name: str = NAME) -> Consignment:
    return Consignment(body=body, content_type="text/xml", name=name)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with sftp_server(tmp_path / "server") as made:
        (made.root / "in").mkdir()
        yield made


def names(server: Server) -> list[str]:
    return sorted(path.name for path in (server.root / "in").iterdir())


def refusal(server: Server, act: Callable[[], object]) -> str:
    """What an attempt is refused with; the secret is never in it."""
    with pytest.raises(Unavailable) as caught:
        act()
    assert PASSWORD not in str(caught.value)
    return str(caught.value)


# --- whole or not at all


def test_a_file_arrives_whole_and_is_on_the_disk_before_it_has_its_name(server: Server) -> None:
    with transport(server) as out:
        assert out.send(consignment()).status == 0
    assert (server.root / "in" / NAME).read_bytes() == BODY
    assert names(server) == [NAME]
    assert server.asked.index("fsync") < server.asked.index("posix-rename")


def test_the_bytes_land_under_a_hidden_name_first(server: Server) -> None:
    server.on("posix-rename", "drop")
    with transport(server) as out:
        refusal(server, lambda: out.send(consignment()))
    assert names(server) == [f".{NAME}.part"]


@pytest.mark.parametrize("extensions", [("posix-rename@openssh.com", "fsync@openssh.com"), ()])
def test_a_repeat_replaces_the_same_file(server: Server, extensions: tuple[str, ...]) -> None:
    server.extensions = extensions
    with transport(server) as out:
        out.send(consignment(b"the first time"))
        out.send(consignment(b"the second time"))
    assert names(server) == [NAME]
    assert (server.root / "in" / NAME).read_bytes() == b"the second time"


def test_an_empty_file_and_a_name_with_folders_in_it_are_put_into_the_folder(server: Server) -> None:
    with transport(server) as out:
        out.send(consignment(b"", "../../elsewhere/empty.xml"))
    assert names(server) == ["empty.xml"]


@pytest.mark.parametrize("act", ["drop", "lose"])
@pytest.mark.parametrize("request_name", ["open", "write", "fsync", "close", "stat", "posix-rename"])
def test_a_connection_lost_at_any_point_leaves_no_half_file_and_the_next_attempt_puts_it_there(
    server: Server, request_name: str, act: str
) -> None:
    server.on(request_name, act, times=1)
    renamed = (request_name, act) == ("posix-rename", "lose")  # whole, and only its answer was lost
    with transport(server) as out:
        assert "broke" in refusal(server, lambda: out.send(consignment()))
        assert [name for name in names(server) if name[0] != "."] == ([NAME] if renamed else [])
        out.send(consignment())
    assert names(server) == [NAME]
    assert (server.root / "in" / NAME).read_bytes() == BODY


def test_a_full_disk_is_told_and_leaves_nothing(server: Server) -> None:
    server.on("write", "full")
    with transport(server) as out:
        assert "disk is full" in refusal(server, lambda: out.send(consignment()))
        assert names(server) == []
        server.acts = lambda asked: None
        out.send(consignment())
    assert names(server) == [NAME]


def test_a_server_that_keeps_less_than_it_says_is_told_and_leaves_nothing(server: Server) -> None:
    def truncated(asked: str) -> None:
        if asked == "stat" and (part := server.root / "in" / f".{NAME}.part").exists():
            part.write_bytes(BODY[:1000])

    server.acts = truncated
    with transport(server) as out:
        assert f"kept 1000 of {len(BODY)} bytes" in refusal(server, lambda: out.send(consignment()))
    assert names(server) == []


@pytest.mark.parametrize(
    ("request_name", "act", "words"),
    [
        ("open", "deny", "cjhub may not: ask the party for the right"),
        ("write", "fail", "without a reason. Often the disk is full"),
        ("fsync", "fail", "without a reason"),
        ("posix-rename", "deny", "could not write to /in: cjhub may not"),
    ],
)
def test_what_the_server_refuses_is_told_with_what_to_do(
    server: Server, request_name: str, act: str, words: str
) -> None:
    server.on(request_name, act)
    with transport(server) as out:
        assert words in refusal(server, lambda: out.send(consignment()))
    assert NAME not in names(server)


def test_a_folder_that_is_not_there_is_named(server: Server) -> None:
    with transport(server, folder="/missing") as out:
        words = refusal(server, lambda: out.send(consignment()))
    assert "could not write to /missing: there is no such folder" in words


# --- the right server, and nobody else


def test_another_host_key_is_refused_with_both_fingerprints_and_nothing_is_sent(server: Server, tmp_path: Path) -> None:
    other = make_key(tmp_path / "other")
    pinned = HostKey(kind="ssh-ed25519", blob=other.asbytes())
    with transport(server, host_keys=(pinned,)) as out:
        words = refusal(server, lambda: out.send(consignment()))
    assert pinned.fingerprint in words
    assert parse_host_key(server.host_key).fingerprint in words
    assert "nothing was sent" in words
    assert server.log_ins == []
    assert names(server) == []


def test_of_several_pinned_keys_one_is_enough(server: Server, tmp_path: Path) -> None:
    other = HostKey(kind="ssh-ed25519", blob=make_key(tmp_path / "other").asbytes())
    with transport(server, host_keys=(other, parse_host_key(server.host_key))) as out:
        out.send(consignment())
    assert names(server) == [NAME]


def test_a_server_with_keys_of_several_kinds_shows_the_one_that_is_pinned(server: Server) -> None:
    second = paramiko.ECDSAKey.generate()
    server.host_keys.append(second)
    pinned = parse_host_key(f"{second.get_name()} {second.get_base64()}")
    with transport(server, host_keys=(pinned,)) as out:
        out.send(consignment())
    assert names(server) == [NAME]


# --- logging in


def test_a_private_key_lets_in(server: Server, tmp_path: Path) -> None:
    server.user_key = make_key(tmp_path / "user-key")
    with transport(server, credential=load_key(tmp_path / "user-key")) as out:
        out.send(consignment())
    assert server.log_ins == ["yes"]


@pytest.mark.parametrize("secret", ["wrong-secret", "key"])
def test_a_refused_log_in_says_whom_and_never_the_secret(server: Server, tmp_path: Path, secret: str) -> None:
    server.user_key = make_key(tmp_path / "theirs") if secret == "key" else None
    make_key(tmp_path / "ours")
    credential = load_key(tmp_path / "ours") if secret == "key" else secret
    with transport(server, credential=credential) as out:
        words = refusal(server, lambda: out.send(consignment()))
    assert "refuses the user cjhub" in words
    assert "wrong-secret" not in words
    assert "wrong-secret" not in repr(account(server, credential=credential))


def test_a_server_that_takes_no_passwords_is_told(server: Server, tmp_path: Path) -> None:
    server.user_key = make_key(tmp_path / "user-key")
    with transport(server) as out:
        assert "takes no password from the user cjhub" in refusal(server, lambda: out.send(consignment()))


def test_a_key_file_that_is_none_is_told(tmp_path: Path) -> None:
    make_key(tmp_path / "locked", passphrase="an invented passphrase")
    (tmp_path / "text").write_text("no key")
    for name, words in {"locked": "has a passphrase", "text": "no private key", "missing": "cannot be read"}.items():
        with pytest.raises(ValueError, match=words):
            load_key(tmp_path / name)


# --- in time


@pytest.mark.parametrize("request_name", ["log in", "open", "write", "fsync", "close", "posix-rename"])
def test_a_server_that_hangs_at_any_point_is_given_up_in_time(server: Server, request_name: str) -> None:
    server.on(request_name, "hang", times=1)
    with transport(server, timeout=0.8) as out:
        assert "did not answer in time" in refusal(server, lambda: out.send(consignment()))
        assert NAME not in names(server)


def test_a_server_that_takes_the_call_and_says_nothing_is_given_up_in_time(server: Server) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        transport(server, timeout=0.5, port=silent.getsockname()[1]) as out,
    ):
        assert "did not answer in time" in refusal(server, lambda: out.send(consignment()))


def test_a_server_that_stops_reading_is_given_up_in_time(server: Server) -> None:
    reading = threading.Event()

    def stalled(asked: str) -> str | None:
        if asked == "write":
            reading.set()
            server.stopped.wait(30)
        return None

    server.acts = stalled
    with transport(server, timeout=0.8) as out:
        assert "did not answer in time" in refusal(server, lambda: out.send(consignment(BODY * 40)))
    assert reading.is_set()


def test_a_slow_server_that_keeps_within_the_time_is_waited_for(server: Server) -> None:
    def slow(asked: str) -> None:
        threading.Event().wait(0.02)

    server.acts = slow
    with transport(server) as out:
        out.send(consignment())
    assert names(server) == [NAME]


def test_what_is_not_there_or_speaks_something_else_is_told(server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with transport(server, port=port) as out:
        assert "takes no connections" in refusal(server, lambda: out.send(consignment()))
    with transport(server, host="nowhere.invalid") as out:
        assert "no such name" in refusal(server, lambda: out.send(consignment()))
    with socket.create_server(("127.0.0.1", 0)) as web, transport(server, port=web.getsockname()[1]) as out:

        def answer() -> None:
            caller, _ = web.accept()
            with caller:
                caller.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 100)

        thread = threading.Thread(target=answer)
        thread.start()
        assert "the connection broke (SSHException)" in refusal(server, lambda: out.send(consignment()))
        thread.join(5)


# --- connections


def test_a_connection_is_used_again(server: Server) -> None:
    with transport(server) as out:
        for number in range(3):
            out.send(consignment(name=f"{number}.xml"))
    assert server.log_ins == ["yes"]
    assert len(names(server)) == 3


def test_a_connection_that_the_server_ended_is_made_anew_without_a_failed_attempt(server: Server) -> None:
    with transport(server) as out:
        out.send(consignment(name="1.xml"))
        server.drop_all()
        out.send(consignment(name="2.xml"))
    assert server.log_ins == ["yes", "yes"]
    assert names(server) == ["1.xml", "2.xml"]


def test_attempts_side_by_side_have_a_connection_each_and_no_more_are_kept_than_wanted(server: Server) -> None:
    together = threading.Barrier(4)

    def acts(asked: str) -> None:
        if asked == "fsync":
            together.wait(10)

    server.acts = acts
    with transport(server) as out:
        threads = [threading.Thread(target=out.send, args=(consignment(name=f"{n}.xml"),)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert len(names(server)) == 4
        assert len(server.log_ins) == 4
        assert len(out._pool._idle) == 2


# --- a folder as a store


def test_a_store_lists_plain_files_only_and_moves_and_reads_them(server: Server) -> None:
    store = SftpStore(account(server), "/in", timeout=5)
    (server.root / "in" / "a.xml").write_bytes(b"12345")
    (server.root / "in" / "link.xml").symlink_to("a.xml")
    (server.root / "in" / "bad\nname").write_bytes(b"")
    (server.root / "in" / "caf\udce9.xml").write_bytes(b"")
    store.make("taken")
    store.make("taken")
    changed = int((server.root / "in" / "a.xml").stat().st_mtime)
    assert store.files() == [Seen(name="a.xml", size=5, changed=changed)]
    assert store.move("a.xml", "taken/a.xml")
    assert not store.move("a.xml", "taken/a.xml")
    assert store.read("taken/a.xml", 3) == b"123"
    assert store.read("a.xml", 3) is None
    store.put("taken", "a.xml.receipt.json", b"{}")
    assert {each.name for each in store.files("taken")} == {"a.xml", "a.xml.receipt.json"}
    store.close()


def test_a_listing_ends_at_its_bound(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.wire.sftp_session.MOST_FILES", 25)
    for number in range(60):
        (server.root / "in" / f"{number}.xml").touch()
    store = SftpStore(account(server), "/in", timeout=5)
    assert len(store.files()) == 25
    assert store.read("0.xml", 1) == b""  # the connection is in order
    store.close()


def test_one_file_that_may_not_be_read_is_stuck_and_a_server_that_is_away_is_not(server: Server) -> None:
    store = SftpStore(account(server), "/in", timeout=5)
    server.on("open", "deny")
    with pytest.raises(Stuck):
        store.read("a.xml", 1)
    server.on("open", "drop")
    with pytest.raises(Unavailable) as away:
        store.read("a.xml", 1)
    assert not isinstance(away.value, Stuck)
    store.close()


def test_the_check_of_an_account_says_what_is_wrong(server: Server) -> None:
    check(account(server), "/in", 5)
    (server.root / "file").touch()
    assert "is no folder" in refusal(server, lambda: check(account(server), "/file", 5))
    assert "no such folder" in refusal(server, lambda: check(account(server), "/elsewhere", 5))
    wrong = replace(parse_host_key(server.host_key), blob=b64decode("AAAA"))
    assert "nothing was sent" in refusal(server, lambda: check(account(server, host_keys=(wrong,)), "/in", 5))
