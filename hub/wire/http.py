"""HTTP out, through urllib3: one pool of kept-alive connections an endpoint (docs/decisions/http-client.md).

Rule: no redirects, no proxies from the environment, bounded answers, and a bounded time for an attempt as a whole: a
peer that gives byte after byte is given up like one that gives none. At most one immediate retry, and only where no
connection could be made, so that no byte was sent; every longer wait is the ledger's.
"""

from __future__ import annotations

import hmac
import io
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from http.client import HTTPResponse
from socket import socket
from time import monotonic
from typing import Any

import urllib3
from tenacity import retry, retry_if_exception_type, stop_after_attempt
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.util import parse_url

from hub.message.errors import Unavailable
from hub.wire import Consignment, Response

MAX_ANSWER = 64 * 1024  # bytes of a peer's answer that are read


@dataclass(frozen=True, slots=True)
class Signature:
    """The key that signs what goes out (courts 4.5): X-Key-Id, and X-Signature as base64 HMAC-SHA256 of the body."""

    key_id: str
    secret: bytes

    def headers(self, body: bytes) -> dict[str, str]:
        """The two headers for a body."""
        return {"X-Key-Id": self.key_id, "X-Signature": b64encode(hmac.digest(self.secret, body, sha256)).decode()}


class _TimedIO(io.RawIOBase):
    """Reads from a socket until a moment, however often something comes before it."""

    def __init__(self, held: socket) -> None:
        self._socket, self._raw = held, held.makefile("rb", buffering=0)
        self._until = monotonic() + (held.gettimeout() or 0.0)

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int | None:
        left = self._until - monotonic()
        if left <= 0:
            raise TimeoutError("the answer did not end in time")
        self._socket.settimeout(left)
        return self._raw.readinto(into)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedSocket:
    """A socket as an answer sees it: what is read must all come within the timeout that it has now."""

    def __init__(self, held: socket) -> None:
        self._held = held

    def makefile(self, *_: object) -> io.BufferedReader:
        return io.BufferedReader(_TimedIO(self._held))


class _TimedResponse(HTTPResponse):
    """An answer whose status, headers and body must come within the timeout together."""

    def __init__(self, sock: socket, *args: Any, **more: Any) -> None:
        super().__init__(_TimedSocket(sock), *args, **more)  # type: ignore[arg-type]  # it makes a file, and no more


class _TimedConnection(HTTPConnection):
    response_class = _TimedResponse


class _TimedSecureConnection(HTTPSConnection):
    response_class = _TimedResponse


class HttpTransport:
    """A way to one HTTP address."""

    def __init__(
        self,
        url: str,
        *,
        timeout: float,
        connections: int,
        headers: dict[str, str],
        ca_file: str | None = None,
        signature: Signature | None = None,
    ) -> None:
        self._path = (parse_url(url).path or "").rstrip("/")
        self._headers = headers
        self._signature = signature
        connect = min(5.0, timeout)
        self._pool = urllib3.connection_from_url(
            url,
            maxsize=connections,
            block=True,
            timeout=urllib3.Timeout(total=connect + timeout, connect=connect, read=timeout),
            retries=False,
            **({"ca_certs": ca_file} if ca_file else {}),
        )
        secure = isinstance(self._pool, urllib3.HTTPSConnectionPool)
        self._pool.ConnectionCls = _TimedSecureConnection if secure else _TimedConnection

    def send(self, consignment: Consignment) -> Response:
        """One attempt. Raises Unavailable where the peer could not be reached or did not answer in time."""
        headers = {"Content-Type": consignment.content_type, **self._headers, **consignment.headers}
        if self._signature is not None:
            headers |= self._signature.headers(consignment.body)
        try:
            return self._once(consignment, headers)
        except NewConnectionError as cause:
            raise Unavailable("no connection could be made") from cause
        except HTTPError as cause:
            raise Unavailable(f"no usable answer: {type(cause).__name__}") from cause

    @retry(retry=retry_if_exception_type(NewConnectionError), stop=stop_after_attempt(2), reraise=True)
    def _once(self, consignment: Consignment, headers: dict[str, str]) -> Response:
        answer = self._pool.urlopen(
            consignment.method,
            (self._path + consignment.path) or "/",
            body=consignment.body,
            headers=headers,
            redirect=False,
            preload_content=False,
        )
        try:
            body = answer.read(MAX_ANSWER)
            if answer.read(1):
                answer.close()
        finally:
            answer.release_conn()
        return Response(status=answer.status, body=body, headers={k.lower(): v for k, v in answer.headers.items()})

    def close(self) -> None:
        """Let connections go."""
        self._pool.close()
