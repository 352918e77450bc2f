"""Pretend agencies: what is in their books, and how they behave when they are in a mood."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from hub.message.errors import Unavailable
from hub.simulate.agencies import Agencies, Mood
from hub.simulate.books import Book, Books, Count
from hub.wire import Consignment, Response

PARTIES = ("prison", "court")
NOTICE = (
    b'{"eventType":"WEE_Remand","cases":[{"urn":"05A10000126"}],"masterDefendantId":"1","documentId":"2",'
    b'"documentGeneratedTimestamp":"2026-01-01T00:00:00Z","prisonEmailAddress":""}'
)


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books(tmp_path / "books", PARTIES)


@pytest.fixture
def agencies(books: Books, tmp_path: Path) -> Iterator[Agencies]:
    with Agencies(books, {"court": tmp_path / "court"}) as agencies:
        yield agencies


def deliver(agencies: Agencies, body: bytes, delivery: str, timeout: float = 5) -> Response:
    from hub.wire.http import HttpTransport

    door = HttpTransport(f"{agencies.address}/prison", timeout=timeout, connections=1, headers={})
    headers = {"Idempotency-Key": delivery, "X-Message-Id": "message-1"}
    try:
        return door.send(Consignment(body=body, content_type="application/json", name="", headers=headers))
    finally:
        door.close()


def prison(books: Books) -> Book:
    book = books.of("prison")
    assert book is not None
    return book


def test_a_delivery_is_in_the_book_with_its_dialect_and_whom_it_names(agencies: Agencies, books: Books) -> None:
    assert deliver(agencies, NOTICE, "d-1").status == 202
    (line,) = prison(books).lines
    assert (line.count, line.dialect, line.fault) == (Count.NEW, "hmpps-warrant", None)
    assert line.names == ("05A10000126",)


def test_the_same_id_with_the_same_bytes_counts_once(agencies: Agencies, books: Books) -> None:
    for _ in range(3):
        assert deliver(agencies, NOTICE, "d-1").status == 202
    assert books.tally({"05A10000126"}) == {("prison", "hmpps-warrant"): 1}
    assert books.repeats() == 2
    assert not books.faults()


def test_the_same_id_with_other_bytes_is_a_fault(agencies: Agencies, books: Books) -> None:
    deliver(agencies, NOTICE, "d-1")
    assert deliver(agencies, NOTICE + b" ", "d-1").status == 409
    assert books.faults() == ("prison: delivery d-1: the same id came with other bytes",)


def test_a_document_that_the_agency_does_not_know_is_turned_away(agencies: Agencies, books: Books) -> None:
    assert deliver(agencies, b'{"hello":1}', "d-1").status == 422
    assert len(books.faults()) == 1


def test_a_delivery_without_an_id_is_turned_away(agencies: Agencies, books: Books) -> None:
    assert deliver(agencies, NOTICE, "").status == 400
    assert not prison(books).lines


def test_a_busy_agency_keeps_nothing_and_asks_to_come_again(agencies: Agencies, books: Books) -> None:
    agencies.be("prison", Mood.BUSY)
    answer = deliver(agencies, NOTICE, "d-1")
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert not prison(books).lines


def test_a_mute_agency_keeps_it_and_does_not_say_so(agencies: Agencies, books: Books) -> None:
    agencies.be("prison", Mood.MUTE)
    with pytest.raises(Unavailable):
        deliver(agencies, NOTICE, "d-1")
    assert books.tally({"05A10000126"}) == {("prison", "hmpps-warrant"): 1}


def test_a_deaf_agency_keeps_nothing_and_never_answers(agencies: Agencies, books: Books) -> None:
    agencies.be("prison", Mood.DEAF)
    with pytest.raises(Unavailable):
        deliver(agencies, NOTICE, "d-1", timeout=0.2)
    assert not prison(books).lines


def test_a_file_put_into_the_folder_of_an_agency_is_entered_under_the_id_in_its_name(
    books: Books, tmp_path: Path
) -> None:
    delivery, folder = str(uuid4()), tmp_path / "court"
    folder.mkdir()
    (folder / f"{delivery}.xml").write_bytes(NOTICE)
    (folder / ".half.part").write_bytes(b"not yet whole")
    with Agencies(books, {"court": folder}):
        while not (folder / "read" / f"{delivery}.xml").exists():
            pass
    court = books.of("court")
    assert court is not None
    assert [line.id for line in court.lines] == [delivery]


def test_a_book_opened_again_counts_on_from_what_is_written(tmp_path: Path) -> None:
    Book(tmp_path).enter("d-1", "m-1", NOTICE)
    again = Book(tmp_path)
    assert again.enter("d-1", "m-1", NOTICE).count is Count.REPEAT
    assert again.about({"m-1"}) == {("d-1", "hmpps-warrant")}
    assert list(again.papers()) == [NOTICE]


def test_a_line_that_a_crash_cut_short_is_left_out(tmp_path: Path) -> None:
    Book(tmp_path).enter("d-1", None, NOTICE)
    with (tmp_path / "book.jsonl").open("ab") as file:
        file.write(b'{"id": "d-2", "cou')
    assert [line.id for line in Book(tmp_path).lines] == ["d-1"]


def test_an_agency_that_is_not_there_is_not_found(agencies: Agencies) -> None:
    from hub.wire.http import HttpTransport

    door = HttpTransport(f"{agencies.address}/nobody", timeout=5, connections=1, headers={})
    answer = door.send(Consignment(body=b"", content_type="application/json", name=""))
    door.close()
    assert answer.status == 404


def test_a_port_that_is_taken_is_told_in_words(agencies: Agencies, books: Books) -> None:
    taken = int(agencies.address.rpartition(":")[2])
    with pytest.raises(Unavailable, match=f"port {taken} of the pretend agencies"):
        Agencies(books, {}, taken)
