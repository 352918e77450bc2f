"""A large file read case by case by its mapping says what the file says when it is read whole."""

from pathlib import Path

import pytest

from hub.contract import Trust
from hub.contract.mapping import MappedReader, load_mapping
from hub.contract.tables import Tables, load_tables
from hub.discovery.bundle import Bundle
from hub.document.lift import lift
from hub.message.errors import Defect, Refused

BUNDLE = Bundle()
TABLES: Tables = load_tables([folder / "codes" for folder in BUNDLE.config_folders])
TRUST = Trust(party="a-force", agency="police")


def reader(name: str) -> MappedReader:
    [path] = BUNDLE.files(f"dialects/{name}/mapping.toml")
    return load_mapping(path, TABLES)


def sample(name: str) -> Path:
    [path] = BUNDLE.files(f"dialects/{name}")
    return path


SAMPLES = ["marlford-flat/samples/two-cases.txt"]
SAMPLES += [f"westbeck-extract/samples/{name}.zip" for name in ("nightly", "with-documents")]


@pytest.mark.parametrize("name", SAMPLES)
def test_case_by_case_and_whole_are_the_same(name: str) -> None:
    made, path = reader(name.partition("/")[0]), sample(name)
    whole = list(made.decode(made.open(lift(path.read_bytes()), TRUST), TABLES))
    with path.open("rb") as file:
        walked = [(item.number, *made.decode(opened, TABLES)) for item, opened in made.walk(file, TRUST).cases]
    assert [(number, one.body, one.system, one.reference, one.attachments) for number, one in walked] == [
        (number, one.body, one.system, one.reference, one.attachments) for number, one in enumerate(whole, 1)
    ]
    with path.open("rb") as file:
        assert [item.number for item, _ in made.walk(file, TRUST, first=2).cases] == [2]


def test_a_fault_in_a_case_has_its_line_in_the_file(tmp_path: Path) -> None:
    made = reader("marlford-flat")
    path = tmp_path / "two.txt"
    path.write_bytes(b"00MARLFORD\n1041ZD0000126C\n10           C\n")
    with path.open("rb") as file:
        (_, good), (item, bad) = made.walk(file, TRUST).cases
    assert len(list(made.decode(good, TABLES))) == 1
    with pytest.raises(Refused) as refused:
        list(made.decode(bad, TABLES))
    assert (item.line, [(fault.rule, fault.line) for fault in refused.value.faults]) == (3, [("required", 3)])


def test_rows_need_no_order_beyond_that_of_their_keys() -> None:
    made, path = reader("westbeck-extract"), sample("westbeck-extract/samples/charges-unsorted.zip")
    assert len(list(made.decode(made.open(lift(path.read_bytes()), TRUST), TABLES))) == 1
    with path.open("rb") as file:
        assert len(list(made.walk(file, TRUST).cases)) == 1  # sorted by the key that links, which is what counts


def test_formats_that_are_one_tree_are_not_walked(tmp_path: Path) -> None:
    assert [name for name in ("northshire-rms", "southdale-json") if reader(name).can_walk] == []
    with pytest.raises(Defect), sample("northshire-rms/samples/company.xml").open("rb") as file:
        reader("northshire-rms").walk(file, TRUST)
