"""RabbitMQ's management over HTTP: users, what each may do in one virtual host, and their limits.

Rule: no failure tells the address's user or password, nor a password that was sent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from hub.message.errors import Defect, Misconfigured, Unavailable

_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What a user may configure, write and read in a virtual host: patterns of names."""

    configure: str
    write: str
    read: str


class Management:
    """The management of one broker, for one virtual host."""

    def __init__(self, url: str, vhost: str, ca_file: str | None = None) -> None:
        """Raises Misconfigured where it is not an address; the address itself is not told."""
        try:
            parts = urlsplit(url)
            port = parts.port or (15671 if parts.scheme == "https" else 15672)
        except ValueError:
            raise Misconfigured([_NOT_AN_ADDRESS]) from None
        if parts.scheme not in ("http", "https") or not parts.hostname or not parts.username:
            raise Misconfigured([_NOT_AN_ADDRESS])
        who = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        self._url = f"{parts.scheme}://{parts.hostname}:{port}{parts.path.rstrip('/')}/api"
        self._headers = urllib3.make_headers(basic_auth=who) | {"Content-Type": "application/json"}
        self._vhost = quote(vhost, safe="")
        self._pool = urllib3.PoolManager(timeout=_SECONDS, retries=False, ca_certs=ca_file)

    def close(self) -> None:
        """Let connections go."""
        self._pool.clear()

    def users(self) -> dict[str, frozenset[str]]:
        """Every user with its tags."""
        return {one["name"]: _tags(one["tags"]) for one in self._ask("GET", "/users")}

    def put_user(self, name: str, password: str, tag: str) -> None:
        """Make a user, or give one another password."""
        self._ask("PUT", f"/users/{quote(name, safe='')}", {"password": password, "tags": tag})

    def delete_user(self, name: str) -> None:
        """Take a user away; the broker closes its connections."""
        self._ask("DELETE", f"/users/{quote(name, safe='')}")

    def rights(self, name: str) -> dict[str, Rights]:
        """What a user may do, by virtual host."""
        found = self._ask("GET", f"/users/{quote(name, safe='')}/permissions")
        return {one["vhost"]: Rights(configure=one["configure"], write=one["write"], read=one["read"]) for one in found}

    def put_rights(self, name: str, rights: Rights) -> None:
        """Set what a user may do in the virtual host."""
        body = {"configure": rights.configure, "write": rights.write, "read": rights.read}
        self._ask("PUT", f"/permissions/{self._vhost}/{quote(name, safe='')}", body)

    def delete_rights(self, name: str, vhost: str) -> None:
        """Take a user's rights in a virtual host away, whichever it is."""
        self._ask("DELETE", f"/permissions/{quote(vhost, safe='')}/{quote(name, safe='')}")

    def limits(self, name: str) -> dict[str, int]:
        """The limits of a user, by what they limit."""
        found = self._ask("GET", f"/user-limits/{quote(name, safe='')}")
        return {limit: int(value) for one in found for limit, value in one["value"].items()}

    def put_limit(self, name: str, limit: str, value: int) -> None:
        """Limit a user: "max-connections" or "max-channels"."""
        self._ask("PUT", f"/user-limits/{quote(name, safe='')}/{limit}", {"value": value})

    def close_connections(self, name: str) -> int:
        """Close every connection of a user: how many there were."""
        mine = [one["name"] for one in self._ask("GET", "/connections?columns=name,user") if one.get("user") == name]
        for connection in mine:
            self._ask("DELETE", f"/connections/{quote(connection, safe='')}")
        return len(mine)

    def _ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        text = None if body is None else json.dumps(body)
        try:
            answer = self._pool.request(method, self._url + path, body=text, headers=self._headers, redirect=False)
        except HTTPError as cause:
            raise Unavailable(f"RabbitMQ's management does not answer: {type(cause).__name__}") from None
        if answer.status in (401, 403):
            raise Misconfigured(["broker_admin_url: RabbitMQ does not let this user in, or it may not administer"])
        if answer.status >= 500 or answer.status == 429:
            raise Unavailable(f"RabbitMQ's management answered {answer.status}")
        if answer.status == 404 and method == "DELETE":
            return None
        if not 200 <= answer.status < 300:
            raise Defect(f"RabbitMQ's management refused {method} {path}: {answer.status}")
        try:
            return json.loads(answer.data) if method == "GET" else None
        except ValueError:
            raise Misconfigured(["broker_admin_url: what answers there is not RabbitMQ's management"]) from None


def _tags(given: str | list[str]) -> frozenset[str]:
    """Tags are a list; of RabbitMQ before 3.9 a text with commas."""
    return frozenset(given.split(",") if isinstance(given, str) else given) - {""}


_NOT_AN_ADDRESS = (
    "broker_admin_url: not the address of RabbitMQ's management: write http://USER:PASSWORD@HOST:15672, or https:// "
    "for TLS; in a user or password write %2F for /, %40 for @, %3A for :"
)
