"""Does a defendant of a case file stand on the case already? The six rules of police-spi 5.5, in their order.

Rule: a defendant who stands there is not added once more, whatever reference the new file gives; names ignore case, and
what is not known never makes two people one. Between defendants of one message only the reference counts.
"""

from __future__ import annotations

from collections.abc import Sequence

from hub.ledger.register import DefendantRow
from hub.message.case import Defendant


def key_of(defendant: Defendant) -> str | None:
    """What a defendant is known by within a case: the reference, normal form before text; None where there is none."""
    if defendant.asn is None:
        return None
    return defendant.asn.value or defendant.asn.text.strip() or None


def standing(defendant: Defendant, rows: Sequence[DefendantRow]) -> DefendantRow | None:
    """The defendant on the case who this is, None where it is somebody new.

    Rules 1 and 2 look at the reference, on every row; then row by row 3 the organisation, 4 both names and the date of
    birth, 5 both names and no date on either side, 6 the family name and the date, and a given name missing. Where only
    the family names agree and one side has no given name, the search ends: the receiving side looks no further.
    """
    key = key_of(defendant)
    known = next((row for row in rows if key is not None and key in (row.key, row.asn)), None)
    if known is not None:
        return known
    if defendant.organisation is not None:
        name = _folded(defendant.organisation.name)
        return next((row for row in rows if name and _folded(row.organisation) == name), None)
    for row in rows:
        same, ends = _is_person(defendant, row)
        if same:
            return row
        if ends:
            return None
    return None


def _is_person(defendant: Defendant, row: DefendantRow) -> tuple[bool, bool]:
    """Whether a row is this person (rules 4 to 6), and whether the search ends at it."""
    person = defendant.individual
    family = None if person is None else _folded(person.name.family)
    if person is None or not family or _folded(row.family) != family:
        return False, False
    given, held = _folded(person.name.given), _folded(row.given)
    born = None if person.born_on is None or person.born_on.value is None else person.born_on.value.isoformat()
    if given and held:
        return given == held and born == row.born_on, False
    same = born is not None and born == row.born_on
    return same, not same and bool(given) != bool(held)


def _folded(name: str | None) -> str:
    return " ".join((name or "").casefold().split())
