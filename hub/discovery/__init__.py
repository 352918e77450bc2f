"""What this installation has: connectors, code tables, parties, rules; from entry points and configuration folders.

Rule: every fault is collected, then raised together; a hub with a fault in its configuration does not start.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hub.contract import Reader, Writer
from hub.contract.tables import Tables
from hub.discovery.bundle import Bundle
from hub.discovery.parties import Party
from hub.discovery.rules import RuleSetting


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Everything that was found."""

    bundle: Bundle
    readers: Mapping[str, Reader]
    writers: Mapping[str, Writer]
    tables: Tables
    parties: Mapping[str, Party]
    rules: Mapping[str, RuleSetting]
