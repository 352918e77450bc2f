"""SFTP out and in against OpenSSH's own server, in a private instance, where it is installed (or CJHUB_SSHD names it).

It says `UsePAM yes` because without PAM it takes an account without a password, such as nobody, for a locked one.
"""

import getpass
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.message.errors import Unavailable
from hub.wire import Consignment
from hub.wire.host_keys import parse_host_key
from hub.wire.sftp import SftpStore, SftpTransport, check
from hub.wire.sftp_session import Account, load_key
from tests.doubles.sftp_server import make_key
from tests.hubs import wait_until

SSHD = os.environ.get("CJHUB_SSHD") or shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/sbin") or ""
CONFIG = """
ListenAddress 127.0.0.1:{port}
HostKey {folder}/host-key
AuthorizedKeysFile {folder}/authorized
PidFile none
StrictModes no
UsePAM yes
PasswordAuthentication no
KbdInteractiveAuthentication no
Subsystem sftp internal-sftp
"""


@pytest.fixture
def account() -> Iterator[tuple[Account, Path]]:
    """An account on a server of our own, and the folder that is for it. As root it runs as nobody."""
    if not SSHD:
        pytest.skip("no OpenSSH server on this machine: install openssh-server to run this, or set CJHUB_SSHD")
    user = "nobody" if os.geteuid() == 0 else getpass.getuser()
    with tempfile.TemporaryDirectory() as name, socket.create_server(("127.0.0.1", 0)) as free:
        folder, port = Path(name), free.getsockname()[1]
        free.close()
        host_key, key = make_key(folder / "host-key"), make_key(folder / "key")
        (folder / "authorized").write_text(f"{key.get_name()} {key.get_base64()}\n")
        (folder / "config").write_text(CONFIG.format(port=port, folder=folder))
        (folder / "in").mkdir()
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, user)
        as_user = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        sshd = subprocess.Popen([SSHD, "-D", "-e", "-f", folder / "config"], stderr=subprocess.PIPE, **as_user)
        try:
            wait_until(lambda: _listens(port) or sshd.poll() is not None)
            if sshd.poll() is not None:
                pytest.fail(f"sshd does not run: {(sshd.stderr.read() if sshd.stderr else b'').decode()}")
            pinned = parse_host_key(f"{host_key.get_name()} {host_key.get_base64()}")
            credential = load_key(folder / "key")
            yield (
                Account(host="127.0.0.1", port=port, user=user, credential=credential, host_keys=(pinned,)),
                folder / "in",
            )
        finally:
            sshd.terminate()
            sshd.communicate(timeout=10)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def test_openssh_gets_files_whole_replaces_them_and_gives_them_back(account: tuple[Account, Path]) -> None:
    at, folder = account
    check(at, str(folder), 10)
    out = SftpTransport(at, str(folder), timeout=10, connections=1)
    body = bytes(range(256)) * 5000
    out.send(Consignment(body=b"the first time", content_type="text/xml", name="one.xml"))
    out.send(Consignment(body=body, content_type="text/xml", name="one.xml"))
    with out._pool.session(10) as session:
        assert {"fsync@openssh.com", "posix-rename@openssh.com"} <= session._client.offers
    out.close()
    assert [path.name for path in folder.iterdir()] == ["one.xml"]
    store = SftpStore(at, str(folder), timeout=10)
    store.make("taken")
    assert [(seen.name, seen.size) for seen in store.files()] == [("one.xml", len(body))]
    assert store.move("one.xml", "taken/one.xml")
    assert not store.move("one.xml", "taken/one.xml")
    assert store.read("taken/one.xml", len(body) + 1) == body
    assert store.read("one.xml", 1) is None
    store.close()


def test_what_openssh_refuses_is_told_with_what_to_do(account: tuple[Account, Path]) -> None:
    at, folder = account
    with pytest.raises(Unavailable, match="there is no such folder"):
        SftpTransport(at, str(folder / "missing"), timeout=10, connections=1).send(
            Consignment(body=b"x", content_type="text/xml", name="one.xml")
        )
    folder.chmod(0o555)
    with pytest.raises(Unavailable, match="may not: ask the party for the right"):
        SftpTransport(at, str(folder), timeout=10, connections=1).send(
            Consignment(body=b"x", content_type="text/xml", name="one.xml")
        )
    stranger = Account(
        host=at.host, port=at.port, user=at.user, credential="an-invented-password", host_keys=at.host_keys
    )
    with pytest.raises(Unavailable, match="takes no password from the user"):
        check(stranger, str(folder), 10)
