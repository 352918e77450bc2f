"""A result as the receiving side takes it: the mapping of courts 2.1 and enrichment of 2.2, without a police record.

Rule: nothing of the message is altered. This is a reading beside it, made once for all rules; each part knows the
place in the message that it was read from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from connectors.courts.findings.nextcourt import read_text
from connectors.courts.findings.standing import COURTS, NATIONAL, OFFENCES, OffenceFound, Standing, standing_of
from hub.contract.tables import Tables
from hub.message.case import Defendant, Offence, Result
from hub.message.hearing import HearingResulted
from hub.message.values import Coded, Dated, Numbered

Group = Mapping[str, frozenset[str]]

FREE_TEXT = 1000
"""The code of a result that has none."""

_WHOLE = re.compile(r"\s*([+-]?[0-9]+)\s*", re.ASCII)
_VERDICTS: dict[str, str | None] = {"G": "G", "N": "NG", "A": "NA", "O": "NC", "C": None, "": None}
"""What a finding means (courts 5.2); any other stays as sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardResult:
    """One result. `next_court` is the OU code sent or read from the text, None where there is none."""

    source: Result
    path: str
    code: int | None
    text: str
    qualifiers: tuple[str, ...]
    next_court: str | None
    next_day: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardOffence:
    """One offence that was not dropped. `number` is the one that the message gives it.

    `full_code` is its code where that is a national one, None for a local one, which no list of offences can match.
    `found` is its row, None where there is none or nothing to look in.
    """

    source: Offence
    path: str
    number: int | None
    full_code: str | None
    found: OffenceFound | None
    recordable: bool
    verdict: str | None
    convicted_on: date | None
    results: tuple[HeardResult, ...]

    def has(self, codes: frozenset[str]) -> bool:
        """Whether any of its results has a code of a group."""
        return any(str(result.code) in codes for result in self.results)

    def is_any(self, codes: frozenset[str], *, family: bool = False) -> bool:
        """Whether it is an offence of a group: by its very code, or with `family` by its first seven characters."""
        return self.full_code is not None and (self.full_code[:7] if family else self.full_code) in codes

    @property
    def guilty(self) -> bool:
        """Found guilty, with a result: conviction date and plea do not count (courts 2.4)."""
        return self.verdict == "G" and bool(self.results)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One case heard. `recordable` is None where the offences could not be looked up."""

    hearing: HearingResulted
    defendant: Defendant
    place: str
    on: date | None
    court: str
    asn: str
    ptiurn: str
    offences: tuple[HeardOffence, ...]
    recordable: bool | None
    standing: Standing
    groups: Callable[[str], Group]

    @property
    def results(self) -> Iterator[tuple[HeardOffence, HeardResult]]:
        """Every result, with its offence."""
        return ((offence, result) for offence in self.offences for result in offence.results)

    def any_has(self, codes: frozenset[str]) -> bool:
        """Whether any offence has a result of a group."""
        return any(offence.has(codes) for offence in self.offences)


def heard(hearing: HearingResulted, tables: Tables, place: str) -> Heard | None:
    """The reading of a result; None where it has no defendant. `place` is the path of its Case."""
    if not hearing.defendants:
        return None
    defendant = hearing.defendants[0]
    on = _day(hearing.slot.on)
    court = "" if hearing.slot.court is None else hearing.slot.court.text
    asn = stored_asn("" if defendant.asn is None else defendant.asn.text)
    ptiurn = hearing.ptiurn.text.upper()
    held = {name: groups.on(on) for name, groups in tables.groups.items()}
    offences = _Offences(
        tables=tables,
        standing=standing_of(tables.reference),
        classes=held.get("result-classes", {}),
        ignored=held.get("offence-lists", {}).get("ignored", frozenset()),
        area=second_level(court) or ptiurn[:2] or asn[2:4],
        on=on,
    )
    kept = tuple(offences.of(defendant, place))
    return Heard(
        hearing=hearing,
        defendant=defendant,
        place=place,
        on=on,
        court=court,
        asn=asn,
        ptiurn=ptiurn,
        offences=kept,
        recordable=any(offence.recordable for offence in kept) if tables.reference.has(OFFENCES) else None,
        standing=offences.standing,
        groups=lambda name: held.get(name, {}),
    )


def second_level(ou_code: str) -> str:
    """The area in an OU code: its second and third character, the first two of one of six characters."""
    return ou_code[:2] if len(ou_code) == 6 else ou_code[1:3]


def stored_asn(text: str) -> str:
    """An ASN in its stored form: slashes off, in capitals, its sequence padded to 11 where it is all digits."""
    asn = text.replace("/", "").upper()
    sequence = asn[8:-1]
    if len(asn) < 10 or not (sequence.isascii() and sequence.isdigit()):
        return asn
    return asn[:8] + sequence.lstrip("0").zfill(11) + asn[-1]


def whole(text: str | None) -> int | None:
    """The whole number that a text is, or None."""
    match = None if text is None else _WHOLE.fullmatch(text)
    return None if match is None or len(match[1]) > 12 else int(match[1])


def _day(held: Dated | None) -> date | None:
    return None if held is None else held.value


def _text(held: Coded | Numbered | None) -> str:
    return "" if held is None else held.text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Offences:
    """What the offences of one case are read with."""

    tables: Tables
    standing: Standing
    classes: Group
    ignored: frozenset[str]
    area: str
    on: date | None

    def of(self, defendant: Defendant, place: str) -> Iterator[HeardOffence]:
        """Each offence that is not dropped for a result that says it was removed.

        A case adjourned sine die counts as convicted that day: on the offence whose other results are all of the stop
        list, and from then on for every offence without a day of its own (courts 2.1).
        """
        assumed = None
        several = len(defendant.offences) > 1
        for offence in defendant.offences:
            path = f"{place}/Defendant/Offence{f'[{offence.position}]' if several else ''}"
            made = self._offence(offence, path)
            if made.has(self.classes.get("removed", frozenset())):
                continue
            if offence.convicted_on is None:
                assumed = self.on if self._sine_die(made) else assumed
                made = replace(made, convicted_on=assumed)
            yield made

    def _sine_die(self, offence: HeardOffence) -> bool:
        sine_die, stop = self.classes.get("sine_die", frozenset()), self.classes.get("stop", frozenset())
        return offence.has(sine_die) and all(str(one.code) in sine_die | stop for one in offence.results)

    def _offence(self, offence: Offence, path: str) -> HeardOffence:
        code = "" if offence.code is None else offence.code.text
        looked_up = bool(code) and code not in self.ignored and self.tables.reference.has(OFFENCES)
        found = self.standing.offence(code, self.area) if looked_up else None
        finding = _text(offence.finding).strip()
        local = found.local if found is not None else NATIONAL.fullmatch(code) is None
        return HeardOffence(
            source=offence,
            path=path,
            number=whole(_text(offence.sequence)),
            full_code=None if local else code,
            found=found,
            recordable=found is not None and found.recordable,
            verdict=_VERDICTS.get(finding, finding),
            convicted_on=_day(offence.convicted_on),
            results=tuple(
                self._result(result, f"{path}/Result{f'[{number}]' if len(offence.results) > 1 else ''}")
                for number, result in enumerate(offence.results, 1)
            ),
        )

    def _result(self, result: Result, path: str) -> HeardResult:
        code = whole(result.code.text) if _text(result.code).strip() and result.code is not None else FREE_TEXT
        text = result.text or ""
        court, day = self._sent(result)
        if code is not None and (court is None or not day):
            read = read_text(code, text, self.classes)
            if read is not None:
                named = self.standing.court_named(read.court) if court is None and self._has_courts else None
                court, day = court if court is not None else named, day or read.day is not None
        return HeardResult(
            source=result,
            path=path,
            code=code,
            text=text,
            qualifiers=tuple(qualifier.text for qualifier in result.qualifiers),
            next_court=court,
            next_day=day,
        )

    @property
    def _has_courts(self) -> bool:
        return self.tables.reference.has(COURTS)

    def _sent(self, result: Result) -> tuple[str | None, bool]:
        """The next court as sent, and whether a day was. A PSA number comes to its court's third level (courts 2.1)."""
        slot = None if result.next_hearing is None else result.next_hearing.slot
        if slot is None:
            return None, False
        day = slot.on is not None and bool(slot.on.text.strip())
        if slot.court is None:
            return None, day
        if not slot.court.text:
            return self.standing.first_without_psa, day
        by_number = self.standing.court_of_psa(slot.court.text) if self._has_courts else None
        return (slot.court.text if by_number is None else by_number["level3"]), day
