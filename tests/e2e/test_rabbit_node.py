"""The RabbitMQ that tests run on is private, keeps what it confirmed, and leaves no process behind."""

import socket
from pathlib import Path

import pytest

from tests.hubs import wait_until
from tests.servers.rabbitmq import RabbitNode, closing, rabbit_node


def test_it_keeps_a_confirmed_message_through_a_stop_and_a_kill(rabbit: RabbitNode) -> None:
    with closing(rabbit.connection()) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.queue_declare("kept", durable=True, arguments={"x-queue-type": "quorum"})
        channel.basic_publish("", "kept", b"x", mandatory=True)
    for end in (rabbit.stop, rabbit.kill):
        end()
        rabbit.start()
    wait_until(lambda: rabbit.depth("kept") == 1, 30)
    with closing(rabbit.connection()) as connection:
        connection.channel().queue_delete("kept")


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="processes are read from /proc")
def test_its_processes_are_gone_once_it_is_closed() -> None:
    with rabbit_node() as node:
        assert node.name in node.ctl("eval", "node().")
        began = [one for pid in node.pids() for one in family(pid)]
        assert len(began) > 2
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in began))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", node.port), 2)


def family(pid: int) -> list[int]:
    """A process and all below it."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [
        pid,
        *(one for task in tasks for child in (task / "children").read_text().split() for one in family(int(child))),
    ]
