"""Invented cases written in each invented format: the mapping reads the same case; and no mapping breaks the loader."""

import csv
import io
import json
import tomllib
import zipfile
from base64 import b64encode, encodebytes
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from hub.contract import Trust
from hub.contract.mapping import MappedReader, read_mapping
from hub.contract.mapping.clocks import MONTHS
from hub.contract.tables import Tables, load_tables
from hub.discovery.bundle import Bundle
from hub.document.lift import lift
from hub.message.case import CaseFileSubmission, Defendant, Offence
from hub.message.envelope import Decoded
from hub.message.errors import Misconfigured
from hub.message.identifiers import make_asn, make_ptiurn
from tests.toml import as_toml

FORMATS = ("northshire-rms", "eastmoor-rms", "southdale-json", "westbeck-extract", "marlford-flat")
INITIATIONS = {"C": "CHARGE", "Q": "REQUISITION", "S": "SUMMONS"}
GENDERS = {"1": "MALE", "2": "FEMALE"}
CUSTODY = {"B": "CONDITIONAL_BAIL", "C": "CUSTODY", "U": "UNCONDITIONAL_BAIL"}
ASN_COLUMNS = ("ASN_YEAR", "ASN_UNIT", "ASN_NUMBER")
BUNDLE = Bundle()
TRUST = Trust(party="a-force", agency="police")


@cache
def tables() -> Tables:
    return load_tables([folder / "codes" for folder in BUNDLE.config_folders])


@cache
def reader(name: str) -> MappedReader:
    [path] = BUNDLE.files(f"dialects/{name}/mapping.toml")
    return read_mapping(path.read_text(encoding="utf-8"), name, tables())


# --- the case, as every one of the formats can say it


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    code: str
    wording: str
    started: date
    charged: date
    arrested: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Accused:
    asn: str
    given: str
    family: str
    born: date
    gender: str
    custody: str
    line: str
    charges: tuple[Charge, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    form: str
    title: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    papers: tuple[Paper, ...]
    urn: str
    how: str
    court: str
    day: date
    clock: time
    accused: tuple[Accused, ...]


letters = st.characters(codec="latin-1", categories=("Lu", "Ll", "Nd", "Po", "Pd"), include_characters="&<>\"';,")
words = st.lists(st.text(letters, min_size=1, max_size=9), min_size=1, max_size=2).map(" ".join)
days = st.dates(date(1926, 1, 1), date(2068, 12, 31))
charges = st.builds(
    Charge,
    code=st.sampled_from(["TH68010", "CJ88116", "RT88191"]),
    wording=words,
    started=days,
    charged=days,
    arrested=days,
)
accused = st.builds(
    Accused,
    asn=st.integers(1, 99_999).map(lambda number: make_asn(year=2026, force="41", unit="ZD", sequence=number)),
    given=words,
    family=words,
    born=days,
    gender=st.sampled_from(sorted(GENDERS)),
    custody=st.sampled_from(sorted(CUSTODY)),
    line=words,
    charges=st.lists(charges, min_size=1, max_size=3).map(tuple),
)
papers = st.builds(
    Paper,
    form=st.sampled_from(["MG4", "MG5", "MG6D", "MG11"]),
    title=words,
    body=st.binary(max_size=300).map(lambda rest: b"%PDF-1.4" + rest),
)
cases = st.builds(
    Case,
    papers=st.lists(papers, max_size=3).map(tuple),
    urn=st.integers(1, 99_999).map(lambda number: make_ptiurn(force="41", unit="ZD", serial=number, year=2026)),
    how=st.sampled_from(sorted(INITIATIONS)),
    court=st.sampled_from(["B41ZZ01", "B41ZZ02"]),
    day=st.dates(date(2026, 1, 1), date(2030, 12, 31)),
    clock=st.times(time(4), time(22)).map(lambda clock: clock.replace(second=0, microsecond=0)),
    accused=st.lists(accused, min_size=1, max_size=3).map(tuple),
)


# --- each format, as a system of that force would write it


def element(tag: str, text: str | None = None, **attributes: str) -> etree._Element:
    made = etree.Element(tag, attributes)
    made.text = text
    return made


def put(parent: etree._Element, tag: str, text: str | None = None, **attributes: str) -> etree._Element:
    made = element(tag, text, **attributes)
    parent.append(made)
    return made


def northshire(case: Case) -> bytes:
    space = "{urn:example:northshire:rms:3}"
    root = element(f"{space}CaseSubmission", id="NS-1")
    head = put(root, f"{space}Case")
    put(head, f"{space}URN", case.urn)
    put(head, f"{space}Initiation", case.how)
    hearing = put(head, f"{space}FirstHearing")
    put(hearing, f"{space}Court", case.court)
    put(hearing, f"{space}When", f"{case.day:%d/%m/%Y} {case.clock:%H:%M}")
    parties, charged = put(root, f"{space}Parties"), put(root, f"{space}Charges")
    for number, one in enumerate(case.accused, 1):
        person = put(parties, f"{space}Person", role="ACC", ref=f"P{number}", id=f"P{number}")
        name = put(person, f"{space}Name")
        put(name, f"{space}Given", one.given)
        put(name, f"{space}Family", one.family)
        put(person, f"{space}DOB", f"{one.born:%d%m%Y}")
        put(person, f"{space}Sex", "MF"[int(one.gender) - 1])
        arrest = put(person, f"{space}Arrest")
        put(arrest, f"{space}Year", one.asn[:2])
        put(arrest, f"{space}Station", one.asn[2:6])
        put(arrest, f"{space}Number", one.asn[8:].lstrip("0"))
        put(put(person, f"{space}Address"), f"{space}Line", one.line)
        put(put(person, f"{space}Bail"), f"{space}Status", one.custody)
        for sequence, offence in enumerate(one.charges, 1):
            charge = put(charged, f"{space}Charge", id=f"C{number}-{sequence}", person=f"P{number}", seq=str(sequence))
            put(charge, f"{space}CJSCode", offence.code)
            put(charge, f"{space}Wording", offence.wording)
            put(charge, f"{space}From", f"{offence.started:%d/%m/%Y}")
            put(charge, f"{space}Charged", f"{offence.charged:%d/%m/%Y}")
            put(charge, f"{space}Arrested", f"{offence.arrested:%d/%m/%Y}")
    held = put(root, f"{space}Documents")
    for number, paper in enumerate(case.papers, 1):
        one = put(held, f"{space}Document", id=str(number), form=paper.form, sha256=sha256(paper.body).hexdigest())
        put(one, f"{space}Title", paper.title)
        put(one, f"{space}Content", encodebytes(paper.body).decode())
    return etree.tostring(root)


def eastmoor(case: Case) -> bytes:
    how = {"C": "CHARGED", "Q": "POSTAL", "S": "SUMMONED"}[case.how]
    root = element("EastmoorFile", file="EM-1", force="41", unit="ZD", how=how)
    root.set("serial", case.urn[4:9].lstrip("0"))
    root.set("year", case.urn[9:])
    put(root, "hearing", court=case.court, at=in_utc(case))
    for one in case.accused:
        given = {"name": f"{one.given} {one.family}", "born": f"{one.born:%Y%m%d}", "gender": one.gender}
        person = put(root, "accused", asn=one.asn, custody=one.custody, house=one.line, **given)
        for offence in one.charges:
            said = {"on": f"{offence.started:%Y%m%d}", "charged": f"{offence.charged:%Y%m%d}"}
            charge = put(person, "offence", code=offence.code, arrested=f"{offence.arrested:%Y%m%d}", **said)
            put(charge, "particulars", offence.wording)
    return etree.tostring(root)


def in_utc(case: Case) -> str:
    local = datetime.combine(case.day, case.clock, ZoneInfo("Europe/London"))
    return f"{local.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def southdale(case: Case) -> bytes:
    def shown(day: date) -> str:
        return f"{day.day:02d}-{MONTHS[day.month - 1][:3]}-{day.year}"

    people = [
        {
            "arrestSummonsNumber": one.asn,
            "person": {
                "names": {"given": [one.given], "family": one.family},
                "dateOfBirth": shown(one.born),
                "gender": ["male", "female"][int(one.gender) - 1],
                "bail": {"B": "conditional", "C": "custody", "U": "unconditional"}[one.custody],
                "address": {"lines": [one.line]},
            },
            "arrestedOn": shown(one.charges[0].arrested),
            "charges": [
                {
                    "number": number,
                    "cjsCode": charge.code,
                    "wording": charge.wording,
                    "committed": {"from": shown(charge.started)},
                    "chargedOn": shown(charge.charged),
                }
                for number, charge in enumerate(one.charges, 1)
            ],
        }
        for one in case.accused
    ]
    hearing = {"courtCode": case.court, "date": shown(case.day), "time": f"{case.clock:%H:%M}"}
    held = {"urn": case.urn, "type": case.how, "firstHearing": hearing, "defendants": people}
    held["attachments"] = [
        {
            "id": str(number),
            "name": paper.title,
            "mgForm": paper.form,
            "bytes": len(paper.body),
            "data": b64encode(paper.body).decode(),
        }
        for number, paper in enumerate(case.papers, 1)
    ]
    return json.dumps({"format": "southdale/2", "messageId": "1", "caseFile": held}, ensure_ascii=False).encode()


def westbeck(case: Case) -> bytes:
    cases_csv = [["CASE_ID", "URN", "INITIATION", "COURT", "HEARING"]]
    cases_csv.append(["1", case.urn, case.how, case.court, f"{case.day:%Y%m%d}{case.clock:%H%M}"])
    people = [["CASE_ID", "DEF_ID", "KIND", "SURNAME", "NAME", "DOB", "SEX", "BAIL", "ADDR1", *ASN_COLUMNS]]
    charges_csv = [["DEF_ID", "SEQ", "CJS_CODE", "WORDING", "FROM", "CHARGED", "ARRESTED"]]
    for number, one in enumerate(case.accused, 1):
        asn = [one.asn[:2], one.asn[2:6], one.asn[8:].lstrip("0")]
        born = f"{one.born:%d/%m/%Y}"
        people.append(["1", str(number), "P", one.family, one.given, born, one.gender, one.custody, one.line, *asn])
        for sequence, charge in enumerate(one.charges, 1):
            dates = [f"{day:%d/%m/%Y}" for day in (charge.started, charge.charged, charge.arrested)]
            charges_csv.append([str(number), str(sequence), charge.code, charge.wording, *dates])
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in (("cases", cases_csv), ("defendants", people), ("charges", charges_csv)):
            text = io.StringIO(newline="")
            csv.writer(text, delimiter=";").writerows(rows)
            archive.writestr(f"{name}.csv", text.getvalue().encode("cp1252"))
    return made.getvalue()


def marlford(case: Case) -> bytes:
    lines = ["00MARLFORD  20260302"]
    lines.append(f"10{case.urn}{case.how}{'':7}{case.court}{case.day:%d%m%Y}{case.clock:%H%M}")
    for one in case.accused:
        person = f"20{one.asn}{one.family:25}{one.given:20}"
        lines.append(f"{person}{one.born:%d%m%Y}{'MF'[int(one.gender) - 1]}{one.custody}")
        lines.append(f"21{one.line:35}")
        for number, charge in enumerate(one.charges, 1):
            days_of = f"{charge.started:%d%m%Y}{charge.charged:%d%m%Y}{charge.arrested:%d%m%Y}"
            lines.append(f"30{number:03d}{charge.code:8}{days_of}{charge.wording}")
    return "\n".join(lines).encode("latin-1")


WRITERS: dict[str, Callable[[Case], bytes]] = dict(
    zip(FORMATS, (northshire, eastmoor, southdale, westbeck, marlford), strict=True)
)


# --- what a message says, and what it should say


def decode(name: str, raw: bytes) -> Decoded:
    made, document = reader(name), lift(raw)
    assert made.recognise(document)
    [one] = made.decode(made.open(document, TRUST), tables())
    return one


def read_back(name: str, raw: bytes) -> tuple[CaseFileSubmission, list[str]]:
    one = decode(name, raw)
    assert isinstance(one.body, CaseFileSubmission)
    return one.body, [finding.code for finding in one.findings]


def value(held: Any) -> Any:
    return None if held is None else held.value


def said_of(defendant: Defendant, *, one_name: bool) -> tuple[Any, ...]:
    person = defendant.individual
    assert person is not None
    lines = None if person.address is None else person.address.lines
    name = (person.name.display,) if one_name else (person.name.given, person.name.family)
    return (
        value(defendant.asn),
        *name,
        value(person.born_on),
        value(person.gender),
        value(person.custody_status),
        None if lines is None else lines.line_1,
        [said_of_offence(offence) for offence in defendant.offences],
    )


def said_of_offence(offence: Offence) -> tuple[Any, ...]:
    days_of = (value(offence.started_on), value(offence.charged_on), value(offence.arrested_on))
    return offence.position, value(offence.code), offence.wording, *days_of


def wanted_of(one: Accused, *, one_name: bool, one_arrest: bool) -> tuple[Any, ...]:
    name = (f"{one.given} {one.family}",) if one_name else (one.given, one.family)
    return (
        one.asn,
        *name,
        one.born,
        GENDERS[one.gender],
        CUSTODY[one.custody],
        one.line,
        [
            (
                number,
                charge.code,
                charge.wording,
                charge.started,
                charge.charged,
                one.charges[0].arrested if one_arrest else charge.arrested,
            )
            for number, charge in enumerate(one.charges, 1)
        ],
    )


@pytest.mark.parametrize("name", FORMATS)
@given(case=cases)
def test_a_mapping_reads_the_case_that_was_written_in_its_format(name: str, case: Case) -> None:
    body, findings = read_back(name, WRITERS[name](case))
    assert findings == []
    hearing = body.first_hearing
    assert hearing is not None
    assert (value(body.ptiurn), value(body.initiation)) == (case.urn, INITIATIONS[case.how])
    assert (value(hearing.court), value(hearing.on), value(hearing.at)) == (case.court, case.day, case.clock)
    one_name, one_arrest = name == "eastmoor-rms", name == "southdale-json"
    assert [said_of(defendant, one_name=one_name) for defendant in body.defendants] == [
        wanted_of(one, one_name=one_name, one_arrest=one_arrest) for one in case.accused
    ]


@pytest.mark.parametrize("name", ["northshire-rms", "southdale-json"])
@given(case=cases)
def test_documents_come_out_byte_for_byte_under_their_hashes(name: str, case: Case) -> None:
    one = decode(name, WRITERS[name](case))
    assert isinstance(one.body, CaseFileSubmission)
    assert [
        (held.reference, held.title, value(held.form), held.size, held.sha256, held.media_type)
        for held in one.body.documents
    ] == [
        (str(number), paper.title, paper.form, len(paper.body), sha256(paper.body).hexdigest(), "application/pdf")
        for number, paper in enumerate(case.papers, 1)
    ]
    assert {kept.sha256: kept.body for kept in one.attachments} == {
        sha256(paper.body).hexdigest(): paper.body for paper in case.papers
    }


# --- the loader


WRONG: tuple[Any, ...] = (7, -1, True, "", "x y", "//x", "date:%Q", [], [1], {}, {"at": 1}, {"a": {"b": 1}}, [{}], 1.5)


def places_in(held: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    below = held.items() if isinstance(held, dict) else enumerate(held) if isinstance(held, list) else ()
    return [path, *(place for key, inner in below for place in places_in(inner, (*path, key)))]


def changed(mapping: Any, place: tuple[Any, ...], wrong: Any) -> Any:
    made = deepcopy(mapping)
    at = made
    for key in place[:-1]:
        at = at[key]
    if wrong is None:
        del at[place[-1]]
    else:
        at[place[-1]] = wrong
    return made


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data())
def test_whatever_stands_in_a_mapping_it_loads_or_every_fault_has_its_place(name: str, data: st.DataObject) -> None:
    [path] = BUNDLE.files(f"dialects/{name}/mapping.toml")
    mapping = tomllib.loads(path.read_text(encoding="utf-8"))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(places_in(mapping)[1:]))
        mapping = changed(mapping, place, data.draw(st.sampled_from((None, *WRONG))))
    text = as_toml(mapping)
    assert tomllib.loads(text) == mapping
    try:
        read_mapping(text, "a-force/mapping.toml", tables())
    except Misconfigured as refused:
        assert all(fault.split(":")[1].isdigit() for fault in refused.faults)
