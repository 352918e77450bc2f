"""Objects into a bucket: signed, whole, by the minute, and put again under the same key."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from hub.message.errors import Unavailable
from hub.wire import Consignment
from hub.wire.s3 import Bucket, S3Transport, check
from tests.doubles.bucket import ACCESS, BUCKET, REGION, SECRET, Store, bucket

SENT = Consignment(
    body="<m>ŵ</m>".encode(),
    content_type="text/xml; charset=utf-8",
    name="0b6c.xml",
    at=datetime(2026, 6, 30, 23, 30, tzinfo=UTC),
)
KEY = "2026/06/30/23/30/0b6c.xml"


def place(store: Store, name: str = BUCKET, secret: str = SECRET) -> Bucket:
    return Bucket(url=store.url, name=name, region=REGION, access_key=ACCESS, secret_key=secret)


@pytest.fixture
def store() -> Iterator[Store]:
    with bucket() as made:
        yield made


def put(to: Bucket, consignment: Consignment = SENT) -> str:
    way = S3Transport(to, timeout=5, connections=1)
    try:
        return way.send(consignment).words
    finally:
        way.close()


def test_an_object_is_put_whole_under_the_minute_of_its_message_and_in_one_request(store: Store) -> None:
    assert put(place(store)) == "object in place"
    assert (store.objects, store.puts) == ({KEY: SENT.body}, [KEY])
    assert store.types[KEY] == "text/xml; charset=utf-8"


def test_a_large_object_goes_in_one_request_too(store: Store) -> None:
    body = b"x" * (6 * 1024 * 1024)
    put(place(store), Consignment(body=body, content_type="text/xml", name="0b6c.xml", at=SENT.at))
    assert store.puts == [KEY]
    assert store.objects[KEY] == body


def test_an_attempt_made_again_replaces_the_same_object(store: Store) -> None:
    put(place(store))
    put(place(store))
    assert store.puts == [KEY, KEY]
    assert store.objects == {KEY: SENT.body}


@pytest.mark.parametrize(("status", "code"), [(503, "SlowDown"), (500, "InternalError"), (403, "AccessDenied")])
def test_a_store_that_refuses_is_asked_once_and_its_code_told(store: Store, status: int, code: str) -> None:
    store.refuses = (status, code)
    with pytest.raises(Unavailable, match=code):
        put(place(store))
    assert store.objects == {}


def test_neither_key_is_in_what_is_told_of_a_refusal(store: Store) -> None:
    at = place(store, secret="another-secret")
    with pytest.raises(Unavailable, match="SignatureDoesNotMatch") as refused:
        put(at)
    told = f"{refused.value!r} {refused.value.__cause__!r} {at} {at!r}"
    assert ACCESS not in told
    assert "another-secret" not in told


def test_a_store_that_is_away_is_unavailable() -> None:
    with bucket() as gone:
        at = place(gone)
    with pytest.raises(Unavailable, match="see that the store can be reached"):
        put(at)


def test_a_bucket_that_is_not_there_is_told_with_what_to_do(store: Store) -> None:
    check(place(store), 5)
    with pytest.raises(Unavailable, match="have it made, or mend the name in the party's file"):
        check(place(store, name="no-such-bucket"), 5)
