"""One case of a Libra court list: who, what for, when and where (courts 3.2).

Rule: what the list says stays as it says it. A value that cannot be read is a finding, never a refusal; what has no
place in the canonical form is carried along as it stood, with its path.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from hub.contract.findings import Findings, unsound
from hub.contract.tables import Tables
from hub.document import Element
from hub.document.xml import local_name, text_of
from hub.message.case import Defendant, HearingSlot, Offence
from hub.message.envelope import Decoded, Unmapped
from hub.message.hearing import HearingListed, ListType
from hub.message.identifiers import (
    read_cro,
    read_offence_code,
    read_ou_code,
    read_pnc,
    read_postcode,
    read_ptiurn,
)
from hub.message.people import Address, AddressLines, Individual, Organisation, PersonName
from hub.message.values import Coded, Dated

DAY = "%d/%m/%Y"
FILE_DAY = "%d%m%Y"

OF_CASE = frozenset(
    {"c_id", "h_id", "caseno", "def_name", "def_type", "pnc_id", "cro_number", "def_addr", "listno", "urn", "offences"}
)
OF_PERSON = frozenset({"def_name_elements", "def_dob", "def_age", "def_sex", "nationality_1", "nationality_2"})
OF_NAME = frozenset({"title", "forename1", "forename2", "forename3", "surname"})
OF_ADDRESS = frozenset({"line1", "line2", "line3", "line4", "line5", "pcode"})
OF_OFFENCE = frozenset(
    {
        "oseq",
        "code",
        "maxpen",
        "title",
        "sum",
        "as",
        "cy_title",
        "cy_sum",
        "adjdate",
        "adjreason",
        "plea",
        "pleadate",
        "convdate",
    }
)


CARRIED_AT_MOST = 64
"""How much of what stands around a case is carried along with it: real lists have about thirty values there. The whole
stays in the bytes as received; without a bound, a list could be made to grow with the square of its size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where reading is: the path, what the levels above carry that has no place in the body, and the code lists.

    `cut` says that the levels above hold more than is carried along.
    """

    path: str
    tables: Tables
    carried: tuple[Unmapped, ...] = ()
    cut: bool = False

    def within(self, path: str, more: Iterable[Unmapped] = ()) -> Place:
        """A place below this one, with what its level adds."""
        room = CARRIED_AT_MOST - len(self.carried)
        added = tuple(islice(more, room + 1))
        carried = (*self.carried, *added[:room]) if added else self.carried
        return Place(path=path, tables=self.tables, carried=carried, cut=self.cut or len(added) > room)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitting:
    """When and where the cases of a session are heard: as its own elements say, or else as the source file's name."""

    path: str
    court: str
    court_at: str
    day: str
    day_form: str
    start: str | None
    room: str | None
    list_type: ListType | None
    used: tuple[str, ...]

    @classmethod
    def read(cls, session: Element, path: str, of_file: tuple[str, str, str]) -> Sitting:
        """The sitting of a session. `of_file` are the court, the day and the list that the source file's name says."""
        file_court, file_day, list_name = of_file
        found = {tag: session.find(tag) for tag in ("ou_code", "doh", "sstart", "room")}
        held = {tag: text(element) for tag, element in found.items() if element is not None}
        court, day = held.get("ou_code", ""), held.get("doh", "")
        return cls(
            path=path,
            court=court if court.strip() else file_court,
            court_at="ou_code" if court.strip() else "source_file_name",
            day=day if day.strip() else file_day,
            day_form=DAY if day.strip() else FILE_DAY,
            start=held.get("sstart"),
            room=held.get("room"),
            list_type=ListType.DAILY if list_name.upper().endswith("_DAILY") else None,
            used=tuple(held),
        )

    def slot(self, findings: Findings) -> HearingSlot:
        """The slot, with a finding for each part that cannot be read. An OU code of five letters is whole here."""
        court = self.court.strip()
        read = read_ou_code(self.court)
        if read.value is None and len(court) == 5:
            read = read_ou_code(f"{court}00")
            read = type(read)(self.court, read.value, read.reason)
        if read.reason is not None:
            findings.note(unsound(read_ou_code, read.reason), f"{self.path}/{self.court_at}", read.reason.words)
        return HearingSlot(
            court=read,
            on=findings.day(self.day, f"{self.path}/doh", self.day_form),
            at=None if self.start is None else findings.clock(self.start, f"{self.path}/sstart"),
        )


def read_case(case: Element, sitting: Sitting, place: Place) -> Decoded:
    """The message of one case."""
    findings = Findings()
    held = first_of(case, OF_CASE | OF_PERSON)
    unmapped = [*place.carried, *leaves(case, place.path, read=held.values())]
    if place.cut:
        findings.note(
            "CUT", place.path, f"more than {CARRIED_AT_MOST} values stand around the case; the rest is not here"
        )
    for tag in ("caseno", "def_name", "def_type"):
        if tag not in held or not text(held[tag]).strip():
            findings.note("MISSING", f"{place.path}/{tag}", "every case of a list has this")
    urn = _text(held, "urn")
    body = HearingListed(
        ptiurn=findings.identifier(read_ptiurn, urn, f"{place.path}/urn") if urn is not None and urn.strip() else None,
        hearing_id=_text(held, "h_id"),
        court_case_id=_text(held, "c_id"),
        case_number=_text(held, "caseno"),
        slot=sitting.slot(findings),
        room=sitting.room,
        list_type=sitting.list_type,
        list_number=_text(held, "listno"),
        defendants=(_Case(held, findings, unmapped, place).defendant(),),
    )
    return Decoded(body=body, findings=tuple(findings.noted), unmapped=tuple(unmapped))


@dataclass(frozen=True, slots=True)
class _Case:
    """A case while it is read: its elements by name, and what is noted on the way."""

    held: dict[str, Element]
    findings: Findings
    unmapped: list[Unmapped]
    place: Place

    def defendant(self) -> Defendant:
        """The one defendant that a case of Libra has; a person where the list does not say organisation."""
        kind = (_text(self.held, "def_type") or "").strip()
        if kind not in ("P", "O", ""):
            self.findings.note("UNKNOWN_CODE", f"{self.place.path}/def_type", "P or O; read as a person")
        if kind == "O":
            return Defendant(organisation=self._organisation(), offences=self._offences())
        return Defendant(individual=self._individual(), offences=self._offences())

    def _individual(self) -> Individual:
        held, findings, path = self.held, self.findings, self.place.path
        born, age, sex = _text(held, "def_dob"), _text(held, "def_age"), _text(held, "def_sex")
        pnc, cro = _text(held, "pnc_id"), _text(held, "cro_number")
        return Individual(
            name=self._name(),
            born_on=None if born is None else findings.day(born, f"{path}/def_dob", DAY),
            age=None if age is None else findings.number(age, f"{path}/def_age"),
            gender=None if sex is None else findings.code(self.place.tables, "sex", sex, f"{path}/def_sex"),
            pnc_id=None if pnc is None else findings.identifier(read_pnc, pnc, f"{path}/pnc_id"),
            cro_number=None if cro is None else findings.identifier(read_cro, cro, f"{path}/cro_number"),
            nationality=_word(held, "nationality_1"),
            nationality_2=_word(held, "nationality_2"),
            address=self._address(),
        )

    def _organisation(self) -> Organisation:
        held, findings, path = self.held, self.findings, self.place.path
        for tag in OF_PERSON & held.keys():
            self.unmapped.extend(leaf_of(held[tag], f"{path}/{tag}"))
        pnc, cro = _text(held, "pnc_id"), _text(held, "cro_number")
        return Organisation(
            name=_text(held, "def_name"),
            pnc_id=None if pnc is None else findings.identifier(read_pnc, pnc, f"{path}/pnc_id"),
            cro_number=None if cro is None else findings.identifier(read_cro, cro, f"{path}/cro_number"),
            address=self._address(),
        )

    def _name(self) -> PersonName:
        parts = self._parts("def_name_elements", OF_NAME)
        return PersonName(
            title=_text(parts, "title"),
            given=_text(parts, "forename1"),
            given_2=_text(parts, "forename2"),
            given_3=_text(parts, "forename3"),
            family=_text(parts, "surname"),
            display=_text(self.held, "def_name"),
        )

    def _address(self) -> Address | None:
        if "def_addr" not in self.held:
            return None
        parts = self._parts("def_addr", OF_ADDRESS)
        code = _text(parts, "pcode")
        lines = AddressLines(
            line_1=_text(parts, "line1"),
            line_2=_text(parts, "line2"),
            line_3=_text(parts, "line3"),
            line_4=_text(parts, "line4"),
            line_5=_text(parts, "line5"),
            postcode=None
            if code is None
            else self.findings.identifier(read_postcode, code, f"{self.place.path}/def_addr/pcode"),
        )
        return Address(lines=lines)

    def _parts(self, tag: str, known: frozenset[str]) -> dict[str, Element]:
        """The known children of a child; what else stands there is carried along."""
        if tag not in self.held:
            return {}
        parts = first_of(self.held[tag], known)
        self.unmapped.extend(leaves(self.held[tag], f"{self.place.path}/{tag}", read=parts.values()))
        return parts

    def _offences(self) -> tuple[Offence, ...]:
        if "offences" not in self.held:
            return ()
        self.unmapped.extend(leaves(self.held["offences"], f"{self.place.path}/offences", tags=("offence",)))
        listed = self.held["offences"].iterchildren("offence")
        return tuple(self._offence(offence, position) for position, offence in enumerate(listed, 1))

    def _offence(self, offence: Element, position: int) -> Offence:
        path = f"{self.place.path}/offences/offence[{position}]"
        findings = self.findings
        findings.offence = position
        held = first_of(offence, OF_OFFENCE)
        self.unmapped.extend(attributes(offence, path))
        self.unmapped.extend(leaves(offence, path, read=held.values()))
        sequence, code, plea = _text(held, "oseq"), _text(held, "code"), _text(held, "plea")
        read = Offence(
            position=position,
            sequence=None if sequence is None else findings.number(sequence, f"{path}/oseq"),
            code=None if code is None else findings.identifier(read_offence_code, code, f"{path}/code"),
            title=_text(held, "title"),
            title_welsh=_text(held, "cy_title"),
            wording=_text(held, "sum"),
            wording_welsh=_text(held, "cy_sum"),
            legislation=_text(held, "as"),
            maximum_penalty=_text(held, "maxpen"),
            adjourned_on=self._day(held, "adjdate", path),
            adjourned_for=_text(held, "adjreason"),
            plea=None if plea is None else findings.code(self.place.tables, "court_plea", plea, f"{path}/plea"),
            pleaded_on=self._day(held, "pleadate", path),
            convicted_on=self._day(held, "convdate", path),
        )
        findings.offence = None
        return read

    def _day(self, held: dict[str, Element], tag: str, path: str) -> Dated | None:
        given = _text(held, tag)
        return None if given is None else self.findings.day(given, f"{path}/{tag}", DAY)


# --- elements --------------------------------------------------------------------------------------------------------


def text(element: Element) -> str:
    """The text of an element, "" where it is empty."""
    return text_of(element) if len(element) else element.text or ""


def first_of(element: Element, known: frozenset[str]) -> dict[str, Element]:
    """The children whose names are known, the first of each."""
    held: dict[str, Element] = {}
    for child in element:
        tag = child.tag
        if tag in known and tag not in held:
            held[tag] = child
    return held


def leaves(
    element: Element, path: str, *, tags: Collection[str] = (), read: Collection[Element] = ()
) -> Iterator[Unmapped]:
    """What stands in an element beside what is read there: children of these tags, or these very children."""
    rest = [child for child in element if child.tag not in tags and child not in read]
    if not rest:
        return
    total = Counter(child.tag for child in element)
    seen = Counter(child.tag for child in read)
    for child in rest:
        tag = child.tag
        seen[tag] += 1
        step = local_name(tag) if total[tag] == 1 else f"{local_name(tag)}[{seen[tag]}]"
        yield from leaf_of(child, f"{path}/{step}" if path else step)


def leaf_of(element: Element, path: str) -> Iterator[Unmapped]:
    """Everything at and below an element that says something: its attributes, and each leaf, even an empty one."""
    yield from attributes(element, path)
    if len(element):
        yield from leaves(element, path)
    else:
        yield Unmapped(path=path, text=element.text or "")


def attributes(element: Element, path: str) -> Iterator[Unmapped]:
    """The attributes of an element that are its own."""
    for name, value in element.attrib.items():
        if not str(name).startswith("{"):
            yield Unmapped(path=f"{path}/@{name!s}", text=str(value))


def _text(held: dict[str, Element], tag: str) -> str | None:
    element = held.get(tag)
    return None if element is None else text(element)


def _word(held: dict[str, Element], tag: str) -> Coded | None:
    given = _text(held, tag)
    return None if given is None else Coded(given)
