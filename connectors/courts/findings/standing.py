"""Standing data of the receiving side: is this offence, court, result known, and what is known of it (courts 2.2).

Rule: only what is loaded is asked. `knows_...` says whether a question can be answered at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from hub.contract.reference import Reference

OFFENCES, RESULTS, QUALIFIERS = "offence_codes", "result_codes", "result_qualifiers"
COURTS, UNITS = "courts", "police_units"

NATIONAL = re.compile(r"(?:[A-Z]{2}[0-9]{2}|COML|XX00)[0-9]{3}[ABCI]?", re.ASCII)
"""The form of a national offence code (courts 2.2). Any other is looked for among an area's own codes only."""

NO_COURT = "B000000"
"""The first court without a PSA number, as published."""

_WORDS = re.compile(r"[a-z0-9]+")
_CROWN = "Crown Court"
_FIXED = {"Great Grimsby Crown Court": "0425", "Newport (South Wales) Crown Court": "0441"}
_CROWN_LEVEL = "C"

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OffenceFound:
    """An offence in the table; `local` where it is an area's own."""

    row: Row
    local: bool

    @property
    def recordable(self) -> bool:
        """Whether it is recordable: the column alone decides, category and results play no part."""
        return self.row["recordable"] == "Y"

    @property
    def category(self) -> str:
        """Its category, as the receiving side has it."""
        return "B7" if self.row["bichard_ignored"] == "Y" else self.row["category"]


class Standing:
    """The tables of one Reference, indexed as the rules ask them."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        self.loaded = frozenset(reference.tables)

    def offence(self, code: str, area: str) -> OffenceFound | None:
        """The offence of a code as sent, exact case: by the full code, then its first seven characters, then as local.

        Any form but the national one is looked for with the area in front only (courts 2.2).
        """
        table = self.reference.tables[OFFENCES]
        if NATIONAL.fullmatch(code):
            row = table.find(code) or (table.find(code[:7]) if len(code) == 8 else None)
            if row is not None:
                return OffenceFound(row, local=False)
        row = table.find(area + code)
        return None if row is None else OffenceFound(row, local=True)

    def result_type(self, code: int) -> str | None:
        """F, I, P or nothing for a result code of the table; None where it is in no row."""
        row = self.reference.find(RESULTS, str(code))
        return None if row is None else row["type"]

    def knows_qualifier(self, code: str) -> bool:
        """Whether a result qualifier is in its table, exact case."""
        return code in self.reference.tables[QUALIFIERS]

    def knows_organisation(self, ou_code: str) -> bool:
        """Whether an OU code names an organisation: its first five characters decide, or the first four of six."""
        code = ou_code.upper()
        if len(code) >= 7:
            return code[:5] in self._organisations
        return len(code) == 6 and self.knows_unit(code[:4])

    def knows_unit(self, area_and_unit: str) -> bool:
        """Whether four characters are the area and unit of an organisation of any kind."""
        return area_and_unit.upper() in self._units

    def knows_psa(self, number: int) -> bool:
        """Whether a court has this PSA number."""
        return f"{number:04d}" in self._by_psa

    def court_of_psa(self, text: str) -> Row | None:
        """The first court with a PSA number, as it is written in the list."""
        return self._by_psa.get(text)

    @cached_property
    def first_without_psa(self) -> str:
        """The OU code of the first court without a PSA number, which an empty next court comes to."""
        courts = self._courts if COURTS in self.loaded else ()
        return next((row["ou_code"] for row in courts if not row["psa_code"]), NO_COURT)

    @lru_cache(maxsize=512)  # noqa: B019 - one Standing lives as long as its Reference
    def court_named(self, name: str) -> str | None:
        """The OU code of the court that a result's text names, by the rule of courts 2.1; None where none matches."""
        number = _FIXED.get(name) or self._psa_of(_words(name.partition(_CROWN)[0]))
        court = None if number is None else self._by_psa.get(number)
        return None if court is None else court["ou_code"]

    def _psa_of(self, wanted: tuple[str, ...]) -> str | None:
        for words, number in self._crown_names:
            short = min(len(words), len(wanted))
            if short and words[:short] == wanted[:short]:
                return number
        return None

    @cached_property
    def _courts(self) -> tuple[Row, ...]:
        return tuple(self.reference.tables[COURTS].every())

    @cached_property
    def _by_psa(self) -> dict[str, Row]:
        found: dict[str, Row] = {}
        for row in self._courts:
            if row["psa_code"]:
                found.setdefault(row["psa_code"].zfill(4), row)
        return found

    @cached_property
    def _crown_names(self) -> tuple[tuple[tuple[str, ...], str], ...]:
        crown = (row for row in self._courts if row["level1"] == _CROWN_LEVEL and row["psa_code"])
        return tuple((_words(row["court_name"]), row["psa_code"].zfill(4)) for row in crown)

    @cached_property
    def _organisations(self) -> frozenset[str]:
        return frozenset(row["ou_code"][:5].upper() for row in self._courts)

    @cached_property
    def _units(self) -> frozenset[str]:
        courts = (row["ou_code"][1:5] for row in self._courts)
        return frozenset(unit.upper() for unit in (*courts, *self._police()))

    def _police(self) -> Iterator[str]:
        return (row["force_code"] + row["unit_code"] for row in self.reference.tables[UNITS].every())


def _words(name: str) -> tuple[str, ...]:
    return tuple(_WORDS.findall(name.lower()))


@lru_cache(maxsize=8)
def standing_of(reference: Reference) -> Standing:
    """The indexes of a Reference, made once."""
    return Standing(reference)
