"""paramiko's SFTP client with what it lacks: the extensions a server offers, fsync, bounded listings, status codes.

Rule: whatever of paramiko is not public is used in this file only, declared at its head, and covered by a test against
a server (tests/unit/wire/test_sftp.py).
"""

from __future__ import annotations

import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

from paramiko import Message, SFTPAttributes, SFTPClient, SFTPFile
from paramiko.sftp import (
    CMD_CLOSE,
    CMD_EXTENDED,
    CMD_HANDLE,
    CMD_INIT,
    CMD_NAME,
    CMD_OPENDIR,
    CMD_READDIR,
    CMD_VERSION,
    SFTP_EOF,
    SFTP_FAILURE,
    SFTP_NO_SUCH_FILE,
    SFTP_OK,
    SFTP_OP_UNSUPPORTED,
    SFTP_PERMISSION_DENIED,
    SFTPError,
)

from hub.wire import Seen

FSYNC, POSIX_RENAME = "fsync@openssh.com", "posix-rename@openssh.com"
NO_SUCH_FILE, DENIED, UNSUPPORTED = SFTP_NO_SUCH_FILE, SFTP_PERMISSION_DENIED, SFTP_OP_UNSUPPORTED
FULL = 14
"""No space, or quota used up. The code is of a later version of the protocol; in this one servers say `failure` and
some words, from which it is told."""

_VERSION = 3
_SAYS_FULL = (b"space", b"quota", b"disk full")
_QUOTA = 15


class Status(OSError):
    """The server answers no. `code` is the protocol's; its words are not kept, since they may repeat ours."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(f"status {code}")


class Client(SFTPClient):
    """A session over an open channel. Not for two threads at once. `offers` are the extensions of the server."""

    offers: frozenset[str]

    if TYPE_CHECKING:
        _request: ClassVar[Any]
        _send_packet: ClassVar[Any]
        _read_packet: ClassVar[Any]

    def fsync(self, file: SFTPFile) -> None:
        """Have what was written put on the server's disk, where the server offers that. Raises Status."""
        if FSYNC in self.offers:
            self._request(CMD_EXTENDED, FSYNC, file.handle)

    def listed(self, folder: str, most: int) -> list[Seen]:
        """The plain files among the first names of a folder, at most so many. Impossible names are left out."""
        kind, answer = self._request(CMD_OPENDIR, folder)
        _expect(kind, CMD_HANDLE)
        handle = answer.get_binary()
        found: list[Seen | None] = []
        with suppress(EOFError):  # the end of the listing
            while len(found) < most:
                kind, answer = self._request(CMD_READDIR, handle)
                _expect(kind, CMD_NAME)
                found += [_seen(answer) for _ in range(min(answer.get_int(), most - len(found)))]
        self._request(CMD_CLOSE, handle)
        return [seen for seen in found if seen is not None]

    def _send_version(self) -> int:
        """Greet, and keep what the server offers, which paramiko does not."""
        hello = Message()
        hello.add_int(_VERSION)
        self._send_packet(CMD_INIT, hello)
        kind, content = self._read_packet()
        _expect(kind, CMD_VERSION)
        answer = Message(content)
        version = answer.get_int()
        offers = set()
        while answer.get_remainder():
            offers.add(answer.get_binary().decode("ascii", "replace"))
            answer.get_binary()
        self.offers = frozenset(offers)
        return version

    def _convert_status(self, answer: Message) -> None:
        """Raise what a status means: paramiko drops its code."""
        code, words = answer.get_int(), answer.get_binary().lower()
        if code == SFTP_EOF:
            raise EOFError
        if code == _QUOTA or (code == SFTP_FAILURE and any(sign in words for sign in _SAYS_FULL)):
            code = FULL
        if code != SFTP_OK:
            raise Status(code)


def _expect(kind: int, wanted: int) -> None:
    if kind != wanted:
        raise SFTPError("an answer of another kind")


def _seen(answer: Message) -> Seen | None:
    name, line = answer.get_binary(), answer.get_binary()  # the line as `ls -l` shows it, for servers that tell no mode
    about = SFTPAttributes._from_msg(answer)  # type: ignore[attr-defined]
    plain = line.startswith(b"-") if about.st_mode is None else stat.S_ISREG(about.st_mode)
    try:
        text = name.decode()
    except UnicodeDecodeError:
        return None
    if not plain or about.st_size is None or "/" in text or not text.isprintable():
        return None
    return Seen(name=text, size=about.st_size, changed=about.st_mtime or 0)
