"""Groups of codes: what their notation means, which edition holds, and that every fault is told with its place."""

from datetime import date
from pathlib import Path

import pytest

from hub.discovery.bundle import Bundle
from hub.discovery.groups import expand, load_groups


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("3007 3070-3072", ["3007", "3070", "3071", "3072"]),
        ("SX56001 005 013-015", ["SX56001", "SX56005", "SX56013", "SX56014", "SX56015"]),
        ("IC60005-007 CL77015 020", ["IC60005", "IC60006", "IC60007", "CL77015", "CL77020"]),
        ("01-03 B01DU", ["01", "02", "03", "B01DU"]),
        ("G NG", ["G", "NG"]),
        ("", []),
    ],
)
def test_a_group_is_written_in_codes_ranges_and_last_digits(text: str, codes: list[str]) -> None:
    assert list(expand(text)) == codes


@pytest.mark.parametrize("text", ["3007,3008", "3074-3070", "A-B", "3007-"])
def test_what_is_neither_a_code_nor_a_range_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="is n"):
        list(expand(text))


def test_the_edition_of_a_day_is_the_latest_that_has_begun(tmp_path: Path) -> None:
    (tmp_path / "g.toml").write_text('[groups]\na = "1"\n')
    (tmp_path / "g.new.toml").write_text('applies_from = 2026-08-16\n[groups]\na = "2"\n')
    faults: list[str] = []
    groups = load_groups(sorted(tmp_path.glob("*.toml")), faults)["g"]
    assert faults == []
    held = [groups.on(day)["a"] for day in (date(2026, 8, 15), date(2026, 8, 16), None)]
    assert held == [frozenset("1"), frozenset("2"), frozenset("2")]


def test_every_fault_is_told_with_its_file_and_group(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('[groups]\nodd = "30x-1"\n')
    (tmp_path / "b.toml").write_text("[groups]\nnumber = 3\n")
    (tmp_path / "c.toml").write_text("[groups\n")
    (tmp_path / "d.toml").write_text("[groups]\n")
    (tmp_path / "d.again.toml").write_text("[groups]\n")
    faults: list[str] = []
    load_groups(sorted(tmp_path.glob("*.toml")), faults)
    told = [fault.removeprefix(f"{tmp_path}/") for fault in faults]
    assert [one.split(": ")[:2] for one in told] == [
        ["a.toml", "groups.odd"],
        ["b.toml", "groups.number"],
        ["c.toml", "not TOML"],
        ["d.toml", "applies_from"],
    ]


def test_the_groups_that_ship_are_sound() -> None:
    faults: list[str] = []
    groups = load_groups(Bundle().files("groups/*.toml"), faults)
    assert faults == []
    assert set(groups) == {
        "accepted-values",
        "offence-lists",
        "result-classes",
        "result-triggers",
        "trigger-exclusions",
    }
    assert len(groups["trigger-exclusions"].editions) == 2
    assert "SX03234" in groups["offence-lists"].on(None)["sex_offence"]
    assert "TRPR0006" in groups["trigger-exclusions"].on(date(2026, 9, 1))["01"]
    assert "01" not in groups["trigger-exclusions"].on(date(2011, 10, 26))
