"""AMQP 0-9-1, through pika: the address of a broker, a link to it that is kept up, a publisher and a consumer on links.

Rule: nothing outside this package imports pika. An address's password is never shown.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import pika

from hub.message.errors import Misconfigured
from hub.wire import Standing

HEARTBEAT = 30  # seconds, unless the address says otherwise

SILENCE_SECONDS = 30.0
"""How long a queue of ours may say nothing where it should, on a link that is up, before something is done about it."""

Told = Callable[[Standing, str], None]
"""Hears of each change of a link's standing, and why. It must be quick and never raise."""

logging.getLogger("pika").setLevel(logging.CRITICAL)  # what it has to say is told through `Told`


@dataclass(frozen=True, slots=True)
class Address:
    """Where a broker is, and who we are there. `repr` and `str` hide the password."""

    url: str = field(repr=False)
    ca_file: Path | None = None

    def __post_init__(self) -> None:
        """Raises Misconfigured where it is not an address; the address itself is not told."""
        self.parameters()

    def __str__(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname}:{self.parameters().port}{parts.path}"

    @property
    def vhost(self) -> str:
        """The virtual host."""
        return str(self.parameters().virtual_host)

    def parameters(self) -> pika.ConnectionParameters:
        """As pika wants it. `amqps` is TLS 1.2 or newer with the peer's certificate and name checked."""
        try:
            parts = urlsplit(self.url)
            host, port, asked = (
                parts.hostname,
                parts.port,
                dict(parse_qsl(parts.query, strict_parsing=bool(parts.query))),
            )
            heartbeat = int(asked.pop("heartbeat", HEARTBEAT))
        except ValueError:
            raise Misconfigured([_NOT_AN_ADDRESS]) from None
        if parts.scheme not in ("amqp", "amqps") or not host or heartbeat < 0:
            raise Misconfigured([_NOT_AN_ADDRESS])
        if asked:
            raise Misconfigured([f"broker_url: ?{next(iter(asked))}= is not known: only heartbeat may be asked for"])
        return pika.ConnectionParameters(
            host=host,
            port=port or (5671 if parts.scheme == "amqps" else 5672),
            virtual_host=unquote(parts.path[1:]) or "/",
            credentials=pika.PlainCredentials(unquote(parts.username or "guest"), unquote(parts.password or "guest")),
            heartbeat=heartbeat,
            ssl_options=self._tls(host) if parts.scheme == "amqps" else None,
            socket_timeout=5,
            stack_timeout=10,
            client_properties={"product": "cjhub", "connection_name": "cjhub"},
        )

    def _tls(self, host: str) -> pika.SSLOptions:
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
        except (OSError, ssl.SSLError):
            raise Misconfigured([f"broker_ca_file: {self.ca_file}: not a file of certificates"]) from None
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return pika.SSLOptions(context, host)


_NOT_AN_ADDRESS = (
    "broker_url: not an address of a broker: write amqp://USER:PASSWORD@HOST:PORT/VHOST, or amqps:// for TLS; "
    "in a user, password or vhost write %2F for /, %40 for @, %3A for :"
)
