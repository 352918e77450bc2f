"""Alerts: what goes wrong and stays wrong is said once when it begins and once when it is over.

Rule: whether an alert is open follows from how things stand, looked at anew each time, and from nothing that anybody
remembers. So no event can be missed, and it does no harm when several processes look.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from hub.alerts.conditions import Limits, conditions
from hub.alerts.silence import Expected
from hub.ledger import Alerts

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookout:
    """Looks how things stand, every `every_seconds`. `folder` is where the disk must not fill up, None where that is
    not ours to look at; `owed` says that what is opened and closed is told elsewhere too.
    """

    alerts: Alerts
    clock: Callable[[], datetime]
    limits: Limits
    expected: Mapping[str, Expected]
    folder: Path | None
    every_seconds: float
    owed: bool = False

    def look(self) -> None:
        """Open, change and close alerts by how things stand now, and log those that were opened or closed."""
        facts = self.alerts.facts(self.expected)
        free = None if self.folder is None else shutil.disk_usage(self.folder).free
        found = conditions(facts, self.clock(), self.limits, self.expected, free)
        lease = timedelta(seconds=3 * self.every_seconds)
        for alert in self.alerts.reconcile(found, lease, owed=self.owed):
            words = {"kind": alert.kind, "subject": alert.subject, "words": alert.words}
            log.warning("alert", state=alert.state, alert=alert.id, **words)
