"""A first mapping drafted from a sample, by the names of its fields and the forms of their values.

Rule: a draft is a guess and says so: each line has its confidence, and what was not recognised is listed. Values of the
sample are looked at and never written down.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hub.document import Element
from hub.document.xml import local_name

SURE_ENOUGH = 50  # per cent; below it a guess is not worth an analyst's time
_FORMS = ("%Y-%m-%d", "%d/%m/%Y", "%d%m%Y", "%Y%m%d", "%d-%b-%Y", "%d.%m.%Y")
_CLOCKS = ("%H:%M", "%H:%M:%S", "%H%M")

CASE, DEFENDANT, OFFENCE = "case", "case.defendants", "case.defendants.offences"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A canonical field: the table and key it is mapped under, how its name and its value look, and its reader."""

    table: str
    key: str
    named: str
    valued: str = ".+"
    read: str = ""


_DATE = r"\d{4}-\d\d-\d\d|\d\d[/.]\d\d[/.]\d{4}|\d{8}|\d\d-[A-Za-z]{3}-\d{4}"
_ASN = r"\d\d/?\d{2,4}[A-Z0-9]{2,4}/?.*[A-Z]"

_CLOCK, _SHORT = r"\d\d:?\d\d(:\d\d)?", r"[A-Za-z.]{1,10}"
_COMMON = (".+", r".{10,}", r"[^\d]+", _DATE, _CLOCK, _SHORT)
_PERSON = re.compile(r"(?i)(defendants?|accused|suspects?|persons?|people|subjects?|individuals?|offenders?)")

FIELDS = (
    Wanted(table=CASE, key="ptiurn", named=r"ptiurn|urn", valued=r"(?i)\d\d[A-Z0-9]{2}\d{5}\d\d"),
    Wanted(
        table=CASE, key="initiation", named=r"initiat|casetype|howcharged", valued="[CQRSJO]", read="code:initiation"
    ),
    Wanted(table=CASE, key="originating_organisation", named=r"originat|unit|oucode", valued=r"0\d\d[A-Z0-9]{4}"),
    Wanted(table=CASE, key="cps_organisation", named=r"cps", valued=r"A[A-Z0-9]{6}"),
    Wanted(table=f"{CASE}.first_hearing", key="court", named=r"court", valued=r"[BC]\d\d[A-Z]{2}\d\d"),
    Wanted(table=f"{CASE}.first_hearing", key="on", named=r"hearing.*(date|day)|hearingon|date.*hearing", valued=_DATE),
    Wanted(table=f"{CASE}.first_hearing", key="at", named=r"hearing.*time|time|hour", valued=_CLOCK),
    Wanted(table=DEFENDANT, key="asn", named=r"asn|arrestsummons|prosecutorref", valued=_ASN),
    Wanted(table=f"{DEFENDANT}.individual", key="name.title", named=r"title|salutation", valued=_SHORT),
    Wanted(table=f"{DEFENDANT}.individual", key="name.given", named=r"given|forename|first", valued=r"[^\d]+"),
    Wanted(table=f"{DEFENDANT}.individual", key="name.family", named=r"family|surname|lastname", valued=r"[^\d]+"),
    Wanted(table=f"{DEFENDANT}.individual", key="born_on", named=r"dob|birth|born", valued=_DATE),
    Wanted(table=f"{DEFENDANT}.individual", key="gender", named=r"gender|sex", valued="[0129]", read="code:gender"),
    Wanted(table=f"{DEFENDANT}.individual", key="pnc_id", named=r"pnc", valued=r"\d{2,4}/\d+[A-Z]"),
    Wanted(
        table=f"{DEFENDANT}.individual",
        key="custody_status",
        named=r"custody|bail|remand",
        valued="[BCLPRSU]",
        read="code:custody_status",
    ),
    Wanted(table=f"{DEFENDANT}.individual", key="address.lines.line_1", named=r"line1|addr.*1|house|street"),
    Wanted(table=f"{DEFENDANT}.individual", key="address.lines.line_2", named=r"line2|addr.*2|locality"),
    Wanted(table=f"{DEFENDANT}.individual", key="address.lines.line_3", named=r"line3|addr.*3|town"),
    Wanted(
        table=f"{DEFENDANT}.individual",
        key="address.lines.postcode",
        named=r"post_?code",
        valued=r"(?i)[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}",
    ),
    Wanted(table=OFFENCE, key="code", named=r"code|cjs|offence", valued=r"[A-Z]{2}\d{5}[A-Z]?"),
    Wanted(table=OFFENCE, key="wording", named=r"wording|particulars|description", valued=r".{10,}"),
    Wanted(table=OFFENCE, key="sequence", named=r"seq|number|no", valued=r"\d{1,3}"),
    Wanted(table=OFFENCE, key="started_on", named=r"(offence|committed|start).*(date|from|on)?|from", valued=_DATE),
    Wanted(table=OFFENCE, key="charged_on", named=r"charged", valued=_DATE),
    Wanted(table=OFFENCE, key="arrested_on", named=r"arrest", valued=_DATE),
)


@dataclass(slots=True)
class Source:
    """A field of the sample: where it is, by the tags from below the root, and what stands there."""

    steps: tuple[str, ...]
    texts: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """A canonical field and the source that may be it, with how sure that is, in per cent."""

    wanted: Wanted
    source: Source
    sure: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The guesses, the steps to each kind of record, and the sources that were taken for nothing."""

    guesses: tuple[Guess, ...]
    nodes: dict[str, tuple[str, ...]]
    left: tuple[Source, ...]


def draft(root: Element) -> Draft:
    """Guess a mapping of the fields below a root."""
    sources = list(_sources(root).values())
    nodes = _nodes(sources)
    guesses = _assign(sources, nodes)
    taken = [guess.source for guess in guesses]
    return Draft(guesses=tuple(guesses), nodes=nodes, left=tuple(one for one in sources if one not in taken))


def _nodes(sources: Sequence[Source]) -> dict[str, tuple[str, ...]]:
    """From where each record's paths start: offences by where their code stands, people by where they were born."""
    code, wording = _best(OFFENCE, "code", sources), _best(OFFENCE, "wording", sources)
    found: dict[str, tuple[str, ...]] = {CASE: ()}
    if code is not None:
        steps = [one.steps[:-1] for one in (code, wording) if one is not None]
        found[OFFENCE] = _common(steps) or code.steps[:-1]
    born = _best(f"{DEFENDANT}.individual", "born_on", sources) or _best(DEFENDANT, "asn", sources)
    if born is not None:
        above = born.steps[:-1]
        named = (end for end, step in enumerate(above, 1) if _PERSON.fullmatch(local_name(step)))
        found[DEFENDANT] = above[: next(named, len(above))]
    return found


def _best(table: str, key: str, sources: Sequence[Source]) -> Source | None:
    wanted = next(one for one in FIELDS if (one.table, one.key) == (table, key))
    sure = [(guess, source) for source in sources if (guess := _sure(wanted, source)) >= SURE_ENOUGH]
    return max(sure, key=lambda pair: pair[0])[1] if sure else None


def record_of(table: str) -> str:
    """The record that a table is in."""
    return next(record for record in (OFFENCE, DEFENDANT, CASE) if table.startswith(record))


def _belongs(wanted: Wanted, source: Source, nodes: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether a source stands within the node of the record, and not within one of a record below."""
    record = record_of(wanted.table)
    if record not in nodes or source.steps[: len(nodes[record])] != nodes[record]:
        return False
    below = {CASE: (DEFENDANT, OFFENCE), DEFENDANT: (OFFENCE,), OFFENCE: ()}[record]
    deeper = [nodes[one] for one in below if one in nodes and len(nodes[one]) > len(nodes[record])]
    return all(source.steps[: len(steps)] != steps for steps in deeper)


def _sources(root: Element) -> dict[tuple[str, ...], Source]:
    found: dict[tuple[str, ...], Source] = {}

    def note(steps: tuple[str, ...], text: str | None) -> None:
        if text and text.strip():
            found.setdefault(steps, Source(steps)).texts.append(text.strip())

    def walk(node: Element, steps: tuple[str, ...]) -> None:
        for name, value in node.items():
            note((*steps, "@" + str(name)), str(value))
        if not len(node):
            note(steps, node.text)
        for child in node:
            walk(child, (*steps, str(child.tag)))

    walk(root, ())
    return found


def _assign(sources: Sequence[Source], nodes: Mapping[str, tuple[str, ...]]) -> list[Guess]:
    """The surest guess first; a source is one field, and a field has one source."""
    every = [
        Guess(wanted=wanted, source=source, sure=sure)
        for wanted in FIELDS
        for source in sources
        if _belongs(wanted, source, nodes) and (sure := _sure(wanted, source)) >= SURE_ENOUGH
    ]
    every.sort(key=lambda guess: (-guess.sure, len(guess.source.steps)))
    made: list[Guess] = []
    for guess in every:
        if all(guess.source is not one.source and guess.wanted is not one.wanted for one in made):
            made.append(guess)
    return sorted(made, key=lambda guess: FIELDS.index(guess.wanted))


def _sure(wanted: Wanted, source: Source) -> int:
    """Half for the name, half for the values. A value of the wrong form rules a field out; so does a form that many
    fields share where the name says nothing.
    """
    fitting = sum(bool(re.fullmatch(wanted.valued, text, re.DOTALL)) for text in source.texts)
    names = [local_name(step).lstrip("@").lower().replace("_", "") for step in source.steps[-2:]]
    named = 50 if re.search(wanted.named, names[-1]) else 0
    near = 20 if not named and len(names) > 1 and re.search(wanted.named, names[0]) else 0
    telling = wanted.valued not in _COMMON and len(wanted.valued) > 12
    if not fitting or not (named or near or telling):
        return 0
    return named + near + (20 if telling and not named else 0) + 50 * fitting // len(source.texts)


def _common(steps: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    made: list[str] = []
    for names in zip(*steps, strict=False):
        if len(set(names)) > 1:
            break
        made.append(names[0])
    return tuple(made)


def form_of(texts: Sequence[str], forms: Sequence[str]) -> str | None:
    """The form in which most of the texts are dates or times."""
    counts: Counter[str] = Counter()
    for text in texts:
        for form in forms:
            try:
                datetime.strptime(text, form)  # noqa: DTZ007 - only whether it is one
            except ValueError:
                continue
            counts[form] += 1
            break
    return counts.most_common(1)[0][0] if counts else None


def reader_of(guess: Guess) -> str | None:
    """The reader that a guess needs, None where that of the field will do."""
    if guess.wanted.key.endswith(("_on", "on")) and guess.wanted.valued == _DATE:
        form = form_of(guess.source.texts, _FORMS)
        return None if form in (None, "%Y-%m-%d") else f"date:{form}"
    if guess.wanted.key == "at":
        form = form_of(guess.source.texts, _CLOCKS)
        return None if form in (None, "%H:%M") else f"time:{form}"
    return guess.wanted.read or None
