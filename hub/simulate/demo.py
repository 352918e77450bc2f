"""The folder of one demonstration: the partners' configuration, their keys, the hub's data, the agencies' books.

    DIR/config/       what `cjhub serve --config` takes, made of config/demo
    DIR/hub/          what `cjhub serve --data` takes
    DIR/hub.log       what the hub wrote
    DIR/keys.json     a hub key for each partner, for demonstration only
    DIR/agencies/     a book for each agency
    DIR/folders/      the folders of those who send or receive files

Rule: what is there already is used again, so that a demonstration can be stopped and taken up.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from string import Template

from hub.assemble import clock, new_id
from hub.discovery.bundle import Bundle
from hub.ledger.engine import open_ledger
from hub.simulate.places import FORCES, MAGISTRATES, PARTIES
from hub.web.access import SCOPES, hash_key, new_key

RECEIVE_BY_FOLDER = (MAGISTRATES.party,)


@dataclass(frozen=True, slots=True)
class Demo:
    """Where everything of one demonstration is."""

    folder: Path

    @property
    def config(self) -> Path:
        """The partners' configuration."""
        return self.folder / "config"

    @property
    def hub_data(self) -> Path:
        """The hub's data folder."""
        return self.folder / "hub"

    @property
    def books(self) -> Path:
        """The agencies' books."""
        return self.folder / "agencies"

    @property
    def keys(self) -> Path:
        """The partners' hub keys."""
        return self.folder / "keys.json"

    @property
    def database(self) -> str:
        """The address of the hub's ledger."""
        return f"sqlite:///{self.hub_data / 'hub.sqlite'}"

    def inboxes(self) -> dict[str, Path]:
        """The folders in which agencies receive files."""
        return {party: self.folder / "folders" / party / "in" for party in RECEIVE_BY_FOLDER}

    def outboxes(self) -> dict[str, Path]:
        """The folders from which forces submit files."""
        return {police.party: self.folder / "folders" / police.party / "out" for police in FORCES if police.folder}


def write_config(demo: Demo, agencies: str) -> None:
    """Write the partners' configuration, with the address where the pretend agencies are."""
    templates = Bundle().root / "config" / "demo"
    places = {"agencies": agencies, "folders": str(demo.folder / "folders")}
    for path in (templates / "hub.toml", *sorted(templates.glob("parties/*.toml"))):
        target = demo.config / path.relative_to(templates)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(Template(path.read_text(encoding="utf-8")).substitute(places), encoding="utf-8")


def party_keys(demo: Demo) -> dict[str, str]:
    """A hub key for every partner: those of an earlier run, or new ones, made while no hub runs on the folder."""
    if demo.keys.exists() and (demo.hub_data / "hub.sqlite").exists():
        return dict(json.loads(demo.keys.read_text(encoding="utf-8")))
    demo.hub_data.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = {party: new_key(party) for party in PARTIES}
    ledger = open_ledger(demo.database, clock, new_id)
    try:
        for party, key in keys.items():
            ledger.add_key(party, hash_key(key), "demonstration", SCOPES)
    finally:
        ledger.close()
    handle = os.open(demo.keys, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(keys, file, indent=2)
    return keys
