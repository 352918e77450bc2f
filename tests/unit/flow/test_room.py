"""Doors close before the last of the disk is used; how much is left is what the system says, or the test."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from hub.flow.accept.room import Full, Room


@dataclass(frozen=True)
class Disk:
    """A file system of 1000 blocks, some of which are the administrator's alone."""

    f_bavail: int
    f_bfree: int
    f_blocks: int = 1000
    f_frsize: int = 4096


def room(disk: Disk, folder: Path, keep: float = 5.0) -> Room:
    return Room(folder=folder, min_free_percent=keep, statvfs=lambda _: disk)


def test_a_door_closes_below_what_is_kept_free_and_says_how_much_there_is(tmp_path: Path) -> None:
    room(Disk(f_bavail=50, f_bfree=50), tmp_path).wanted()
    with pytest.raises(Full, match=r"4\.9 % free, and 5 % are kept free"):
        room(Disk(f_bavail=49, f_bfree=49), tmp_path).wanted()


def test_blocks_that_are_the_administrators_alone_are_not_ours(tmp_path: Path) -> None:
    assert room(Disk(f_bavail=0, f_bfree=200), tmp_path).free_percent() == 0
    assert room(Disk(f_bavail=800, f_bfree=1000), tmp_path).free_percent() == 100


def test_somebody_is_to_know_well_before_the_doors_close(tmp_path: Path) -> None:
    disk = Disk(f_bavail=900, f_bfree=1000)  # 900 blocks are ours
    assert room(disk, tmp_path, keep=5).warns_below(1) == 900 * 4096 // 10
    assert room(disk, tmp_path, keep=5).warns_below(10**9) == 10**9
    assert room(disk, tmp_path, keep=5).warns_below(0) == 0, "nobody wants to know"
    assert Room(folder=None, min_free_percent=5).warns_below(7) == 7


def test_nothing_is_asked_of_a_ledger_in_a_server() -> None:
    assert Room(folder=None, min_free_percent=99).free_percent() is None
    Room(folder=None, min_free_percent=99).wanted()


def test_with_nothing_to_be_kept_free_a_full_disk_closes_no_door(tmp_path: Path) -> None:
    room(Disk(f_bavail=0, f_bfree=0), tmp_path, keep=0).wanted()


def test_a_folder_that_is_not_there_yet_is_asked_about_by_the_one_above_it(tmp_path: Path) -> None:
    asked: list[Path] = []

    def statvfs(path: Path) -> Disk:
        asked.append(path)
        return Disk(f_bavail=500, f_bfree=500)

    assert Room(folder=tmp_path / "not" / "yet", min_free_percent=5, statvfs=statvfs).free_percent() == 50
    assert asked == [tmp_path]
