"""The folder door: a party puts files into a folder; each is claimed, admitted and moved away, its answer beside it.

    NAME            put there by the party (write elsewhere and rename, or under a name that starts with a dot)
    .claimed/NAME   ours while it is being admitted
    taken/NAME      kept by the hub, with NAME.receipt.json
    refused/NAME    not accepted, with NAME.reasons.json: what, where, which rule; where the dialect has an answer of
                    its own it lies beside as NAME.reply.xml

Rule: a file is moved to `taken` or `refused` only after the ledger has committed; after a crash a claimed file is
admitted again, and its submission key makes that a repeat.
"""

from __future__ import annotations

from pathlib import Path
from threading import Event, Thread

import structlog

from hub.contract import Outbound
from hub.flow import Flow
from hub.flow.accept import Answer, Arrival
from hub.message.errors import Unavailable

log = structlog.get_logger()


class FolderDoor:
    """Watches one folder of one party."""

    def __init__(self, *, flow: Flow, party: str, folder: Path, dialects: tuple[str, ...], pause: float = 0.5) -> None:
        self._flow, self._party, self._dialects, self._pause = flow, party, dialects, pause
        self._folder = folder
        self._claimed, self._taken, self._refused = folder / ".claimed", folder / "taken", folder / "refused"
        self._stop = Event()
        self._thread = Thread(target=self._watch, name=f"folder-{party}", daemon=True)

    def start(self) -> None:
        """Start to watch."""
        for folder in (self._claimed, self._taken, self._refused):
            folder.mkdir(parents=True, exist_ok=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the file at hand, then stop."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(30)

    def _watch(self) -> None:
        while not self._stop.is_set():
            try:
                self.pass_once()
            except (OSError, Unavailable) as cause:
                log.warning("folder", party=self._party, kind=type(cause).__name__)
            self._stop.wait(self._pause)

    def pass_once(self) -> int:
        """Admit every file that stands in the folder now. How many."""
        count = 0
        for path in sorted(self._claimed.iterdir()) + self._waiting():
            if self._stop.is_set():
                break
            count += self._admit(path)
        return count

    def _waiting(self) -> list[Path]:
        found = [path for path in self._folder.iterdir() if path.is_file() and not path.is_symlink()]
        return sorted(path for path in found if not path.name.startswith("."))

    def _admit(self, path: Path) -> int:
        claimed = self._claimed / path.name
        try:
            path.rename(claimed)  # atomic: of two hubs one gets it
        except FileNotFoundError:
            return 0
        limit = self._flow.bounds.max_bytes
        with claimed.open("rb") as file:
            raw = file.read(limit + 1)
        trust = self._flow.trust_of(self._party)
        arrival = Arrival(raw=raw, trust=trust, door="folder", dialects=self._dialects, name=path.name)
        answer = self._flow.door(arrival)
        self._file(claimed, answer, self._flow.reply(arrival, answer))
        return 1

    def _file(self, claimed: Path, answer: Answer, reply: Outbound | None) -> None:
        folder, ending = (self._taken, "receipt") if answer.accepted else (self._refused, "reasons")
        _put(folder / f"{claimed.name}.{ending}.json", answer.receipt or _conflict(answer))
        if reply is not None and "xml" in reply.content_type:
            _put(folder / f"{claimed.name}.reply.xml", reply.body)
        claimed.replace(folder / claimed.name)


def _conflict(answer: Answer) -> bytes:
    first, this = answer.detail.get("first_sha256", ""), answer.detail.get("this_sha256", "")
    words = "another document came under the same id before: give this one a new id, or send the first one again"
    return f'{{"status":"conflict","words":"{words}","first_sha256":"{first}","this_sha256":"{this}"}}'.encode()


def _put(path: Path, content: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    part.replace(path)
