"""Size and number: bodies over the limit, a disk that is full, and many connections at once."""

from __future__ import annotations

import os
import resource
import socket
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from select import select
from time import monotonic

import pytest
import urllib3

from hub.message.lifecycle import SETTLED, MessageStatus
from tests.doubles.manners import answers
from tests.doubles.peer import Peer, peer
from tests.exchanges import COURT, family, p99, urn
from tests.figures import FULL
from tests.hubs import FORCE, wait_until
from tests.invariants import assert_all
from tests.papers import case_file
from tests.serving import Serving, furnish, opened, serving

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")

LIMIT, CLAIMED = 1_000_000, 2_000_000_000
PIECE = b" " * 65_536
BUFFERED = 25_000_000
SOME_MEMORY = 20_000  # kB
ALL_MEMORY = 300_000  # kB
SOME_ROOM = 3_000_000  # bytes
CONNECTIONS = 64


@dataclass(frozen=True)
class Told:
    """What a sender of a long body was told, and how much of it had gone out by then."""

    status: int
    sent: int
    closed: bool


def send_long(url: str, headers: str, *, chunked: bool, key: str | None) -> Told:
    """Send a body for as long as anybody reads it, whatever is answered meanwhile."""
    host, port = url.removeprefix("http://").split(":")
    allowed = f"Authorization: Bearer {key}\r\n" if key else ""
    piece = b"10000\r\n" + PIECE + b"\r\n" if chunked else PIECE
    sent = 0
    with socket.create_connection((host, int(port)), timeout=10) as held:
        held.sendall(f"POST /v1/messages HTTP/1.1\r\nHost: hub\r\n{allowed}{headers}\r\n\r\n".encode())
        answer = b"" if chunked else held.recv(4096)  # a length tells all: the answer comes before the body
        try:
            while sent < CLAIMED:
                held.sendall(piece)
                sent += len(PIECE)
        except OSError:
            closed = True
        else:
            closed = False
        return Told(int(answer.split()[1]) if answer else 0, sent, closed)


@pytest.mark.promise(
    "Size and number",
    "Bodies of 2 GB: with their length told, in chunks without a length, and from a caller that is not known",
    holds="413 (401) before the body is read; the connection is closed; memory does not grow",
    short="5 bodies of each kind instead of 20",
)
@pytest.mark.parametrize("kind", ["length", "chunked", "unknown caller"])
def test_a_body_over_the_limit_is_refused_before_it_is_read_and_the_rest_is_not_waited_for(
    kind: str, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    key = furnish(tmp_path, {"force-41": FORCE})
    headers = "Transfer-Encoding: chunked" if kind == "chunked" else f"Content-Length: {CLAIMED}"
    with serving(tmp_path, CJHUB_MAX_BODY_BYTES=str(LIMIT)) as hub:
        post(hub, key, case_file())
        before = hub.memory()
        told = [
            send_long(hub.url, headers, chunked=kind == "chunked", key=None if kind == "unknown caller" else key)
            for _ in range(20 if FULL else 5)
        ]
        grown = hub.memory() - before
        assert {one.status for one in told} == {{"length": 413, "chunked": 0, "unknown caller": 401}[kind]}
        assert all(one.closed for one in told)
        assert max(one.sent for one in told) < BUFFERED, "buffers on the way take some, nobody reads the rest"
        assert post(hub, key, case_file("c-2")).status == 202
        assert grown < SOME_MEMORY
        assert hub.memory() < ALL_MEMORY
        whole = hub.memory()
        most = max(one.sent for one in told)
    figure(
        f"{kind}: {len(told)} bodies of {CLAIMED / 1e9:.0f} GB, limit {LIMIT // 1_000_000} MB: at most "
        f"{most / 1e6:.1f} MB went out before the connection was closed; memory grew by {grown / 1024:.1f} MB, to "
        f"{whole / 1024:.0f} MB"
    )


def test_a_chunked_body_that_ends_over_the_limit_is_told_that_it_is_too_large(tmp_path: Path) -> None:
    key = furnish(tmp_path, {"force-41": FORCE})
    with serving(tmp_path, CJHUB_MAX_BODY_BYTES=str(LIMIT)) as hub:
        host, port = hub.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as held:
            held.sendall(f"POST /v1/messages HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {key}\r\n".encode())
            held.sendall(b"Transfer-Encoding: chunked\r\n\r\n")
            for _ in range(LIMIT // len(PIECE) + 1):
                held.sendall(b"10000\r\n" + PIECE + b"\r\n")
            told = held.recv(4096).split(b"\r\n\r\n")[0].lower()
        assert told.startswith(b"http/1.1 413")
        assert b"connection: close" in told


def post(hub: Serving, key: str, raw: bytes, **headers: str) -> urllib3.BaseHTTPResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    allowed = {"Authorization": f"Bearer {key}"} | named
    return urllib3.request("POST", f"{hub.url}/v1/messages", body=raw, headers=allowed, retries=False, timeout=20)


@pytest.mark.promise(
    "Size and number",
    "64 connections that submit and look up without a pause",
    holds="every answer is about what was asked on its connection; no connection is closed",
    short="1,280 requests instead of as many as ten minutes allow, up to 1,000,000",
)
@pytest.mark.slow
def test_over_many_connections_every_answer_is_about_what_was_asked(
    tmp_path: Path, figure: Callable[[str], None]
) -> None:
    requests, longest = (1_000_000, 600.0) if FULL else (1_280, 60.0)
    key, until = furnish(tmp_path, {"force-41": FORCE}), monotonic() + longest
    with serving(tmp_path) as hub:
        begun = monotonic()
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            times = [
                time
                for found in pool.map(
                    lambda n: _ask(hub, key, n, requests // CONNECTIONS // 2, until), range(CONNECTIONS)
                )
                for time in found
            ]
        took = monotonic() - begun
    times.sort()
    figure(
        f"{len(times)} requests over {CONNECTIONS} connections, every answer about what was asked: "
        f"{len(times) / took:.0f} a second, p50 {times[len(times) // 2] * 1000:.0f} ms, p99 {p99(times) * 1000:.0f} ms"
    )


@pytest.mark.slow
def test_a_connection_that_says_nothing_for_a_while_is_kept(tmp_path: Path) -> None:
    key = furnish(tmp_path, {"force-41": FORCE})
    with serving(tmp_path) as hub, socket.create_connection(_host(hub), timeout=10) as held:
        request = f"GET /livez HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {key}\r\n\r\n".encode()
        held.sendall(request)
        wait_until(lambda: b"alive" in held.recv(4096, socket.MSG_PEEK))
        held.recv(4096)
        assert select([held], [], [], 7) == ([], [], []), "closed: a request sent just now would get no answer"
        held.sendall(request)
        assert held.recv(4096).startswith(b"HTTP/1.1 200")


def _ask(hub: Serving, key: str, connection: int, each: int, until: float) -> list[float]:
    """Submit and look up in turn over one connection, for as long as there is time; the seconds that each took."""
    times: list[float] = []
    allowed = {"Authorization": f"Bearer {key}"}
    with urllib3.HTTPConnectionPool(*_host(hub), maxsize=1, timeout=60, retries=False) as pool:
        for number in range(each):
            if monotonic() > until:
                break
            case = connection * each + number
            raw = case_file(f"c-{case}", urn(case), family(case), sequence=case)
            for method, path, body in (("POST", "/v1/messages", raw), ("GET", "", None)):
                begun = monotonic()
                told = pool.request(method, path or f"/v1/messages/{asked}", body=body, headers=allowed)  # noqa: F821
                times.append(monotonic() - begun)
                if method == "POST":
                    assert (told.status, told.json()["sha256"]) == (202, sha256(raw).hexdigest())
                    asked = told.json()["messages"][0]["id"]
                else:
                    assert (told.status, told.json()["id"]) == (200, asked)
        assert pool.num_connections == 1
    return times


def _host(hub: Serving) -> tuple[str, int]:
    host, port = hub.url.removeprefix("http://").split(":")
    return host, int(port)


# --- a full disk


@dataclass
class Room:
    """Takes the room of a hub's disk away and gives it back."""

    fill: Callable[[Serving], None]
    empty: Callable[[Serving], None]
    accepted: list[str] = field(default_factory=list)


@contextmanager
def quota(folder: Path) -> Iterator[Room]:
    """No file may grow beyond a size."""

    def limit(hub: Serving, size: int) -> None:
        resource.prlimit(hub.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def fill(hub: Serving) -> None:
        limit(hub, max(path.stat().st_size for path in (folder / "data").iterdir()) + SOME_ROOM)

    yield Room(fill, lambda hub: limit(hub, resource.RLIM_INFINITY))


@contextmanager
def small_disk(folder: Path) -> Iterator[Room]:
    """A file system of its own, of 16 MB, most of which something else takes up."""
    mounted = (
        os.geteuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)], check=False, capture_output=True
        ).returncode
    )
    if not mounted:
        pytest.skip("a file system can be mounted by root only")
    ballast = folder / "ballast"

    def fill(hub: Serving) -> None:
        free = os.statvfs(folder)
        ballast.write_bytes(b"\0" * (free.f_bavail * free.f_bsize - SOME_ROOM))

    try:
        yield Room(fill, lambda hub: ballast.unlink())
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.promise(
    "Disks",
    "The disk under the ledger full: a quota, and a small file system",
    holds="503 with Retry-After; nothing kept by halves; the doors open by themselves when there is room",
)
@pytest.mark.parametrize("kind", [quota, small_disk])
def test_a_full_disk_is_told_at_once_keeps_nothing_half_and_is_forgotten_when_there_is_room(
    kind: Callable[[Path], Iterator[Room]], tmp_path: Path, figure: Callable[[str], None]
) -> None:
    with ExitStack() as stack:
        folder = tmp_path / "hub"
        folder.mkdir()
        room = stack.enter_context(kind(folder))
        courts = {"court-1": stack.enter_context(peer(answers()))}
        text = COURT.format(code="court-1", url=courts["court-1"].url, in_flight=4).format()
        key = furnish(folder, {"force-41": FORCE, "court-1": text})
        with serving(folder) as hub:
            line = _until_full_and_again(room, hub, key)
            assert hub.process.poll() is None
            _wait_until_delivered(folder, courts, len(room.accepted))
        with opened(folder) as ledger:
            assert_all(ledger, room.accepted, courts)
            kept = ledger.counts().messages
            assert sum(kept.values()) == kept[MessageStatus.RECORDED] == len(room.accepted), "a 503 kept nothing"
        figure(f"{kind.__name__}: {line}")


def _until_full_and_again(room: Room, hub: Serving, key: str) -> str:
    """Submit until the disk is full, a few times more, and again once there is room; what was seen."""
    refused: list[float] = []
    number = 0

    def submit(number: int) -> int:
        raw = case_file(f"c-{number}", urn(number), family(number), sequence=number)
        begun = monotonic()
        answer = post(hub, key, raw, Idempotency_Key=f"k-{number}")
        if answer.status == 202:
            room.accepted.append(answer.json()["submission"])
        else:
            refused.append(monotonic() - begun)
            assert (answer.status, answer.headers["Retry-After"].isdigit()) == (503, True)
        return answer.status

    submit(0)
    room.fill(hub)
    while len(refused) < 10:
        number += 1
        assert number < 3000, "the disk never filled up"
        submit(number)
    assert urllib3.request("GET", f"{hub.url}/livez", timeout=5).status == 200
    before = len(room.accepted)
    room.empty(hub)
    again = monotonic()
    wait_until(lambda: submit(number) == 202, 30)
    back = monotonic() - again
    for more in range(number + 1, number + 20):
        assert submit(more) == 202
    return (
        f"full after {before} messages, {len(refused)} times 503 (slowest {max(refused) * 1000:.0f} ms), accepting again "
        f"{back * 1000:.0f} ms after there was room, nothing lost, nothing kept half"
    )


def _wait_until_delivered(folder: Path, courts: dict[str, Peer], many: int) -> None:
    wait_until(lambda: all(len({one.message for one in court.came}) >= many for court in courts.values()), 60)
    with opened(folder) as ledger:
        wait_until(lambda: not sum(n for status, n in ledger.counts().deliveries.items() if status not in SETTLED), 30)
