"""A disk that fills up: doors close with words, what was accepted goes on, and the doors open by themselves again."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hub.assemble import lookout_of
from hub.flow.accept.room import Room
from hub.message.lifecycle import DeliveryStatus
from tests.hubs import COURT, FORCE, running_hub, wait_until, web_door
from tests.papers import case_file
from tests.unit.flow.test_room import Disk

ROOT = Path(__file__).resolve().parent.parent.parent

ON_A_SMALL_DISK = """
import sys
from pathlib import Path
from hub.flow.accept import Arrival
from hub.flow.accept.room import Full
from tests.hubs import COURT, FORCE, running_hub, wait_until
from tests.papers import case_file

disk = Path(sys.argv[1])


def arrival(number):
    raw = case_file(f"c-{number}", f"41ZD{number:05d}26", sequence=number)
    return Arrival(raw=raw, trust=hub.flow.trust_of("force-41"), door="test")


def acknowledged():
    return sum(row.status.value == "ACKNOWLEDGED" for one in hub.ledger.recent(9) for row in hub.ledger.deliveries_of(one.id))


with running_hub(disk, {"force-41": FORCE, "court": COURT}) as hub:
    hub.ledger.hold("court", "test", "so that something is left to be done")
    for number in (1, 2, 3):
        assert hub.flow.door(arrival(number)).outcome == "accepted"
    filler = disk / "filler"
    with filler.open("wb") as file:
        while hub.flow.room.free_percent() > 4.5:
            file.write(bytes(4096))
            file.flush()
    try:
        hub.flow.door(arrival(4))
        print("told:", "taken")
    except Full as cause:
        print("told:", cause)
    hub.ledger.release("court", "test", "go on")
    wait_until(lambda: acknowledged() == 3)
    print("told:", "drained", hub.flow.room.free_percent() < 5)
    filler.unlink()
    print("told:", hub.flow.door(arrival(4)).outcome)
    wait_until(lambda: acknowledged() == 4)
    print("told:", "sound", hub.ledger.verify_audit().sound)
"""


def told(said: str) -> list[str]:
    """What the script tells, without what the hub logs meanwhile."""
    return [line.removeprefix("told: ") for line in said.splitlines() if line.startswith("told: ")]


@pytest.mark.promise(
    "Disks",
    "A disk of which less than 5 % is free",
    holds="doors refuse before the last 5 %; what was accepted is delivered; the doors open by themselves",
)
def test_a_disk_that_is_nearly_full_closes_the_door_and_what_was_accepted_is_delivered(
    tmp_path: Path, figure: Callable[[str], None]
) -> None:
    mount = 'mount -t tmpfs -o size=48m tmpfs "$1"'
    may = subprocess.run(["unshare", "-rm", "sh", "-c", mount, "sh", tmp_path], capture_output=True, check=False)
    if may.returncode:
        pytest.skip("no file system can be mounted here: the test over an injected reader stands alone")
    script = f'{mount} && exec "$2" -c "$3" "$1"'
    words = ["unshare", "-rm", "sh", "-c", script, "sh", str(tmp_path), sys.executable, ON_A_SMALL_DISK]
    done = subprocess.run(words, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    refused, drained, again, sound = told(done.stdout)
    assert "5 % are kept free" in refused
    assert (drained, again, sound) == ("drained True", "accepted", "sound True")
    figure(f"refused: {refused!r}; 3 of 3 accepted before it delivered meanwhile; accepting again once there was room")


def test_a_sender_is_told_with_503_and_nothing_is_kept(tmp_path: Path) -> None:
    with running_hub(tmp_path, {"force-41": FORCE, "court": COURT}) as hub:
        full = Room(folder=tmp_path, min_free_percent=5.0, statvfs=lambda _: Disk(f_bavail=30, f_bfree=30))
        short = replace(hub, flow=replace(hub.flow, room=full))
        with web_door(short) as client:
            force = client("force-41")
            answer = force.post("/v1/messages", case_file())
            ready = force.get("/readyz")
        assert answer.status == 503
        assert answer.headers["retry-after"] == "60"
        assert "3.0 % free, and 5 % are kept free" in answer.json()["title"]
        assert hub.ledger.recent(1) == ()
        assert (ready.status, ready.json()["failing"]) == (503, ["disk"])
        with web_door(hub) as client:
            assert client("force-41").post("/v1/messages", case_file()).status == 202
        [message] = hub.ledger.recent(1)
        wait_until(
            lambda: [one.status for one in hub.ledger.deliveries_of(message.id)] == [DeliveryStatus.ACKNOWLEDGED]
        )


def test_the_disk_is_an_alert_well_before_the_doors_close(tmp_path: Path) -> None:
    with running_hub(tmp_path, {"force-41": FORCE}, min_free_percent=20, alert_free_mebibytes=1) as hub:
        limit = lookout_of(hub.settings, hub.found, hub.ledger).limits.free
        assert limit == hub.flow.room.warns_below(1) > 1024 * 1024
