"""The accounts of parties at RabbitMQ: a user for each that speaks AMQP, who may use its own queues and nothing else.

Rule: only users with our tag are ever changed or taken away. A password is made here, told once and kept nowhere. What
is right already is left alone, so that it may be applied again and again.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hub.discovery.parties import AmqpEndpoint, Party
from hub.message.errors import Misconfigured
from hub.wire.amqp.management import Management, Rights
from hub.wire.amqp.queues import door_of, replies_to, way_out_to

TAG = "cjhub-party"
"""What marks the users that are ours."""

LIMITS = {"max-connections": 10, "max-channels": 50}
"""So much of each a party may have open at once."""


class Does(StrEnum):
    """What is done to an account."""

    MAKE = "make"
    ROTATE = "rotate"
    ALLOW = "allow"
    DENY = "deny"
    LIMIT = "limit"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing to be done. `rights` go with ALLOW, `limit` and `value` with LIMIT, `vhost` with DENY."""

    does: Does
    user: str
    words: str
    rights: Rights | None = None
    vhost: str = ""
    limit: str = ""
    value: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A change that was made, with the new password where there is one."""

    change: Change
    password: str | None = field(default=None, repr=False)


def user_of(party: str) -> str:
    """The user of a party."""
    return f"cjhub.{party}"


def rights_of(party: Party) -> Rights:
    """Write to its own exchange, read its own queues, configure nothing. Names are matched whole."""
    code = party.code
    write = [door_of(code).exchange] if party.sends.amqp else []
    read = [replies_to(code).name] if party.sends.amqp else []
    if isinstance(party.endpoint, AmqpEndpoint):
        read.append(way_out_to(code, party.endpoint.max_waiting).name)
    return Rights(configure="^$", write=_any_of(write), read=_any_of(read))


def _any_of(names: Iterable[str]) -> str:
    """A pattern of these names and no other. Two-fold, since `$` alone lets a line end follow."""
    listed = "|".join(re.escape(name) for name in names)
    return f"^({listed})(?!\\n)$" if listed else "^$"


def plan(parties: Iterable[Party], management: Management, vhost: str, rotate: str | None = None) -> list[Change]:
    """What is to be done so that the accounts are those of these parties. Raises Misconfigured."""
    wanted = {user_of(party.code): party for party in parties if party.at_the_broker}
    there = management.users()
    if rotate is not None and user_of(rotate) not in wanted:
        raise Misconfigured([f"--rotate {rotate}: no live party of this code speaks AMQP"])
    taken = [user for user in wanted if user in there and TAG not in there[user]]
    if taken:
        raise Misconfigured(
            f"RabbitMQ has a user {user} that is not the hub's: rename it, or give it the tag {TAG}" for user in taken
        )
    return [
        *_removals(there, wanted),
        *(
            change
            for user, party in sorted(wanted.items())
            for change in _changes(user, party, management, vhost, (user in there, rotate == party.code))
        ),
    ]


def _removals(there: Mapping[str, frozenset[str]], wanted: Mapping[str, Party]) -> Iterator[Change]:
    for user in sorted(user for user, tags in there.items() if TAG in tags and user not in wanted):
        words = "no live party speaks AMQP under it; its queues stay, with what is in them"
        yield Change(does=Does.REMOVE, user=user, words=words)


def _changes(
    user: str, party: Party, management: Management, vhost: str, stands: tuple[bool, bool]
) -> Iterator[Change]:
    known, rotated = stands
    if not known:
        yield Change(does=Does.MAKE, user=user, words=f"for {party.party.name}, with a new password")
    elif rotated:
        yield Change(does=Does.ROTATE, user=user, words="a new password; its connections are closed")
    rights = rights_of(party)
    given = management.rights(user) if known else {}
    if given.get(vhost) != rights:
        words = f"may write {rights.write} and read {rights.read} in {vhost}"
        yield Change(does=Does.ALLOW, user=user, words=words, rights=rights)
    for other in sorted(given.keys() - {vhost}):
        yield Change(does=Does.DENY, user=user, words=f"no rights in {other}", vhost=other)
    limits = management.limits(user) if known else {}
    for limit, value in LIMITS.items():
        if limits.get(limit) != value:
            yield Change(does=Does.LIMIT, user=user, words=f"{limit} {value}", limit=limit, value=value)


def apply(changes: Iterable[Change], management: Management) -> Iterator[Done]:
    """Make changes one after another, each told when it is made."""
    for change in changes:
        password: str | None = None
        match change.does:
            case Does.MAKE | Does.ROTATE:
                password = secrets.token_urlsafe(32)
                management.put_user(change.user, password, TAG)
                if change.does is Does.ROTATE:
                    management.close_connections(change.user)
            case Does.ALLOW if change.rights is not None:
                management.put_rights(change.user, change.rights)
            case Does.DENY:
                management.delete_rights(change.user, change.vhost)
            case Does.LIMIT:
                management.put_limit(change.user, change.limit, change.value)
            case Does.REMOVE:
                management.delete_user(change.user)
        yield Done(change=change, password=password)
