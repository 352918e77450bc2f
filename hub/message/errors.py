"""What can go wrong, told by whose fault it is and whether to try again.

    HubError
    |- Refused        the sender's message is wrong    never retried; becomes a reply with reasons
    |- Unavailable    a peer or resource is away       retried with patience, then dead
    |- Defect         we are wrong                     once more in a fresh process, then buried and alerted
    `- Misconfigured  settings, dialect or mapping     raised at start-up, lists every fault with file and key

Rule: a refusal carries every fault found, not the first: each says where, what was found, which rule, how to mend it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """What a fault does to the verdict."""

    ERROR = "error"  # the message is refused
    WARNING = "warning"  # the message passes and the sender is told


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong with a document.

    `path` is where (an element path, a JSON pointer or a field name), `line` the line of the document as received
    (None where lines mean nothing), `rule` the id of the rule broken, `words` what is wrong and how to mend it,
    `found` the offending text as received, at most 80 characters, or None where there is none to show. `case` is the
    number of the case in a file of many, from 1, None elsewhere.
    """

    path: str
    rule: str
    words: str
    severity: Severity = Severity.ERROR
    line: int | None = None
    found: str | None = None
    case: int | None = None


class HubError(Exception):
    """The root of every error that the hub raises on purpose."""


class Refused(HubError):
    """The sender's message is wrong. Carries every fault found; never retried."""

    def __init__(
        self,
        faults: Iterable[Fault] = (),
        *,
        at: str = "",
        found: str | None = None,
        rule: str = "",
        line: int | None = None,
    ) -> None:
        """Refuse for several faults at once, or for one given by `at`, `found` and `rule` (the rule in plain words)."""
        listed = tuple(faults)
        if rule:
            listed += (Fault(path=at, rule="value", words=f"expected {rule}", found=_shown(found), line=line),)
        if not listed:
            raise ValueError("a refusal needs at least one fault")
        self.faults = listed
        super().__init__("; ".join(f"{fault.path or 'document'}: {fault.rule}" for fault in listed[:5]))


class Unavailable(HubError):
    """A peer or a resource is away; the step may be tried again later. `retry_after` is in seconds, where known."""

    def __init__(self, what: str, *, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(what)


class Defect(HubError):
    """We are wrong: a state or a value that our own code should have made impossible."""


WRONG_CODE = (ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError, TypeError, ValueError)
"""What code raises that is wrong, ours or a connector's. Whoever runs such code on one message makes a Defect of it, so
that it stops this message and no other."""


class Misconfigured(HubError):
    """Settings, a dialect, a party or a mapping is wrong. Lists every fault: file, key, what is wrong."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


def _shown(found: str | None) -> str | None:
    return None if found is None else found[:80]
