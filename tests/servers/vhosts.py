"""A virtual host of a test's own at a RabbitMQ node with its management."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import urllib3

from tests.hubs import wait_until
from tests.servers.rabbitmq import RabbitNode

_NAMES = count(1)


@dataclass(frozen=True)
class Vhost:
    """A virtual host and the node it is on."""

    node: RabbitNode
    name: str

    @property
    def url(self) -> str:
        """Its address for the hub."""
        return self.node.url(self.name)

    def url_of(self, user: str, password: str) -> str:
        """Its address for somebody else."""
        return f"amqp://{user}:{password}@127.0.0.1:{self.node.port}/{self.name}"

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the management."""
        headers = urllib3.make_headers(basic_auth="guest:guest") | {"Content-Type": "application/json"}
        text = None if body is None else json.dumps(body)
        answer = urllib3.request(method, f"{self.node.admin_url()}/api{path}", body=text, headers=headers)
        assert answer.status in (200, 201, 204, 404), answer.data
        return json.loads(answer.data) if answer.data and answer.status == 200 else None

    def queue(self, name: str) -> Any:
        """How a queue is: None where there is none."""
        return self.ask("GET", f"/queues/{self.name}/{name}")

    def await_queues(self, *names: str) -> None:
        """Wait until these are there, and exchanges lead to those that have one."""
        for name in names:
            ways = 1 if name.startswith("cjhub.reply.") else 2  # the first is that of every queue, by its name
            wait_until(lambda name=name, ways=ways: len(self._ways_to(name)) == ways, 30)

    def _ways_to(self, queue: str) -> list[Any]:
        return self.ask("GET", f"/queues/{self.name}/{queue}/bindings") or []


@contextmanager
def vhost(node: RabbitNode) -> Iterator[Vhost]:
    """A virtual host with nothing in it. At the end every user but the first goes; it stays until its node does, since
    deleting one after a kill can take RabbitMQ a minute.
    """
    made = Vhost(node, f"test{next(_NAMES)}")
    made.ask("PUT", f"/vhosts/{made.name}")
    made.ask("PUT", f"/permissions/{made.name}/guest", {"configure": ".*", "write": ".*", "read": ".*"})
    try:
        yield made
    finally:
        node.start()
        wait_until(lambda: made.ask("GET", "/overview"), 60)
        for user in made.ask("GET", "/users"):
            if user["name"] != "guest":
                made.ask("DELETE", f"/users/{user['name']}")
