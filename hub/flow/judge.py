"""accept, check and normalise on one parse: what a door needs to tell a sender everything that is wrong, at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import chain
from zoneinfo import ZoneInfo

from hub.contract import Opened, Reader, Trust
from hub.contract.hops import Call
from hub.discovery import Found
from hub.document import DEFAULT_BOUNDS, Bounds
from hub.document.lift import lift
from hub.flow.broken import broken_rules, summed
from hub.flow.cases import WHOLE, Chunk, Progress, Walks, chunks, is_bulk, waits
from hub.flow.check import Checked
from hub.flow.check.attachments import attachment_faults
from hub.flow.check.layers import LayerCheck
from hub.flow.check.recognise import recognise
from hub.flow.check.rules import RuleBook
from hub.flow.normalise import Canonical, Issue, canonical, decode, stamp
from hub.flow.timing import Stopwatch, Took
from hub.ledger.admission import BrokenRule
from hub.message.envelope import Finding
from hub.message.errors import Defect, Fault, Refused, Severity

LONDON = ZoneInfo("Europe/London")

MOST_CASE_FAULTS = 20
"""Faults that are told of one case among many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What came of one document: who read it, every fault, and the canonical messages where it was not refused.

    `broken` counts the faults and findings for the quality report. Of a file of many cases the messages are those of
    the cases that were accepted, the faults those of all, and `progress` tells how far this went; `ordinals` are the
    places of the messages in their document, from 0. `call` is what was asked at a SOAP door, where it came by one.
    """

    reader: Reader | None = None
    opened: Opened | None = None
    faults: tuple[Fault, ...] = ()
    broken: tuple[BrokenRule, ...] = ()
    messages: tuple[Canonical, ...] = ()
    later: bool = False
    progress: Progress | None = None
    ordinals: Sequence[int] = ()
    call: Call | None = None
    took: Took | None = field(default=None, compare=False)

    @property
    def refused(self) -> bool:
        """Whether a fault stops it; of a file of many cases, whether none of them could be accepted."""
        return not self.messages and any(fault.severity is Severity.ERROR for fault in self.faults)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is questionable in its messages."""
        return tuple(finding for kept in self.messages for finding in kept.message.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How strictly to judge: which dialects the sender may use, every schema a gate, the day that counts as today.

    `candidate`: by the candidate for the dialect, which is not in force. `edition`: by the version of this name.
    `chunk`: which cases of a file of many, all of them unless said. `correlation_id`: that of what was kept before.
    `soap`: the SOAP door that was called; what is wrong with a delivery is found first, and then nothing else.
    """

    dialects: tuple[str, ...] | None = None
    strict: bool = False
    on: date | None = None
    wait: bool = False  # leave what is judged later for lane intake
    candidate: bool = False
    edition: str | None = None
    chunk: Chunk = WHOLE
    correlation_id: str | None = None
    soap: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hearing:
    """What one document is judged by: its reader, its sender, the terms, today, and what the hub issues for it."""

    reader: Reader
    trust: Trust
    strict: bool
    on: date
    issue: Issue
    watch: Stopwatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Judges documents. Everything that it needs was made once; `walks` is a convenience that may be lost."""

    found: Found
    layers: LayerCheck
    rules: RuleBook
    new_id: Callable[[], str]
    bounds: Bounds = DEFAULT_BOUNDS
    walks: Walks = field(default_factory=Walks)

    def judge(self, raw: bytes, trust: Trust, at: datetime, terms: Terms = Terms()) -> Judged:
        """Parse, recognise, check, decode, check the rules, normalise. Never raises Refused: a refusal is a result."""
        watch = Stopwatch()
        if terms.soap is None:
            judged = self._judge(raw, (trust, at), terms, watch)
        else:
            judged = self._called(terms.soap, raw, (trust, at), terms, watch)
        return replace(judged, took=watch.took())

    def _called(self, door: str, raw: bytes, by: tuple[Trust, datetime], terms: Terms, watch: Stopwatch) -> Judged:
        """What was asked at a SOAP door, and what came of the document where its delivery is as it should be."""
        try:
            call = self.found.soap_doors[door].call(lift(raw, self.bounds), by[0])
        except Refused as refusal:
            return _refused(None, None, refusal.faults)
        if call.faults or not call.keep:
            return replace(_refused(None, None, call.faults), call=call)
        return replace(self._judge(raw, by, terms, watch), call=call)

    def _judge(self, raw: bytes, by: tuple[Trust, datetime], terms: Terms, watch: Stopwatch) -> Judged:
        (trust, at), reader = by, None
        try:
            document = lift(raw, self.bounds)
            on = terms.on or at.astimezone(LONDON).date()
            reader = self._edition(recognise(document, self.found.in_force(on), terms.dialects), terms)
            if terms.wait and waits(reader, raw):
                return Judged(reader=reader, later=True)
            issue = Issue(new_id=self.new_id, at=at, correlation_id=terms.correlation_id or self.new_id())
            hearing = _Hearing(reader=reader, trust=trust, strict=terms.strict, on=on, issue=issue, watch=watch)
            if is_bulk(reader, raw):
                return self._cases(hearing, raw, terms.chunk)
            return self._content(hearing, self.layers.check(document, reader, trust, strict=terms.strict))
        except Refused as refusal:
            return _refused(reader, None, refusal.faults)

    def in_chunks(self, raw: bytes, trust: Trust, at: datetime, terms: Terms = Terms()) -> Iterator[Judged]:
        """What `judge` gives; for a file of many cases one chunk after the other, so that memory holds one of them."""
        for chunk in chunks():
            judged = self.judge(raw, trust, at, replace(terms, chunk=chunk))
            yield judged
            if judged.progress is None or judged.progress.next is None:
                return

    def _content(self, hearing: _Hearing, checked: Checked, messages: int | None = None) -> Judged:
        """Decode what was checked, check the rules, normalise. `messages`: how many its document makes, if known."""
        reader, opened = hearing.reader, checked.opened
        if checked.refused:
            return _refused(reader, opened, checked.faults)
        try:
            decoded = decode(reader, opened, self.found.tables)
        except Refused as refusal:
            return _refused(reader, opened, refusal.faults)
        ruled = [(*self.rules.faults(one.body, hearing.on), *attachment_faults(one, self.bounds)) for one in decoded]
        faults = (*checked.faults, *chain.from_iterable(ruled))
        broken = broken_rules(checked.faults, ruled, decoded, opened)
        if any(fault.severity is Severity.ERROR for fault in faults):
            return Judged(reader=reader, opened=opened, faults=faults, broken=broken)
        count = messages or len(decoded)
        with hearing.watch.normalise():
            made = tuple(
                canonical(stamp(one, reader, hearing.trust, hearing.issue, count), self.found.bundle, one.attachments)
                for one in decoded
            )
        ordinals = range(len(made))
        return Judged(reader=reader, opened=opened, faults=faults, broken=broken, messages=made, ordinals=ordinals)

    def _cases(self, hearing: _Hearing, raw: bytes, chunk: Chunk) -> Judged:
        """The cases of a chunk, each alone. Raises Refused where the file is wrong as a whole."""
        walker = hearing.reader
        if not is_bulk(walker, raw):
            raise Defect(f"{hearing.reader.dialect} cannot be read case by case")
        total, cases = self.walks.cases(walker, raw, hearing.trust, self.bounds, chunk)
        if not total:
            words = "There is no case in the file: it holds none of what makes one."
            raise Refused([Fault(path="", rule="empty", words=words)])
        judged = [(item.number, self._case(hearing, opened, total)) for item, opened in cases]
        end = chunk.first + len(cases)
        refused = sum(one.refused for _, one in judged)
        return Judged(
            reader=hearing.reader,
            faults=tuple(
                replace(fault, case=number) for number, one in judged for fault in one.faults[:MOST_CASE_FAULTS]
            ),
            broken=summed(rule for _, one in judged for rule in one.broken),
            messages=tuple(chain.from_iterable(one.messages for _, one in judged)),
            ordinals=[number - 1 for number, one in judged for _ in one.messages],
            progress=Progress(
                next=end if end <= total else None, total=total, accepted=len(cases) - refused, refused=refused
            ),
        )

    def _case(self, hearing: _Hearing, opened: Opened, total: int) -> Judged:
        """What comes of one case among many, without its tree."""
        checked = self.layers.look(hearing.reader, opened, strict=hearing.strict)
        return replace(self._content(hearing, checked, total), opened=None)

    def _edition(self, reader: Reader, terms: Terms) -> Reader:
        """Which reading of the dialect is wanted: the one in force, unless another is named. Raises Defect."""
        wanted: Reader | None = reader
        if terms.candidate:
            wanted = self.found.candidates.get(reader.dialect)
        elif terms.edition is not None:
            wanted = self.found.edition(reader.dialect, terms.edition)
        if wanted is None:
            raise Defect(f"{reader.dialect} has no such edition: {terms.edition or 'candidate'}")
        return wanted


def _refused(reader: Reader | None, opened: Opened | None, faults: tuple[Fault, ...]) -> Judged:
    """A document that was refused before a message could be made of it."""
    return Judged(reader=reader, opened=opened, faults=faults, broken=broken_rules(faults, (), (), opened))
