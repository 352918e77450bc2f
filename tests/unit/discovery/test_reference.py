"""Reference data: read whole or not at all, put in force in one step, and looked up by code and day."""

import gzip
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from hub.contract.reference import ReferenceTable
from hub.discovery.reference import CURRENT, EDITIONS, edition_in, load_reference, tables_in
from hub.discovery.reference.difference import difference
from hub.discovery.reference.store import Told, put_in_force, read_all, take_back
from hub.message.errors import Misconfigured

AT = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
OFFENCES = "code,title,category,recordable,bichard_ignored\nTH68010,Theft,CE,Y,N\nRT88191,No insurance,CM,N,N\n"
RESULTS = "code,type\n1002,F\n1015,F\n"


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A folder of published tables."""
    folder = tmp_path / "published"
    folder.mkdir()
    (folder / "offence_codes.csv.gz").write_bytes(gzip.compress(OFFENCES.encode()))
    (folder / "result_codes.csv").write_text(RESULTS)
    (folder / "notes.txt").write_text("not a table")
    return folder


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., None]:
    """Loads files into the folder of the reference data."""

    def loading(*places: Path, version: str = "") -> None:
        put_in_force(tmp_path / "reference", read_all(places), Told(version=version), AT)

    return loading


def words(faults: object) -> list[str]:
    return [str(fault) for fault in faults]  # type: ignore[attr-defined]


def test_what_is_loaded_is_found_by_its_code(tmp_path: Path, published: Path, load: Callable[..., None]) -> None:
    load(published, version="2026-03")
    reference = load_reference(tmp_path / "reference")
    assert reference.has("offence_codes", "result_codes")
    assert not reference.has("courts")
    row = reference.find("offence_codes", "TH68010")
    assert row == {"code": "TH68010", "title": "Theft", "category": "CE", "recordable": "Y", "bichard_ignored": "N"}
    assert reference.find("offence_codes", "th68010") is None
    assert reference.find("courts", "B01LY00") is None
    edition = edition_in(tmp_path / "reference")
    assert edition is not None
    held = edition.tables["offence_codes"]
    assert (held.rows, held.version, held.loaded_at, len(held.sha256)) == (2, "2026-03", "2026-03-05T09:30:00Z", 64)


def test_a_published_folder_is_read_as_it_stands(published: Path) -> None:
    assert set(load_reference(published).tables) == {"offence_codes", "result_codes"}


def test_without_a_folder_nothing_is_loaded(tmp_path: Path) -> None:
    assert load_reference(tmp_path / "nowhere").tables == {}
    assert load_reference(None).tables == {}


def test_a_later_load_takes_the_place_of_its_tables_and_leaves_the_others(
    tmp_path: Path, published: Path, load: Callable[..., None]
) -> None:
    load(published, version="one")
    later = tmp_path / "result_codes.csv"
    later.write_text("code,type\n1002,F\n2007,I\n")
    load(later, version="two")
    reference = load_reference(tmp_path / "reference")
    assert reference.find("result_codes", "1015") is None
    assert reference.find("result_codes", "2007") is not None
    assert reference.find("offence_codes", "TH68010") is not None
    edition = edition_in(tmp_path / "reference")
    assert edition is not None
    assert {name: held.version for name, held in edition.tables.items()} == {
        "offence_codes": "one",
        "result_codes": "two",
    }


def test_the_edition_before_comes_back_and_no_older_one_is_kept(
    tmp_path: Path, published: Path, load: Callable[..., None]
) -> None:
    for number in range(3):
        (published / "result_codes.csv").write_text(f"code,type\n100{number},F\n")
        load(published)
    folder = tmp_path / "reference"
    assert sorted(path.name for path in (folder / EDITIONS).iterdir()) == ["0002", "0003"]
    assert take_back(folder).name == "0002"
    assert load_reference(folder).find("result_codes", "1001") is not None
    with pytest.raises(Misconfigured, match="no edition"):
        take_back(folder)


FAULTY = [
    ("result_codes.csv", b"code,type\n1002,\xff\n", "not UTF-8 at byte 15"),
    ("result_codes.csv", b"", "line 1: the header needs a name for each column"),
    ("result_codes.csv", b"code,code\n1,2\n", "line 1: the header needs a name for each column, each once"),
    ("result_codes.csv", b"code,kind\n1002,F\n", "line 1, type: the first column is code"),
    ("result_codes.csv", b"type,code\nF,1002\n", "line 1, code: the first column is code"),
    ("result_codes.csv", b"code,type\n1002,F\n1002,I\n", "line 3, code: this code is there twice"),
    ("result_codes.csv", b"code,type\n,F\n", "line 2, code: there is no code"),
    ("result_codes.csv", b"code,type\n1002\n", "line 2: 1 fields, and the header has 2"),
    ("result_codes.csv", b'code,type\n"1002,F\n', "it cannot be read"),
    ("result_codes.csv.gz", b"code,type\n1002,F\n", "it cannot be read"),
    ("prisons.csv", b"code,start_date\nX,2026-13-01\n", "line 2, start_date: not a day as yyyy-mm-dd"),
    ("Prisons.csv", b"code\nX\n", "a table is named as name.csv or name.csv.gz"),
    (
        "offence_codes.csv",
        OFFENCES.replace("Y,N", "yes,N").encode(),
        "line 2, recordable: neither Y nor N",
    ),
]


@pytest.mark.parametrize(("name", "content", "told"), FAULTY)
def test_a_fault_is_told_with_its_file_line_and_column_and_nothing_is_loaded(
    tmp_path: Path, published: Path, load: Callable[..., None], name: str, content: bytes, told: str
) -> None:
    load(published)
    before = (tmp_path / "reference" / CURRENT).read_text()
    path = tmp_path / name
    path.write_bytes(content)
    made = read_all([path])
    assert [fault for fault in words(made.faults) if fault.startswith(name) and told in fault]
    with pytest.raises(Misconfigured):
        load(path)
    assert (tmp_path / "reference" / CURRENT).read_text() == before
    assert load_reference(tmp_path / "reference").find("result_codes", "1015") is not None


def test_a_published_list_that_does_not_agree_with_its_tables_is_told(published: Path) -> None:
    listed = {
        "tables": [
            {"file": "result_codes.csv", "rows": 3, "columns": ["code", "kind"], "sources": []},
            {"file": "offence_codes.csv.gz", "rows": 2, "columns": OFFENCES.partition("\n")[0].split(",")},
        ]
    }
    (published / "MANIFEST.json").write_text(json.dumps(listed))
    assert words(read_all([published]).faults) == [
        "result_codes.csv: 2 rows, and MANIFEST.json says 3",
        "result_codes.csv, line 1: not the columns of MANIFEST.json",
    ]


def test_a_file_that_was_altered_after_it_was_loaded_is_not_used(
    tmp_path: Path, published: Path, load: Callable[..., None]
) -> None:
    load(published)
    (tmp_path / "reference" / EDITIONS / "0001" / "result_codes.csv").write_text("code,type\n1002,I\n")
    with pytest.raises(Misconfigured, match=r"result_codes\.csv: the file is not what was loaded"):
        load_reference(tmp_path / "reference")


def test_a_load_that_stops_half_way_leaves_what_was_in_force(
    tmp_path: Path, published: Path, load: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    load(published)
    monkeypatch.setattr(Path, "rename", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        load(published)
    folder = tmp_path / "reference"
    assert [path.name for path in (folder / EDITIONS).iterdir()] == ["0001"]
    assert set(tables_in(folder)) == {"offence_codes", "result_codes"}


def test_of_several_rows_the_one_in_force_on_the_day_is_found() -> None:
    table = ReferenceTable(
        "courts",
        ["ou_code", "name", "start_date", "end_date"],
        [
            ("B01XX00", "Old", "2004-01-01", "2014-12-31"),
            ("B01XX00", "New", "2014-01-01", ""),
            ("B01YY00", "Gone", "2004-01-01", "2010-06-30"),
        ],
    )

    def named(code: str, on: date | None = None) -> str | None:
        row = table.find(code, on)
        return None if row is None else row["name"]

    assert [named("B01XX00", date(year, 6, 30)) for year in (2003, 2013, 2014, 2020)] == [None, "Old", "New", "New"]
    assert named("B01XX00") == "New"
    assert [named("B01YY00", date(2010, 6, 30)), named("B01YY00", date(2010, 7, 1))] == ["Gone", None]


def test_a_difference_names_the_codes_added_removed_and_changed_with_their_columns() -> None:
    before = ReferenceTable("t", ["code", "a", "b"], [("1", "x", "y"), ("2", "x", "y"), ("3", "x", "y")])
    after = ReferenceTable("t", ["code", "a", "b"], [("4", "x", "y"), ("2", "x", "z"), ("3", "x", "y")])
    changes = [(one.kind, one.code, one.columns) for one in difference("t", before, after).changes]
    assert changes == [("removed", "1", ()), ("changed", "2", ("b",)), ("added", "4", ())]
    assert difference("t", after, after).changes == ()
    assert difference("t", None, after).count("added") == 3


def test_the_published_tables_load_as_they_stand(tmp_path: Path, reference_data: Path) -> None:
    made = read_all([reference_data])
    assert made.faults == []
    put_in_force(tmp_path / "reference", made, Told(), AT)
    tables = tables_in(tmp_path / "reference")
    assert len(tables) > 45
    assert sum(map(len, tables.values())) > 60_000
    court = tables["courts_history"].find("B01LY00", date(2004, 5, 1))
    assert court is not None
    assert court["court_name"] == "South Western"
