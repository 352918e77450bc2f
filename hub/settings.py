"""The hub's settings: `hub.toml` of the configuration folders, overruled by the folder of secrets (a file a setting),
and that by the environment (CJHUB_...).

Rule: read once, frozen, unknown keys refused. Each field's description is its documentation.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from hub.message.errors import Misconfigured


class Settings(BaseSettings):
    """Everything that an operator may set."""

    model_config = SettingsConfigDict(env_prefix="CJHUB_", extra="forbid", frozen=True)

    data: Path = Field(Path("data"), description="Folder that holds the database; one running hub locks it.")
    reference: Path | None = Field(
        None, description="Folder of the reference data (docs/reference.md); unless set, `reference` beside `data`."
    )
    database_url: SecretStr = Field(
        SecretStr(""),
        description="Where the ledger is: postgresql://USER:PASSWORD@HOST/NAME; empty means SQLite in the data folder.",
    )
    broker_url: SecretStr = Field(
        SecretStr(""),
        description="RabbitMQ: amqp:// or amqps:// USER:PASSWORD@HOST/VHOST, a cluster's nodes with commas between; "
        "empty means embedded.",
    )
    broker_ca_file: Path | None = Field(None, description="Certificates that RabbitMQ's is checked against (amqps).")
    broker_admin_url: SecretStr = Field(
        SecretStr(""),
        description="RabbitMQ's management: http(s)://USER:PASSWORD@HOST:15672; only to apply parties' accounts.",
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on.")
    health_port: int = Field(
        0, ge=0, le=65535, description="Port on which `cjhub work` tells its health and its figures; 0 for none."
    )
    threads: int = Field(4, ge=1, le=64, description="Worker threads; sizes pools as well.")
    judges: int = Field(2, ge=0, le=64, description="Processes that check documents; 0 checks them in the hub's own.")
    max_body_bytes: int = Field(8 * 1024 * 1024, ge=1024, description="Largest document taken at a door.")
    max_attachments: int = Field(20, ge=0, description="Documents attached to one message; 0 takes none.")
    max_attachment_bytes: int = Field(
        5 * 1024 * 1024,
        ge=1,
        description="Largest attached document. As base64 it grows by a third: keep max_body_bytes.",
    )
    attachment_types: tuple[str, ...] = Field(
        ("application/pdf",), description="Media types of attached documents that are taken, by their first bytes."
    )
    scanner: str = Field("", description="Malware scanner of attached documents; empty means that none are scanned.")
    scanner_address: str = Field("", description="Where the scanner is; for clamd host:port or unix:/path.")
    scanner_seconds: float = Field(10.0, gt=0, description="Longest wait for the scanner, for one document.")
    max_requests: int = Field(64, ge=1, description="Requests judged at once; beyond it callers get 503.")
    lease_seconds: float = Field(60.0, gt=0, description="How long a worker owns what it took before another may.")
    timeout_seconds: float = Field(20.0, gt=0, description="Longest wait for a peer in one attempt.")
    attempts: int = Field(12, ge=1, description="Attempts before a delivery is dead.")
    retry_seconds: tuple[float, ...] = Field(
        (1, 5, 15, 60, 300, 900, 3600), description="Waits between attempts; the last one repeats."
    )
    deadline_hours: float = Field(72, gt=0, description="After this a delivery expires and its sender is told.")
    sweep_seconds: float = Field(5, gt=0, description="How often to look for work whose slip was lost.")
    seal_seconds: float = Field(0.5, gt=0, description="How often the audit and the feed are sealed.")
    min_free_percent: float = Field(
        5.0, ge=0, lt=100, description="Disk kept free under the data folder; with less, nothing new is accepted."
    )
    traces_url: str = Field(
        "", description="Collector of traces, OTLP over HTTP; empty: OTEL_EXPORTER_OTLP_..., or none."
    )
    alert_seconds: float = Field(30, gt=0, description="How often to look for what alerts are about.")
    alert_held_minutes: float = Field(60, gt=0, description="An endpoint held for longer is an alert.")
    alert_queue_seconds: float = Field(300, gt=0, description="Work that is due for longer and not done is an alert.")
    alert_pending_minutes: float = Field(15, gt=0, description="A document kept for longer and not judged is an alert.")
    alert_sealer_seconds: float = Field(60, gt=0, description="An audit line not sealed for longer is an alert.")
    alert_free_mebibytes: int = Field(
        1024,
        ge=0,
        description="Less free on the data folder's disk, or twice `min_free_percent`, is an alert; 0 does not look.",
    )
    alert_url: SecretStr = Field(
        SecretStr(""), description="Where each alert that is opened or closed is posted as JSON; empty means nowhere."
    )
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")

    @property
    def database(self) -> str:
        """The address of the ledger. It may hold a password: `where` is for showing."""
        return self.database_url.get_secret_value() or f"sqlite:///{self.data / 'hub.sqlite'}"

    @property
    def reference_folder(self) -> Path:
        """The folder of the reference data, which need not be there."""
        return self.data.parent / "reference" if self.reference is None else self.reference

    @property
    def where(self) -> str:
        """Where the ledger is, as it may be shown."""
        return f"data {self.data.resolve()}" if self.database.startswith("sqlite") else shown(self.database)

    @property
    def disk(self) -> Path | None:
        """The folder that the ledger grows in; None where it is in a server."""
        kind, _, path = self.database.partition(":///")
        return Path(path).parent if kind == "sqlite" else None

    @property
    def longest_attempt(self) -> float:
        """Seconds that one attempt can take: to connect, and then to answer."""
        return self.timeout_seconds + min(5.0, self.timeout_seconds)

    @field_validator("alert_url")
    @classmethod
    def _alert_url_is_an_address(cls, value: SecretStr) -> SecretStr:
        if not re.fullmatch(r"(https?://[^\s@/?#]+[^\s@#]*)?", value.get_secret_value()):
            raise ValueError(
                "not an address: write https://HOST/PATH, without a user or a password in front of the host"
            )
        return value

    @model_validator(mode="after")
    def _rabbitmq_wants_a_database_that_processes_share(self) -> Self:
        if self.broker_url.get_secret_value() and self.database.startswith("sqlite"):
            raise ValueError(
                "broker_url names RabbitMQ, and the ledger is in SQLite, which one process has alone: set database_url "
                "to a PostgreSQL, or leave broker_url empty; the embedded broker needs none"
            )
        return self

    @model_validator(mode="after")
    def _lease_outlasts_an_attempt(self) -> Self:
        if self.lease_seconds <= self.longest_attempt:
            raise ValueError(
                f"lease_seconds ({self.lease_seconds:g}) must be more than an attempt can take "
                f"({self.longest_attempt:g}, from timeout_seconds): give a longer lease or a shorter timeout"
            )
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment overrules the files, which are given as initial values."""
        return env_settings, init_settings


class _Given(Settings):
    """Settings in which what was given overrules everything, the environment too."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What was given, and nothing else."""
        return (init_settings,)


def shown(address: str) -> str:
    """An address as it may be shown: without password and options."""
    try:
        url = urlsplit(address)
        port = f":{url.port}" if url.port else ""
    except ValueError:
        return "an address that cannot be read"
    return f"{url.scheme}://{f'{url.username}@' if url.username else ''}{url.hostname or ''}{port}{url.path}"


SECRETS = "CJHUB_SECRETS_DIR"
"""Names the folder of secrets: a file a secret, as systemd, Docker and Kubernetes hand them to a process."""


def secret_of(name: str) -> str | None:
    """A secret that a party's file names: of the environment, else the file of that name in the folder of secrets."""
    if (found := os.environ.get(name)) or not name or SECRETS not in os.environ:
        return found
    path = Path(os.environ[SECRETS]) / Path(name).name
    return path.read_text(encoding="utf-8").strip() if path.is_file() else None


def _secrets() -> dict[str, str]:
    """The settings in the folder of secrets: files in lower case. One that is no setting is refused: it is a slip of
    the pen, and without it the hub might start elsewhere. Raises Misconfigured.
    """
    folder = os.environ.get(SECRETS)
    if not folder:
        return {}
    if not Path(folder).is_dir():
        raise Misconfigured([f"{SECRETS}: {folder} is no folder"])
    found = [path for path in sorted(Path(folder).iterdir()) if path.name[0] != "." and path.name.islower()]
    unknown = [path.name for path in found if path.name not in Settings.model_fields]
    if unknown:
        raise Misconfigured([f"{SECRETS}: {name} is no setting" for name in unknown])
    return {path.name: path.read_text(encoding="utf-8").strip() for path in found}


def load_settings(folders: list[Path], **given: Any) -> Settings:
    """Settings from `hub.toml` of each folder in turn, the folder of secrets, the environment, and what was given on
    the command line.

    Raises Misconfigured with every fault: which key, what is wrong.
    """
    values: dict[str, Any] = {}
    for path in (folder / "hub.toml" for folder in folders):
        if path.is_file():
            values |= _toml(path)
    values |= _secrets()
    try:
        settings = Settings(**values)
        chosen = {key: value for key, value in given.items() if value is not None}
        return _Given(**{**settings.model_dump(), **chosen}) if chosen else settings
    except ValidationError as cause:
        raise Misconfigured(_fault(error) for error in cause.errors()) from cause


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as cause:
        raise Misconfigured([f"{path}: not TOML: {cause}"]) from cause


def _fault(error: Any) -> str:
    return f"setting {'.'.join(str(part) for part in error['loc']) or 'values'}: {error['msg']}"
