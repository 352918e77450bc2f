"""The parties' doors and ways out, each made of what its party's file says.

Rule: made once, at the start. What a file names and the machine does not have (a key, a variable) is told then, with
the party and the key.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

import structlog

from hub.amqp_door import AmqpDoor
from hub.discovery.parties import (
    AmqpEndpoint,
    FolderEndpoint,
    HttpEndpoint,
    Layout,
    Party,
    S3Endpoint,
    SftpEndpoint,
    SftpPlace,
)
from hub.flow import Flow
from hub.folder_door import FolderDoor, Watch
from hub.ledger.attempt import EndpointConfig
from hub.message.errors import Misconfigured
from hub.settings import Settings, secret_of
from hub.wire import Standing, Transport
from hub.wire.amqp import Address
from hub.wire.amqp.endpoint import AmqpTransport
from hub.wire.amqp.mail import Mail
from hub.wire.amqp.queues import replies_to, way_out_to
from hub.wire.folder import FolderStore, FolderTransport
from hub.wire.host_keys import parse_host_key
from hub.wire.http import HttpTransport, Signature

if TYPE_CHECKING:
    from hub.wire.s3 import Bucket
    from hub.wire.sftp_session import Account

log = structlog.get_logger()


def doors(settings: Settings, flow: Flow, mail: Mail | None) -> tuple[FolderDoor | AmqpDoor, ...]:
    """The doors that are not the web's: folders, here and on parties' own servers, and exchanges at the broker."""
    place = f"{socket.gethostname()}:{settings.data.resolve()}"
    owner = sha256(place.encode()).hexdigest()[:8]
    made: list[FolderDoor | AmqpDoor] = []
    for code, party in flow.found.parties.items():
        sends = party.sends
        watch = Watch(party=code, dialects=sends.dialects, owner=owner, lease=settings.lease_seconds)
        if sends.folder is not None:
            made.append(FolderDoor(flow=flow, store=FolderStore(sends.folder), watch=watch))
        if (at := sends.sftp) is not None:
            from hub.wire.sftp import SftpStore

            account = sftp_account(f"party {code}: sends.sftp", at)
            store = SftpStore(account, at.path, timeout=settings.timeout_seconds)
            made.append(
                FolderDoor(
                    flow=flow, store=store, watch=replace(watch, door="sftp", pause=at.every_seconds, settled=True)
                )
            )
        if sends.amqp and mail is not None:
            address = broker_address(settings)
            made.append(AmqpDoor(flow=flow, party=code, dialects=sends.dialects, address=address, mail=mail))
    return tuple(made)


def mail_of(settings: Settings, parties: Mapping[str, Party]) -> Mail | None:
    """What publishes to the parties' own queues; None where no party speaks AMQP. Raises Misconfigured."""
    speaking = at_the_broker(settings, parties)
    if not speaking:
        return None
    ways_out = [way_out_to(party.code, one.max_waiting) for party, one in _amqp_endpoints(speaking)]
    replies = [replies_to(party.code) for party in speaking if party.sends.amqp]

    def told(standing: Standing, why: str) -> None:
        (log.info if standing is Standing.UP else log.warning)("amqp mail", standing=standing.value, why=why)

    def told_of(queue: str, why: str) -> None:
        log.warning("amqp queue", queue=queue, why=why)

    return Mail(broker_address(settings), [*replies, *ways_out], told, told_of)


def at_the_broker(settings: Settings, parties: Mapping[str, Party]) -> list[Party]:
    """The parties that speak AMQP. Raises Misconfigured where some do and there is no broker."""
    speaking = [party for party in parties.values() if party.at_the_broker]
    if speaking and not settings.broker_url.get_secret_value():
        raise Misconfigured(
            f"party {party.code}: speaks AMQP, and there is no broker: set broker_url" for party in speaking
        )
    return speaking


def _amqp_endpoints(parties: Iterable[Party]) -> Iterator[tuple[Party, AmqpEndpoint]]:
    return ((party, party.endpoint) for party in parties if isinstance(party.endpoint, AmqpEndpoint))


def broker_address(settings: Settings) -> Address:
    """Where RabbitMQ is."""
    return Address(settings.broker_url.get_secret_value(), settings.broker_ca_file)


def endpoints(parties: Mapping[str, Party]) -> list[EndpointConfig]:
    """What the ledger is to know of each way out."""
    return [
        EndpointConfig(code=code, party=code, in_flight=party.endpoint.in_flight, on_dead=party.endpoint.on_dead)
        for code, party in parties.items()
        if party.endpoint is not None
    ]


def attempts_at_once(parties: Mapping[str, Party]) -> int:
    """So many threads that no endpoint waits for another, however slow; one is made when it is wanted first."""
    return max(1, sum(endpoint.in_flight for endpoint in endpoints(parties)))


def transports(parties: Mapping[str, Party], settings: Settings, mail: Mail | None) -> dict[str, Transport]:
    """The ways out by endpoint. Raises Misconfigured where a key, a variable or a file is not there."""
    made: dict[str, Transport] = {}
    for code, party in parties.items():
        match party.endpoint:
            case HttpEndpoint() as endpoint:
                made[code] = _http(code, endpoint, settings)
            case FolderEndpoint(path=path, layout=layout):
                made[code] = FolderTransport(path, by_minute=layout is Layout.MINUTES)
            case S3Endpoint() as endpoint:
                made[code] = _s3(code, endpoint, settings)
            case SftpEndpoint() as endpoint:
                made[code] = _sftp(code, endpoint, settings)
            case AmqpEndpoint(max_waiting=limit):
                if mail is not None:  # as always where a party has such an endpoint
                    made[code] = AmqpTransport(mail, way_out_to(code, limit), settings.timeout_seconds)
            case None:
                pass
    return made


def _http(code: str, endpoint: HttpEndpoint, settings: Settings) -> HttpTransport:
    signature = None
    if endpoint.sign_key is not None:
        secret = secret_of(endpoint.sign_key)
        if not secret:
            name = endpoint.sign_key
            raise Misconfigured([f"party {code}: endpoint.sign_key: neither environment nor secrets have {name}"])
        signature = Signature(endpoint.sign_key, secret.encode())
    return HttpTransport(
        endpoint.url,
        timeout=settings.timeout_seconds,
        connections=endpoint.in_flight,
        headers=endpoint.headers,
        ca_file=str(endpoint.ca_file) if endpoint.ca_file else None,
        signature=signature,
    )


def _sftp(code: str, endpoint: SftpEndpoint, settings: Settings) -> Transport:
    from hub.wire.sftp import SftpTransport

    account = sftp_account(f"party {code}: endpoint", endpoint)
    return SftpTransport(account, endpoint.path, timeout=settings.timeout_seconds, connections=endpoint.in_flight)


def sftp_account(where: str, place: SftpPlace) -> Account:
    """An account on a party's server, with its key or password. Raises Misconfigured, which names the key of the file.

    Whatever needs paramiko is imported when it is used: it takes a fifth of a second, and few commands speak SFTP.
    """
    from hub.wire.sftp_session import Account, load_key

    try:
        credential = load_key(place.key_file) if place.key_file else secret_of(place.password_env or "")
    except ValueError as cause:
        raise Misconfigured([f"{where}.key_file: {cause}"]) from None
    if not credential:
        raise Misconfigured([f"{where}.password_env: the environment has no {place.password_env}"])
    keys = tuple(parse_host_key(line) for line in place.host_key)
    return Account(host=place.host, port=place.port, user=place.user, credential=credential, host_keys=keys)


def _s3(code: str, endpoint: S3Endpoint, settings: Settings) -> Transport:
    from hub.wire.s3 import S3Transport

    bucket = bucket_of(f"party {code}: endpoint", endpoint)
    return S3Transport(bucket, timeout=settings.timeout_seconds, connections=endpoint.in_flight)


def bucket_of(where: str, endpoint: S3Endpoint) -> Bucket:
    """A party's bucket with its keys. Raises Misconfigured, which names each key of the file whose variable is away.

    The client is imported when it is used, as paramiko is.
    """
    from hub.wire.s3 import Bucket

    named = {"access_key_env": endpoint.access_key_env, "secret_key_env": endpoint.secret_key_env}
    found = {key: secret_of(name) for key, name in named.items()}
    if lacking := [key for key, secret in found.items() if not secret]:
        raise Misconfigured(f"{where}.{key}: neither environment nor secrets have {named[key]}" for key in lacking)
    return Bucket(
        url=endpoint.url,
        name=endpoint.bucket,
        region=endpoint.region,
        access_key=found["access_key_env"] or "",
        secret_key=found["secret_key_env"] or "",
        ca_file=str(endpoint.ca_file) if endpoint.ca_file else None,
    )
