"""Every flaw of the children of one element, against sequences and choices."""

import pytest

from hub.document.model import Group, Leaf, diagnose


def sequence(*parts: Leaf | Group, low: int = 1, high: int | None = 1) -> Group:
    return Group(kind="sequence", parts=parts, low=low, high=high)


def choice(*parts: Leaf | Group, low: int = 1, high: int | None = 1) -> Group:
    return Group(kind="choice", parts=parts, low=low, high=high)


def leaf(tag: str, low: int = 1, high: int | None = 1) -> Leaf:
    return Leaf(tag=tag, low=low, high=high)


# A case as police-spi 2.1 has it, and an address as 2.3 has it, each element by a letter.
CASE = sequence(
    leaf("u"),
    leaf("o"),
    choice(sequence(leaf("i"), leaf("s")), leaf("c")),
    leaf("n", low=0),
    leaf("h"),
    leaf("d", high=3),
)
PLACE = choice(
    sequence(leaf("L"), choice(sequence(leaf("T"), leaf("A", low=0)), leaf("A"), low=0)),
    sequence(leaf("T"), leaf("A", low=0)),
    leaf("A"),
)


def told(model: Group, children: str) -> list[str]:
    return [
        f"{flaw.kind} {'|'.join(flaw.tags)} {flaw.index} {flaw.after or flaw.rival or '-'}"
        for flaw in diagnose(model, list(children))
    ]


@pytest.mark.parametrize("children", ["uochd", "uoishddd", "uocnhd"])
def test_children_in_order_have_no_flaw(children: str) -> None:
    assert told(CASE, children) == []


@pytest.mark.parametrize("children", ["L", "LT", "LTA", "LA", "T", "TA", "A"])
def test_each_branch_of_a_choice_within_a_choice_is_accepted(children: str) -> None:
    assert told(PLACE, children) == []


@pytest.mark.parametrize(
    ("children", "flaws"),
    [
        ("ucd", ["missing o 1 u", "missing h 2 c"]),
        ("", ["missing u 0 -", "missing o 0 u", "missing i|c 0 o", "missing h 0 o", "missing d 0 h"]),
        ("uoihd", ["missing s 3 i"]),
        ("uohd", ["missing i|c 2 o"]),
        ("uochxdy", ["unknown x 4 -", "unknown y 6 -"]),
        ("uuochd", ["crowded u 1 -"]),
        ("uochdddd", ["crowded d 7 -"]),
        ("uochnd", ["misplaced n 4 c"]),
        ("uocish d".replace(" ", ""), ["excluded c 2 i"]),
        ("dhcou", ["misplaced h 1 c", "misplaced c 2 o", "misplaced o 3 u", "misplaced u 4 -"]),
    ],
)
def test_every_flaw_is_told_with_its_place(children: str, flaws: list[str]) -> None:
    assert told(CASE, children) == flaws


def test_a_group_that_may_be_absent_is_wanted_whole_once_a_part_of_it_is_there() -> None:
    model = sequence(leaf("a"), sequence(leaf("r"), leaf("t"), low=0), leaf("z", low=0))
    assert told(model, "a") == []
    assert told(model, "artz") == []
    assert told(model, "atz") == ["missing r 1 a"]


@pytest.mark.parametrize(
    "model", [sequence(leaf("a"), leaf("b"), high=None), sequence(leaf("a"), leaf("b"), leaf("a"))]
)
def test_a_model_of_another_kind_is_left_to_the_validator(model: Group) -> None:
    assert told(model, "bb") == []


def test_a_hundred_thousand_children_are_matched_in_time() -> None:
    model = sequence(leaf("a", high=None), leaf("b", high=None))
    flaws = diagnose(model, ["b", "a"] * 50_000)
    assert len(flaws) >= 49_999
