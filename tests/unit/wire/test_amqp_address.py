"""The address of a broker: what is understood, what is refused, and that its password is never shown."""

from pathlib import Path

import pytest

from hub.message.errors import Misconfigured
from hub.wire.amqp import Address


def test_an_address_is_read_whole_with_escapes_in_every_part() -> None:
    (asked,) = Address("amqp://a%40b:p%2Fw%3A@broker.example:5673/the%2Fhost?heartbeat=2").parameters()
    assert (asked.host, asked.port, asked.virtual_host, asked.heartbeat) == ("broker.example", 5673, "the/host", 2)
    assert (asked.credentials.username, asked.credentials.password) == ("a@b", "p/w:")


@pytest.mark.parametrize(("url", "port"), [("amqp://broker", 5672), ("amqps://broker/", 5671)])
def test_what_is_left_out_is_what_rabbitmq_takes_by_itself(url: str, port: int) -> None:
    (asked,) = Address(url).parameters()
    assert (asked.port, asked.virtual_host, asked.credentials.username) == (port, "/", "guest")


def test_tls_checks_the_certificate_and_the_name_of_the_broker() -> None:
    (asked,) = Address("amqps://broker.example/").parameters()
    options = asked.ssl_options
    assert options.context.check_hostname
    assert options.context.verify_mode.name == "CERT_REQUIRED"
    assert options.server_hostname == "broker.example"


@pytest.mark.parametrize(
    "url",
    [
        "http://hub:s3cret@broker/",
        "amqp://hub:s3cret@broker:port/",
        "hub:s3cret@broker",
        "amqp://hub:s3cret@/vh",
        "amqp://hub:s3cret@broker/?heartbeat=soon",
        "amqp://hub:s3cret@broker/?heartbeat",
        "amqp://hub:s3cret@broker/?verify=none",
        "amqp://hub:s3cret@one/,two",
        "amqp://hub:s3cret@one/,",
    ],
)
def test_what_is_no_address_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        Address(url)
    assert caught.value.faults[0].startswith("broker_url: ")
    assert "s3cret" not in str(caught.value)


def test_a_file_without_certificates_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    with pytest.raises(Misconfigured) as caught:
        Address("amqps://broker/", tmp_path / "ca.pem")
    assert "ca.pem" in caught.value.faults[0]


def test_a_password_is_not_in_what_an_address_says_of_itself() -> None:
    address = Address("amqp://hub:s3cret@broker/vh")
    assert str(address) == "amqp://broker:5672/vh"
    assert "s3cret" not in repr(address)


def test_the_nodes_of_a_cluster_stand_with_commas_between() -> None:
    address = Address("amqp://hub:s3%2Ccret@one/vh, amqp://hub:s3cret@two:5673/vh?heartbeat=5")
    one, two = address.parameters()
    assert (one.host, one.port, one.credentials.password, one.virtual_host) == ("one", 5672, "s3,cret", "vh")
    assert (two.host, two.port, two.heartbeat) == ("two", 5673, 5)
    assert str(address) == "amqp://one:5672/vh, amqp://two:5673/vh"
    assert [str(each) for each in address.each()] == ["amqp://one:5672/vh", "amqp://two:5673/vh"]
