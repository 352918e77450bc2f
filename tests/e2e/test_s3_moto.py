"""A bucket on a store that others wrote (moto's server), where it is installed or CJHUB_MOTO names it."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from minio import Minio
from urllib3 import PoolManager

from hub.message.errors import Unavailable
from hub.wire import Consignment
from hub.wire.s3 import Bucket, S3Transport, check
from tests.hubs import wait_until

MOTO = os.environ.get("CJHUB_MOTO") or shutil.which("moto_server") or ""
NAME, REGION, KEY, SECRET = "incoming-results", "eu-west-2", "access-of-a-test", "secret-of-a-test"


@pytest.fixture
def place() -> Iterator[Bucket]:
    """A bucket on a server of our own."""
    if not MOTO:
        pytest.skip("no store of others on this machine: pip install 'moto[server]', or set CJHUB_MOTO to its command")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen([MOTO, "-H", "127.0.0.1", "-p", str(port)], stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: _listens(port), 60)
        yield Bucket(url=f"http://127.0.0.1:{port}", name=NAME, region=REGION, access_key=KEY, secret_key=SECRET)
    finally:
        server.terminate()
        server.wait(10)


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def test_a_result_is_put_into_a_bucket_of_a_store_that_others_wrote_and_put_again_under_the_same_key(
    place: Bucket,
) -> None:
    with pytest.raises(Unavailable, match="there is no such bucket"):
        check(place, 10)
    way = S3Transport(place, timeout=10, connections=1)
    at = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    sent = [
        Consignment(body=body, content_type="text/xml", name="0b6c.xml", at=at) for body in (b"<cut/>", b"<whole/>")
    ]
    with pytest.raises(Unavailable, match="NoSuchBucket"):
        way.send(sent[0])
    pool = PoolManager()
    client = Minio(
        endpoint=urlsplit(place.url).netloc,
        access_key=KEY,
        secret_key=SECRET,
        region=REGION,
        secure=False,
        http_client=pool,
    )
    client.make_bucket(bucket_name=NAME)
    check(place, 10)
    for each in sent:
        way.send(each)
    way.close()
    names = [one.object_name for one in client.list_objects(bucket_name=NAME, recursive=True)]
    held = client.get_object(bucket_name=NAME, object_name=names[0] or "")
    assert names == ["2026/06/30/23/30/0b6c.xml"]
    assert held.read() == b"<whole/>"
    held.close()
    pool.clear()
