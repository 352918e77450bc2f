"""The one place that names concrete classes: settings in, a hub out.

`tools(overlay)` makes what judges and renders documents without a ledger; `assemble(settings, overlay)` the whole hub.
"""

from __future__ import annotations

import gc
import os
import random
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from hub import ways
from hub.alerts import Lookout
from hub.alerts.conditions import Limits
from hub.alerts.silence import expected_of
from hub.alerts.telling import Teller, apart
from hub.amqp_door import AmqpDoor
from hub.broker import Broker
from hub.broker.embedded import EmbeddedBroker
from hub.broker.rabbitmq import AHEAD, RabbitBroker
from hub.broker.sweeper import Sweeper
from hub.contract import Recipient, Trust
from hub.discovery import Found
from hub.discovery.connectors import discover
from hub.discovery.parties import Party
from hub.discovery.reference import missing
from hub.discovery.scanners import Make, find_scanner
from hub.document import DEFAULT_BOUNDS, Bounds
from hub.document.explain import Explainer
from hub.document.media import ENDINGS
from hub.flow import Flow
from hub.flow.accept.room import Room
from hub.flow.answering import Answering
from hub.flow.check.layers import LayerCheck
from hub.flow.check.rules import RULES, RuleBook
from hub.flow.judge import Judge
from hub.flow.judges import Judges, Recipe
from hub.flow.replay import Replaying
from hub.flow.route import RoutingTable, routing_table
from hub.flow.ruling import Rule, ruler
from hub.flow.scan import Scan
from hub.flow.send import Sending
from hub.flow.send.patience import Patience
from hub.flow.shadow import Shadow
from hub.flow.shelf import Shelf
from hub.folder_door import FolderDoor
from hub.ledger import Ledger
from hub.ledger.engine import open_ledger
from hub.message.errors import Misconfigured
from hub.message.slip import Lane
from hub.settings import Settings
from hub.watch.traces import open_traces
from hub.wire import Transport
from hub.wire.amqp.mail import Mail
from hub.wire.clamd import Clamd
from hub.wire.http import HttpTransport
from hub.worker import Pace, Steps, Worker

if TYPE_CHECKING:
    pass

log = structlog.get_logger()

COLLECT = (50_000, 50, 100)
"""When Python looks for cycles. Our values have none, and many are kept at hand: at its own pace, looking at them all
again and again costs 4 to 8 % of everything (docs/decisions/speed.md)."""


_TELLING_SECONDS = 5.0  # the longest wait for the system that is told of alerts

SCANNERS: dict[str, Make] = {"clamd": Clamd}
"""The scanners of the hub's own, by what the setting `scanner` calls them."""


def clock() -> datetime:
    """The time, aware and UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """A new UUID of version 7: ids made later sort later, which keeps the indexes compact."""
    stamp = time.time_ns() // 1_000_000
    bits = (stamp << 80) | int.from_bytes(os.urandom(10), "big")
    bits = bits & ~(0xF << 76) | (7 << 76)
    bits = bits & ~(3 << 62) | (2 << 62)
    text = f"{bits:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """A hub in one process, ready to serve."""

    settings: Settings
    found: Found
    judge: Judge
    ledger: Ledger
    broker: Broker
    flow: Flow
    sending: Sending
    worker: Worker
    doors: tuple[FolderDoor | AmqpDoor, ...]
    mail: Mail | None = None
    teller: Teller | None = None

    def start(self) -> None:
        """Start the workers, and the doors that are not the web's.

        A data folder is ours alone: whoever held a lease in it is gone.
        """
        self.ledger.recover()
        gc.set_threshold(*COLLECT)
        self.worker.start()
        if self.mail is not None:
            self.mail.start()
        for door in self.doors:
            door.start()

    def close(self) -> None:
        """Doors first, then workers, then connections, then the ledger."""
        for door in self.doors:
            door.finish()
        for door in self.doors:
            door.stop()
        self.worker.stop()
        self.sending.pool.shutdown()
        for transport in self.sending.transports.values():
            transport.close()
        if self.mail is not None:
            self.mail.stop()
        self.broker.close()
        if self.teller is not None:
            self.teller.transport.close()
        if isinstance(self.flow.rule, Judges):
            self.flow.rule.close()
        self.judge.layers.explainer.close()
        self.ledger.close()
        self.flow.traces.close()


def tools(
    overlay: Path | None = None,
    *,
    ids: Callable[[], str] = new_id,
    bounds: Bounds = DEFAULT_BOUNDS,
    reference: Path | None = None,
) -> Judge:
    """What judges documents without a ledger; `reference` is the folder of reference data. Raises Misconfigured."""
    found = discover(overlay, reference)
    unknown = [f"rules.toml: {code}: the hub has no such rule" for code in found.rules if code not in RULES]
    if unknown:
        raise Misconfigured(unknown)
    layers = LayerCheck(found.bundle, Explainer())
    return Judge(found=found, layers=layers, rules=RuleBook(found.rules, found.tables), new_id=ids, bounds=bounds)


def assemble(settings: Settings, overlay: Path | None = None) -> Hub:
    """The whole hub over its ledger. Raises Misconfigured, and Unavailable where the ledger's server is away."""
    judge = tools(overlay, bounds=_bounds(settings), reference=settings.reference_folder)
    found = judge.found
    wanting = missing(found.tables.reference)
    if wanting:
        log.info("reference data absent", tables=wanting)
    mail = ways.mail_of(settings, found.parties)
    ledger = open_ledger(settings.database, clock, new_id, connections=_connections(settings))
    ledger.upsert_endpoints(ways.endpoints(found.parties))
    flow = _flow(settings, judge, ledger, _rule(settings, judge, overlay))
    sending = _sending(settings, flow, ways.transports(found.parties, settings, mail))
    sweeper = Sweeper(ledger=ledger, every_seconds=settings.sweep_seconds, grace_seconds=settings.lease_seconds)
    pace = Pace(
        send_threads=settings.threads,
        lease_seconds=settings.lease_seconds,
        seal_seconds=settings.seal_seconds,
    )
    broker = _broker(settings, ledger, pace)
    teller = _teller(settings, ledger)
    steps = Steps(
        flow=flow,
        sending=sending,
        shadow=_shadow(flow),
        lookout=lookout_of(settings, found, ledger),
        teller=teller,
    )
    return Hub(
        settings=settings,
        found=found,
        judge=judge,
        ledger=ledger,
        broker=broker,
        flow=flow,
        sending=sending,
        worker=Worker(steps=steps, broker=broker, sweeper=sweeper, pace=pace),
        doors=ways.doors(settings, flow, mail),
        mail=mail,
        teller=teller,
    )


def scanning(settings: Settings) -> Scan:
    """The scanner that the settings name, or none. Raises Misconfigured."""
    if not settings.scanner:
        return Scan(None)
    make = find_scanner(settings.scanner, SCANNERS)
    return Scan(make(settings.scanner_address, settings.scanner_seconds))


def replaying(settings: Settings, found: Found, ledger: Ledger) -> Replaying:
    """What plans a replay, by the parties' files as they are now."""
    return Replaying(
        routing=_routing(settings, found),
        live=frozenset(found.parties),
        planned=found.planned,
        endpoints=frozenset(one.code for one in ledger.endpoints()),
    )


def _routing(settings: Settings, found: Found) -> RoutingTable:
    return routing_table(found.parties, found.writers, timedelta(hours=settings.deadline_hours))


def _bounds(settings: Settings) -> Bounds:
    unknown = sorted(set(settings.attachment_types).difference(ENDINGS))
    if unknown:
        known = ", ".join(ENDINGS)
        raise Misconfigured([f"setting attachment_types: {name} cannot be told; there are {known}" for name in unknown])
    return replace(
        DEFAULT_BOUNDS,
        max_bytes=settings.max_body_bytes,
        max_attachments=settings.max_attachments,
        max_attachment_bytes=settings.max_attachment_bytes,
        attachment_types=settings.attachment_types,
    )


def _flow(settings: Settings, judge: Judge, ledger: Ledger, rule: Rule) -> Flow:
    found = judge.found
    return Flow(
        found=found,
        bounds=judge.bounds,
        rule=rule,
        routing=_routing(settings, found),
        ledger=ledger,
        shelf=Shelf(),
        scan=scanning(settings),
        answering=Answering(
            found=found, ledger=ledger, new_id=new_id, patience=timedelta(hours=settings.deadline_hours)
        ),
        trust_of=truster(found.parties),
        clock=clock,
        new_id=new_id,
        traces=open_traces(settings.traces_url),
        room=_room(settings),
    )


def _room(settings: Settings) -> Room:
    """The disk that the ledger grows on, where it is ours."""
    return Room(folder=settings.disk, min_free_percent=settings.min_free_percent)


def _shadow(flow: Flow) -> Shadow:
    return Shadow(rule=flow.rule, ledger=flow.ledger, candidates=flow.found.candidates, trust_of=flow.trust_of)


def _sending(settings: Settings, flow: Flow, transports: Mapping[str, Transport]) -> Sending:
    found = flow.found
    patience = Patience(waits=settings.retry_seconds, attempts=settings.attempts, jitter=_jitter)
    return Sending(
        ledger=flow.ledger,
        readers=found.readers,
        writers=found.writers,
        recipients={code: recipient(party) for code, party in found.parties.items()},
        transports=transports,
        tables=found.tables,
        shelf=flow.shelf,
        patience=patience,
        patiences=_patiences(found.parties, patience),
        clock=clock,
        trust_of=flow.trust_of,
        pool=ThreadPoolExecutor(ways.attempts_at_once(found.parties), thread_name_prefix="endpoint"),
        longest_attempt=timedelta(seconds=settings.longest_attempt),
        traces=flow.traces,
    )


def _patiences(parties: Mapping[str, Party], usual: Patience) -> dict[str, Patience]:
    """The patience with endpoints whose party's file has a word of its own."""
    ways = [(code, party.endpoint) for code, party in parties.items() if party.endpoint is not None]
    return {
        code: replace(usual, waits=way.retry_seconds or usual.waits, attempts=way.attempts or usual.attempts)
        for code, way in ways
        if way.retry_seconds or way.attempts
    }


def lookout_of(settings: Settings, found: Found, ledger: Ledger) -> Lookout:
    """Who looks for what is wrong, by the settings and what each party's file expects."""
    expected = {code: expected_of(party.sends) for code, party in found.parties.items()}
    return Lookout(
        alerts=ledger.alerts,
        clock=clock,
        limits=Limits(
            held=timedelta(minutes=settings.alert_held_minutes),
            queue=timedelta(seconds=settings.alert_queue_seconds),
            pending=timedelta(minutes=settings.alert_pending_minutes),
            sealer=timedelta(seconds=settings.alert_sealer_seconds),
            free=_room(settings).warns_below(settings.alert_free_mebibytes * 1024 * 1024),
        ),
        expected={code: of for code, of in expected.items() if of is not None},
        folder=None if ledger.shared else settings.data,
        every_seconds=settings.alert_seconds,
        owed=bool(settings.alert_url.get_secret_value()),
    )


def _teller(settings: Settings, ledger: Ledger) -> Teller | None:
    """Who tells another system of alerts, None where the settings name none."""
    url = settings.alert_url.get_secret_value()
    if not url:
        return None
    server, target = apart(url)
    transport = HttpTransport(server, timeout=_TELLING_SECONDS, connections=1, headers={})
    return Teller(alerts=ledger.alerts, transport=transport, target=target, every_seconds=settings.alert_seconds)


def _rule(settings: Settings, judge: Judge, overlay: Path | None) -> Rule:
    """Judging in processes of their own, or in this one where none are wanted."""
    if not settings.judges:
        return ruler(judge)
    given = {"overlay": overlay, "bounds": judge.bounds, "reference": settings.reference_folder}
    return Judges(Recipe("hub.assemble:tools", given), settings.judges)


def truster(parties: Mapping[str, Party]) -> Callable[[str], Trust]:
    """What the hub knows of a sender, by its code."""

    def trust_of(code: str) -> Trust:
        party = parties.get(code)
        if party is None:
            return Trust(party=code, agency="unknown")
        return Trust(party=code, agency=party.party.agency.value, traits=party.sends.traits)

    return trust_of


def recipient(party: Party) -> Recipient:
    """A party as a Writer sees it; the options of all its routes together."""
    options = {key: value for route in party.routes for key, value in route.options.items()}
    identity = party.party
    return Recipient(
        party=identity.code,
        agency=identity.agency.value,
        ou_code=identity.ou_code,
        system=identity.system,
        options=options,
    )


def _connections(settings: Settings) -> int:
    """To write with, and as many to read: one a thread that sends, and some for the door, intake, sweep and seal."""
    return settings.threads + 4


def _broker(settings: Settings, ledger: Ledger, pace: Pace) -> Broker:
    """RabbitMQ where its address is given, else the outbox itself: there a slip is given again after a lease that is
    longer than the one on what it names.
    """
    if not settings.broker_url.get_secret_value():
        return EmbeddedBroker(ledger, clock, lease_seconds=2 * settings.lease_seconds)
    ahead = AHEAD | {Lane.SEND: 2 * pace.send_batch * pace.send_threads}
    return RabbitBroker(ledger, clock, ways.broker_address(settings), ahead=ahead)


def _jitter() -> float:
    return random.uniform(0.8, 1.2)  # noqa: S311 - spreads retries; nothing secret
