"""The folder door: a party puts files into a folder, here or on its own SFTP server; each is claimed, admitted and
moved away, its answer beside it.

    NAME                  put there by the party (write elsewhere and rename, or under a name that starts with a dot)
    .claimed/MARK~NAME    ours while it is being admitted; the mark says which hub has it
    taken/NAME            kept by the hub, with NAME.receipt.json
    refused/NAME          not accepted, with NAME.reasons.json: what, where, which rule; where the dialect has an answer
                          of its own it lies beside as NAME.reply.xml

Rule: a file is moved to `taken` or `refused` only after the ledger has committed; after a crash a claimed file is
admitted again, and its submission key makes that a repeat. A hub takes at once what it claimed itself, and what another
one claimed only when that has stood still for as long as a lease.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Thread

import structlog
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    sleep_using_event,
    stop_when_event_set,
    wait_exponential,
)

from hub.contract import Outbound
from hub.flow import Flow
from hub.flow.accept import Answer, Arrival
from hub.flow.accept.receipt import fault_json
from hub.message.errors import WRONG_CODE, Fault, Unavailable
from hub.watch.metrics import ACCEPT
from hub.wire import FileStore, Seen, Stuck

HERE = "folder"  # what a door on this machine is called
CLAIMED, TAKEN, REFUSED = ".claimed", "taken", "refused"
LONGEST_PAUSE = 60.0  # seconds between looks at a folder that is away, unless its own pause is longer
LONGEST_NAME = 200  # bytes of a name, so that ours beside it, which are longer, are names too

_MARKED = re.compile(r"(?P<owner>[0-9a-f]{8})-[0-9a-f]{8}~(?P<name>.+)")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Whose folder it is, and how it is watched.

    `owner` marks what this hub claims: eight hexadecimal digits, the same after a restart. `pause` and `lease` are
    seconds: between two looks, and after which a file that another hub claimed is taken over. `settled` asks that a
    file be the same at two looks before it is taken.
    """

    party: str
    dialects: tuple[str, ...]
    owner: str
    lease: float
    door: str = HERE
    pause: float = 0.5
    settled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A file to admit: its path now, the name that the party gave it, and whether it is claimed by us already."""

    path: str
    name: str
    size: int
    ours: bool


class FolderDoor:
    """Watches one folder of one party."""

    def __init__(self, *, flow: Flow, store: FileStore, watch: Watch) -> None:
        self._flow, self._store, self._of = flow, store, watch
        self._ready = False
        self._before: frozenset[Seen] = frozenset()
        self._foreign: dict[str, float] = {}
        self._told: set[str] = set()
        self._away: set[str] = set()
        self._stop = Event()
        self._thread = Thread(target=self._watch, name=f"{watch.door}-{watch.party}", daemon=True)

    def start(self) -> None:
        """Start to watch. A folder on this machine is there from now on; another server is not waited for."""
        if self._of.door == HERE:
            with suppress(Unavailable):  # the first look tells it
                self._make_ready()
        self._thread.start()

    def finish(self) -> None:
        """Begin no further file. Several doors are told so before the first of them is waited for."""
        self._stop.set()

    def stop(self) -> None:
        """Finish the file at hand, then stop."""
        self.finish()
        if self._thread.is_alive():
            self._thread.join(30)
        self._store.close()

    # --- looking, again and again

    def _watch(self) -> None:
        patiently = Retrying(
            retry=retry_if_exception_type(Unavailable),
            wait=wait_exponential(multiplier=self._of.pause, max=max(LONGEST_PAUSE, self._of.pause)),
            stop=stop_when_event_set(self._stop),
            sleep=sleep_using_event(self._stop),
            before_sleep=self._note_away,
            reraise=True,
        )
        while not self._stop.is_set():
            with suppress(Unavailable):  # stopped while it was away
                patiently(self.pass_once)
                self._note_back()
            self._stop.wait(self._of.pause)

    def _note_away(self, state: RetryCallState) -> None:
        """One event an outage; one more where its reason becomes another."""
        self._ready = False
        reason = str(state.outcome.exception()) if state.outcome else ""
        if reason not in self._away:
            self._away.add(reason)
            log.warning("door away", party=self._of.party, door=self._of.door, reason=reason)

    def _note_back(self) -> None:
        if self._away:
            self._away.clear()
            log.info("door back", party=self._of.party, door=self._of.door)

    def pass_once(self) -> int:
        """Admit every file that may be taken now. How many. Raises Unavailable where folder or ledger is away."""
        self._make_ready()
        count = 0
        for found in [*self._left_over(), *self._waiting()]:
            if self._stop.is_set():
                break
            count += self._admit_or_tell(found)
        return count

    def _make_ready(self) -> None:
        if not self._ready:
            for folder in (CLAIMED, TAKEN, REFUSED):
                self._store.make(folder)
            self._ready = True

    # --- what there is

    def _left_over(self) -> list[_Found]:
        """What was claimed and is not admitted: by us, or by another hub that has left it lying."""
        claimed = sorted(self._store.files(CLAIMED), key=lambda seen: seen.name)
        now = time.monotonic()
        self._foreign = {seen.name: self._foreign.get(seen.name, now) for seen in claimed}
        found = []
        for seen in claimed:
            mark = _MARKED.fullmatch(seen.name)
            ours = mark is not None and mark["owner"] == self._of.owner
            if ours or mark is None or now - self._foreign[seen.name] >= self._of.lease:
                name = mark["name"] if mark else seen.name
                found.append(_Found(path=f"{CLAIMED}/{seen.name}", name=name, size=seen.size, ours=ours))
        return found

    def _waiting(self) -> list[_Found]:
        """What the party has put there and is done with."""
        seen = frozenset(each for each in self._store.files() if self._is_for_us(each.name))
        ready = seen & self._before if self._of.settled else seen
        self._before = seen
        return [
            _Found(path=each.name, name=each.name, size=each.size, ours=False)
            for each in sorted(ready, key=lambda each: each.name)
        ]

    def _is_for_us(self, name: str) -> bool:
        if name.startswith("."):
            return False
        if len(name.encode(errors="replace")) <= LONGEST_NAME:
            return True
        self._tell_once(name, f"its name has more than {LONGEST_NAME} bytes: ask the party for a shorter one")
        return False

    # --- one file

    def _admit_or_tell(self, found: _Found) -> int:
        """Whether a file was admitted. One that cannot be is told once, tried at every look, and stops no other."""
        try:
            done = self._admit(found)
        except Stuck as cause:
            self._tell_once(found.path, str(cause))
        except WRONG_CODE as cause:  # a connector's, on this document
            self._tell_once(found.path, f"defect: {type(cause).__name__}")
        else:
            self._told.discard(found.path)
            return int(done)
        return 0

    def _tell_once(self, path: str, reason: str) -> None:
        """Say that a file is stuck. Not which: names of files may be names of people."""
        if path not in self._told:
            self._told.add(path)
            log.warning("file stuck", party=self._of.party, door=self._of.door, reason=reason)

    def _admit(self, found: _Found) -> bool:
        """Claim and admit a file. False where another hub has it, or where it is still being written."""
        claimed = found.path if found.ours else self._mark(found.name)
        if not found.ours and not self._store.move(found.path, claimed):
            return False
        limit = self._flow.bounds.max_bytes
        if found.size > limit:
            self._file(claimed, f"{REFUSED}/{found.name}", {"reasons.json": self._too_large(found.size, limit)})
            return True
        raw = self._store.read(claimed, limit + 1)
        if raw is None or len(raw) != found.size:
            return False
        trust = self._flow.trust_of(self._of.party)
        arrival = Arrival(raw=raw, trust=trust, door=self._of.door, dialects=self._of.dialects, name=found.name)
        answer = self._flow.door(arrival)
        folder = TAKEN if answer.accepted else REFUSED
        self._file(claimed, f"{folder}/{found.name}", _beside(answer, self._flow.reply(arrival, answer)))
        return True

    def _mark(self, name: str) -> str:
        """A path that no other claim has: by the second part of the mark two files of one name stay two."""
        return f"{CLAIMED}/{self._of.owner}-{self._flow.new_id()[-8:]}~{name}"

    def _file(self, claimed: str, target: str, beside: Mapping[str, bytes]) -> None:
        """Move a file to where it belongs, after what is put beside it, by its ending."""
        folder, _, name = target.partition("/")
        for ending, content in beside.items():
            self._store.put(folder, f"{name}.{ending}", content)
        self._store.move(claimed, target)

    def _too_large(self, size: int, limit: int) -> bytes:
        """Why a file is not even read. Nothing of it is kept."""
        ACCEPT.labels(self._of.door, "refused").inc()
        log.info("too large", party=self._of.party, door=self._of.door, bytes=size)
        words = f"The document has {size} bytes. At most {limit} are accepted. Split it, or send attachments apart."
        fault = Fault(path="", rule="document-size", words=words)
        return json.dumps({"status": "refused", "faults": [fault_json(fault)]}, ensure_ascii=False).encode()


def _beside(answer: Answer, reply: Outbound | None) -> dict[str, bytes]:
    """What is put beside a file, by the ending of its name."""
    beside = {"receipt.json" if answer.accepted else "reasons.json": answer.receipt or _conflict(answer)}
    if reply is not None and "xml" in reply.content_type:
        beside["reply.xml"] = reply.body
    return beside


def _conflict(answer: Answer) -> bytes:
    first, this = answer.detail.get("first_sha256", ""), answer.detail.get("this_sha256", "")
    words = "another document came under the same id before: give this one a new id, or send the first one again"
    return f'{{"status":"conflict","words":"{words}","first_sha256":"{first}","this_sha256":"{this}"}}'.encode()
