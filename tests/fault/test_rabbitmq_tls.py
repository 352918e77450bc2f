"""Over TLS the broker's certificate and name are checked, and nothing is sent to one that fails."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from hub.wire import Standing
from hub.wire.amqp import Address
from hub.wire.amqp.publish import Post, Publisher
from tests.hubs import wait_until
from tests.servers.rabbitmq import free_ports, rabbit_node

LISTENER = """
listeners.ssl.1 = 127.0.0.1:{port}
ssl_options.cacertfile = {folder}/cert.pem
ssl_options.certfile = {folder}/cert.pem
ssl_options.keyfile = {folder}/key.pem
ssl_options.versions.1 = tlsv1.2
"""


@dataclass(frozen=True)
class Guarded:
    """A node that speaks TLS on a port, with a certificate for the name localhost."""

    port: int
    certificate: Path


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder, (port,) = tmp_path_factory.mktemp("tls"), free_ports(1)
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which makes the certificate, is not installed")
    words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    words += ["-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)
    with rabbit_node(LISTENER.format(port=port, folder=folder)):
        yield Guarded(port, folder / "cert.pem")


@contextmanager
def publisher(address: Address) -> Iterator[tuple[Publisher, list[str]]]:
    why: list[str] = []
    made = Publisher(address, ["cjhub.send"], lambda standing, words: why.append(words))
    made.start()
    try:
        yield made, why
    finally:
        made.stop()


def test_a_broker_whose_certificate_is_known_is_spoken_to(guarded: Guarded) -> None:
    with publisher(Address(f"amqps://guest:guest@localhost:{guarded.port}/", guarded.certificate)) as (made, _):
        assert made.await_up(10)
        assert made.publish([Post("cjhub.send", b"d1")]) == {0}


@pytest.mark.parametrize(("host", "known"), [("localhost", False), ("127.0.0.1", True)])
def test_a_certificate_that_is_not_known_or_has_another_name_is_refused(
    guarded: Guarded, host: str, known: bool
) -> None:
    address = Address(f"amqps://guest:guest@{host}:{guarded.port}/", guarded.certificate if known else None)
    with publisher(address) as (made, why):
        wait_until(lambda: why)
        assert "CERTIFICATE_VERIFY_FAILED" in why[0]
        assert made.standing is Standing.AWAY
