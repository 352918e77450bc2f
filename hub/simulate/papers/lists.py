"""A magistrates' court list as Libra sends it: ExternalDocumentRequest, one case entry a defendant (courts 3.2)."""

from __future__ import annotations

from dataclasses import dataclass

from hub.message.case import Defendant, HearingSlot, Offence
from hub.message.people import Address, Individual, PersonName
from hub.message.values import Dated
from hub.simulate.markup import group, leaf
from hub.simulate.papers.police import plain

REQUEST = "http://www.justice.gov.uk/magistrates/external/ExternalDocumentRequest"
SEXES = {"1": "M", "2": "F"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What one list says of one case: where and when, in which room, and whose."""

    urn: str
    slot: HearingSlot
    psa_code: str
    case_id: int
    defendants: tuple[Defendant, ...]
    youth: bool = False
    room: str = "01"

    @property
    def session(self) -> str:
        """The OU code with the room for its last two characters."""
        return f"{(plain(self.slot.court) or '')[:5]}{self.room}"


def court_list(entry: Entry) -> bytes:
    """A list with one session and one case."""
    panel = "YOUTH" if entry.youth else "ADULT"
    day = _slashed(entry.slot.on, "")
    source = f"{entry.case_id % 1000}_{day}_{entry.psa_code}_{entry.session}_{panel}_COURT_LIST_DAILY"
    document = group(
        "document",
        group("info", leaf("source_file_name", source)),
        group("data", group("job", group("sessions", _session(entry, panel.title())))),
    )
    written = group("e:ExternalDocumentRequest", group("documents", document), xmlns__e=REQUEST)
    return written.encode()


def _session(entry: Entry, panel: str) -> str:
    at = entry.slot.at.text[:5] if entry.slot.at else "10:00"
    cases = (_case(entry, number, defendant) for number, defendant in enumerate(entry.defendants))
    return group(
        "session",
        leaf("ou_code", entry.session),
        leaf("s_id", entry.case_id),
        leaf("doh", _slashed(entry.slot.on)),
        leaf("panel", f"{panel} Panel"),
        leaf("room", entry.room),
        leaf("sstart", at),
        group("blocks", group("block", leaf("sb_id", entry.case_id), leaf("bstart", at), group("cases", *cases))),
    )


def _case(entry: Entry, number: int, defendant: Defendant) -> str:
    return group(
        "case",
        leaf("c_id", entry.case_id + number),
        leaf("h_id", entry.case_id + number),
        leaf("valid", "Y"),
        leaf("caseno", f"{(entry.case_id + number) % 10**10:010d}"),
        leaf("type", "C"),
        _who(defendant),
        leaf("inf", "POL01"),
        leaf("cseq", number + 1),
        leaf("listno", ("1st", "2nd", "3rd")[number % 3]),
        leaf("urn", entry.urn),
        group("offences", *(_offence(offence) for offence in defendant.offences)),
    )


def _who(defendant: Defendant) -> str:
    person, company = defendant.individual, defendant.organisation
    if person is None:
        name = company.name if company else None
        return leaf("def_name", name) + leaf("def_type", "O") + _address(company.address if company else None)
    name_of = person.name
    return "".join(
        (
            leaf("def_name", f"{name_of.given} {(name_of.family or '').upper()}"),
            _elements(name_of),
            leaf("def_dob", _slashed(person.born_on)),
            leaf("def_type", "P"),
            leaf("def_sex", SEXES.get(person.gender.text if person.gender else "", "NS")),
            leaf("pnc_id", plain(person.pnc_id)),
            _address(person.address),
        )
    )


def _elements(name: PersonName) -> str:
    return group(
        "def_name_elements", leaf("title", name.title), leaf("forename1", name.given), leaf("surname", name.family)
    )


def _address(address: Address | None) -> str:
    parts = address.structured if address else None
    if parts is None:
        return ""
    first = f"{(parts.paon or '').strip()} {parts.street}".strip()
    return group("def_addr", leaf("line1", first), leaf("line2", parts.town), leaf("pcode", plain(parts.postcode)))


def _offence(offence: Offence) -> str:
    return group(
        "offence",
        leaf("oseq", offence.position),
        leaf("code", plain(offence.code)),
        leaf("maxpen", offence.maximum_penalty),
        leaf("title", offence.title),
        leaf("sum", offence.wording),
        leaf("as", offence.legislation),
        leaf("cy_title", offence.title_welsh),
        leaf("cy_sum", offence.wording_welsh),
    )


def _slashed(dated: Dated | None, between: str = "/") -> str | None:
    """A day as dd/mm/yyyy, the form of these lists."""
    return None if dated is None or dated.value is None else dated.value.strftime(f"%d{between}%m{between}%Y")


def is_young(person: Individual | None) -> bool:
    """Whether the youth panel hears a person: one who comes with a parent or guardian."""
    return person is not None and person.parent_guardian is not None
