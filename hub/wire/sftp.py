"""Files out to a party's SFTP server, and files in from it (docs/decisions/sftp.md).

Rule: a file appears whole under its final name or not at all; a name holds the delivery's id, so a repeated attempt
replaces the same file and never adds another.
"""

from __future__ import annotations

import posixpath

from hub.wire import Consignment, Response, Seen, Stuck
from hub.wire.sftp_session import Account, Answered, Pool

FETCH_SECONDS = 900.0  # the longest that one file may take to be fetched: no lease waits for it


class SftpTransport:
    """A way into one folder of an account."""

    def __init__(self, account: Account, folder: str, *, timeout: float, connections: int) -> None:
        self._folder, self._timeout = folder, timeout
        self._pool = Pool(account, seconds=timeout, keep=connections)

    def send(self, consignment: Consignment) -> Response:
        """Put the file in place, within the timeout in all. Raises Unavailable."""
        with self._pool.session(self._timeout) as session:
            session.put(self._folder, posixpath.basename(consignment.name), consignment.body)
        return Response(status=0)

    def close(self) -> None:
        """Let connections go."""
        self._pool.close()


class SftpStore:
    """A folder of an account as a FileStore."""

    def __init__(self, account: Account, folder: str, *, timeout: float) -> None:
        self._folder = folder
        self._pool = Pool(account, seconds=timeout, keep=1)

    def make(self, folder: str) -> None:
        """See that a folder in it exists."""
        with self._pool.session(FETCH_SECONDS) as session:
            session.make(self._path(folder))

    def files(self, folder: str = "") -> list[Seen]:
        """The plain files of a folder."""
        with self._pool.session(FETCH_SECONDS) as session:
            return session.files(self._path(folder))

    def move(self, source: str, target: str) -> bool:
        """Give a file another name, in one step where the server offers that."""
        try:
            with self._pool.session(FETCH_SECONDS) as session:
                return session.move(self._path(source), self._path(target))
        except Answered as cause:
            raise Stuck(str(cause)) from cause

    def read(self, path: str, most: int) -> bytes | None:
        """At most so many bytes of a file."""
        try:
            with self._pool.session(FETCH_SECONDS) as session:
                return session.read(self._path(path), most)
        except Answered as cause:
            raise Stuck(str(cause)) from cause

    def put(self, folder: str, name: str, content: bytes) -> None:
        """A file that appears whole under its name."""
        with self._pool.session(FETCH_SECONDS) as session:
            session.put(self._path(folder), name, content)

    def close(self) -> None:
        """Let connections go."""
        self._pool.close()

    def _path(self, path: str) -> str:
        return posixpath.join(self._folder, path) if path else self._folder


def check(account: Account, folder: str, seconds: float) -> None:
    """Reach the server, compare its key, log in and see that the folder is there. Raises Unavailable."""
    pool = Pool(account, seconds=seconds, keep=0)
    with pool.session(seconds) as session:
        session.check(folder)
