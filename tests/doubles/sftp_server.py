"""A real SFTP server over a folder, on loopback, that drops, hangs or fails where a test wants it to.

`acts` is asked before each request, with its name ("open", "write", "fsync", "posix-rename", "stat" ...): "drop" ends
the connection, "lose" does what was asked and then ends it, "hang" waits until the server is stopped, "fail" and "full"
answer failure, "deny" a missing right.
"""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import paramiko
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from paramiko.sftp import CMD_EXTENDED, CMD_NAMES, CMD_VERSION, SFTP_FAILURE, SFTP_OK, SFTP_PERMISSION_DENIED

USER, PASSWORD = "cjhub", "an-invented-password"


def make_key(path: Path, passphrase: str = "") -> paramiko.Ed25519Key:
    """A private key in a file, as ssh-keygen writes it."""
    how = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    path.write_bytes(Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, how))
    path.chmod(0o600)
    return paramiko.Ed25519Key.from_private_key_file(str(path), password=passphrase or None)


@dataclass
class Server:
    """Where it listens, whom it lets in, what it was asked, and what it does."""

    root: Path
    host_keys: list[paramiko.PKey]
    door: socket.socket
    user_key: paramiko.PKey | None = None
    extensions: tuple[str, ...] = ("fsync@openssh.com", "posix-rename@openssh.com")
    acts: Callable[[str], str | None] = lambda asked: None
    asked: list[str] = field(default_factory=list)
    log_ins: list[str] = field(default_factory=list)
    connections: list[paramiko.Transport] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def port(self) -> int:
        return int(self.door.getsockname()[1])

    @property
    def host_key(self) -> str:
        """As a party's file pins it."""
        return f"{self.host_keys[0].get_name()} {self.host_keys[0].get_base64()}"

    def on(self, request: str, act: str, times: int = 1_000_000) -> None:
        """Do something at a request, so many times."""
        left = [times]

        def acts(asked: str) -> str | None:
            if asked != request or not left[0]:
                return None
            left[0] -= 1
            return act

        self.acts = acts

    def serve(self) -> None:
        """Take callers until the door is closed."""
        while not self.stopped.is_set():
            try:
                caller, _ = self.door.accept()
            except OSError:
                return
            transport = paramiko.Transport(caller)
            for key in self.host_keys:
                transport.add_server_key(key)
            transport.set_subsystem_handler("sftp", _Requests, _Files, self)
            self.connections.append(transport)
            with suppress(paramiko.SSHException, EOFError, OSError):
                transport.start_server(threading.Event(), _Gate(self))

    def drop_all(self) -> None:
        """End every connection, as a server that starts again does."""
        for transport in self.connections:
            transport.close()
        self.connections.clear()


class _Gate(paramiko.ServerInterface):
    def __init__(self, server: Server) -> None:
        self._server = server

    def get_allowed_auths(self, username: str) -> str:
        return "publickey" if self._server.user_key else "password"

    def check_auth_password(self, username: str, password: str) -> int:
        return self._judged(self._server.user_key is None and (username, password) == (USER, PASSWORD))

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return self._judged(username == USER and key == self._server.user_key)

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def _judged(self, right: bool) -> int:
        self._server.log_ins.append("yes" if right else "no")
        if self._server.acts("log in") == "hang":
            self._server.stopped.wait(30)
        return paramiko.AUTH_SUCCESSFUL if right else paramiko.AUTH_FAILED


class _Requests(paramiko.SFTPServer):
    """Does what the test wants before a request is answered; offers extensions, and fsync among them."""

    def __init__(self, channel, name, gate, files, server):
        self._double = server
        super().__init__(channel, name, gate, files, server)

    def _send_server_version(self) -> int:
        self._read_packet()
        answer = paramiko.Message()
        answer.add_int(3)
        for each in self._double.extensions:
            answer.add_string(each)
            answer.add_string("1")
        self._send_packet(CMD_VERSION, answer)
        return 3

    def _process(self, kind: int, number: int, message: paramiko.Message) -> None:
        asked = CMD_NAMES[kind]
        if kind == CMD_EXTENDED:
            asked = paramiko.Message(message.get_remainder()).get_text().partition("@")[0]
        self._double.asked.append(asked)
        act = self._double.acts(asked)
        if act == "drop":
            self.sock.get_transport().close()
        elif act == "lose":
            self._send_packet = lambda kind, packet: None
            super()._process(kind, number, message)
            self.sock.get_transport().close()
        elif act == "hang":
            self._double.stopped.wait(30)
        elif act in ("fail", "full", "deny"):
            code = SFTP_PERMISSION_DENIED if act == "deny" else SFTP_FAILURE
            words = "write: No space left on device" if act == "full" else "Failure"
            self._send_status(number, code, words)
        elif asked == "fsync":
            self._send_status(number, SFTP_OK)
        else:
            super()._process(kind, number, message)


class _Files(paramiko.SFTPServerInterface):
    """The folder. Absolute paths begin at it."""

    def __init__(self, gate: paramiko.ServerInterface, server: Server) -> None:
        self._root = server.root
        super().__init__(gate)

    def _path(self, path: str) -> Path:
        return self._root / os.path.normpath("/" + path).lstrip("/")

    def _tried(self, act: Callable[[], object]) -> int:
        try:
            act()
        except OSError as cause:
            return paramiko.SFTPServer.convert_errno(cause.errno or 0)
        return SFTP_OK

    def list_folder(self, path):
        listed = []
        try:
            for one in os.scandir(self._path(path)):
                with suppress(FileNotFoundError):  # it was moved away meanwhile
                    about = one.stat(follow_symlinks=False)
                    listed.append(paramiko.SFTPAttributes.from_stat(about, os.fsencode(one.name)))
        except OSError as cause:
            return paramiko.SFTPServer.convert_errno(cause.errno or 0)
        return listed

    def stat(self, path):
        try:
            return paramiko.SFTPAttributes.from_stat(self._path(path).stat())
        except OSError as cause:
            return paramiko.SFTPServer.convert_errno(cause.errno or 0)

    lstat = stat

    def open(self, path, flags, attr):
        handle = paramiko.SFTPHandle(flags)
        try:
            number = os.open(self._path(path), flags, 0o644)
        except OSError as cause:
            return paramiko.SFTPServer.convert_errno(cause.errno or 0)
        file = os.fdopen(number, "wb" if flags & os.O_WRONLY else "rb")
        handle.readfile = handle.writefile = file
        return handle

    def remove(self, path: str) -> int:
        return self._tried(self._path(path).unlink)

    def rename(self, oldpath: str, newpath: str) -> int:
        """As OpenSSH does it: nothing is replaced, and of two one succeeds."""

        def act() -> None:
            os.link(self._path(oldpath), self._path(newpath))
            try:
                self._path(oldpath).unlink()
            except FileNotFoundError:
                self._path(newpath).unlink()
                raise

        return self._tried(act)

    def posix_rename(self, oldpath: str, newpath: str) -> int:
        return self._tried(lambda: self._path(oldpath).replace(self._path(newpath)))

    def mkdir(self, path: str, attr: paramiko.SFTPAttributes) -> int:
        return self._tried(self._path(path).mkdir)


@contextmanager
def sftp_server(root: Path, **about: object) -> Iterator[Server]:
    """A server in threads, at a free port."""
    root.mkdir(parents=True, exist_ok=True)
    key = make_key(root.parent / f"{root.name}-host-key")
    made = Server(root=root, host_keys=[key], door=socket.create_server(("127.0.0.1", 0)), **about)
    thread = threading.Thread(target=made.serve, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.stopped.set()
        with suppress(OSError):
            made.door.shutdown(socket.SHUT_RDWR)
        made.door.close()
        made.drop_all()
        thread.join(5)
