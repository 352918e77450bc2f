"""A case file for a known case: who is new, who stands there already, and who is left of two alike (police-spi 5.5)."""

from dataclasses import replace
from datetime import date

import pytest

from hub.flow.record.defendants import standing
from hub.flow.record.register import change
from hub.ledger.register import CaseView, DefendantRow
from hub.message.case import Defendant
from hub.message.identifiers import Identifier, Reason, make_asn, read_asn
from hub.message.people import Individual, Organisation, PersonName
from hub.message.values import Dated
from tests.examples import NOW, case_file, message, offence

ONE, TWO, THREE = (make_asn(year=2026, force="41", unit="ZD", sequence=at) for at in (17, 18, 19))
BORN, OTHER = date(1990, 1, 31), date(1991, 1, 31)


def somebody(
    given: str | None = "Ada", family: str | None = "Sampleton", born: date | None = BORN, asn: str | None = TWO
) -> Defendant:
    individual = Individual(
        name=PersonName(given=given, family=family), born_on=None if born is None else Dated(born.isoformat(), born)
    )
    return Defendant(asn=None if asn is None else read_asn(asn), individual=individual, offences=(offence(),))


def company(name: str, asn: str = TWO) -> Defendant:
    return Defendant(asn=read_asn(asn), organisation=Organisation(name=name), offences=(offence(),))


def row(
    given: str | None = "Ada", family: str | None = "Sampleton", born: date | None = BORN, **more: str
) -> DefendantRow:
    values = {"key": ONE, "asn": ONE} | more
    return DefendantRow(position=1, given=given, family=family, born_on=born and born.isoformat(), **values)


@pytest.mark.parametrize(
    ("who", "held"),
    [
        (somebody(asn=ONE, given="Eve", family="Placeholder", born=None), row()),  # 1 and 2: the reference
        (company("SAMPLE  Ltd"), row(None, None, None, organisation="Sample Ltd")),  # 3
        (somebody(), row("ADA", "sampleton")),  # 4
        (somebody(born=None), row(born=None)),  # 5
        (somebody(given=None), row()),  # 6: a given name missing in the file
        (somebody(), row(given=None)),  # 6: or on the case
        (somebody(given=None), row(given=None)),  # 6: or on both sides
    ],
)
def test_whoever_stands_on_the_case_is_known_by_one_of_the_rules(who: Defendant, held: DefendantRow) -> None:
    assert standing(who, [held]) == held


@pytest.mark.parametrize(
    ("who", "held"),
    [
        (company("Sample Ltd"), row(None, None, None, organisation="Sample Holdings")),
        (company("Sample Ltd"), row()),
        (Defendant(asn=read_asn(TWO), organisation=Organisation()), row()),
        (somebody(born=OTHER), row()),
        (somebody(born=None), row()),
        (somebody(), row(born=None)),
        (somebody(given="Eve"), row()),
        (somebody(family="Placeholder"), row()),
        (somebody(given=None, born=None), row()),
        (somebody(given=None, born=None), row(given=None, born=None)),
        (somebody(family=None), row(family=None)),
        (Defendant(), row()),
    ],
)
def test_whoever_agrees_in_less_is_somebody_new(who: Defendant, held: DefendantRow) -> None:
    assert standing(who, [held]) is None


def test_the_search_ends_at_the_same_family_name_where_one_side_has_no_given_name() -> None:
    """The quirk of the receiving side, which the register follows so that both count the same defendants."""
    hides, known = row(given=None, born=OTHER), row(key=THREE, asn=THREE)
    assert standing(somebody(), [hides, known]) is None
    assert standing(somebody(), [known, hides]) == known
    assert standing(somebody(asn=THREE), [hides, known]) == known


# --- what becomes of the register ------------------------------------------------------------------------------------


def held_with(*defendants: Defendant) -> CaseView:
    made = change(message(case_file(defendants=defendants)), None, "case-1", NOW)
    return CaseView(case=made.case, defendants=made.defendants, offences=made.offences)


def updated(held: CaseView, *defendants: Defendant) -> tuple[DefendantRow, ...]:
    """The rows that a later case file for the same case writes."""
    return change(message(case_file(defendants=defendants), 2), held, "case-1", NOW).defendants


def test_an_added_defendant_is_a_row_of_its_own() -> None:
    (added,) = updated(held_with(somebody(asn=ONE)), somebody("Eve", "Placeholder", asn=TWO))
    assert (added.key, added.position, added.family) == (TWO, 2, "Placeholder")


def test_an_added_defendant_without_a_reference_does_not_take_the_place_of_the_first() -> None:
    held = held_with(somebody(asn=None))
    assert [one.key for one in held.defendants] == ["#1"]
    (added,) = updated(held, somebody("Eve", "Placeholder", asn=None))
    assert (added.key, added.position) == ("#2", 2)


def test_another_prosecutors_reference_tells_defendants_apart_and_finds_them_again() -> None:
    first, second = (
        replace(somebody(name, "Placeholder", asn=None), asn=Identifier(f"TFL{at}-ABC", None, Reason.FORMAT))
        for at, name in enumerate(("Eve", "Kit"))
    )
    held = held_with(first, second)
    assert [one.key for one in held.defendants] == ["TFL0-ABC", "TFL1-ABC"]
    (again,) = updated(held, second)
    assert (again.key, again.position) == ("TFL1-ABC", 2)


def test_a_defendant_who_comes_again_under_another_reference_keeps_the_first() -> None:
    (again,) = updated(held_with(somebody(asn=ONE)), somebody(asn=TWO))
    assert (again.key, again.asn, again.position) == (ONE, ONE, 1)


def test_of_two_siblings_with_one_reference_the_first_is_kept_with_its_offences() -> None:
    twice = (somebody(asn=ONE), somebody("Eve", "Placeholder", asn=ONE))
    made = change(message(case_file(defendants=twice)), None, "case-1", NOW)
    assert [(one.key, one.given) for one in made.defendants] == [(ONE, "Ada")]
    assert len(made.offences) == 1


def test_siblings_are_told_apart_by_their_references_alone() -> None:
    held = held_with(somebody(asn=ONE), somebody(asn=TWO))
    assert [one.key for one in held.defendants] == [ONE, TWO]
