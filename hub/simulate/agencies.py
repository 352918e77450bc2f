"""The pretend agencies as receivers: one HTTP server with an address for each, and a clerk who reads the folders.

Rule: a document is in the agency's book before the hub is answered. A mood makes an agency behave badly on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

from hub.message.errors import Unavailable
from hub.simulate.books import Book, Books, Count, Line

LARGEST = 16 * 1024 * 1024
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Mood(StrEnum):
    """How an agency takes what is brought to it."""

    words: str

    WELL = "well", "keeps it and says so"
    BUSY = "busy", "keeps nothing and asks to come again in a second"
    SLOW = "slow", "keeps it and answers after a second"
    MUTE = "mute", "keeps it and hangs up without a word, so that the hub cannot know"
    DEAF = "deaf", "takes the connection and never answers"

    def __new__(cls, value: str, words: str = "") -> Mood:
        member = str.__new__(cls, value)
        member._value_ = value
        member.words = words
        return member


class Agencies:
    """All pretend agencies of one run. A context: they take deliveries from entry to exit."""

    def __init__(self, books: Books, folders: Mapping[str, Path], port: int = 0) -> None:
        self.books = books
        self._folders = folders
        self._moods: dict[str, Mood] = {}
        self.closing = Event()
        try:
            self._server = _Server(("127.0.0.1", port), self)
        except OSError as cause:
            raise Unavailable(f"port {port} of the pretend agencies cannot be had: {cause.strerror}") from None
        self._threads = [Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)]
        self._threads += [Thread(target=self._read, args=(party,), daemon=True) for party in folders]

    @property
    def address(self) -> str:
        """Where they are: each agency's own address is this, a slash and the code of its party."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Agencies:
        for folder in self._folders.values():
            (folder / "read").mkdir(parents=True, exist_ok=True)
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        for thread in self._threads:
            thread.join(5)

    def be(self, party: str, mood: Mood) -> None:
        """Give an agency a mood."""
        self._moods[party] = mood

    def mood(self, party: str) -> Mood:
        """The mood of an agency."""
        return self._moods.get(party, Mood.WELL)

    # --- folders

    def _read(self, party: str) -> None:
        book = self.books.of(party)
        while book is not None and not self.closing.wait(0.1):
            if self.mood(party) not in (Mood.BUSY, Mood.DEAF):
                self._take(book, self._folders[party])

    def _take(self, book: Book, folder: Path) -> None:
        """Enter every file that stands in a folder whole, then put it away."""
        for path in sorted(folder.iterdir()):
            if path.is_file() and not path.name.startswith("."):
                found = _ID.search(path.name)
                book.enter(found.group() if found else path.stem, None, path.read_bytes())
                path.replace(folder / "read" / path.name)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], agencies: Agencies) -> None:
        self.agencies = agencies
        super().__init__(address, _Desk)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A hub that was killed hangs up in the middle: nothing to tell."""


class _Desk(BaseHTTPRequestHandler):
    """One connection from the hub to an agency."""

    protocol_version = "HTTP/1.1"
    server: _Server
    timeout = 60

    def do_POST(self) -> None:
        """Take one delivery: the first part of the path names the agency."""
        agencies = self.server.agencies
        party = self.path.lstrip("/").partition("/")[0]
        book, body = agencies.books.of(party), self._body()
        if book is None or body is None:
            self._answer(404 if book is None else 400)
            return
        self._deliver(agencies.mood(party), book, body)

    def _deliver(self, mood: Mood, book: Book, body: bytes) -> None:
        if mood is Mood.BUSY:
            self._answer(503, {"Retry-After": "1"})
            return
        if mood is Mood.DEAF:
            self.server.agencies.closing.wait(self.timeout)
            self.close_connection = True
            return
        delivery = self.headers.get("Idempotency-Key", "")
        if not delivery:
            self._answer(400)
            return
        line = book.enter(delivery, self.headers.get("X-Message-Id"), body)
        if mood is Mood.MUTE:
            self.close_connection = True
            return
        if mood is Mood.SLOW:
            self.server.agencies.closing.wait(1.0)
        self._answer(_status(line))

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > LARGEST:
            self.close_connection = True
            return None
        body = self.rfile.read(int(length))
        return body if len(body) == int(length) else None

    def _answer(self, status: int, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": "0"}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """The book is the log."""


def _status(line: Line) -> int:
    if line.count is Count.CHANGED:
        return 409
    return 202 if line.fault is None else 422
