"""The pretend agencies as senders: each step through its party's own door, with patience while the hub is away.

Rule: a sender that got no answer sends the same bytes under the same key again, until it has a receipt or a refusal.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock
from typing import Any

from hub.message.errors import Unavailable
from hub.simulate.story import Expected, Step
from hub.wire import Consignment, Response, Transport
from hub.wire.http import HttpTransport

PAUSE = 0.2  # seconds between attempts while the hub is away
AGAIN = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What came of one step: what the hub said, its receipt where it gave one, whether that is what was expected."""

    step: Step
    said: str
    as_expected: bool
    attempts: int = 1
    receipt: bytes = field(default=b"", repr=False)

    @property
    def told(self) -> dict[str, Any]:
        """The receipt, read."""
        return dict(json.loads(self.receipt)) if self.receipt else {}

    @property
    def pending(self) -> bool:
        """Whether the hub will judge it later."""
        return self.told.get("status") == "pending"

    @property
    def messages(self) -> tuple[str, ...]:
        """The hub's ids of the messages that it made of it."""
        return tuple(message["id"] for message in self.told.get("messages", ()))


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a door said: taken, refused, conflict, away or denied, in words; the receipt of what was taken."""

    outcome: str
    words: str
    receipt: bytes = b""


class Senders:
    """Every sending party's door to one hub. Threads may share it."""

    def __init__(self, hub: str, keys: Mapping[str, str], folders: Mapping[str, Path], patience: float) -> None:
        self._folders, self._patience = folders, patience
        self._stop, self._lock = Event(), Lock()
        self._receipts: dict[str, bytes] = {}
        self._doors: dict[str, Transport] = {
            party: HttpTransport(hub, timeout=30, connections=16, headers={"Authorization": f"Bearer {key}"})
            for party, key in keys.items()
        }

    def send(self, step: Step) -> Sent:
        """Send a step until the hub has said something about it, or patience is at an end."""
        until = time.monotonic() + self._patience
        attempts = 0
        while True:
            attempts += 1
            answer = self._file(step, until) if step.sender in self._folders else self._post(step)
            if answer.outcome != "away" or time.monotonic() > until or self._stop.wait(PAUSE):
                break
        with self._lock:
            first = self._receipts.setdefault(step.key, answer.receipt) if answer.receipt else b""
        as_expected = _fits(step.expected, answer, first)
        again = step.expected is Expected.SAME_RECEIPT and as_expected
        said = str(step.expected) if again else answer.words
        return Sent(step=step, said=said, as_expected=as_expected, attempts=attempts, receipt=answer.receipt)

    def close(self) -> None:
        """Send no more; let connections go."""
        self._stop.set()
        for door in self._doors.values():
            door.close()

    # --- over HTTP

    def _post(self, step: Step) -> _Answer:
        consignment = Consignment(
            body=step.body,
            content_type=step.content_type,
            name=step.key,
            path="/v1/messages",
            headers={"Idempotency-Key": step.key},
        )
        try:
            return _understood(self._doors[step.sender].send(consignment))
        except Unavailable as cause:
            return _Answer("away", str(cause))

    # --- through a folder

    def _file(self, step: Step, until: float) -> _Answer:
        """Put a file into the party's folder and wait for the answer beside it, which is then taken away."""
        folder = self._folders[step.sender]
        target = folder / f"{step.key}.xml"
        part = target.with_name(f".{target.name}.part")
        folder.mkdir(parents=True, exist_ok=True)
        part.write_bytes(step.body)
        part.replace(target)
        while time.monotonic() < until and not self._stop.wait(0.05):
            answer = _beside(folder, target.name)
            if answer is not None:
                return answer
        return _Answer("away", "the folder was not read in time")


def _beside(folder: Path, name: str) -> _Answer | None:
    """The answer to a file, once the file itself has been put away; both are then cleared from the folder."""
    if (folder / name).exists() or (folder / ".claimed" / name).exists():
        return None
    for outcome, kind in (("taken", "receipt"), ("refused", "reasons")):
        answer = folder / outcome / f"{name}.{kind}.json"
        if answer.exists() and (folder / outcome / name).exists():
            text = answer.read_bytes()
            answer.unlink()
            (folder / outcome / name).unlink()
            if outcome == "refused":
                return _Answer("refused", f"refused: {_rules(json.loads(text))}")
            return _Answer("taken", "taken", text)
    return None


def _understood(answer: Response) -> _Answer:
    match answer.status:
        case 200 | 202:
            return _Answer("taken", "taken", answer.body)
        case 409:
            return _Answer("conflict", "refused: the key came before with other bytes")
        case 422:
            return _Answer("refused", f"refused: {_rules(json.loads(answer.body))}")
        case status if status >= 500 or status in AGAIN:
            return _Answer("away", f"the hub answered {status}")
        case status:
            return _Answer("denied", f"the hub answered {status}")


def _rules(told: Mapping[str, Any]) -> str:
    """The rules that a refusal names, each once."""
    return ", ".join(dict.fromkeys(str(fault.get("rule")) for fault in told.get("faults", ()))) or "no reasons given"


def _fits(expected: Expected, answer: _Answer, first: bytes) -> bool:
    match expected:
        case Expected.TAKEN:
            return answer.outcome == "taken"
        case Expected.SAME_RECEIPT:
            return answer.outcome == "taken" and answer.receipt == first
        case Expected.REFUSED:
            return answer.outcome == "refused" and "no reasons given" not in answer.words
        case Expected.CONFLICT:
            return answer.outcome == "conflict"
