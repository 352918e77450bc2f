"""Attached documents are scanned for malware after they were judged and before they are kept.

    nothing found    the ruling as it was
    something found  a refusal that names the document and what was found; its content is kept nowhere by itself; in a
                     file of many cases that case is refused and the others go on
    no answer        the submission is kept as pending, and lane intake tries again when the sweeper rings for it

Rule: with a scanner, no document goes on unscanned. Without one, nothing is scanned (docs/decisions/attachments.md).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from threading import Lock

import structlog

from hub.canonical.read import read
from hub.document.xml import parse_own
from hub.flow.broken import FINDING, place_of, summed, unit_of
from hub.flow.cases import Progress
from hub.flow.check.attachments import named, path_of
from hub.flow.ruling import Ruling
from hub.ledger.admission import BrokenRule, NewMessage
from hub.message.case import CaseFileSubmission
from hub.message.envelope import Attachment
from hub.message.errors import Fault, Unavailable
from hub.message.scanning import Clean, Infected, Scanner
from hub.watch.metrics import SCAN

log = structlog.get_logger()

REST = 5.0
"""Seconds in which a scanner that was away is not asked again, so that it holds nobody else up."""


class Scan:
    """One scanner, or none."""

    def __init__(self, scanner: Scanner | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._scanner, self._clock = scanner, clock
        self._rests_until = float("-inf")
        self._lock = Lock()

    def __call__(self, ruling: Ruling) -> Ruling:
        """The ruling once its documents were scanned: refused for what was found, or `later` where nobody answered."""
        if self._scanner is None or ruling.refused or not any(one.documents for one in ruling.messages):
            return ruling
        try:
            found = self.infected(document for message in ruling.messages for document in message.documents)
        except Unavailable as cause:
            log.warning("unavailable", step="scan", what=str(cause))
            return replace(ruling, later=True, faults=(), broken=(), messages=(), findings=(), payload=None)
        return _refused(ruling, found) if found else ruling

    def infected(self, documents: Iterable[Attachment]) -> Mapping[str, str]:
        """What was found, by the hash of the content. Raises Unavailable."""
        if self._scanner is None:
            return {}
        found: dict[str, str] = {}
        for document in {one.sha256: one for one in documents}.values():
            match self._asked(self._scanner, document.body):
                case Infected(name=name):
                    found[document.sha256] = name
                    SCAN.labels("infected").inc()
                case Clean():
                    SCAN.labels("clean").inc()
                case other:
                    raise Unavailable(f"the scanner gave no clear answer: {type(other).__name__}")
        return found

    def _asked(self, scanner: Scanner, body: bytes) -> Clean | Infected:
        with self._lock:
            if self._clock() < self._rests_until:
                raise Unavailable("the scanner was away a moment ago")
        try:
            return scanner.scan(body)
        except Unavailable:
            SCAN.labels("unavailable").inc()
            with self._lock:
                self._rests_until = self._clock() + REST
            raise


def _refused(ruling: Ruling, found: Mapping[str, str]) -> Ruling:
    """The refusal of a document in which something was found. As of any refused one, its findings are not counted."""
    if ruling.progress is not None:
        return _without(ruling, ruling.progress, found)
    faults = tuple(fault for message in ruling.messages for fault in _faults(message, found))
    broken = _broken(faults, ruling.messages)
    kept = [one for one in ruling.broken if one.severity != FINDING]
    return replace(
        ruling,
        refused=True,
        faults=(*ruling.faults, *faults),
        broken=(*kept, *broken),
        messages=(),
        findings=(),
        payload=None,
    )


def _without(ruling: Ruling, progress: Progress, found: Mapping[str, str]) -> Ruling:
    """The ruling on some cases of a file of many without those in which something was found: they alone are refused."""
    bad = [one for one in ruling.messages if any(document.sha256 in found for document in one.documents)]
    good = [each for each in zip(ruling.messages, ruling.findings, strict=True) if each[0] not in bad]
    faults = tuple(replace(fault, case=one.ordinal + 1) for one in bad for fault in _faults(one, found))
    return replace(
        ruling,
        faults=(*ruling.faults, *faults),
        broken=summed((*ruling.broken, *(rule for one in bad for rule in _broken(_faults(one, found), [one])))),
        messages=tuple(message for message, _ in good),
        findings=tuple(findings for _, findings in good),
        progress=replace(progress, accepted=progress.accepted - len(bad), refused=progress.refused + len(bad)),
    )


def _broken(faults: Iterable[Fault], messages: Sequence[NewMessage]) -> list[BrokenRule]:
    """The faults as they are counted for the quality report."""
    counted = Counter((fault.rule, fault.severity.value, place_of(fault.rule, fault.path)) for fault in faults)
    return [BrokenRule(*kind, _unit(messages), times) for kind, times in counted.items()]


def _faults(message: NewMessage, found: Mapping[str, str]) -> Iterator[Fault]:
    """A fault for each document of a message in which something was found, named as its sender knows it."""
    body = read(parse_own(message.canonical)).body
    for number, one in enumerate(body.documents if isinstance(body, CaseFileSubmission) else (), 1):
        if one.sha256 in found:
            words = (
                f"{named(one)} holds malware, which the scanner calls {found[one.sha256][:80]}. "
                "Do not open it; tell your security officer, and send the case without it."
            )
            yield Fault(path=path_of(number), rule="attachment-malware", words=words)


def _unit(messages: Sequence[NewMessage]) -> str | None:
    """The unit that the messages share."""
    units = {unit_of(message.keys) for message in messages}
    return units.pop() if len(units) == 1 else None
