"""A party's file: who it is, what it may send, how it receives, and which messages are meant for it.

    [party]      code, name, agency (police, court, prison, probation, cps), ou_code, system;
                 for probation: probation_area, and the courts that it serves (OU codes or prefixes)
    [sends]      dialects = [...], folder = "..." (a folder door), and traits of its system
    [endpoint]   kind = "http" | "folder", url or path, in_flight, headers
    [[routes]]   message = "HearingResulted", as = "spi-result", where = { force = ["41"] }

A route's `where` names facts of the case (force, court, prison, probation_area, cps_unit) and the values wanted; a
value that ends in * is a prefix; every fact named must fit; no `where` means every case. Deny by default: what no route
names is not sent.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hub.contract import Reader, Writer
from hub.message.catalogue import CATALOGUE, Agency

FACTS = frozenset({"force", "court", "prison", "probation_area", "cps_unit"})


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Identity(_Part):
    """Who the party is."""

    code: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    name: str
    agency: Agency
    ou_code: str | None = None
    system: str | None = None
    probation_area: str | None = None
    courts: tuple[str, ...] = ()


class Sends(_Part):
    """What the party may send, and from which folder where it has one."""

    dialects: tuple[str, ...] = ()
    folder: Path | None = None
    traits: dict[str, str] = Field(default_factory=dict)


class HttpEndpoint(_Part):
    """An address that takes messages by HTTP. `sign_key` names the environment variable of the signing secret."""

    kind: Literal["http"]
    url: str = Field(pattern=r"^https?://[^\s@]+$")
    in_flight: int = Field(4, ge=1, le=256)
    headers: dict[str, str] = Field(default_factory=dict)
    sign_key: str | None = None
    ca_file: Path | None = None


class FolderEndpoint(_Part):
    """A folder that takes messages as files."""

    kind: Literal["folder"]
    path: Path
    in_flight: int = Field(1, ge=1, le=64)


Endpoint = Annotated[HttpEndpoint | FolderEndpoint, Field(discriminator="kind")]


class Route(_Part):
    """Which messages the party receives, and in which dialect."""

    message: str
    dialect: str = Field(alias="as")
    where: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    options: dict[str, str] = Field(default_factory=dict)


class Party(_Part):
    """One party's file."""

    party: Identity
    sends: Sends = Sends()
    endpoint: Endpoint | None = None
    routes: tuple[Route, ...] = ()

    @property
    def code(self) -> str:
        """The party's code, by which everything else knows it."""
        return self.party.code


def load_parties(
    files: list[Path], readers: Mapping[str, Reader], writers: Mapping[str, Writer]
) -> tuple[dict[str, Party], list[str]]:
    """Every party by its code, and every fault: which file, which key, what is wrong."""
    parties: dict[str, Party] = {}
    faults: list[str] = []
    for path in files:
        try:
            party = Party.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except tomllib.TOMLDecodeError as cause:
            faults.append(f"{path}: not TOML: {cause}")
            continue
        except ValidationError as cause:
            faults += [f"{path}: {'.'.join(map(str, error['loc']))}: {error['msg']}" for error in cause.errors()]
            continue
        if party.code in parties:
            faults.append(f"{path}: party.code: another file already has the party '{party.code}'")
        faults += [f"{path}: {fault}" for fault in _faults(party, readers, writers)]
        parties[party.code] = party
    return parties, faults


def _faults(party: Party, readers: Mapping[str, Reader], writers: Mapping[str, Writer]) -> list[str]:
    faults = [
        f"sends.dialects: no connector reads '{name}'; there are {', '.join(sorted(readers))}"
        for name in party.sends.dialects
        if name not in readers
    ]
    if party.routes and party.endpoint is None:
        faults.append("endpoint: the party has routes and needs one")
    for position, route in enumerate(party.routes, 1):
        faults += [f"routes[{position}].{fault}" for fault in _route_faults(route, party.party.agency, writers)]
    return faults


def _route_faults(route: Route, agency: Agency, writers: Mapping[str, Writer]) -> list[str]:
    faults = [
        f"where.{fact}: not a fact of a case; there are {', '.join(sorted(FACTS))}"
        for fact in route.where.keys() - FACTS
    ]
    entry, writer = CATALOGUE.get(route.message), writers.get(route.dialect)
    if entry is None:
        return [*faults, f"message: no message is called '{route.message}'; there are {', '.join(CATALOGUE)}"]
    if writer is None:
        return [*faults, f"as: no connector writes '{route.dialect}'; there are {', '.join(sorted(writers))}"]
    if route.message not in writer.sends:
        faults.append(
            f"as: '{route.dialect}' cannot carry {route.message}; it carries {', '.join(sorted(writer.sends))}"
        )
    granted = CATALOGUE["CaseUpdateNotification"] if writer.announces else entry
    if agency not in granted.receivers:
        faults.append(f"message: {agency.value} may not receive {route.message}")
    return faults
