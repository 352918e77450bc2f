"""Connections to one account on an SFTP server: made, kept for the next use, dropped when anything went wrong.

    dial -> the server's key is compared with those pinned -> log in -> SFTP

Rule: nothing, not even the user's name, is sent to a server before its key is known to be a pinned one. Every use of a
connection ends within the time given, whatever the server does. Errors say what to do, and never a secret, a file's
name or a server's words.
"""

from __future__ import annotations

import logging
import posixpath
import socket
import stat
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, Timer

from paramiko import PKey, SFTPError, SSHException, Transport
from paramiko.pkey import UnknownKeyType
from paramiko.ssh_exception import AuthenticationException, BadAuthenticationType, IncompatiblePeer

from hub.message.errors import Unavailable
from hub.wire import MOST_FILES, Seen
from hub.wire.host_keys import HostKey
from hub.wire.sftp_client import DENIED, FULL, NO_SUCH_FILE, POSIX_RENAME, UNSUPPORTED, Client, Status

CONNECT_SECONDS = 5.0  # to be connected, and for a kept connection to show that it lives
KEPT_SECONDS = 60.0  # after so long without use a connection is not used again

_BROKEN = (SSHException, SFTPError, EOFError, OSError, struct.error, ValueError, LookupError)
"""What paramiko raises where a connection ends or a server talks nonsense."""

logging.getLogger("paramiko").addHandler(logging.NullHandler())
logging.getLogger("paramiko").propagate = False  # what matters is in the words of Unavailable


class Answered(Unavailable):
    """The server could be reached and answers no. `missing` is whether it says that there is no such file."""

    def __init__(self, what: str, *, missing: bool = False) -> None:
        self.missing = missing
        super().__init__(what)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where, as whom, and by which keys the server is known."""

    host: str
    port: int
    user: str
    credential: PKey | str = field(repr=False)
    host_keys: tuple[HostKey, ...]

    def __str__(self) -> str:
        """Where it is, for people."""
        return f"{self.host} port {self.port}"


def load_key(path: Path) -> PKey:
    """A private key without a passphrase. Raises ValueError, which says what is wrong with the file."""
    try:
        return PKey.from_path(path)
    except OSError as cause:
        raise ValueError(f"{path} cannot be read: {cause.strerror}") from None
    except TypeError:
        raise ValueError(f"{path} has a passphrase, which nobody is here to type: make a key without one") from None
    except (ValueError, SSHException, UnknownKeyType):
        raise ValueError(f"{path} is no private key of a known kind (ed25519, ECDSA or RSA)") from None


class Session:
    """One connection. For one thread at a time; `abort` alone may come from another."""

    def __init__(self, account: Account, seconds: float) -> None:
        """A session that is not open yet; `seconds` is the longest wait for one answer."""
        self._account, self._seconds = account, seconds
        self._transport: Transport | None = None
        self._end, self._aborted = time.monotonic() + seconds, False
        self.since = 0.0

    # --- its life

    def open(self, end: float) -> None:
        """Connect and log in, before the moment `end`. Raises Unavailable."""
        self._end = end
        self._transport = transport = Transport(self._dialled())
        left = self._left()
        transport.banner_timeout = transport.handshake_timeout = transport.auth_timeout = left
        transport.channel_timeout = transport.clear_to_send_timeout = left
        pinned = {kind for key in self._account.host_keys for kind in _algorithms(key)}
        options = transport.get_security_options()
        options.key_types = sorted(options.key_types, key=lambda kind: kind not in pinned)
        with self._talking("open a session", ""):
            transport.start_client(timeout=left)
            shown = transport.get_remote_server_key()
        self._compare(HostKey(kind=shown.get_name(), blob=shown.asbytes()))
        self._log_in(transport)
        with self._talking("open SFTP", ""):
            channel = transport.open_session(timeout=self._left())
            channel.settimeout(self._left())
            channel.invoke_subsystem("sftp")
            self._client = Client(channel)

    def alive(self, end: float) -> bool:
        """Whether it still answers; from now on it is used until `end`."""
        self._end = end
        if self._transport is None or not self._transport.is_active() or self._client.sock.closed:
            return False
        try:
            self._wait(min(CONNECT_SECONDS, self._left()))
            self._client.normalize(".")
        except _BROKEN:
            return False
        self._wait(self._seconds)
        return True

    def abort(self) -> None:
        """Close it under whoever uses it: the time is up."""
        self._aborted = True
        self.close()

    def close(self) -> None:
        """Let it go, without waiting for the server."""
        if self._transport is not None:
            self._transport.close()
            self._transport.sock.close()

    # --- what it is for

    def put(self, folder: str, name: str, body: bytes) -> None:
        """A file that appears whole under its name, or not at all. Raises Unavailable."""
        part = posixpath.join(folder, f".{name}.part")
        try:
            with self._talking("write to", folder):
                self._write(part, body)
                self._replace(part, posixpath.join(folder, name))
        except Answered:
            with suppress(*_BROKEN):
                self._client.remove(part)
            raise

    def move(self, source: str, target: str) -> bool:
        """Give a file another name in one step; False where it is not there. Raises Unavailable."""
        with self._talking("move files in", posixpath.dirname(source)):
            try:
                self._replace(source, target)
            except Status:
                if self._exists(source):
                    raise
                return False
        return True

    def read(self, path: str, most: int) -> bytes | None:
        """At most so many bytes of a file; None where it is not there. Raises Unavailable."""
        try:
            with self._talking("read files in", posixpath.dirname(path)), self._client.open(path, "rb") as file:
                return bytes(file.read(most))
        except Answered as cause:
            if cause.missing:
                return None
            raise

    def files(self, folder: str) -> list[Seen]:
        """The plain files of a folder, at most MOST_FILES. Raises Unavailable."""
        with self._talking("list", folder):
            return self._client.listed(folder, MOST_FILES)

    def make(self, folder: str) -> None:
        """See that a folder exists. Raises Unavailable."""
        with self._talking("make a folder in", posixpath.dirname(folder)):
            if self._exists(folder):
                return
            try:
                self._client.mkdir(folder)
            except Status:
                if not self._exists(folder):  # another hub may have made it meanwhile
                    raise

    def check(self, folder: str) -> None:
        """Whether a folder is there. Raises Unavailable."""
        with self._talking("look at", folder):
            mode = self._client.stat(folder).st_mode
        if not stat.S_ISDIR(mode or 0):
            raise Answered(f"{self._account}: {folder} is no folder: mend the path in the party's file")

    # --- how

    def _write(self, path: str, body: bytes) -> None:
        """Each write waits for its answer: in paramiko's pipelined mode the last answers are never looked at."""
        with self._client.open(path, "wb") as file:
            file.write(body)
            self._client.fsync(file)
        kept = self._client.stat(path).st_size
        if kept != len(body):
            raise Answered(f"{self._account} kept {kept} of {len(body)} bytes: its disk may be full; tell the party")

    def _replace(self, source: str, target: str) -> None:
        if POSIX_RENAME in self._client.offers:
            self._client.posix_rename(source, target)
            return
        try:
            self._client.rename(source, target)
        except Status:  # as the protocol has it, a rename replaces nothing
            if not (self._exists(source) and self._exists(target)):
                raise
            self._client.remove(target)
            self._client.rename(source, target)

    def _exists(self, path: str) -> bool:
        try:
            self._client.stat(path)
        except Status as cause:
            if cause.code == NO_SUCH_FILE:
                return False
            raise
        return True

    # --- dialling and logging in

    def _dialled(self) -> socket.socket:
        where, wait = self._account, min(CONNECT_SECONDS, self._left())
        try:
            return socket.create_connection((where.host, where.port), timeout=wait)
        except socket.gaierror as cause:
            raise Unavailable(f"{where}: no such name: mend host in the party's file, or ask the network") from cause
        except TimeoutError as cause:
            raise Unavailable(f"{where}: no connection within {wait:.0f} s: ask the party, or the network") from cause
        except ConnectionRefusedError as cause:
            raise Unavailable(f"{where} takes no connections: ask the party whether its server runs") from cause
        except OSError as cause:
            raise Unavailable(f"{where} cannot be reached: {cause.strerror}: ask the network") from cause

    def _compare(self, shown: HostKey) -> None:
        if shown not in self._account.host_keys:
            pinned = ", ".join(str(key) for key in self._account.host_keys)
            raise Unavailable(
                f"{self._account} shows the host key {shown}, and pinned is {pinned}: nothing was sent. Ask the party, "
                "by a way that does not lead through this server, whether its key was changed; if so, mend host_key"
            )

    def _log_in(self, transport: Transport) -> None:
        where, user, credential = self._account, self._account.user, self._account.credential
        kind = "password" if isinstance(credential, str) else "key"
        ask = f"ask the party whether {user} may log in with this {kind}"
        try:
            if isinstance(credential, str):
                more = transport.auth_password(user, credential)
            else:
                more = transport.auth_publickey(user, credential)
        except BadAuthenticationType as cause:
            raise Unavailable(f"{where} takes no {kind} from the user {user}: {ask}") from cause
        except AuthenticationException as cause:
            if self._late():
                raise Unavailable(self._too_slow()) from cause
            raise Unavailable(f"{where} refuses the user {user} with our {kind}: {ask}") from cause
        except _BROKEN as cause:
            raise Unavailable(self._broken(cause)) from cause
        if more:
            raise Unavailable(f"{where} wants more than a {kind} from the user {user}, and the hub has no more: {ask}")

    # --- what errors mean

    @contextmanager
    def _talking(self, what: str, folder: str) -> Iterator[None]:
        """Make of every foreign error one of ours."""
        try:
            yield
        except Status as cause:
            raise Answered(self._refused(cause.code, what, folder), missing=cause.code == NO_SUCH_FILE) from cause
        except _BROKEN as cause:
            raise Unavailable(self._broken(cause)) from cause

    def _refused(self, code: int, what: str, folder: str) -> str:
        place = folder or "its first folder"
        tried = f"{self._account}: could not {what} {place}"
        if code == NO_SUCH_FILE:
            return f"{tried}: there is no such folder: ask the party to make it, or mend the path in its file"
        if code == DENIED:
            return f"{tried}: {self._account.user} may not: ask the party for the right"
        if code == FULL:
            return f"{tried}: the disk is full, or our quota used up: tell the party"
        if code == UNSUPPORTED:
            return f"{tried}: the server cannot do that: ask the party for another server"
        return f"{tried}: status {code}, without a reason. Often the disk is full, or a right is missing: ask the party"

    def _broken(self, cause: BaseException) -> str:
        if self._late() or isinstance(cause, TimeoutError):
            return self._too_slow()
        if isinstance(cause, IncompatiblePeer):
            return f"{self._account} has no method of encryption in common with us: ask the party for a newer server"
        return (
            f"{self._account}: the connection broke ({type(cause).__name__}): see whether it lasts, then ask the party"
        )

    def _too_slow(self) -> str:
        return f"{self._account} did not answer in time: ask the party, or give more time (timeout_seconds)"

    def _late(self) -> bool:
        return self._aborted or time.monotonic() >= self._end

    def _left(self) -> float:
        return max(0.05, self._end - time.monotonic())

    def _wait(self, seconds: float) -> None:
        """How long to wait for one answer from now on."""
        self._client.sock.settimeout(seconds)


class Pool:
    """The connections to one account. Whoever uses one has it alone; at most `keep` are kept for the next use."""

    def __init__(self, account: Account, *, seconds: float, keep: int) -> None:
        """`seconds` is the longest wait for one answer."""
        self._account, self._seconds, self._keep = account, seconds, keep
        self._idle: list[Session] = []
        self._lock, self._closed = Lock(), False

    @contextmanager
    def session(self, longest: float) -> Iterator[Session]:
        """A connection, for `longest` seconds in all. After any error it is dropped. Raises Unavailable."""
        end = time.monotonic() + longest
        session = self._kept(end) or Session(self._account, self._seconds)
        watchdog = Timer(max(0.0, end - time.monotonic()), session.abort)
        watchdog.daemon = True
        watchdog.start()
        sound = False
        try:
            if not session.since:
                session.open(end)
            yield session
            sound = True
        finally:
            watchdog.cancel()
            if not (sound and self._give_back(session)):
                session.close()

    def close(self) -> None:
        """Let all go that are not in use; those in use are not kept."""
        with self._lock:
            self._closed, idle, self._idle = True, self._idle, []
        for session in idle:
            session.close()

    def _kept(self, end: float) -> Session | None:
        """One that was kept and still answers, the last used first."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                session = self._idle.pop()
            if time.monotonic() - session.since < KEPT_SECONDS and session.alive(end):
                return session
            session.close()

    def _give_back(self, session: Session) -> bool:
        with self._lock:
            if self._closed or len(self._idle) >= self._keep:
                return False
            session.since = time.monotonic()
            self._idle.append(session)
        return True


def _algorithms(key: HostKey) -> tuple[str, ...]:
    """How a key of this kind signs. RSA with SHA-1 is not among them."""
    return ("rsa-sha2-512", "rsa-sha2-256") if key.kind == "ssh-rsa" else (key.kind,)
