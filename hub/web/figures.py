"""What the ledger says of what stands and waits, in Prometheus form, made anew at each reading.

Rule: what is not so any more is not shown any more; so these are no gauges that somebody must remember to clear.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from hub.alerts.conditions import Kind
from hub.broker import Broker
from hub.flow import Flow
from hub.ledger.account import Backlog, Figures, Undelivered
from hub.ledger.attempt import EndpointRow, Gate
from hub.message.errors import HubError
from hub.message.slip import Lane
from hub.wire import Standing


class _Standing(Collector):
    """The figures of one ledger, its broker and its disk. Where the ledger is away that is what they say."""

    def __init__(self, flow: Flow, broker: Broker) -> None:
        self._flow, self._broker = flow, broker

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Read and tell."""
        try:
            of_ledger = list(self._of_ledger())
        except HubError:
            of_ledger = []
        yield GaugeMetricFamily("hub_ledger_up", "1 where the ledger can be read", float(bool(of_ledger)))
        yield from of_ledger
        broker = GaugeMetricFamily("hub_broker", "1 for how the broker stands: up, blocked, away", labels=["standing"])
        for each in Standing:
            broker.add_metric([each], float(self._broker.standing() is each))
        yield broker
        free = self._flow.room.free_percent()
        if free is not None:
            yield GaugeMetricFamily("hub_disk_free_percent", "Room on the disk of the data folder", free)

    def _of_ledger(self) -> Iterator[GaugeMetricFamily]:
        ledger, now = self._flow.ledger, self._flow.clock()
        figures, endpoints, undelivered = ledger.figures(), ledger.endpoints(), ledger.undelivered()
        yield from _lanes(figures, now)
        yield from _ways_out(figures, undelivered, now)
        yield from _gates(endpoints)
        yield from _statuses(figures)
        alerts = GaugeMetricFamily("hub_alerts_open", "Alerts that are open", labels=["kind"])
        standing = Counter(alert.kind for alert in ledger.alerts.standing())
        for kind in Kind:
            alerts.add_metric([kind], standing[kind])
        yield alerts


def shown(flow: Flow, broker: Broker) -> bytes:
    """All of it as text."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Standing(flow, broker))
    return generate_latest(registry)


def _age(backlog: Backlog, now: datetime) -> float:
    return 0.0 if backlog.oldest_at is None else max(0.0, (now - backlog.oldest_at).total_seconds())


def _lanes(figures: Figures, now: datetime) -> Iterator[GaugeMetricFamily]:
    waiting = GaugeMetricFamily("hub_lane_waiting", "What a worker of this lane could do now", labels=["lane"])
    oldest = GaugeMetricFamily("hub_lane_oldest_seconds", "How long the oldest of it could be done", labels=["lane"])
    slips = GaugeMetricFamily("hub_lane_slips", "Slips that wait in the outbox", labels=["lane"])
    for lane in Lane:
        backlog = figures.lanes[lane]
        slips.add_metric([lane], figures.slips.get(lane, 0))
        waiting.add_metric([lane], backlog.waiting)
        oldest.add_metric([lane], _age(backlog, now))
    yield from (waiting, oldest, slips)
    yield GaugeMetricFamily("hub_seal_waiting", "Rows of the audit that are not sealed yet", figures.unsealed.waiting)
    yield GaugeMetricFamily("hub_seal_lag_seconds", "Age of the oldest of them", _age(figures.unsealed, now))


def _ways_out(figures: Figures, undelivered: tuple[Undelivered, ...], now: datetime) -> Iterator[GaugeMetricFamily]:
    open_ = GaugeMetricFamily("hub_send_undelivered", "Deliveries an endpoint has not got yet", labels=["endpoint"])
    oldest = GaugeMetricFamily("hub_send_oldest_seconds", "Age of the oldest of them", labels=["endpoint"])
    due = GaugeMetricFamily("hub_send_due", "Those of them whose time has come", labels=["endpoint"])
    due_for = GaugeMetricFamily(
        "hub_send_due_oldest_seconds", "Since when, for the oldest of these", labels=["endpoint"]
    )
    for one in undelivered:
        backlog = figures.due.get(one.endpoint, Backlog())
        open_.add_metric([one.endpoint], one.count)
        oldest.add_metric([one.endpoint], (now - one.oldest_at).total_seconds())
        due.add_metric([one.endpoint], backlog.waiting)
        due_for.add_metric([one.endpoint], _age(backlog, now))
    yield from (open_, oldest, due, due_for)


def _gates(endpoints: tuple[EndpointRow, ...]) -> Iterator[GaugeMetricFamily]:
    gate = GaugeMetricFamily("hub_endpoint_gate", "1 for how a gate stands", labels=["endpoint", "gate"])
    failures = GaugeMetricFamily(
        "hub_endpoint_failures", "Attempts in a row that did not reach it", labels=["endpoint"]
    )
    for one in endpoints:
        failures.add_metric([one.code], one.failures)
        for each in Gate:
            gate.add_metric([one.code, each], float(one.gate is each))
    yield from (gate, failures)


def _statuses(figures: Figures) -> Iterator[GaugeMetricFamily]:
    messages = GaugeMetricFamily("hub_messages", "Messages that are not settled, by status", labels=["status"])
    for status, count in figures.messages.items():
        messages.add_metric([str(status)], count)
    deliveries = GaugeMetricFamily("hub_deliveries", "Deliveries that are not settled, by status", labels=["status"])
    for each, number in figures.deliveries.items():
        deliveries.add_metric([str(each)], number)
    yield from (messages, deliveries)
