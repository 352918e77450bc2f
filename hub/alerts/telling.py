"""Telling another system of alerts: an HTTP POST for each that was opened or closed.

Rule: at least once, under an id that is the same each time. What could not be told stays in the ledger and is tried at
the next turn, for a day; so nothing waits for the other system, and nothing is lost with a process.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import structlog

from hub.ledger import Alerts
from hub.ledger.incident import Alert
from hub.message.errors import Unavailable
from hub.wire import Consignment, Transport

log = structlog.get_logger()

_AT_A_TIME = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Tells what is owed by `transport`, at `target`; of several processes one does."""

    alerts: Alerts
    transport: Transport
    target: str
    every_seconds: float

    def tell(self) -> None:
        """One turn. Raises Unavailable where the other system is away: the rest is for the next turn."""
        for state, alert in self.alerts.owed(_AT_A_TIME, timedelta(seconds=3 * self.every_seconds)):
            try:
                status = self.transport.send(consignment(alert, state, self.target)).status
            except Unavailable as cause:
                raise Unavailable(f"alert_url: {cause}") from cause
            if 200 <= status < 300:
                self.alerts.told(alert.id, state)
            else:
                log.warning("alert not taken", alert=alert.id, state=state, status=status)


def consignment(alert: Alert, state: str, target: str) -> Consignment:
    """What is said of an alert that was opened or closed. `id` tells changes apart, `alert` incidents."""
    said = {
        "id": f"{alert.id}-{state}",
        "alert": alert.id,
        "kind": alert.kind,
        "subject": alert.subject,
        "words": alert.words,
        "state": state,
        "opened_at": _instant(alert.opened_at),
        "closed_at": _instant(alert.closed_at) if state == "closed" else None,
    }
    return Consignment(
        body=json.dumps(said).encode(),
        content_type="application/json",
        name=f"{alert.id}-{state}",
        path=target,
        headers={"Idempotency-Key": f"{alert.id}-{state}"},
    )


def apart(url: str) -> tuple[str, str]:
    """An address as the server, and what it is asked for: path and query as they stand."""
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc}", (parts.path or "/") + query


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
