"""`cjhub parties apply` at a real RabbitMQ: a party may use its own queues and nothing of anybody else's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pika
import pika.exceptions
import pytest

from tests.doubles.amqp_party import AmqpParty, amqp_party
from tests.hubs import COURT, FORCE, running_hub, wait_until
from tests.papers import case_file
from tests.servers.postgres import Server
from tests.servers.vhosts import Vhost

ROOT = Path(__file__).resolve().parent.parent.parent
AMQP_FORCE = FORCE.replace("[sends]", "[sends]\namqp = true")
AMQP_COURT = COURT.replace('kind = "folder"\npath = "{folder}/court"', 'kind = "amqp"')
PARTIES = {"force-41": AMQP_FORCE, "force-42": AMQP_FORCE.replace("force-41", "force-42"), "court": AMQP_COURT}
REFUSED = pika.exceptions.ChannelClosedByBroker


class Console:
    """An operator who applies accounts."""

    def __init__(self, folder: Path, broker: Vhost) -> None:
        self.files = folder / "config" / "parties"
        self.files.mkdir(parents=True)
        for code, text in PARTIES.items():
            (self.files / f"{code}.toml").write_text(text.format(folder=folder))
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("CJHUB_")} | {
            "PYTHONPATH": str(ROOT),
            "CJHUB_DATABASE_URL": "postgresql://hub@127.0.0.1/none",
            "CJHUB_BROKER_URL": broker.url,
            "CJHUB_BROKER_ADMIN_URL": broker.node.admin_url(),
        }

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "hub", "parties", *words, "--config", str(self.files.parent)]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)

    def apply(self, *words: str) -> list[Any]:
        done = self.run("apply", "--json", *words)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def console(tmp_path: Path, broker: Vhost) -> Console:
    return Console(tmp_path, broker)


def passwords(told: list[Any]) -> dict[str, str]:
    return {one["user"]: one["password"] for one in told if "password" in one}


def test_it_makes_what_is_missing_once_and_a_dry_run_makes_nothing(console: Console, broker: Vhost) -> None:
    foreseen = console.apply("--dry-run")
    assert [user["name"] for user in broker.ask("GET", "/users")] == ["guest"]
    made = console.apply()
    assert [(one["user"], one["does"]) for one in made] == [(one["user"], one["does"]) for one in foreseen]
    assert set(passwords(made)) == {"cjhub.court", "cjhub.force-41", "cjhub.force-42"}
    assert not passwords(foreseen)
    assert console.apply() == []
    assert "nothing to do" in console.run("apply").stdout
    limits = {one["user"]: one["value"] for one in broker.ask("GET", "/user-limits")}
    assert limits["cjhub.court"] == {"max-connections": 10, "max-channels": 50}


def test_a_new_password_ends_the_old_one_and_the_connections_made_with_it(console: Console, broker: Vhost) -> None:
    old = passwords(console.apply())["cjhub.force-41"]
    with amqp_party("force-41", broker.url_of("cjhub.force-41", old)) as force:
        wait_until(lambda: any(one.get("user") == "cjhub.force-41" for one in broker.ask("GET", "/connections")), 30)
        told = console.apply("--rotate", "force-41")
        assert [one["does"] for one in told] == ["rotate"]
        with pytest.raises(pika.exceptions.ConnectionClosed):
            force.connection.sleep(10)
    with (
        pytest.raises(pika.exceptions.ProbableAuthenticationError),
        amqp_party("force-41", broker.url_of("cjhub.force-41", old)),
    ):
        pass
    with amqp_party("force-41", broker.url_of("cjhub.force-41", passwords(told)["cjhub.force-41"])):
        pass


def test_rights_that_were_widened_are_set_right_and_the_user_of_a_party_that_is_gone_goes(
    console: Console, broker: Vhost
) -> None:
    console.apply()
    wide = {"configure": ".*", "write": ".*", "read": ".*"}
    broker.ask("PUT", f"/permissions/{broker.name}/cjhub.court", wide)
    broker.ask("PUT", "/permissions/%2F/cjhub.court", wide)
    (console.files / "force-42.toml").unlink()
    foreseen = console.apply("--dry-run")
    told = console.apply()
    assert told == [one | {"done": True} for one in foreseen]
    assert [(one["does"], one["user"]) for one in told] == [
        ("remove", "cjhub.force-42"),
        ("allow", "cjhub.court"),
        ("deny", "cjhub.court"),
    ]
    assert {user["name"] for user in broker.ask("GET", "/users")} == {"guest", "cjhub.court", "cjhub.force-41"}
    [rights] = broker.ask("GET", "/users/cjhub.court/permissions")
    assert (rights["vhost"], rights["configure"], rights["write"]) == (broker.name, "^$", "^$")


def test_a_user_that_is_not_ours_is_never_touched(console: Console, broker: Vhost) -> None:
    broker.ask("PUT", "/users/cjhub.force-41", {"password": "theirs", "tags": "monitoring"})
    told = console.run("apply")
    assert told.returncode == 2
    assert "RabbitMQ has a user cjhub.force-41 that is not the hub's" in told.stderr
    assert {user["name"] for user in broker.ask("GET", "/users")} == {"guest", "cjhub.force-41"}


def test_parties_are_listed_with_their_doors_and_endpoints(console: Console) -> None:
    listed = console.run("list", "--json").stdout
    lines = [json.loads(line) for line in listed.splitlines()]
    rows = {one["code"]: (one["status"], one["doors"], one["endpoint"]) for one in lines}
    assert rows["force-41"] == ("live", ["http", "amqp"], None)
    assert rows["court"] == ("live", ["http"], "amqp")
    assert rows["kent-police"][0] == "planned"
    assert console.run("--json").stdout == listed


def test_an_administration_that_is_away_or_lets_nobody_in_is_told_without_the_password(console: Console) -> None:
    console.environment["CJHUB_BROKER_ADMIN_URL"] = "http://hub:s3cret@127.0.0.1:9"
    away = console.run("apply")
    assert (away.returncode, "s3cret" in away.stderr + away.stdout) == (3, False)


# --- what a party may not


@pytest.fixture
def peers(console: Console, tmp_path: Path, postgres: Server, broker: Vhost) -> Iterator[dict[str, AmqpParty]]:
    """The parties of a running hub, each with its own account; a delivery waits for the court, and one of its replies
    for each force.
    """
    secret = passwords(console.apply())
    with postgres.database() as database, running_hub(tmp_path, PARTIES, database_url=database, broker_url=broker.url):
        broker.await_queues("cjhub.in.force-41", "cjhub.in.force-42", "cjhub.reply.force-41", "cjhub.reply.force-42")
        broker.await_queues("cjhub.out.court")
        with ExitStack() as open_parties:
            yield {
                code: open_parties.enter_context(
                    amqp_party(code, broker.url_of(f"cjhub.{code}", secret[f"cjhub.{code}"]))
                )
                for code in PARTIES
            }


def test_each_party_does_what_is_its_own(peers: dict[str, AmqpParty]) -> None:
    force, court = peers["force-41"], peers["court"]
    force.publish(case_file(), message_id="k-1")
    assert force.reply().properties.type == "receipt"
    [delivery] = court.several("out", 1)
    assert delivery.properties.type == "CaseFileSubmission/spi-case"


def publish_to(exchange: str, key: str) -> Callable[[Any], object]:
    return lambda channel: channel.basic_publish(exchange, key, b"x", mandatory=True)


FORBIDDEN: dict[str, Callable[[Any], object]] = {
    "publish to another's exchange": publish_to("cjhub.in.force-42", "force-42"),
    "publish to the exchange of deliveries": publish_to("cjhub.out", "court"),
    "publish by the default exchange to another's queue": publish_to("", "cjhub.in.force-42"),
    "publish by the default exchange to its own queue": publish_to("", "cjhub.reply.force-41"),
    "ring the hub": publish_to("", "cjhub.intake"),
    "take another's documents": lambda channel: channel.basic_get("cjhub.in.force-42"),
    "take its own documents back": lambda channel: channel.basic_get("cjhub.in.force-41"),
    "take another's replies": lambda channel: channel.basic_get("cjhub.reply.force-42"),
    "consume another's replies": lambda channel: channel.basic_consume("cjhub.reply.force-42", print),
    "take another's deliveries": lambda channel: channel.basic_get("cjhub.out.court"),
    "take the hub's slips of intake": lambda channel: channel.basic_get("cjhub.intake"),
    "consume the hub's slips to send": lambda channel: channel.basic_consume("cjhub.send", print),
    "empty another's queue": lambda channel: channel.queue_purge("cjhub.reply.force-42"),
    "delete another's queue": lambda channel: channel.queue_delete("cjhub.reply.force-42"),
    "delete its own queue": lambda channel: channel.queue_delete("cjhub.reply.force-41"),
    "declare another's queue": lambda channel: channel.queue_declare("cjhub.reply.force-42", durable=True),
    "declare its own queue otherwise": lambda channel: channel.queue_declare("cjhub.reply.force-41"),
    "declare a queue": lambda channel: channel.queue_declare("mine"),
    "declare a queue without a name": lambda channel: channel.queue_declare("", exclusive=True),
    "declare a name that starts like its own": lambda channel: channel.queue_declare("cjhub.in.force-41-more"),
    "declare an exchange": lambda channel: channel.exchange_declare("cjhub.in.force-43"),
    "delete the exchange of deliveries": lambda channel: channel.exchange_delete("cjhub.out"),
    "bind another's deliveries to its queue": lambda channel: channel.queue_bind(
        "cjhub.reply.force-41", "cjhub.out", "court"
    ),
    "bind another's exchange to its own": lambda channel: channel.exchange_bind(
        "cjhub.in.force-41", "cjhub.in.force-42", "force-42"
    ),
    "bind another's queue to its exchange": lambda channel: channel.queue_bind(
        "cjhub.reply.force-42", "cjhub.in.force-41", "force-41"
    ),
    "unbind another's queue": lambda channel: channel.queue_unbind("cjhub.out.court", "cjhub.out", "court"),
    "listen to the broker's log": lambda channel: channel.queue_bind("cjhub.reply.force-41", "amq.rabbitmq.log", "#"),
    "listen to the broker's traces": lambda channel: channel.queue_bind("cjhub.in.force-41", "amq.rabbitmq.trace", "#"),
}


def test_nothing_of_anybody_elses_may_be_touched(peers: dict[str, AmqpParty]) -> None:
    force = peers["force-41"]
    allowed = []
    for name, attempt in FORBIDDEN.items():
        channel = force.connection.channel()
        channel.confirm_delivery()
        try:
            attempt(channel)
            allowed.append(name)
        except REFUSED as cause:
            assert (cause.reply_code, cause.reply_text[:14]) == (403, "ACCESS_REFUSED"), name
    assert not allowed
    assert peers["force-42"].get("reply") is None


def test_of_anothers_queue_a_party_learns_how_long_it_is_and_no_more(peers: dict[str, AmqpParty]) -> None:
    found = peers["force-41"].channel.queue_declare("cjhub.out.court", passive=True)  # RabbitMQ asks for no right here
    assert found.method.message_count == 0


def test_a_message_that_says_it_is_another_partys_is_refused_by_the_broker(peers: dict[str, AmqpParty]) -> None:
    with pytest.raises(REFUSED) as caught:
        peers["force-41"].publish(case_file(), user_id="cjhub.force-42")
    assert caught.value.reply_code == 406


def test_no_party_gets_into_the_management(peers: dict[str, AmqpParty], console: Console, broker: Vhost) -> None:
    secret = passwords(console.apply("--rotate", "court"))["cjhub.court"]
    console.environment["CJHUB_BROKER_ADMIN_URL"] = broker.node.admin_url().replace(
        "guest:guest", f"cjhub.court:{secret}"
    )
    told = console.run("apply")
    assert (told.returncode, secret in told.stderr + told.stdout) == (2, False)
    assert "does not let this user in" in told.stderr
