"""What connectors rely on stays as it is within one version of the contract; what is added is allowed."""

from pathlib import Path

import pytest

from hub.contract import VERSION
from tests.shape.surface import ROOT, SNAPSHOT, breaks, modules, promises, refresh, surface

REFRESH = ".venv/bin/python -m tests.shape.surface"


def test_nothing_that_connectors_rely_on_is_lost_or_newly_demanded_within_a_version() -> None:
    assert SNAPSHOT.is_file(), f"version {VERSION} of the contract has no snapshot: write it with {REFRESH}"
    broken = breaks(SNAPSHOT.read_text(encoding="utf-8").splitlines(), surface())
    assert not broken, f"keep these, or raise hub.contract.VERSION and run {REFRESH} (docs/contract.md)"


def test_the_page_about_the_contract_names_every_module_of_it_and_its_version() -> None:
    page = (ROOT / "docs" / "contract.md").read_text(encoding="utf-8")
    assert not [name for name in modules() if f"`{name}`" not in page]
    assert f"`{VERSION}`" in page


def test_a_snapshot_is_written_anew_only_where_that_breaks_nothing(tmp_path: Path) -> None:
    mine = tmp_path / "contract.txt"
    assert refresh(mine) == []
    written = mine.read_text(encoding="utf-8")
    longer = f"{written}hub.contract.Gone\n"
    mine.write_text(longer, encoding="utf-8")
    assert refresh(mine) == ["lost: hub.contract.Gone"]
    assert mine.read_text(encoding="utf-8") == longer
    mine.write_text(written.replace("hub.contract.Outbound(* path): str = ''\n", ""), encoding="utf-8")
    assert refresh(mine) == []
    assert mine.read_text(encoding="utf-8") == written


BEFORE = """
@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    weight: int
    note: str = ""
    marks: list[str] = field(default_factory=list)
@dataclass
class Pair:
    left: int
    right: int = 0
class Carrier(Protocol):
    @property
    def name(self) -> str: ...
    def carry(self, parcel: Parcel) -> bool: ...
class Colour(StrEnum):
    RED = "red"
class Lost(Exception):
    def __init__(self, where: str, *, when: int = 0) -> None: ...
Thing = Parcel | Pair
LIMIT = 7
def weigh(parcel: Parcel, scale: int = 1, *, gross: bool = False) -> int: ...
def _ours() -> None: ...
"""


def change(old: str, new: str) -> list[str]:
    """What a change of the source above breaks."""
    assert old in BEFORE
    before = [one.text for one in promises("p", BEFORE)]
    return breaks(before, [*promises("p", BEFORE.replace(old, new))])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('note: str = ""', 'note: str = ""\n    more: int = 0'),
        ("weight: int", "weight: int = 1"),
        ("right: int = 0", "right: int = 0\n    third: int = 0"),
        ('RED = "red"', 'RED = "red"\n    BLUE = "blue"'),
        ("Thing = Parcel | Pair", "Thing = Parcel | Pair | Lost"),
        ("gross: bool = False", "gross: bool = False, dry: bool = False"),
        ("scale: int = 1", "scale: int = 1, steps: int = 2"),
        ("when: int = 0", "when: int = 0, who: str = ''"),
        ("LIMIT = 7", "LIMIT = 8"),
        ("def _ours() -> None: ...", ""),
        ("def _ours() -> None: ...", "def more(parcel: Parcel) -> None: ...\n"),
        ("def _ours() -> None: ...", "@dataclass\nclass More:\n    weight: int\n"),
        ("class Carrier", "class Porter(Protocol):\n    def lift(self, parcel: Parcel) -> bool: ...\nclass Carrier"),
    ],
)
def test_what_is_added_breaks_nothing(old: str, new: str) -> None:
    assert change(old, new) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("    weight: int\n", "", "lost: p.Parcel(* weight): int (needed)"),
        ("weight: int", "weight: str", "lost: p.Parcel(* weight): int (needed)"),
        ("weight: int", "weight: int\n    size: int", "newly needed: p.Parcel(* size): int (needed)"),
        (
            "weight: int",
            "weight: int\n    size: int = field(repr=False)",
            "newly needed: p.Parcel(* size): int (needed)",
        ),
        ('note: str = ""', "note: str", "lost: p.Parcel(* note): str = ''"),
        ('note: str = ""', 'note: str = "x"', "lost: p.Parcel(* note): str = ''"),
        ("factory=list", "factory=Marks", "lost: p.Parcel(* marks): list[str] = list()"),
        ("left: int\n    right: int = 0", "right: int = 0\n    left: int", "lost: p.Pair(1 left): int (needed)"),
        ("-> bool", "-> int", "lost: p.Carrier.carry -> bool (needed)"),
        ("parcel: Parcel) -> bool", "parcel: Parcel, by: int = 0) -> bool", "newly needed: p.Carrier.carry(2 by): int"),
        (
            "    def carry",
            "    def call(self) -> None: ...\n    def carry",
            "newly needed: p.Carrier.call -> None (needed)",
        ),
        ('RED = "red"', 'RED = "rouge"', "lost: p.Colour.RED = 'red'"),
        ("where: str", "where: int", "lost: p.Lost(1 where): str (needed)"),
        ("Parcel | Pair", "Parcel", "lost: p.Thing = Pair"),
        ("LIMIT = 7", "", "lost: p.LIMIT"),
        ("def weigh", "def weighed", "lost: p.weigh -> int"),
        ("scale: int = 1", "unit: int = 0, scale: int = 1", "lost: p.weigh(2 scale): int = 1"),
        ("class Lost(Exception)", "class Lost(ValueError)", "lost: p.Lost (Exception)"),
    ],
)
def test_what_is_lost_changed_or_newly_demanded_is_told(old: str, new: str, told: str) -> None:
    assert any(line.startswith(told) for line in change(old, new)), change(old, new)
