"""A RabbitMQ of our own for the tests: found, or Debian's package installed where that may be done; one node a session.

Rule: nothing is shared with any other RabbitMQ of the machine: its own folder, cookie, ports, name service (epmd) and
configuration. It is stopped by the ids of the processes that were started here.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pika
import pika.exceptions
import pytest

from tests.hubs import wait_until

DEBIAN = Path("/usr/lib/rabbitmq/bin")  # the scripts themselves: those in PATH change user and environment
PACKAGE = "rabbitmq-server"
START_SECONDS = 90.0
LANES = ("cjhub.intake", "cjhub.send", "cjhub.subscribe")

CONFIG = """
listeners.tcp.1 = 127.0.0.1:{port}
disk_free_limit.absolute = 1MB
raft.wal_max_size_bytes = 33554432
collect_statistics_interval = 60000
log.file.level = warning
log.console = false
{more}
"""


class RabbitNode:
    """A node over a folder. It can be stopped, killed and started again on the same ports, with what it kept."""

    def __init__(
        self,
        programs: Path,
        folder: Path,
        more: str = "",
        plugins: tuple[str, ...] = (),
        beside: RabbitNode | None = None,
    ) -> None:
        """`beside` is a node that runs, whose cluster this one may join: they share a name service and a cookie."""
        self._programs, self._folder, self._beside = programs, folder, beside
        self.port, distribution, self._names_port, admin_port = free_ports(4)
        self._cookie = f"private{self.port}" if beside is None else beside._cookie
        if beside is not None:
            self._names_port = beside._names_port
        self.name = f"rabbit-{os.getpid()}-{self.port}@localhost"  # of a host that always has an address
        self._process: subprocess.Popen[bytes] | None = None
        self._names: subprocess.Popen[bytes] | None = None
        self.admin_port: int | None = None
        if "rabbitmq_management" in plugins:
            self.admin_port = admin_port
            more += f"\nmanagement.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {self.admin_port}\n"
        files = {
            "rabbitmq.conf": CONFIG.format(port=self.port, more=more),
            "advanced.config": "[].\n",
            "rabbitmq-env.conf": "",
            "enabled_plugins": f"[{','.join(plugins)}].\n",
            "home/.erlang.cookie": self._cookie,
        }
        (folder / "home").mkdir()
        for name, text in files.items():
            (folder / name).write_text(text, encoding="ascii")
        (folder / "home/.erlang.cookie").chmod(0o400)
        self._environment = {
            "PATH": f"{programs}:{os.environ.get('PATH', '')}",
            "LANG": "C.UTF-8",
            "HOME": str(folder / "home"),
            "RUNNING_UNDER_SYSTEMD": "true",  # the script becomes the node, so that its process id is the node's
            "RABBITMQ_NODENAME": self.name,
            "RABBITMQ_CONF_ENV_FILE": str(folder / "rabbitmq-env.conf"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_DIST_PORT": str(distribution),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+sbwt none",
            "ERL_EPMD_PORT": str(self._names_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }

    def url(self, vhost: str = "%2F", query: str = "") -> str:
        """The address of a vhost."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}/{vhost}{query}"

    def admin_url(self) -> str:
        """The address of its management, for its administrator."""
        return f"http://guest:guest@127.0.0.1:{self.admin_port}"

    def start(self) -> None:
        """Start, unless it runs, and wait until a client can connect.

        Raises RuntimeError with what the node said where it ends.
        """
        if self._process is not None:
            return
        if self._names is None and self._beside is None:
            self._names = self._run("epmd", "-port", str(self._names_port), "-address", "127.0.0.1")
            wait_until(lambda: listens(self._names_port))
        self._process = self._run("rabbitmq-server")
        wait_until(self._ready, START_SECONDS)

    def _run(self, *command: str) -> subprocess.Popen[bytes]:
        program = shutil.which(command[0], path=self._environment["PATH"])
        with (self._folder / "said").open("ab") as said:
            return subprocess.Popen(
                [program or command[0], *command[1:]],
                env=self._environment,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,  # the interrupt of a terminal is for the tests
            )

    def _ready(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise RuntimeError(f"the node ended with {self._process.returncode}: {self.said()}")
        if not listens(self.port):
            return False
        with suppress(pika.exceptions.AMQPError):
            self.connection().close()
            return True
        return False

    def pids(self) -> list[int]:
        """The processes that were started here: the node and its name service."""
        return [one.pid for one in (self._process, self._names) if one is not None]

    def said(self) -> str:
        """What the node wrote last."""
        return (self._folder / "said").read_text(encoding="utf-8", errors="replace")[-2000:]

    def stop(self) -> None:
        """End in order; what was confirmed is kept."""
        self._end(kill=False)

    def kill(self) -> None:
        """End at once, as a loss of power does."""
        self._end(kill=True)

    def wipe(self) -> None:
        """End at once, and lose everything that was kept."""
        self.kill()
        shutil.rmtree(self._folder / "mnesia")

    def close(self) -> None:
        """Stop for good, with the name service."""
        self.kill()
        if self._names is not None:
            self._names.terminate()
            self._names.wait(10)

    def _end(self, *, kill: bool) -> None:
        if self._process is None:
            return
        if kill:
            self._process.kill()
        else:
            self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
        self._process = None

    def ctl(self, *words: str) -> str:
        """Run `rabbitmqctl`."""
        command = [str(self._programs / "rabbitmqctl"), "--quiet", *words]
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode:
            raise RuntimeError(f"rabbitmqctl {words[0]}: {done.stdout}{done.stderr}")
        return done.stdout

    def join(self, other: RabbitNode) -> None:
        """Become one of the other node's cluster. What this one held is gone."""
        for words in (["stop_app"], ["reset"], ["join_cluster", other.name], ["start_app"]):
            self.ctl(*words)
        wait_until(self._ready, START_SECONDS)

    def leader(self, queue: str) -> str | None:
        """The name of the node that leads a quorum queue; None where there is none just now."""
        for line in self.ctl("list_queues", "name", "leader", "--no-table-headers").splitlines():
            name, _, found = line.partition("\t")
            if name == queue:
                return found.strip() or None
        return None

    def connection(self) -> pika.BlockingConnection:
        """A client's connection."""
        return pika.BlockingConnection(pika.URLParameters(self.url()))

    def publish(self, queue: str, body: bytes) -> None:
        """Put a message into a queue."""
        with closing(self.connection()) as connection:
            connection.channel().basic_publish("", queue, body)

    def depth(self, queue: str) -> int | None:
        """How many messages of a queue are ready to be given out; None where there is none, or it cannot be used yet."""
        with closing(self.connection()) as connection:
            try:
                return int(connection.channel().queue_declare(queue, passive=True).method.message_count)
            except (pika.exceptions.ChannelClosedByBroker, pika.exceptions.ConnectionClosedByBroker):
                return None

    def delete_queues(self) -> None:
        """Delete every queue of the hub with what is in it."""
        with closing(self.connection()) as connection:
            channel = connection.channel()
            for queue in LANES:
                channel.queue_delete(queue)


@contextmanager
def closing(connection: pika.BlockingConnection) -> Iterator[pika.BlockingConnection]:
    """A connection, closed at the end unless it is already."""
    try:
        yield connection
    finally:
        if connection.is_open:
            connection.close()


@contextmanager
def rabbit_cluster(count: int) -> Iterator[list[RabbitNode]]:
    """Nodes of one cluster. Skips the test, loudly, where they cannot be had or will not join."""
    programs, nodes, folders = find(), [], []
    try:
        for _ in range(count):
            folders.append(Path(tempfile.mkdtemp(prefix="cjhub-rabbit-")))
            nodes.append(RabbitNode(programs, folders[-1], beside=nodes[0] if nodes else None))
            nodes[-1].start()
        try:
            for node in nodes[1:]:
                node.join(nodes[0])
        except RuntimeError as cause:
            _tell(f"A CLUSTER OF RABBITMQ IS NOT TESTED: {cause}")
            pytest.skip(f"no cluster of RabbitMQ can be made here: {cause}")
        yield nodes
    finally:
        for node in reversed(nodes):  # the first has the name service
            node.close()
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def rabbit_node(more: str = "", plugins: tuple[str, ...] = ()) -> Iterator[RabbitNode]:
    """A node that runs, over a folder of its own. Skips the test where there is no RabbitMQ and none may be installed."""
    programs = find()
    with ExitStack() as cleared:
        for last in (False, False, True):
            folder = Path(tempfile.mkdtemp(prefix="cjhub-rabbit-"))
            cleared.callback(shutil.rmtree, folder, ignore_errors=True)
            node = RabbitNode(programs, folder, more, plugins)
            cleared.callback(node.close)
            try:
                node.start()
                break
            except RuntimeError:  # a port that was free may be somebody's by the time that the node wants it
                if last:
                    raise
        yield node


def find() -> Path:
    """The folder of RabbitMQ's programs, installed first where it is missing and may be.

    Where there is none: an error where `CI` is set and it could have been installed, else the test is skipped.
    """
    if (programs := _programs()) is not None:
        return programs
    may = os.geteuid() == 0 and shutil.which("apt-get") is not None
    trouble = _install() if may else "not installed, and only root may install Debian's package"
    if (programs := _programs()) is not None:
        return programs
    if may and os.environ.get("CI"):
        pytest.fail(f"RabbitMQ: {trouble}")
    _tell(f"TESTS ON RABBITMQ ARE SKIPPED: {trouble}")
    pytest.skip(f"RabbitMQ: {trouble}")


def version() -> str:
    """What would be started, such as 3.10.8; empty where there is none."""
    programs = _programs()
    if programs is None:
        return ""
    done = subprocess.run([programs / "rabbitmqctl", "version"], capture_output=True, text=True, check=False)
    return (done.stdout.split() or [""])[-1]


def _programs() -> Path | None:
    if (DEBIAN / "rabbitmq-server").exists():
        return DEBIAN
    found = shutil.which("rabbitmq-server")
    return Path(found).resolve().parent if found else None


def _install() -> str:
    """Install Debian's package; what went wrong, where something did. Several test processes wait for one another."""
    with (Path(tempfile.gettempdir()) / "cjhub-apt.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _programs() is not None:
            return ""
        _tell(f"installing {PACKAGE} with apt-get: the tests on RabbitMQ need it")
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for words in (["update"], ["install", "--yes", "--no-install-recommends", PACKAGE]):
            command = ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", *words]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        return "" if done.returncode == 0 else f"apt-get could not install it: {done.stderr.strip()[-300:]}"


def _tell(words: str) -> None:
    """Say something past what captures the output of tests."""
    print(words, file=sys.__stderr__, flush=True)


def listens(port: int) -> bool:
    """Whether anybody listens on a port."""
    with socket.socket() as knock:
        knock.settimeout(1)
        return knock.connect_ex(("127.0.0.1", port)) == 0


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, all different."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
