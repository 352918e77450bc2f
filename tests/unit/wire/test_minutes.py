"""A drop by the minute: where a file lies, and that an attempt made again adds none."""

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from hub.message.errors import Defect, Unavailable
from hub.wire import Consignment
from hub.wire.folder import FolderTransport
from hub.wire.minutes import minute_path

TAKEN = datetime(2026, 7, 1, 0, 30, 59, tzinfo=timezone(timedelta(hours=1)))  # in London, where it is summer


def sent(body: bytes = b"<m/>", at: datetime | None = TAKEN) -> Consignment:
    return Consignment(body=body, content_type="text/xml", name="0b6c.xml", at=at)


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_the_path_is_the_minute_in_utc_in_which_the_message_was_taken_and_the_name() -> None:
    assert minute_path(sent()) == "2026/06/30/23/30/0b6c.xml"


def test_a_message_that_was_taken_at_no_known_time_has_no_path() -> None:
    with pytest.raises(Defect, match="does not say when"):
        minute_path(sent(at=None))


def test_a_file_lies_whole_in_the_folder_of_its_minute_and_nothing_beside_it(tmp_path: Path) -> None:
    FolderTransport(tmp_path / "drop", by_minute=True).send(sent())
    assert files(tmp_path) == ["drop/2026/06/30/23/30/0b6c.xml"]
    assert (tmp_path / "drop/2026/06/30/23/30/0b6c.xml").read_bytes() == b"<m/>"


def test_an_attempt_made_again_replaces_the_same_file(tmp_path: Path) -> None:
    way = FolderTransport(tmp_path, by_minute=True)
    for body in (b"cut sho", b"<whole/>"):
        way.send(sent(body))
    assert files(tmp_path) == ["2026/06/30/23/30/0b6c.xml"]
    assert (tmp_path / "2026/06/30/23/30/0b6c.xml").read_bytes() == b"<whole/>"


def test_a_name_cannot_lead_out_of_its_minute(tmp_path: Path) -> None:
    way = FolderTransport(tmp_path / "drop", by_minute=True)
    way.send(Consignment(body=b"x", content_type="text/xml", name="../../up.xml", at=TAKEN))
    assert files(tmp_path) == ["drop/2026/06/30/23/30/up.xml"]


def test_a_folder_that_cannot_be_made_is_away(tmp_path: Path) -> None:
    (tmp_path / "2026").write_text("a file where a year should be", encoding="utf-8")
    with pytest.raises(Unavailable, match="the folder cannot be written"):
        FolderTransport(tmp_path, by_minute=True).send(sent())


def test_without_a_layout_files_lie_right_in_the_folder(tmp_path: Path) -> None:
    FolderTransport(tmp_path).send(sent())
    assert files(tmp_path) == ["0b6c.xml"]
