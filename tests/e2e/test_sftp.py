"""A force puts a file on its own SFTP server, the hub fetches it, and the court finds its delivery on another."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from hub.assemble import Hub
from hub.discovery.parties import SftpFolder
from hub.folder_door import FolderDoor, Watch
from hub.message.errors import Unavailable
from hub.ways import sftp_account
from hub.wire.sftp import SftpStore
from tests.doubles.sftp_server import PASSWORD, USER, Server, make_key, sftp_server
from tests.hubs import COURT, FORCE, running_hub, wait_until
from tests.papers import case_file

PLACE = 'host = "127.0.0.1"\nport = {port}\npath = "/{path}"\nuser = "cjhub"\nhost_key = "{host_key}"\n'


def place(server: Server, path: str, more: str = 'password_env = "FORCE_PASSWORD"') -> str:
    """A place on a server, as a party's file names it."""
    (server.root / path).mkdir(exist_ok=True)
    return PLACE.format(port=server.port, path=path, host_key=server.host_key) + more + "\n"


def put(server: Server, name: str, content: bytes) -> None:
    (server.root / "out" / f".{name}").write_bytes(content)
    (server.root / "out" / f".{name}").rename(server.root / "out" / name)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("FORCE_PASSWORD", PASSWORD)
    with sftp_server(tmp_path / "server") as made:
        (made.root / "out").mkdir()
        yield made


@contextmanager
def quiet_hub(folder: Path) -> Iterator[Hub]:
    """A hub without a door of its own: the test looks when it wants to."""
    with running_hub(folder, {"force-41": FORCE, "court": COURT}) as hub:
        yield hub


def door(hub: Hub, server: Server, **about: Any) -> FolderDoor:
    """A door over the server, not started."""
    at = SftpFolder(
        host="127.0.0.1",
        port=server.port,
        path="/out",
        user=USER,
        host_key=(server.host_key,),
        password_env="FORCE_PASSWORD",
    )
    store = SftpStore(sftp_account("here", at), at.path, timeout=5)
    known = {"party": "force-41", "dialects": ("spi-case",), "owner": "0123abcd", "lease": 60.0, "door": "sftp"}
    return FolderDoor(flow=hub.flow, store=store, watch=Watch(**(known | {"settled": False} | about)))


def files(server: Server, folder: str) -> list[str]:
    return sorted(path.name for path in (server.root / "out" / folder).iterdir() if path.is_file())


def submissions(hub: Hub) -> list[str]:
    return [row.id for row in hub.ledger.recent(100)]


# --- from end to end


def test_a_force_and_a_court_meet_over_their_sftp_servers(tmp_path: Path, server: Server) -> None:
    with sftp_server(tmp_path / "court") as court:
        court.user_key = make_key(tmp_path / "court-user")
        force = f"{FORCE}[sends.sftp]\nevery_seconds = 0.1\n{place(server, 'out')}"
        endpoint = place(court, "in", f'kind = "sftp"\nkey_file = "{tmp_path}/court-user"')
        parties = {"force-41": force, "court": COURT.replace('kind = "folder"\npath = "{folder}/court"\n', endpoint)}
        with running_hub(tmp_path, parties):
            put(server, "case.xml", case_file())
            wait_until(lambda: (server.root / "out" / "taken" / "case.xml").exists())
            delivered = wait_until(lambda: [path for path in (court.root / "in").iterdir() if path.name[0] != "."])
    receipt = json.loads((server.root / "out" / "taken" / "case.xml.receipt.json").read_text())
    assert receipt["status"] == "accepted"
    assert len(delivered) == 1
    assert b"41ZD0000126" in delivered[0].read_bytes()
    assert files(server, "") == []
    assert files(server, ".claimed") == []


def test_a_delivery_that_met_a_full_disk_arrives_once_there_is_room(tmp_path: Path, server: Server) -> None:
    with sftp_server(tmp_path / "court") as court:
        court.on("write", "full", times=2)
        endpoint = place(court, "in", 'kind = "sftp"\npassword_env = "FORCE_PASSWORD"')
        court_file = COURT.replace('kind = "folder"\npath = "{folder}/court"\n', endpoint)
        with running_hub(tmp_path, {"force-41": FORCE, "court": court_file}) as hub:
            put(server, "case.xml", case_file())
            assert door(hub, server).pass_once() == 1
            wait_until(lambda: [path for path in (court.root / "in").iterdir() if path.name[0] != "."])
        assert len(list((court.root / "in").iterdir())) == 1
        assert court.asked.count("posix-rename") == 1


# --- what becomes of a file


def test_a_bad_file_is_refused_with_its_reasons_and_the_answer_of_its_dialect_beside_it(
    tmp_path: Path, server: Server
) -> None:
    with quiet_hub(tmp_path) as hub:
        put(server, "bad.xml", case_file().replace(b"2027-03-20", b"tomorrow"))
        door(hub, server).pass_once()
    assert files(server, "refused") == ["bad.xml", "bad.xml.reasons.json", "bad.xml.reply.xml"]
    reasons = json.loads((server.root / "out" / "refused" / "bad.xml.reasons.json").read_text())
    assert any("DateOfHearing" in fault["path"] for fault in reasons["faults"])


def test_a_file_that_is_too_large_is_refused_with_words_and_not_read(tmp_path: Path, server: Server) -> None:
    with quiet_hub(tmp_path) as hub:
        (server.root / "out" / "huge.xml").write_bytes(b"x" * (hub.flow.bounds.max_bytes + 1))
        put(server, "case.xml", case_file())
        reads = server.asked.count("read")
        door(hub, server).pass_once()
        assert len(submissions(hub)) == 1
    reasons = json.loads((server.root / "out" / "refused" / "huge.xml.reasons.json").read_text())
    assert reasons["status"] == "refused"
    assert "At most 8388608 are accepted" in reasons["faults"][0]["words"]
    assert files(server, "taken") == ["case.xml", "case.xml.receipt.json"]
    assert server.asked.count("read") - reads <= 2  # of the small one alone


def test_a_file_that_is_still_being_written_is_taken_once_it_stays_the_same(tmp_path: Path, server: Server) -> None:
    whole = case_file()
    with quiet_hub(tmp_path) as hub:
        looking = door(hub, server, settled=True)
        (server.root / "out" / "case.xml").write_bytes(whole[:100])
        (server.root / "out" / ".hidden.xml").write_bytes(whole)
        assert looking.pass_once() == 0
        (server.root / "out" / "case.xml").write_bytes(whole)
        assert looking.pass_once() == 0
        assert looking.pass_once() == 1
    assert json.loads((server.root / "out" / "taken" / "case.xml.receipt.json").read_text())["status"] == "accepted"
    assert files(server, "") == [".hidden.xml"]


def test_a_file_that_grows_while_it_is_fetched_waits_for_the_next_look(tmp_path: Path, server: Server) -> None:
    whole = case_file()
    put(server, "case.xml", whole[:100])

    def acts(asked: str) -> None:
        if asked == "open" and (claimed := list((server.root / "out" / ".claimed").iterdir())):
            claimed[0].write_bytes(whole)  # the party's own handle stays open over our rename

    with quiet_hub(tmp_path) as hub:
        server.acts = acts
        looking = door(hub, server)
        assert looking.pass_once() == 0
        assert submissions(hub) == []
        assert looking.pass_once() == 1
    assert (server.root / "out" / "taken" / "case.xml").read_bytes() == whole


def test_one_file_that_cannot_be_read_is_told_once_and_stops_no_other(tmp_path: Path, server: Server) -> None:
    put(server, "a.xml", case_file("c-1"))
    put(server, "b.xml", case_file("c-2", urn="41ZD0000226", sequence=18))
    server.on("open", "deny", times=2)  # a.xml, at two looks: b.xml is opened after it
    with quiet_hub(tmp_path) as hub, capture_logs() as logs:
        looking = door(hub, server)
        first = looking.pass_once()
        second = looking.pass_once()
        assert first + second + looking.pass_once() == 2
    assert files(server, "taken").count("a.xml") == files(server, "taken").count("b.xml") == 1
    stuck = [one for one in logs if one["event"] == "file stuck"]
    assert 1 <= len(stuck) <= 2
    assert "a.xml" not in str(logs)


def test_a_name_too_long_for_an_answer_beside_it_is_left_and_told_once(tmp_path: Path, server: Server) -> None:
    put(server, "x" * 220, case_file())
    with quiet_hub(tmp_path) as hub, capture_logs() as logs:
        looking = door(hub, server)
        assert looking.pass_once() + looking.pass_once() == 0
    assert [one["reason"] for one in logs if one["event"] == "file stuck"] == [
        "its name has more than 200 bytes: ask the party for a shorter one"
    ]


# --- crashes, and other hubs


@pytest.mark.parametrize("act", ["drop", "lose"])
@pytest.mark.parametrize("extensions", [("posix-rename@openssh.com", "fsync@openssh.com"), ()])
def test_a_crash_at_any_point_leaves_each_file_admitted_once_with_its_receipt(
    tmp_path: Path, server: Server, act: str, extensions: tuple[str, ...]
) -> None:
    """The connection is cut before or after the first request, then the second ... and each time a door begins anew."""
    server.extensions = extensions
    with quiet_hub(tmp_path) as hub:
        for cut in range(1, 100):
            name = f"case-{cut}.xml"
            put(server, name, case_file(f"c-{cut}", urn=f"41ZD{cut:05}26", sequence=cut))
            left = [cut]
            server.acts = partial(_cut, left, act)
            with suppress(Unavailable):
                door(hub, server).pass_once()
            server.acts = lambda asked: None
            door(hub, server).pass_once()
            taken = files(server, "taken")
            assert name in taken, cut
            assert f"{name}.receipt.json" in taken, cut
            assert files(server, ".claimed") == files(server, "") == [], cut
            assert len(submissions(hub)) == cut
            if left[0] > 0:  # the whole look needs fewer requests
                break
        assert 20 < cut < 99


def _cut(left: list[int], act: str, asked: str) -> str | None:
    if asked != "log in":
        left[0] -= 1
    return act if left[0] == 0 and asked != "log in" else None


@pytest.mark.parametrize("extensions", [("posix-rename@openssh.com",), ()])
def test_two_hubs_that_fetch_from_one_folder_take_each_file_once(
    tmp_path: Path, server: Server, extensions: tuple[str, ...]
) -> None:
    server.extensions = extensions
    for number in range(1, 31):
        put(server, f"{number}.xml", case_file(f"c-{number}", urn=f"41ZD{number:05}26", sequence=number))
    together = threading.Barrier(2)
    with quiet_hub(tmp_path / "one") as one, quiet_hub(tmp_path / "two") as two:
        counts = [0, 0]

        def look(which: int, hub: Hub, owner: str) -> None:
            looking = door(hub, server, owner=owner)
            together.wait(10)
            counts[which] = looking.pass_once() + looking.pass_once()

        threads = [
            threading.Thread(target=look, args=(0, one, "0123abcd")),
            threading.Thread(target=look, args=(1, two, "4567cdef")),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(submissions(one)) + len(submissions(two)) == 30
        assert sum(counts) == 30
    assert len([name for name in files(server, "taken") if name.endswith(".receipt.json")]) == 30


def test_what_another_hub_has_claimed_is_taken_over_once_it_has_stood_for_a_lease(
    tmp_path: Path, server: Server
) -> None:
    with quiet_hub(tmp_path) as hub:
        (server.root / "out" / ".claimed").mkdir()
        (server.root / "out" / ".claimed" / "4567cdef-00000001~case.xml").write_bytes(case_file())
        patient, hasty = door(hub, server, lease=1000), door(hub, server, lease=0)
        assert patient.pass_once() + patient.pass_once() == 0
        assert hasty.pass_once() == 1
        assert len(submissions(hub)) == 1
    assert "case.xml" in files(server, "taken")


# --- away and back


def test_an_outage_is_told_once_and_so_is_its_end(tmp_path: Path, server: Server) -> None:
    server.on("readdir", "fail")
    with quiet_hub(tmp_path) as hub, capture_logs() as logs:
        looking = door(hub, server, pause=0.02)
        looking.start()
        wait_until(lambda: server.asked.count("readdir") >= 4)
        server.acts = lambda asked: None
        put(server, "case.xml", case_file())
        wait_until(lambda: (server.root / "out" / "taken" / "case.xml").exists())
        wait_until(lambda: any(one["event"] == "door back" for one in logs))
        looking.stop()
    told = [(one["event"], one["party"], one["door"]) for one in logs if one["event"].startswith("door")]
    assert told == [("door away", "force-41", "sftp"), ("door back", "force-41", "sftp")]


def test_a_server_that_shows_another_key_is_sent_nothing_and_the_log_says_so(tmp_path: Path, server: Server) -> None:
    pinned = server.host_key
    server.host_keys = [make_key(tmp_path / "new-key")]
    at = place(server, "out").replace(server.host_key, pinned)
    with capture_logs() as logs, running_hub(tmp_path, {"force-41": f"{FORCE}[sends.sftp]\n{at}", "court": COURT}):
        away = wait_until(lambda: [one for one in logs if one["event"] == "door away"])
    assert "nothing was sent" in away[0]["reason"]
    assert server.log_ins == []
