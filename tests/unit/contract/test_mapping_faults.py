"""A faulty mapping tells everything that is wrong with it at once, each with its file, line and key."""

from pathlib import Path

import pytest

from hub.contract.mapping import read_mapping
from hub.contract.mapping.attached import CONTENTS
from hub.contract.mapping.leaves import KEYS
from hub.contract.mapping.readers import READERS
from hub.contract.tables import Table, Tables
from hub.discovery.bundle import Bundle
from hub.message.errors import Misconfigured

TABLES = Tables({"gender": Table("gender", {"1": {"code": "1", "value": "MALE"}})})
HEAD = '[dialect]\nname = "a-force"\nlift = "xml"\n[recognise]\nroot = "Case"\n'
GOOD = HEAD + '[case]\nptiurn = "URN"\n'

TEN = """[dialect]
name = "a-force"
lift = "xnl"
aplies_from = 2026-01-01
answers = "soon"

[namespaces]
n = "urn:n"

[case]
pturn = "n:URN"
initiation = { at = "n:How", read = "code:initiaton" }
informant = { at = "m:Informant" }

[case.first_hearing]
court = "n:Court"
on = { at = "n:When", read = "dat:%d/%m/%Y" }
at = { at = "n:When", read = "date:%H:%M" }

[[case.defendants]]
asn = "//ASN"

[case.defendants.individual]
born_on = { at = "n:DOB", red = "date:%d%m%Y" }
gender = { read = "code:gender" }
"""


def faults_of(text: str) -> tuple[str, ...]:
    with pytest.raises(Misconfigured) as refused:
        read_mapping(text, "a-force/mapping.toml", TABLES)
    return refused.value.faults


def test_every_fault_of_a_mapping_is_told_at_once_with_file_line_and_key() -> None:
    found = faults_of(TEN)
    places = [fault.split(": ")[:2] for fault in found]
    assert sorted((int(place.rpartition(":")[2]), key) for place, key in places) == [
        (3, "dialect.lift"),
        (4, "dialect.aplies_from"),
        (5, "dialect.answers"),
        (10, "case"),
        (11, "case.pturn"),
        (12, "case.initiation.read"),
        (13, "case.informant.at"),
        (17, "case.first_hearing.on.read"),
        (18, "case.first_hearing.at.read"),
        (18, "case.first_hearing.at.read"),
        (20, "case.defendants[1]"),
        (21, "case.defendants[1].asn.at"),
        (24, "case.defendants[1].individual.born_on.red"),
        (25, "case.defendants[1].individual.gender"),
    ]
    assert all(place.startswith("a-force/mapping.toml:") for place, _ in places)


def test_a_near_miss_is_answered_with_the_name_that_was_meant() -> None:
    said = "\n".join(faults_of(TEN))
    for meant in ("applies_from", "ptiurn", "date", "read"):
        assert f"did you mean '{meant}'?" in said


@pytest.mark.parametrize(
    ("lines", "key", "words"),
    [
        ('[case]\nptiurn = "URN"\ninformant = 7\n', "case.informant", "path"),
        ('[case]\nptiurn = { at = "A", const = "B" }\n', "case.ptiurn", "exactly one"),
        ('[case]\nptiurn = { at = "A", cut = [3, 1] }\n', "case.ptiurn.cut", "two places"),
        ('[case]\nptiurn = { at = "A", pad = "x" }\n', "case.ptiurn.pad", "whole number"),
        ('[case]\nptiurn = { at = "A", read = "asn:x" }\n', "case.ptiurn.read", "takes no argument"),
        ('[case]\nptiurn = { at = "A", read = "date" }\n', "case.ptiurn.read", "makes a date"),
        (
            '[case]\nptiurn = "URN"\ninitiation = { at = "B", map = { C = 1 } }\n',
            "case.initiation.map",
            "table of texts",
        ),
        ('[case]\nptiurn = "URN"\ndefendants = "P"\n', "case.defendants", "table of fields"),
        (
            '[case]\nptiurn = "URN"\n[case.first_hearing]\non = { at = "D", read = "date:%d %Q" }\n',
            "case.first_hearing.on.read",
            "form",
        ),
        ("", "case", "is needed"),
    ],
)
def test_each_kind_of_fault_names_its_key(lines: str, key: str, words: str) -> None:
    found = faults_of(HEAD + lines)
    assert any(f": {key}: " in fault and words in fault for fault in found), found


def test_what_is_no_toml_is_told_and_not_raised() -> None:
    assert "not TOML" in faults_of("[dialect\n")[0]


def test_two_mappings_that_say_the_same_have_the_same_hash_whatever_their_comments() -> None:
    one = read_mapping(GOOD, "f", TABLES)
    assert read_mapping("# a comment\n" + GOOD, "f", TABLES).mapping_hash == one.mapping_hash
    assert read_mapping(GOOD.replace('"URN"', '"Urn"'), "f", TABLES).mapping_hash != one.mapping_hash


def test_a_code_table_that_a_mapping_names_is_part_of_its_hash_and_another_is_not() -> None:
    text = GOOD + 'initiation = { at = "HOW", read = "code:initiation" }\n'

    def hash_with(**words: str) -> str:
        lists = {name: Table(name, {"1": {"code": "1", "value": word}}) for name, word in words.items()}
        return read_mapping(text, "f", Tables(lists)).mapping_hash

    one = hash_with(gender="MALE", initiation="CHARGE")
    assert hash_with(gender="MALE", initiation="SUMMONS") != one
    assert hash_with(gender="FEMALE", initiation="CHARGE") == one


def test_the_shipped_mappings_have_no_fault(tmp_path: Path) -> None:
    from hub.discovery.connectors import discover

    found = discover()
    assert {"northshire-rms", "eastmoor-rms", "southdale-json", "westbeck-extract", "marlford-flat"} <= set(
        found.readers
    )


def test_every_reader_and_every_key_of_the_grammar_is_documented() -> None:
    page = (Bundle().root / "docs" / "mapping.md").read_text(encoding="utf-8")
    for name, one in READERS.items():
        assert f"| `{name}` | {one.words} |" in page
    assert all(f"| `{name}` | " in page for name in CONTENTS)
    for key in (
        *KEYS,
        "content",
        "documents",
        "each",
        "link",
        "within",
        "applies_from",
        "candidate",
        "answers",
        "message",
        "parent_key",
    ):
        assert key in page
