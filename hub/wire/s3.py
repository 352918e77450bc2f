"""Objects out, into a bucket of an S3-compatible store, by the minute (courts 1.5 and 8.2).

Rule: one put, which a store shows whole or not at all; the key holds the delivery's id and the minute of its message,
so a repeated attempt replaces the same object. The client tries once: every wait is the ledger's. What is told of a
failure is the store's code for it, never a key, a header or a body.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from urllib.parse import urlsplit

from minio import Minio
from minio.error import MinioException, S3Error
from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError

from hub.message.errors import Unavailable
from hub.wire import Consignment, Response
from hub.wire.minutes import minute_path

SMALLEST_PART = 5 * 1024 * 1024
"""Of an upload in several parts, which the client begins above this unless it is told a larger one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A bucket, and as whom it is written. Its text names no secret."""

    url: str
    name: str
    region: str
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    ca_file: str | None = None

    def __str__(self) -> str:
        return f"{self.url}/{self.name}"


class S3Transport:
    """A way into one bucket."""

    def __init__(self, bucket: Bucket, *, timeout: float, connections: int) -> None:
        self._bucket = bucket
        self._pool, self._client = _client(bucket, timeout, connections)

    def send(self, consignment: Consignment) -> Response:
        """Put the object in place. Raises Unavailable where the store did not take it."""
        with _reached(self._bucket):
            self._client.put_object(
                bucket_name=self._bucket.name,
                object_name=minute_path(consignment),
                data=BytesIO(consignment.body),
                length=len(consignment.body),
                content_type=consignment.content_type,
                part_size=max(SMALLEST_PART, len(consignment.body)),
            )
        return Response(status=0, words="object in place")

    def close(self) -> None:
        """Let connections go."""
        self._pool.clear()


def check(bucket: Bucket, seconds: float) -> None:
    """Ask for the bucket as whoever writes into it. Raises Unavailable, whose words say what to do."""
    pool, client = _client(bucket, seconds, 1)
    try:
        with _reached(bucket):
            found = client.bucket_exists(bucket_name=bucket.name)
    finally:
        pool.clear()
    if not found:
        raise Unavailable(f"{bucket}: there is no such bucket: have it made, or mend the name in the party's file")


def _client(bucket: Bucket, timeout: float, connections: int) -> tuple[PoolManager, Minio]:
    address = urlsplit(bucket.url)
    pool = PoolManager(
        timeout=Timeout(total=timeout),
        retries=False,
        maxsize=connections,
        cert_reqs="CERT_REQUIRED",
        ca_certs=bucket.ca_file,
    )
    client = Minio(
        endpoint=address.netloc,
        access_key=bucket.access_key,
        secret_key=bucket.secret_key,
        region=bucket.region,
        secure=address.scheme == "https",
        http_client=pool,
    )
    return pool, client


@contextmanager
def _reached(bucket: Bucket) -> Iterator[None]:
    try:
        yield
    except S3Error as cause:
        raise Unavailable(f"{bucket}: the store says {cause.code}: see the bucket and who may write into it") from None
    except (MinioException, HTTPError, OSError, ValueError) as cause:
        raise Unavailable(f"{bucket}: {type(cause).__name__}: see that the store can be reached") from None
