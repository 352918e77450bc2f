"""A party's file: who it is, what it may send, how it receives, and which messages are meant for it.

    [party]      code, name, agency (police, court, prison, probation, cps), ou_code, system, status;
                 for probation: probation_area, and the courts that it serves (OU codes or prefixes)
                 for police: force_codes, and the areas of its CPS units and courts (cps_area, court_areas)
    [sends]      dialects = [...], folder = "..." (a folder door), sftp = {...} (one on its own server), amqp = true (an
                 AMQP door), and traits of its system; how often something is to come: expected_every_hours,
                 expected_hours, expected_days
    [endpoint]   kind = "http" | "folder" | "sftp" | "s3" | "amqp", url or path, in_flight, headers; for SFTP as under
                 sends.sftp; for a folder layout, for S3 bucket, region and the names of its keys
    [[routes]]   message = "HearingResulted", as = "spi-result", where = { force = ["41"] }

A route's `where` names facts of the case (force, court, prison, probation_area, cps_unit) and the values wanted; a
value that ends in * is a prefix; every fact named must fit; no `where` means every case. Deny by default: what no route
names is not sent. A force that says its force_codes gets cases of these alone: each of its routes must name some.

`status = "planned"` is a party that is described but not connected: it needs no endpoint, and until it is "live" none
of its routes is used, nothing of it is taken and no key is made for it. config/parties/README.md explains every field.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from hub.contract import Reader, Writer
from hub.message.catalogue import CATALOGUE, Agency
from hub.message.lifecycle import OnDead
from hub.wire.host_keys import parse_host_key

FACTS = frozenset({"force", "court", "prison", "probation_area", "cps_unit"})

YES_OR_NO = ("times_are_local", "namespace_missing", "buildings_unpadded")
"""The traits that are yes or no, and say it as `true` or `false`: another word would be read as neither."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_HOUR, _DAY = r"([01]\d|2[0-4])", f"({'|'.join(DAYS)})"

ForceCode = Annotated[str, Field(pattern=r"^[0-9A-Z]{2}$")]
CourtArea = Annotated[str, Field(pattern=r"^[BC][0-9A-Z]{2}$")]


class Status(StrEnum):
    """Whether a party is connected."""

    LIVE = "live"
    PLANNED = "planned"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Identity(_Part):
    """Who the party is. An area is the first three characters of the OU codes in it (reference-data 1.10)."""

    code: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    name: str
    agency: Agency
    ou_code: str | None = None
    system: str | None = None
    status: Status = Status.LIVE
    force_codes: tuple[ForceCode, ...] = ()
    cps_area: str | None = Field(None, pattern=r"^A[0-9A-Z]{2}$")
    court_areas: tuple[CourtArea, ...] = ()
    probation_area: str | None = None
    courts: tuple[str, ...] = ()


def _listed(given: object) -> object:
    """One alone as a list of one."""
    return (given,) if isinstance(given, str) else given


def _a_host_key(text: str) -> str:
    parse_host_key(text)
    return text


Word = Annotated[str, Field(pattern=r"^[^\s\x00]+$")]
PinnedKeys = Annotated[
    tuple[Annotated[str, AfterValidator(_a_host_key)], ...], BeforeValidator(_listed), Field(min_length=1)
]


class SftpPlace(_Part):
    """A folder on an SFTP server: where, as whom, and the keys by which the server is known.

    Either `key_file`, a private key without a passphrase, or `password_env`, the environment variable that holds the
    password; never a secret itself.
    """

    host: Annotated[str, Field(pattern=r"^[^\s@/]+$")]
    port: int = Field(22, ge=1, le=65535)
    path: str = Field(pattern=r"^[^\x00-\x1f]+$")
    user: Word
    host_key: PinnedKeys
    key_file: Path | None = None
    password_env: Word | None = None

    @model_validator(mode="after")
    def _one_credential(self) -> Self:
        if (self.key_file is None) == (self.password_env is None):
            raise ValueError("give either key_file or password_env")
        return self


class SftpFolder(SftpPlace):
    """A folder on the party's own server, from which its files are fetched."""

    every_seconds: float = Field(30, ge=0.1, le=86400)


class Sends(_Part):
    """What the party may send, from which folder where it has one, here or on its own server, or by way of the broker;
    and how often something is to come (London time).
    """

    dialects: tuple[str, ...] = ()
    folder: Path | None = None
    sftp: SftpFolder | None = None
    amqp: bool = False
    traits: dict[str, str] = Field(default_factory=dict)
    expected_every_hours: float | None = Field(None, gt=0, le=8760)
    expected_hours: str = Field("00-24", pattern=f"^{_HOUR}-{_HOUR}$")
    expected_days: str = Field("mon-sun", pattern=f"^{_DAY}-{_DAY}$")


class _Way(_Part):
    """What every endpoint may say of patience; what it leaves out is as the hub's settings say."""

    on_dead: OnDead = OnDead.STOP
    attempts: int | None = Field(None, ge=1, le=1000)
    retry_seconds: tuple[Annotated[float, Field(gt=0, le=604_800)], ...] | None = Field(None, min_length=1)
    deadline_hours: float | None = Field(None, gt=0, le=8_784)


class HttpEndpoint(_Way):
    """An address that takes messages by HTTP. `sign_key` names the environment variable of the signing secret."""

    kind: Literal["http"]
    url: str = Field(pattern=r"^https?://[^\s@]+$")
    in_flight: int = Field(4, ge=1, le=256)
    headers: dict[str, str] = Field(default_factory=dict)
    sign_key: str | None = None
    ca_file: Path | None = None


class Layout(StrEnum):
    """Where files lie: right in the folder, or in folders of it by the minute, as `YYYY/MM/DD/HH/MM` in UTC."""

    FLAT = "flat"
    MINUTES = "minutes"


class FolderEndpoint(_Way):
    """A folder that takes messages as files."""

    kind: Literal["folder"]
    path: Path
    layout: Layout = Layout.FLAT
    in_flight: int = Field(1, ge=1, le=64)


class SftpEndpoint(SftpPlace, _Way):
    """A folder on an SFTP server that takes messages as files."""

    kind: Literal["sftp"]
    in_flight: int = Field(2, ge=1, le=64)


class S3Endpoint(_Way):
    """A bucket of an S3-compatible store that takes messages as objects, by the minute (courts 1.5).

    `access_key_env` and `secret_key_env` name the environment variables that hold the keys; never a key itself.
    """

    kind: Literal["s3"]
    url: str = Field(pattern=r"^https?://[^\s@/?#]+$")
    bucket: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")
    region: Word
    access_key_env: Word
    secret_key_env: Word
    ca_file: Path | None = None
    in_flight: int = Field(4, ge=1, le=64)


class AmqpEndpoint(_Way):
    """A queue of the party's own at the broker, in which so many messages may wait for it."""

    kind: Literal["amqp"]
    in_flight: int = Field(64, ge=1, le=512)
    max_waiting: int = Field(100_000, ge=1)


Endpoint = Annotated[
    HttpEndpoint | FolderEndpoint | SftpEndpoint | S3Endpoint | AmqpEndpoint, Field(discriminator="kind")
]


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

    @property
    def at_the_broker(self) -> bool:
        """Whether it speaks AMQP, in or out."""
        return self.sends.amqp or isinstance(self.endpoint, AmqpEndpoint)


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


def apart(parties: Mapping[str, Party]) -> tuple[dict[str, Party], dict[str, Party]]:
    """The parties that are live, and those that are planned."""
    live = {code: party for code, party in parties.items() if party.party.status is Status.LIVE}
    return live, {code: party for code, party in parties.items() if code not in live}


def _faults(party: Party, readers: Mapping[str, Reader], writers: Mapping[str, Writer]) -> list[str]:
    faults = [
        f"sends.dialects: no connector reads '{name}'; there are {', '.join(sorted(readers))}"
        for name in party.sends.dialects
        if name not in readers
    ]
    if party.routes and party.endpoint is None and party.party.status is Status.LIVE:
        faults.append("endpoint: the party has routes and needs one")
    if party.sends.amqp and not party.sends.dialects:
        faults.append("sends.amqp: the party has no dialects to send")
    faults += _trait_faults(party.sends.traits)
    faults += _expected_faults(party.sends)
    faults += _area_faults(party.party)
    for position, route in enumerate(party.routes, 1):
        found = [*_route_faults(route, party.party.agency, writers), *_force_faults(route, party.party.force_codes)]
        faults += [f"routes[{position}].{fault}" for fault in found]
    return faults


def _trait_faults(traits: Mapping[str, str]) -> Iterator[str]:
    for trait in YES_OR_NO:
        said = traits.get(trait, "true")
        if said not in ("true", "false"):
            yield f"sends.traits.{trait}: '{said}' is neither true nor false"


def _expected_faults(sends: Sends) -> Iterator[str]:
    """Hours that hold nothing, and what is expected of a party that cannot send it."""
    begins, ends = sends.expected_hours.split("-")
    if begins >= ends:
        yield f"sends.expected_hours: '{sends.expected_hours}' must end later than it begins, on the same day"
    first, last = (DAYS.index(day) for day in sends.expected_days.split("-"))
    if first > last:
        yield f"sends.expected_days: '{sends.expected_days}' must be in the order of the week, which begins with mon"
    if sends.expected_every_hours is None and sends.model_fields_set & {"expected_hours", "expected_days"}:
        yield "sends.expected_every_hours: say it too, or expected_hours and expected_days mean nothing"
    if sends.expected_every_hours is not None and not sends.dialects:
        yield "sends.expected_every_hours: the party has no dialects, so that nothing can come from it"


def _area_faults(identity: Identity) -> Iterator[str]:
    """Whatever belongs to a force alone, on a party that is none; and a code that stands twice."""
    if identity.agency is not Agency.POLICE:
        for name in ("force_codes", "cps_area", "court_areas"):
            if getattr(identity, name):
                yield f"party.{name}: only police have it, and this is a party of agency {identity.agency.value}"
    for name in ("force_codes", "court_areas"):
        codes = getattr(identity, name)
        yield from (f"party.{name}: '{code}' stands twice" for code in sorted({c for c in codes if codes.count(c) > 1}))


def _force_faults(route: Route, codes: tuple[str, ...]) -> Iterator[str]:
    """A force gets its own cases only (design 8): its routes name some of its codes, and nothing else."""
    wanted = route.where.get("force", ())
    if codes and not wanted:
        yield f"where.force: name force codes of this party ({', '.join(codes)}), or it gets the cases of every force"
    elif codes:
        yield from (
            f"where.force: '{code}' is not a force code of this party, which has {', '.join(codes)}"
            for code in wanted
            if code not in codes
        )


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
