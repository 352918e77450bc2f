"""Telling another system of alerts: at least once, under one id, with nobody waiting for it."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from hub.alerts.telling import Teller, apart
from hub.ledger import Ledger
from hub.ledger.incident import Condition
from hub.message.errors import Misconfigured, Unavailable
from hub.settings import load_settings
from hub.wire.http import HttpTransport
from tests.doubles.pager import Pager, free_port, pager
from tests.doubles.traffic import Desk

AWAY = Condition(kind="broken", subject="court", words="the recipient cannot be reached")
OTHER = Condition(kind="broken", subject="cps", words="the recipient cannot be reached")
PATH = "/hook/?team=a"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "hub.db")


@pytest.fixture
def ledger(desk: Desk) -> Iterator[Ledger]:
    opened = desk.open()
    yield opened
    opened.close()


@contextmanager
def teller(ledger: Ledger, url: str) -> Iterator[Teller]:
    server, target = apart(url)
    transport = HttpTransport(server, timeout=2, connections=1, headers={})
    yield Teller(alerts=ledger.alerts, transport=transport, target=target, every_seconds=30)
    transport.close()


@pytest.fixture
def say(ledger: Ledger) -> Callable[..., object]:
    return lambda *conditions: ledger.alerts.reconcile(conditions, timedelta(seconds=90), owed=True)


def told(by: Pager) -> list[tuple[str, str]]:
    said = [json.loads(body) for _, _, body in by.told]
    return [(one["state"], one["subject"]) for one in said]


def test_an_alert_is_told_when_it_opens_and_when_it_closes_and_not_in_between(
    desk: Desk, ledger: Ledger, say: Callable[..., object]
) -> None:
    with pager() as system, teller(ledger, system.url + PATH) as tells:
        say(AWAY)
        tells.tell()
        say(Condition(kind="broken", subject="court", words="otherwise"))
        tells.tell()
        desk.clock.advance(60)
        say()
        tells.tell()
        tells.tell()
    (alert,) = ledger.alerts.newest(10)
    assert [path for path, _, _ in system.told] == [PATH, PATH]
    assert [id for _, id, _ in system.told] == [f"{alert.id}-opened", f"{alert.id}-closed"]
    assert [json.loads(body) for _, _, body in system.told] == [
        {
            "id": f"{alert.id}-opened",
            "alert": alert.id,
            "kind": "broken",
            "subject": "court",
            "words": AWAY.words,
            "state": "opened",
            "opened_at": "2026-03-02T09:00:00.000Z",
            "closed_at": None,
        },
        {
            "id": f"{alert.id}-closed",
            "alert": alert.id,
            "kind": "broken",
            "subject": "court",
            "words": "otherwise",
            "state": "closed",
            "opened_at": "2026-03-02T09:00:00.000Z",
            "closed_at": "2026-03-02T09:01:00.000Z",
        },
    ]


def test_one_that_is_not_taken_is_told_again_under_the_same_id_and_stops_no_other(
    ledger: Ledger, say: Callable[..., object]
) -> None:
    with pager() as system, teller(ledger, system.url + PATH) as tells:
        system.answers = [503]
        say(AWAY, OTHER)
        tells.tell()
        tells.tell()
        tells.tell()
    assert told(system) == [("opened", "court"), ("opened", "cps"), ("opened", "court")]
    assert system.told[0][1] == system.told[2][1]


def test_what_could_not_be_told_while_the_system_was_away_is_told_once_it_is_back(
    ledger: Ledger, say: Callable[..., object]
) -> None:
    port = free_port()
    with teller(ledger, f"http://127.0.0.1:{port}{PATH}") as tells:
        say(AWAY)
        with pytest.raises(Unavailable, match="alert_url: no connection could be made"):
            tells.tell()
        say()
        with pager(port) as system:
            tells.tell()
    assert told(system) == [("opened", "court"), ("closed", "court")]


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("https://ops.example", ("https://ops.example", "/")),
        ("https://ops.example:8443/a/?b=c", ("https://ops.example:8443", "/a/?b=c")),
    ],
)
def test_an_address_is_asked_for_as_it_stands(url: str, parts: tuple[str, str]) -> None:
    assert apart(url) == parts


@pytest.mark.parametrize("url", ["ops.example/hook", "ftp://ops.example", "https://user:pass@ops.example/hook"])
def test_what_is_no_address_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        load_settings([], alert_url=url)
    assert "alert_url" in caught.value.faults[0]
    assert "ops.example" not in str(caught.value)
