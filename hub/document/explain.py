"""Why a document was refused by its schema: path, line, what was found and what must be, for every fault.

lxml has decided; xmlschema explains, in one warm child process per hub process. Some patterns make it hang, so the
child is given a time for each document, killed when it is over, and started again behind the back of whoever comes
next. Whoever finds it busy, starting or gone gets lxml's own account, in our words.

Rule: an explanation takes at most its budget, and the same again for waiting (more only for whoever is the first to ask
for a schema, where nobody has warmed it); it is never empty for a document that the schema refuses.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from hub.document import Element, line_in, pipe, schema
from hub.document.wording import Finding
from hub.document.xml import path_of, serialise
from hub.message.errors import Fault

_LOADING = 30.0  # seconds that the child may take to start and to compile a schema of ours
_START = "import json, sys; sys.path[:] = json.loads(sys.argv[2]); from hub.document.examiner import main; main()"


class Explainer:
    """One child process and the queue before it. Safe in any thread."""

    def __init__(self, *, budget: float = 2.0, queue: int = 4) -> None:
        """`budget` is in seconds for a document; at most `queue` callers wait while one is served."""
        self._budget = budget
        self._places = threading.BoundedSemaphore(queue + 1)
        self._turn = threading.Lock()
        self._child: _Child | None = None
        self._closed = False

    def explain(self, path: Path, root: Element, *, line_offset: int = 0) -> tuple[Fault, ...]:
        """The faults of a document against the schema at `path`; at most a hundred, none if it is accepted.

        `line_offset` is what to add to the lines of `root` to get those of the document as received.
        """
        path = path.resolve()
        findings = self._findings(path, serialise(root))
        if findings:
            return tuple(_fault(finding, root, line_offset) for finding in findings)
        return schema.load(path).complaints(root, line_offset)

    def warm(self, *paths: Path) -> None:
        """Starts the child, and has it compile these schemas, so that the first refusal need not wait for it."""
        with self._turn:
            for path in paths:
                self._ready(path.resolve())

    @property
    def pid(self) -> int | None:
        """The process id of the child, while there is one."""
        child = self._child
        return None if child is None else child.pid

    def close(self) -> None:
        """Ends the child. Later explanations are lxml's."""
        with self._turn:
            self._closed = True
            self._drop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _findings(self, path: Path, document: bytes) -> list[Finding]:
        """What the child found: nothing where it cannot be asked, or does not answer in time."""
        if not self._places.acquire(blocking=False):
            return []
        try:
            if not self._turn.acquire(timeout=self._budget):
                return []
            try:
                return self._ask(path, document)
            finally:
                self._turn.release()
        finally:
            self._places.release()

    def _ask(self, path: Path, document: bytes) -> list[Finding]:
        child = self._ready(path)
        if child is None:
            return []
        try:
            return child.ask(path, document, self._budget)
        except pipe.Lost:
            loaded = tuple(child.loaded)
            self._drop()
            threading.Thread(target=self.warm, args=loaded, name="explainer", daemon=True).start()
            return []

    def _ready(self, path: Path) -> _Child | None:
        """The child, started and with the schema compiled; None where that cannot be had."""
        if self._closed:
            return None
        if self._child is not None and not self._child.is_ours():
            self._drop()
        try:
            if self._child is None:
                self._child = _Child()
            if path not in self._child.loaded:
                self._child.ask(path, b"", _LOADING)
                self._child.loaded.append(path)
        except (pipe.Lost, OSError):
            self._drop()
        return self._child

    def _drop(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()


class _Child:
    """The process, as its parent holds it."""

    def __init__(self) -> None:
        self.loaded: list[Path] = []
        self._parent = os.getpid()
        self._connection, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 our own interpreter and our own module
                [sys.executable, "-I", "-c", _START, str(theirs.fileno()), json.dumps(_search_path())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={},
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_ours(self) -> bool:
        """Whether it lives, and was started by this process and not by one that this was forked from."""
        return self._parent == os.getpid() and self._process.poll() is None

    def ask(self, path: Path, document: bytes, seconds: float) -> list[Finding]:
        """What it finds, within the time; raises pipe.Lost, after which it must be ended."""
        header = json.dumps({"schema": str(path), "seconds": seconds}).encode()
        pipe.send(self._connection, header + b"\n" + document, seconds)
        answer = json.loads(pipe.receive(self._connection, seconds))
        return [_finding(each) for each in cast("list[dict[str, object]]", answer or [])]

    def end(self) -> None:
        """Ends it at once."""
        self._connection.close()
        if self._parent == os.getpid():
            self._process.kill()
            self._process.wait()


def _search_path() -> list[str]:
    return [str(Path(entry or ".").resolve()) for entry in sys.path]


def _finding(told: dict[str, object]) -> Finding:
    return Finding(
        at=tuple(cast("list[int]", told["at"])),
        near=tuple(cast("list[int]", told["near"])),
        tail=str(told["tail"]),
        rule=str(told["rule"]),
        words=str(told["words"]),
        found=cast("str | None", told["found"]),
    )


def _fault(finding: Finding, root: Element, line_offset: int) -> Fault:
    """A finding, with its path and its line in the document as received."""
    line = line_in(_follow(root, finding.near))
    return Fault(
        path=path_of(_follow(root, finding.at)) + finding.tail,
        rule=finding.rule,
        words=finding.words,
        line=None if line is None else line + line_offset,
        found=finding.found,
    )


def _follow(root: Element, steps: tuple[int, ...]) -> Element:
    for step in steps:
        root = root[step]
    return root
