"""accept, check and normalise on one parse: what a door needs to tell a sender everything that is wrong, at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from zoneinfo import ZoneInfo

from hub.contract import Answers, Opened, Reader, Trust
from hub.discovery import Found
from hub.document import DEFAULT_BOUNDS, Bounds
from hub.document.lift import lift
from hub.flow.broken import broken_rules
from hub.flow.check.attachments import attachment_faults
from hub.flow.check.layers import LayerCheck
from hub.flow.check.recognise import recognise
from hub.flow.check.rules import RuleBook
from hub.flow.normalise import Canonical, Issue, canonical, decode, stamp
from hub.ledger.admission import BrokenRule
from hub.message.envelope import Finding
from hub.message.errors import Defect, Fault, Refused, Severity

LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What came of one document: who read it, every fault, and the canonical messages where it was not refused.

    `broken` counts the faults and findings for the quality report.
    """

    reader: Reader | None = None
    opened: Opened | None = None
    faults: tuple[Fault, ...] = ()
    broken: tuple[BrokenRule, ...] = ()
    messages: tuple[Canonical, ...] = ()
    later: bool = False

    @property
    def refused(self) -> bool:
        """Whether a fault stops it."""
        return any(fault.severity is Severity.ERROR for fault in self.faults)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is questionable in its messages."""
        return tuple(finding for kept in self.messages for finding in kept.message.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How strictly to judge: which dialects the sender may use, every schema a gate, the day that counts as today.

    `candidate`: by the candidate for the dialect, which is not in force. `edition`: by the version of this name.
    """

    dialects: tuple[str, ...] | None = None
    strict: bool = False
    on: date | None = None
    wait: bool = False  # leave a dialect that answers later for lane intake
    candidate: bool = False
    edition: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Judges documents. Everything that it needs was made once."""

    found: Found
    layers: LayerCheck
    rules: RuleBook
    new_id: Callable[[], str]
    bounds: Bounds = DEFAULT_BOUNDS

    def judge(self, raw: bytes, trust: Trust, at: datetime, terms: Terms = Terms()) -> Judged:
        """Parse, recognise, check, decode, check the rules, normalise. Never raises Refused: a refusal is a result."""
        reader: Reader | None = None
        opened: Opened | None = None
        try:
            document = lift(raw, self.bounds)
            on = terms.on or at.astimezone(LONDON).date()
            reader = self._edition(recognise(document, self.found.in_force(on), terms.dialects), terms)
            if terms.wait and reader.answers is Answers.LATER:
                return Judged(reader=reader, later=True)
            checked = self.layers.check(document, reader, trust, strict=terms.strict)
            opened = checked.opened
            if checked.refused:
                return _refused(reader, opened, checked.faults)
            decoded = decode(reader, opened, self.found.tables)
            ruled = [(*self.rules.faults(one.body, on), *attachment_faults(one, self.bounds)) for one in decoded]
        except Refused as refusal:
            return _refused(reader, opened, refusal.faults)
        faults = (*checked.faults, *chain.from_iterable(ruled))
        broken = broken_rules(checked.faults, ruled, decoded, opened)
        if any(fault.severity is Severity.ERROR for fault in faults):
            return Judged(reader=reader, opened=opened, faults=faults, broken=broken)
        issue = Issue(new_id=self.new_id, at=at, correlation_id=self.new_id())
        made = tuple(
            canonical(stamp(one, reader, trust, issue, len(decoded)), self.found.bundle, one.attachments)
            for one in decoded
        )
        return Judged(reader=reader, opened=opened, faults=faults, broken=broken, messages=made)

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
