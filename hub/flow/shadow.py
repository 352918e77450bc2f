"""Candidate mappings read live traffic beside the live ones; what differs is counted by field.

Rule: nothing that a candidate makes leaves here. It reads documents that are kept already, after their senders were
answered, and writes counts alone; so the live output cannot be touched by it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from hub.canonical.compare import compare, field_of
from hub.canonical.read import read
from hub.contract import Mapped, Reader, Trust
from hub.document.xml import parse_own
from hub.flow.accept.receipt import rules_of
from hub.flow.judge import Terms
from hub.flow.ruling import Rule
from hub.flow.second import Pair, chunk_of, pairs
from hub.ledger import Ledger
from hub.ledger.account import Reread, Tally
from hub.ledger.admission import NewMessage
from hub.message.envelope import Message
from hub.message.errors import Defect

log = structlog.get_logger()

REFUSED = "Refused"
"""Stands in place of a field where the candidate refuses what the live mapping accepts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """Every candidate of this installation, each with a run of its own in the ledger."""

    rule: Rule
    ledger: Ledger
    candidates: Mapping[str, Reader]  # by dialect
    trust_of: Callable[[str], Trust]

    def start(self) -> None:
        """Begin the runs that have not begun."""
        for dialect, reader in self.candidates.items():
            self.ledger.start_shadow(_hash(reader), dialect, reader.version)

    def step(self, limit: int) -> int:
        """Read at most so many messages with each candidate. How many submissions were read."""
        return sum(self._step(dialect, reader, limit) for dialect, reader in self.candidates.items())

    def _step(self, dialect: str, reader: Reader, limit: int) -> int:
        run, ahead = self.ledger.shadowed(_hash(reader), limit)
        if run is None:
            return 0
        if not ahead.waiting:
            self.ledger.pass_over(run)
            return 0
        tally = Tally()
        for one in ahead.waiting:
            self._read(one, dialect, tally)
        self.ledger.count_shadow(run, tally, ahead.reached)
        return len(ahead.waiting)

    def _read(self, one: Reread, dialect: str, tally: Tally) -> None:
        """Read a document, or some cases of a file of many, and count what each shows."""
        trust, terms = self.trust_of(one.party), Terms(dialects=(dialect,), candidate=True, chunk=chunk_of(one))
        try:
            ruling = self.rule(one.raw, trust, one.received_at, terms)
        except Defect as cause:
            log.error("defect", step="shadow", dialect=dialect, submission_id=one.submission_id, what=str(cause))
            tally.read += 1
            tally.differs("Defect", one.standing[0].id)
            return
        for pair in pairs(one, ruling.messages, [made.ordinal for made in ruling.messages], ruling.faults):
            _count(pair, tally)


def _count(pair: Pair[NewMessage], tally: Tally) -> None:
    """Count what one document or case shows: a field once, however often it differs in it."""
    example = pair.standing[0].id
    tally.read += 1
    if not pair.found:
        tally.refused += 1
        for rule in rules_of(pair.faults):
            tally.differs(f"{REFUSED}/{rule}", example)
        return
    live = _messages([each.canonical for each in pair.standing])
    found = compare(live, _messages([made.canonical for made in pair.found]))
    for name in dict.fromkeys(field_of(difference.path) for difference in found):
        tally.differs(name, example)
    tally.same += not found


def _messages(canonical: Sequence[bytes]) -> list[Message]:
    return [read(parse_own(xml)) for xml in canonical]


def _hash(reader: Reader) -> str:
    """What names a candidate: its mapping's hash, so that a changed candidate has a run of its own."""
    return reader.mapping_hash if isinstance(reader, Mapped) else f"{reader.dialect}/{reader.version}"
