"""A hub that serves and two that work, over one PostgreSQL and one RabbitMQ, with recipients that fail at random: the
order of every case at every recipient, nothing lost, nothing sent again that was acknowledged.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.doubles.moody import moody
from tests.doubles.senders import Senders
from tests.figures import FULL
from tests.fleet import fleet, settle_up
from tests.hubs import wait_until
from tests.servers.postgres import Server
from tests.servers.rabbitmq import RabbitNode

MESSAGES = 20_000 if FULL else 2_000
SEED = int(os.environ.get("CJHUB_SEED", "1"))


@pytest.mark.promise(
    "Order and poison",
    "Two workers, one of them killed, over recipients that refuse, hang up and answer too late at random",
    holds="the order of each case at each recipient; nothing sent again once its acknowledgement is kept",
    short="2,000 messages instead of 20,000",
)
@pytest.mark.slow
def test_two_workers_of_which_one_is_killed_keep_the_order_of_every_case_at_every_recipient(
    tmp_path: Path, postgres: Server, rabbit: RabbitNode, figure: Callable[[str], None]
) -> None:
    rabbit.delete_queues()
    with (
        postgres.database() as url,
        moody(seed=SEED) as one,
        moody(seed=SEED + 1) as two,
        fleet(tmp_path, url, rabbit.url(), courts := {"court-1": one, "court-2": two}) as hubs,
    ):
        hubs.start("serve", "worker-1", "worker-2")
        hubs.await_ready()
        begun = time.monotonic()
        senders = Senders(hubs.url, hubs.key, most=MESSAGES)
        senders.start()
        wait_until(lambda: senders.kept >= MESSAGES // 2, MESSAGES / 10)
        hubs.kill("worker-1")
        hubs.start("worker-3")
        senders.finish(MESSAGES / 10, stop=False)
        accepted = time.monotonic() - begun
        assert (senders.kept, set(senders.answers)) == (MESSAGES, {202})
        account = settle_up(url, courts, senders.sent, 60 + MESSAGES / 20)
        seconds = time.monotonic() - begun
        assert account.again > 0, "no recipient failed: nothing was shown"
    figure(
        f"seed {SEED}: {account.sent} messages in {len(senders.accepted)} cases to two recipients, order broken 0 times, "
        f"lost 0, {account.again} of {account.attempts} attempts again ({account.after_a_yes} after an answer that a "
        f"killed worker never wrote); accepted at {MESSAGES / accepted:.0f}/s, all delivered at {MESSAGES / seconds:.0f} "
        f"messages/s; load {os.getloadavg()[0]:.1f}"
    )
