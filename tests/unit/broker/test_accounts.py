"""What the account of a party may touch, by name."""

import re
from collections.abc import Callable

import pytest

from hub.broker.accounts import rights_of
from hub.discovery.parties import Party
from hub.wire.amqp.management import Rights

CODES = ["a", "a-b", "ab", "b", "a-b-c"]
QUEUES = ["cjhub.intake", "cjhub.send", "cjhub.subscribe", "cjhub.out", "amq.default", ""]


def party(code: str, *, sends: bool = True, receives: bool = True) -> Party:
    """A party that speaks AMQP, both ways or one."""
    value = {
        "party": {"code": code, "name": "A party", "agency": "court"},
        "sends": {"amqp": sends, "dialects": ["exchange"]},
        "endpoint": {"kind": "amqp"} if receives else None,
    }
    return Party.model_validate(value)


def named(kind: str) -> list[str]:
    return [f"cjhub.{kind}.{code}" for code in CODES]


EVERYTHING = [*named("in"), *named("reply"), *named("out"), *QUEUES]
LIKE = [change(name) for name in EVERYTHING for change in (
    lambda name: name + "\n", lambda name: "\n" + name, lambda name: name + "x", lambda name: name.replace(".", "-"),
)]  # fmt: skip


def matched(choose: Callable[[Rights], str], rights: Rights) -> list[str]:
    """The names that one of the patterns takes, of all names there are and others that are like them."""
    return [name for name in [*EVERYTHING, *LIKE] if re.search(choose(rights), name)]


@pytest.mark.parametrize("code", CODES)
def test_a_party_writes_and_reads_its_own_names_and_no_others(code: str) -> None:
    rights = rights_of(party(code))
    assert matched(lambda one: one.write, rights) == [f"cjhub.in.{code}"]
    assert matched(lambda one: one.read, rights) == [f"cjhub.reply.{code}", f"cjhub.out.{code}"]
    assert [name for name in matched(lambda one: one.configure, rights) if name.strip()] == []


def test_a_party_that_speaks_one_way_only_may_nothing_of_the_other() -> None:
    sender, recipient = rights_of(party("a", receives=False)), rights_of(party("a", sends=False))
    assert matched(lambda one: one.read, sender) == ["cjhub.reply.a"]
    assert matched(lambda one: one.read, recipient) == ["cjhub.out.a"]
    assert [name for name in matched(lambda one: one.write, recipient) if name.strip()] == []
