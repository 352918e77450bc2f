"""Find connectors through the entry point group `cjhub.connectors`, and everything else through the folders.

A connector package has READERS and WRITERS, each a tuple of objects that keep the contract.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from hub.contract import Reader, Writer
from hub.contract.tables import load_tables
from hub.discovery import Found
from hub.discovery.bundle import Bundle
from hub.discovery.mappings import load_mappings
from hub.discovery.parties import load_parties
from hub.discovery.rules import load_rules
from hub.message.errors import Misconfigured

GROUP = "cjhub.connectors"


def discover(overlay: Path | None = None) -> Found:
    """Everything this installation has. Raises Misconfigured with every fault found."""
    bundle = Bundle(overlay)
    faults: list[str] = []
    readers, writers = load_connectors(entry_points(group=GROUP), faults)
    tables = load_tables([folder / "codes" for folder in bundle.config_folders])
    mappings = load_mappings(bundle.files("dialects/*/mapping*.toml"), tables, readers, faults)
    parties, party_faults = load_parties(bundle.files("parties/*.toml"), readers, writers)
    rules, rule_faults = load_rules(bundle.files("rules.toml"))
    faults += party_faults + rule_faults
    if not readers:
        faults.append(f"no connector is installed: no entry point in the group {GROUP}")
    if faults:
        raise Misconfigured(faults)
    return Found(
        bundle=bundle,
        readers=readers,
        writers=writers,
        tables=tables,
        parties=parties,
        rules=rules,
        editions=mappings.editions,
        candidates=mappings.candidates,
    )


def load_connectors(points: Iterable[EntryPoint], faults: list[str]) -> tuple[dict[str, Reader], dict[str, Writer]]:
    """The Readers and Writers of every connector, by dialect. Two that claim one dialect are a fault."""
    readers: dict[str, Reader] = {}
    writers: dict[str, Writer] = {}
    for point in sorted(points, key=lambda point: point.name):
        try:
            package: Any = point.load()
        except ImportError as cause:
            faults.append(f"entry point {point.name}: cannot be imported: {cause}")
            continue
        _add(readers, getattr(package, "READERS", ()), f"entry point {point.name}: another connector reads", faults)
        _add(writers, getattr(package, "WRITERS", ()), f"entry point {point.name}: another connector writes", faults)
    return readers, writers


def _add(known: dict[str, Any], more: Iterable[Any], words: str, faults: list[str]) -> None:
    for connector in more:
        if connector.dialect in known:
            faults.append(f"{words} '{connector.dialect}'")
        known[connector.dialect] = connector
