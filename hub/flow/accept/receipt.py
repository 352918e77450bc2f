"""The receipt: what was kept, under which ids. Written once, given again byte for byte to every repeat."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from hub.ledger.admission import NewMessage
from hub.message.errors import Fault, Severity

_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Ruled(Protocol):
    """What a receipt tells of a ruling: the messages made, how much is questionable in each, and every fault."""

    @property
    def messages(self) -> Sequence[NewMessage]:
        """The messages made."""

    @property
    def findings(self) -> Sequence[int]:
        """How many findings each message has."""

    @property
    def faults(self) -> Sequence[Fault]:
        """Warnings, or why it was refused."""


def receipt(submission_id: str, status: str, digest: str, at: datetime, ruled: Ruled) -> bytes:
    """A receipt as JSON bytes: status accepted, pending or refused; the messages made; warnings or faults."""
    value = {
        "submission": submission_id,
        "status": status,
        "sha256": digest,
        "received_at": at.isoformat().replace("+00:00", "Z"),
        "messages": [
            {"id": message.id, "type": message.type, "findings": findings}
            for message, findings in zip(ruled.messages, ruled.findings, strict=True)
        ],
        "faults": [fault_json(fault) for fault in ruled.faults],
    }
    return _COMPACT(value).encode()


def fault_json(fault: Fault) -> dict[str, object]:
    """A fault as the API and `cjhub validate --json` show it; with the number of its case in a file of many."""
    return {
        **({} if fault.case is None else {"case": fault.case}),
        "line": fault.line,
        "path": fault.path,
        "rule": fault.rule,
        "severity": str(fault.severity),
        "words": fault.words,
    }


def faults_json(faults: Sequence[Fault]) -> str:
    """Faults as the ledger keeps them."""
    return json.dumps([fault_json(fault) for fault in faults], ensure_ascii=False)


def rules_of(faults: Iterable[Fault]) -> tuple[str, ...]:
    """The ids of the rules that refuse, each once."""
    return tuple(dict.fromkeys(fault.rule for fault in faults if fault.severity is Severity.ERROR))
