"""`cjhub bench` on a PostgreSQL and a RabbitMQ: it measures, and refuses a database that is in use."""

import pytest

from hub.bench import Place
from hub.bench.measures import measure_all
from hub.message.errors import Misconfigured
from tests.servers.postgres import Server
from tests.servers.rabbitmq import RabbitNode


@pytest.mark.slow
def test_every_measure_is_taken_on_servers_and_none_where_the_database_is_in_use(
    postgres: Server, rabbit: RabbitNode
) -> None:
    with postgres.database() as url:
        place = Place(database=url, broker=rabbit.url())
        found = {one.measure: one for one in measure_all(100, place, lambda words: None)}
        with pytest.raises(Misconfigured, match="in use"):
            next(measure_all(100, place, lambda words: None))
    assert [name.partition(", PostgreSQL + RabbitMQ")[0] for name in found] == [
        "accept+check+normalise",
        "accept+check+normalise",
        "end to end, 1 delivery",
        "end to end, 1 delivery",
        "end to end, 4 deliveries",
        "end to end, 4 deliveries",
        "end to end at 300/s, 5 kB, 1 delivery",
    ]
    assert all(one.hub > 0 and one.ceiling > 0 for one in found.values())
    assert [one.p99_ms is not None for one in found.values()] == [False] * 6 + [True]
