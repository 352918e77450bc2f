"""The files of the police forces that ship with the hub: complete, true to the published lists, and connected to nothing."""

import csv
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from hub.discovery import Found
from hub.discovery.bundle import Bundle
from hub.discovery.connectors import discover
from hub.discovery.parties import YES_OR_NO, Identity, Party, Route, Sends, Status
from hub.message.catalogue import Agency

FOLDER = Bundle().root / "config" / "parties"
README = (FOLDER / "README.md").read_text(encoding="utf-8")
LOCAL_CLOCKS = {
    f"{code:02}" for code in (1, 3, 4, 6, 10, 11, 14, 20, 22, 23, 35, 36, 37, 40, 41, 42, 46, 63)
}  # police-spi 6
TRANSPORT_POLICE = "93"


@pytest.fixture(scope="module")
def found() -> Found:
    return discover()


@pytest.fixture(scope="module")
def forces(found: Found) -> Mapping[str, Party]:
    return {code: party for code, party in found.planned.items() if party.party.agency is Agency.POLICE}


@pytest.fixture(scope="module")
def listed(reference_data: Path) -> dict[str, dict[str, str]]:
    """The territorial forces and British Transport Police in the published list, by code."""
    rows = rows_of(reference_data / "police_forces.csv")
    return {row["code"]: row for row in rows if row["kind"] == "territorial" or row["code"] == TRANSPORT_POLICE}


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_file_loads_and_is_named_by_its_code(forces: Mapping[str, Party]) -> None:
    assert {path.stem for path in FOLDER.glob("*.toml")} == set(forces)
    assert len(forces) == 44


def test_none_is_live_and_none_has_an_address(found: Found, forces: Mapping[str, Party]) -> None:
    assert found.parties == {}
    assert {party.party.status for party in forces.values()} == {Status.PLANNED}
    assert not [code for code, party in forces.items() if party.endpoint or party.sends.folder]
    assert not [path.name for path in FOLDER.glob("*.toml") if "://" in path.read_text(encoding="utf-8")]


def test_the_force_codes_are_those_of_the_published_list_each_once(
    forces: Mapping[str, Party], listed: dict[str, dict[str, str]]
) -> None:
    assert sorted(code for party in forces.values() for code in party.party.force_codes) == sorted(listed)


def test_the_two_codes_of_the_metropolitan_police_are_one_party(forces: Mapping[str, Party]) -> None:
    assert [party.code for party in forces.values() if len(party.party.force_codes) > 1] == ["metropolitan-police"]
    assert forces["metropolitan-police"].party.force_codes == ("01", "02")


def test_names_are_those_of_our_list_of_forces(forces: Mapping[str, Party]) -> None:
    ours = {row["code"]: row["name"] for row in rows_of(FOLDER.parent / "codes" / "forces.csv")}
    for party in forces.values():
        assert {ours[code] for code in party.party.force_codes} == {party.party.name}


def test_an_ou_code_is_made_of_the_force_code(forces: Mapping[str, Party]) -> None:
    for party in forces.values():
        assert party.party.ou_code == f"0{party.party.force_codes[0]}0000"


def test_areas_are_those_of_the_published_lists(
    forces: Mapping[str, Party], listed: dict[str, dict[str, str]], reference_data: Path
) -> None:
    areas_with_courts = {row["ou_code"][:3] for row in rows_of(reference_data / "courts.csv")}
    for party in forces.values():
        identity = party.party
        (area,) = {listed[code]["cj_area_code"] for code in identity.force_codes}
        assert identity.cps_area == (f"A{area}" if area else None), party.code
        possible = {f"B{area}", f"C{area}"} if area else set()
        assert set(identity.court_areas) == possible & areas_with_courts, party.code


def test_a_force_receives_its_own_cases_only_and_results_as_police_systems_read_them(
    forces: Mapping[str, Party],
) -> None:
    for party in forces.values():
        assert {route.where["force"] for route in party.routes} == {party.party.force_codes}, party.code
        assert [route.dialect for route in party.routes if route.message == "HearingResulted"] == ["spi-result"]


def test_every_force_sends_case_files_and_five_a_format_of_their_own_which_is_invented(
    found: Found, forces: Mapping[str, Party]
) -> None:
    assert {party.sends.dialects[0] for party in forces.values()} == {"spi-case"}
    own = {code: party.sends.dialects[1:] for code, party in forces.items() if len(party.sends.dialects) > 1}
    shown = dict(re.findall(r"^\| `([a-z-]+)` \| `([a-z-]+)` \| ", README, re.MULTILINE))
    assert own == {code: (dialect,) for code, dialect in shown.items()}
    assert len(set(own.values())) == 5
    for code, (dialect,) in own.items():
        mapping = (FOLDER.parent / "dialects" / dialect / "mapping.toml").read_text(encoding="utf-8")
        assert "invented" in mapping.partition("[dialect]")[0]
        assert "invented" in (FOLDER / f"{code}.toml").read_text(encoding="utf-8")
        assert dialect in found.readers


def test_local_clocks_are_those_of_the_published_list(forces: Mapping[str, Party]) -> None:
    said = {
        code: party.sends.traits["times_are_local"] for party in forces.values() for code in party.party.force_codes
    }
    assert {code for code, word in said.items() if word == "true"} == LOCAL_CLOCKS | {"02"}  # 01 and 02 are one party
    assert {word for code, word in said.items() if code not in LOCAL_CLOCKS | {"02"}} == {"false"}


def test_every_trait_is_described_and_read_by_the_code(forces: Mapping[str, Party]) -> None:
    used = {trait for party in forces.values() for trait in party.sends.traits}
    described = set(re.findall(r"^\| `([a-z_]+)` \| ", README.split("| trait |")[1].split("###")[0], re.MULTILINE))
    code = "\n".join(path.read_text(encoding="utf-8") for path in Bundle().root.glob("connectors/**/*.py"))
    assert used | set(YES_OR_NO) <= described
    assert not [trait for trait in described if f'"{trait}"' not in code]


@pytest.mark.parametrize("name", [*Identity.model_fields, *Sends.model_fields, *Route.model_fields])
def test_every_field_of_the_form_is_described(name: str) -> None:
    assert f"`{'as' if name == 'dialect' else name}`" in README
