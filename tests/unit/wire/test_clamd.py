"""ClamAV's daemon as a scanner, against a double that speaks its protocol."""

import socket
import threading
from pathlib import Path

import pytest

from hub.message.errors import Misconfigured, Unavailable
from hub.message.scanning import Clean, Infected
from hub.wire.clamd import PIECE, Clamd
from tests.doubles.clamd import EVIL, daemon


def test_a_clean_content_arrives_whole_in_bounded_pieces() -> None:
    body = bytes(range(256)) * 700
    with daemon() as double:
        assert Clamd(double.address, 5).scan(body) == Clean()
    assert double.seen == [body]
    assert max(double.pieces) <= PIECE
    assert len(double.pieces) == 3


def test_what_is_found_is_named() -> None:
    with daemon() as double:
        assert Clamd(double.address, 5).scan(b"before" + EVIL) == Infected("Invented.Evil-1")


def test_a_unix_socket_will_do(tmp_path: Path) -> None:
    with daemon(tmp_path / "clamd.ctl") as double:
        scanner = Clamd(double.address, 5)
        assert scanner.scan(b"") == Clean()
        assert scanner.scan(EVIL) == Infected("Invented.Evil-1")


@pytest.mark.parametrize(
    "answer",
    [
        b"INSTREAM size limit exceeded. ERROR",
        b"stream: Can't allocate memory ERROR",
        b"OK",
        b"stream: OK FOUND OK",
        b"\xff",
        b"x" * 5000,
        None,
    ],
)
def test_whatever_is_no_clear_answer_is_unavailable(answer: bytes | None) -> None:
    with daemon() as double:
        double.answer = answer
        with pytest.raises(Unavailable, match="no clear answer"):
            Clamd(double.address, 5).scan(b"x")


def test_a_daemon_that_is_slow_is_unavailable_in_time() -> None:
    with daemon() as double:
        double.slow = threading.Event()
        with pytest.raises(Unavailable, match="TimeoutError"):
            Clamd(double.address, 0.2).scan(b"x")
        double.slow.set()


def test_a_daemon_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    for one in (address, f"unix:{tmp_path}/nothing"):
        with pytest.raises(Unavailable, match="cannot be reached"):
            Clamd(one, 1).scan(b"x")


@pytest.mark.parametrize("address", ["", "here", "unix:", "host:", ":3310", "host:port"])
def test_an_address_that_is_none_is_told(address: str) -> None:
    with pytest.raises(Misconfigured, match="scanner_address"):
        Clamd(address, 1)
