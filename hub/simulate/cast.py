"""The people of the stories. Every one is invented, and so is every address: no postcode area is called ZZ.

Rule: an identifier is built by `hub.message.identifiers`, so its check letter is right.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from string import ascii_uppercase

from hub.message.identifiers import (
    make_asn,
    make_pnc,
    make_ptiurn,
    read_asn,
    read_crn,
    read_noms,
    read_ou_code,
    read_pnc,
    read_postcode,
    read_ptiurn,
)
from hub.message.people import (
    Address,
    Asn,
    Crn,
    Individual,
    NomsNumber,
    Officer,
    Organisation,
    ParentGuardian,
    PersonName,
    Ptiurn,
    StructuredAddress,
)
from hub.message.values import Coded, Dated

GIVEN = {
    "1": ("Alfred", "Bastian", "Corwin", "Dafydd", "Edmund", "Fergal", "Gethin", "Hamza", "Idris", "Jolyon"),
    "2": ("Adaeze", "Beatrix", "Carys", "Delyth", "Esme", "Farida", "Gwenllian", "Hester", "Ines", "Jocasta"),
}
FAMILY = (
    "Amberwick", "Brackenfold", "Copperthorn", "Dunmallow", "Elderquist", "Fennimoor", "Gorsehurst", "Hazelbrand",
    "Inglethwaite", "Junipole", "Kestrelby", "Larkhollow", "Merrowdale", "Nettlecombe", "Oakhampson", "Pellworthy",
    "Quillfeather", "Rushmarch", "Sedgeworth", "Thistlebeck", "Underbarrow", "Vetchley", "Wrenfield", "Yarrowgate",
)  # fmt: skip
STREETS = ("Nowhere Lane", "Sample Street", "Specimen Road", "Example Terrace", "Invention Row")
COMPANIES = ("Sample Haulage Limited", "Nowhere Foods Limited", "Specimen Plant Hire Limited")
GENDERS = {"1": "MALE", "2": "FEMALE"}
LANGUAGES = {"E": "ENGLISH", "W": "WELSH"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Police:
    """A pretend force: its party here, its codes, its town, whether it works in Welsh, and by which door it submits."""

    party: str
    force: str
    unit: str
    ou_code: str
    system: str
    town: str
    welsh: bool = False
    folder: bool = False


@dataclass(frozen=True, slots=True)
class Cast:
    """Invents people and their numbers for one run; `first` is the serial of its first case."""

    random: Random
    today: date
    first: int

    def ptiurn(self, police: Police, number: int) -> Ptiurn:
        """The case reference of the story with this number: unlike any other of the run."""
        serial = (self.first + number) % 100_000
        return read_ptiurn(make_ptiurn(force=police.force, unit=police.unit, serial=serial, year=self.today.year))

    def asn(self, police: Police) -> Asn:
        """An arrest summons number of the force."""
        sequence = self.random.randrange(1, 10**9)
        year = self.today.year
        return read_asn(make_asn(year=year, force=police.force, unit=police.unit, sequence=sequence, system="01"))

    def noms(self) -> NomsNumber:
        """A prisoner number."""
        letters = "".join(self.random.choices(ascii_uppercase, k=3))
        return read_noms(f"{letters[0]}{self.random.randrange(10_000):04d}{letters[1:]}")

    def crn(self) -> Crn:
        """A number in the case list of probation."""
        return read_crn(f"X{self.random.randrange(10**6):06d}")

    def adult(self, police: Police) -> Individual:
        """A person of 18 to 70."""
        return self._person(police, self.today - timedelta(days=self.random.randrange(18 * 366, 70 * 365)))

    def young_person(self, police: Police) -> Individual:
        """A person of 12 to 17, with a parent."""
        born = self.today - timedelta(days=self.random.randrange(12 * 366, 17 * 365))
        person = self._person(police, born)
        gender = self.random.choice("12")
        parent = ParentGuardian(
            name=PersonName(given=self.random.choice(GIVEN[gender]), family=person.name.family),
            gender=Coded(gender, GENDERS[gender]),
            address=person.address,
        )
        return replace(person, parent_guardian=parent)

    def company(self, police: Police) -> Organisation:
        """A company."""
        return Organisation(name=self.random.choice(COMPANIES), address=self._address(police))

    def officer(self, police: Police) -> Officer:
        """The officer in the case."""
        return Officer(
            name=PersonName(given=self.random.choice(GIVEN["2"]), family=self.random.choice(FAMILY)),
            rank="PC",
            reference=f"{self.random.randrange(1000, 9999)}",
            location=read_ou_code(police.ou_code),
        )

    def _person(self, police: Police, born: date) -> Individual:
        gender = self.random.choice("12")
        language = "W" if police.welsh else "E"
        return Individual(
            name=PersonName(
                title="Mr" if gender == "1" else "Ms",
                given=self.random.choice(GIVEN[gender]),
                family=self.random.choice(FAMILY),
            ),
            born_on=Dated(born.isoformat(), born),
            gender=Coded(gender, GENDERS[gender]),
            pnc_id=read_pnc(make_pnc(year=self.today.year, serial=self.random.randrange(1, 9_999_999))),
            address=self._address(police),
            documentation_language=Coded(language, LANGUAGES[language]),
            hearing_language=Coded(language, LANGUAGES[language]),
        )

    def _address(self, police: Police) -> Address:
        structured = StructuredAddress(
            paon=f"{self.random.randrange(1, 200):>4} ",
            street=self.random.choice(STREETS),
            town=police.town,
            postcode=read_postcode(f"ZZ{self.random.randrange(1, 10)} {self.random.randrange(1, 10)}ZZ"),
        )
        return Address(structured=structured)
