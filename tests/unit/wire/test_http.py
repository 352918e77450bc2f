"""The way out over HTTP: an attempt has a bounded time as a whole, and a connection that may be used again is."""

from functools import partial
from time import monotonic

import pytest

from hub.message.errors import Unavailable
from hub.wire import Consignment
from hub.wire.http import HttpTransport
from tests.doubles.manners import Manner, answers, trickles
from tests.doubles.peer import peer

SENT = Consignment(
    body=b"<m/>", content_type="application/xml", name="m", headers={"Idempotency-Key": "1", "X-Message-Id": "1"}
)


@pytest.mark.parametrize(
    "manner",
    [trickles, partial(trickles, beginning=b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")],
    ids=["headers", "body"],
)
def test_an_answer_that_comes_byte_by_byte_is_given_up_when_the_time_of_the_attempt_is_over(manner: Manner) -> None:
    with peer(manner) as slow:
        transport = HttpTransport(slow.url, timeout=0.5, connections=1, headers={})
        begun = monotonic()
        with pytest.raises(Unavailable, match="ReadTimeoutError"):
            transport.send(SENT)
        took = monotonic() - begun
        slow.manner = answers(202)
        assert transport.send(SENT).status == 202, "its connection is not used again"
        transport.close()
    assert 0.4 < took < 3


def test_one_connection_serves_many_attempts() -> None:
    with peer(answers(202)) as well:
        transport = HttpTransport(well.url, timeout=5, connections=1, headers={})
        assert [transport.send(SENT).status for _ in range(20)] == [202] * 20
        assert transport._pool.num_connections == 1
        transport.close()
