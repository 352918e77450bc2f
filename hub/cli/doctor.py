"""cjhub doctor: whether a hub can run here, what is wrong, and what to do about it.

Rule: a check says what it looked at, in one of three words (ok, warn, fail), and whatever is not ok says what to do. It
changes nothing but by opening the ledger, which brings its tables up to date.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import options
from hub.cli.output import Code, add_row, json_line, say, show, table
from hub.message.errors import HubError, Misconfigured

if TYPE_CHECKING:
    from hub.discovery import Found
    from hub.discovery.parties import Party, S3Endpoint, SftpPlace
    from hub.ledger import Ledger
    from hub.settings import Settings

_OLDEST_PYTHON = (3, 11)
_LITTLE, _TOO_LITTLE = 5 * 1024**3, 512 * 1024**2  # bytes of disk that are free
_TCP_SECONDS = 3.0
_BROKER_SECONDS = 6.0
_PARTY_SECONDS = 10.0
_OTHERS = 0o077  # what a mode gives to anybody but the owner


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at: ok, warn or fail; what was found; what to do where it is not ok."""

    name: str
    verdict: str
    words: str
    todo: str = ""


def doctor(
    endpoints: Annotated[
        bool, typer.Option("--endpoints", help="Knock at the parties' addresses too; log in where that is by SFTP.")
    ] = False,
    as_json: options.Json = False,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Check this machine, the configuration, the data folder and the ledger.

    Exit code 0 where nothing failed (warnings may stand), 1 where something did.
    """
    from hub.watch.logs import configure

    configure("ERROR")
    checks: list[Check] = []
    made = table("check", "", "found", "what to do")
    for check in _checks(config, data, endpoints):
        checks.append(check)
        json_line(asdict(check)) if as_json else add_row(made, check.name, check.verdict, check.words, check.todo)
    failed = sum(check.verdict == "fail" for check in checks)
    if not as_json:
        show(made)
        say(f"{failed} failed" if failed else "nothing failed")
    raise typer.Exit(Code.NO if failed else Code.DONE)


def _checks(config: Path | None, data: Path | None, endpoints: bool) -> Iterator[Check]:
    from hub.cli.folder import settings_of

    yield _python()
    try:
        settings = settings_of(config, data=data)
        yield _ok("settings", f"{settings.where}, {settings.host} port {settings.port}")
    except Misconfigured as cause:
        yield from _faults("settings", cause)
        return
    yield from _folder_checks(settings)
    yield from _guarded("database server", lambda: _server(settings))
    yield from _guarded("ledger", lambda: _ledger(settings))
    yield from _guarded("scanner", lambda: _scanner(settings))
    yield from _guarded("broker", lambda: _broker(settings))
    found: list[Found] = []
    yield from _guarded("configuration", lambda: _configuration(config, settings, found))
    for each in found:
        yield from _guarded("schemas", lambda each=each: _schemas(each))  # type: ignore[misc]
        yield from _guarded("explainer", lambda each=each: _explainer(each))  # type: ignore[misc]
        yield from _guarded("parties at the broker", lambda each=each: _at_the_broker(settings, each))  # type: ignore[misc]
        yield from _party_checks(each, endpoints)


def _ok(name: str, words: str) -> Check:
    return Check(name=name, verdict="ok", words=words)


def _guarded(name: str, look: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """The checks, or what stopped them."""
    try:
        yield from look()
    except Misconfigured as cause:
        yield from _faults(name, cause)
    except HubError as cause:
        yield Check(
            name=name, verdict="fail", words=str(cause), todo="see that nothing else keeps it busy, then try again"
        )


def _faults(name: str, cause: Misconfigured) -> Iterator[Check]:
    for fault in cause.faults:
        yield Check(name=name, verdict="fail", words=fault, todo="mend the file or the environment variable named")


# --- this machine


def _python() -> Check:
    here = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info >= _OLDEST_PYTHON:
        return _ok("python", here)
    return Check(name="python", verdict="fail", words=here, todo="install Python 3.11 or later")


def _folder_checks(settings: Settings) -> Iterator[Check]:
    from hub.cli.folder import holder, is_held, lock_of

    folder, lock = settings.data, lock_of(settings)
    if lock is None:
        yield _ok("lock", "as many processes as wanted may run on a ledger in a server")
        yield _port(settings, running=False)
        return
    running = is_held(lock)
    yield _writable("data folder", folder)
    yield _space(folder, settings.min_free_percent)
    yield _ok("lock", f"a hub runs here: {holder(lock)}" if running else "no hub runs on this data folder")
    yield _port(settings, running)


def _writable(name: str, folder: Path) -> Check:
    """Whether a folder, or the nearest one above it that exists, can be written."""
    nearest = next((each for each in (folder, *folder.absolute().parents) if each.exists()), folder)
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return _ok(name, f"{folder} can be written" if nearest == folder else f"{folder} can be made")
    return Check(
        name=name, verdict="fail", words=f"{nearest} cannot be written", todo="give this user the right to write it"
    )


def _space(folder: Path, min_free_percent: float) -> Check:
    nearest = next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists())
    disk = shutil.disk_usage(nearest)
    free = disk.free
    percent = 100 * free / (disk.used + free)
    words = f"{free / 1024**3:.1f} GiB free, {percent:.0f} %"
    if percent < min_free_percent:
        todo = f"free space: with less than {min_free_percent:g} % nothing new is accepted (min_free_percent)"
        return Check(name="space", verdict="fail", words=words, todo=todo)
    if free < _TOO_LITTLE:
        return Check(name="space", verdict="fail", words=words, todo="free space: without it nothing can be accepted")
    if free < _LITTLE:
        return Check(name="space", verdict="warn", words=words, todo="plan for more space")
    return _ok("space", words)


def _port(settings: Settings, running: bool) -> Check:
    where = f"{settings.host} port {settings.port}"
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        socket.create_server((settings.host, settings.port), family=family).close()
    except OSError as cause:
        if running:
            return _ok("port", f"{where} is in use, as it is while a hub runs")
        return Check(name="port", verdict="fail", words=f"{where}: {cause.strerror}", todo="free it or set CJHUB_PORT")
    return _ok("port", f"{where} is free")


# --- the broker and the ledger


def _broker(settings: Settings) -> Iterator[Check]:
    from hub.wire.amqp import Address
    from hub.wire.amqp.publish import knock

    if not settings.broker_url.get_secret_value():
        return
    nodes = Address(settings.broker_url.get_secret_value(), settings.broker_ca_file).each()
    troubles = {node: knock(node, _BROKER_SECONDS) for node in nodes}
    some_up = not all(troubles.values())
    meanwhile = "the other nodes are used" if some_up else "submissions are kept and wait"
    todo = f"see that RabbitMQ runs and takes this user; meanwhile {meanwhile}"
    for node, trouble in troubles.items():
        if trouble:
            yield Check(name="broker", verdict="warn" if some_up else "fail", words=f"{node}: {trouble}", todo=todo)
        else:
            yield _ok("broker", f"{node} can be published to")


def _server(settings: Settings) -> Iterator[Check]:
    from hub.ledger.upgrade import doubts

    for words in doubts(settings.database):
        yield Check(name="database server", verdict="warn", words=words, todo="change the server's configuration")


def _ledger(settings: Settings) -> Iterator[Check]:
    from hub.assemble import clock, new_id
    from hub.cli.folder import database_of
    from hub.ledger.engine import open_ledger

    database = database_of(settings)
    if database is not None and not database.is_file():
        yield _ok("ledger", "none yet: the first start makes it")
        return
    ledger = open_ledger(settings.database, clock, new_id)
    try:
        counts = ledger.counts()
        kept = sum(counts.messages.values())
        yield _ok("ledger", f"its tables are up to date; {kept} messages")
        verdict = ledger.verify_audit()
        if verdict.sound:
            yield _ok("audit", f"the chain of {verdict.rows} lines is whole")
        for broken in verdict.breaks:
            yield Check(
                name="audit", verdict="fail", words=broken, todo="keep a copy of the ledger, and find who changed it"
            )
        yield from _standing(ledger)
    finally:
        ledger.close()


def _standing(ledger: Ledger) -> Iterator[Check]:
    """What stands still, and what is wrong."""
    todo = "cjhub trace ID says why"
    for status, count in ledger.counts().deliveries.items():
        if count and str(status) in ("DEAD", "INVALID"):
            yield Check(name="deliveries", verdict="warn", words=f"{count} {status}: {status.words}", todo=todo)
    for each in ledger.endpoints():
        if each.gate.value != "up":
            words = f"{each.code} is {each.gate}: {each.reason or 'no reason was kept'}"
            yield Check(name="endpoint", verdict="warn", words=words, todo="release it, or ask the recipient")
    for alert in ledger.alerts.standing():
        words = f"{alert.kind} {alert.subject}: {alert.words}"
        yield Check(name="alert", verdict="warn", words=words, todo="cjhub alerts says what to type next")


def _scanner(settings: Settings) -> Iterator[Check]:
    from hub.assemble import scanning
    from hub.message.envelope import Attachment

    if not settings.scanner:
        todo = "set scanner and scanner_address where attached documents are taken"
        yield Check(name="scanner", verdict="warn", words="none: attached documents are not scanned", todo=todo)
        return
    scanning(settings).infected([Attachment(sha256="", body=b"a harmless text")])
    yield _ok("scanner", f"{settings.scanner} answers")


# --- the configuration


def _configuration(config: Path | None, settings: Settings, found: list[Found]) -> Iterator[Check]:
    from hub.assemble import tools

    judge = tools(config, reference=settings.reference_folder)
    judge.layers.explainer.close()
    found.append(judge.found)
    has = judge.found
    yield _ok("dialects", f"{len(has.readers)} read, {len(has.writers)} written")
    if has.parties:
        yield _ok("parties", f"{len(has.parties)}: {', '.join(sorted(has.parties))}")
    else:
        todo = "put parties/*.toml into a folder and give it with --config"
        yield Check(name="parties", verdict="warn", words="none: nobody may send or receive", todo=todo)
    yield _reference_data(has)


def _reference_data(found: Found) -> Check:
    from hub.discovery.reference import missing

    wanting = missing(found.tables.reference)
    if not wanting:
        return _ok("reference data", f"{len(found.tables.reference.tables)} tables that rules look at")
    todo = "load the published tables with cjhub reference load DIR (docs/reference.md)"
    words = f"not loaded: {', '.join(wanting)}; findings on results that need them are left out"
    return Check(name="reference data", verdict="warn", words=words, todo=todo)


def _schemas(found: Found) -> Iterator[Check]:
    from hub.document.schema import load

    folder = found.bundle.schema("")
    paths = sorted(folder.rglob("*.xsd"))
    for path in paths:
        load(path)
    yield _ok("schemas", f"{len(paths)} files compile")


def _explainer(found: Found) -> Iterator[Check]:
    from hub.canonical.schemas import SCHEMA
    from hub.document.explain import Explainer
    from hub.document.xml import parse

    path = found.bundle.schema(SCHEMA)
    with Explainer() as explainer:
        explainer.warm(path)
        faults = explainer.explain(path, parse(b"<nothing/>"))
    if faults:
        yield _ok("explainer", "explains what a schema refuses")
    else:
        words = "it has nothing to say of a document that the schema refuses"
        yield Check(name="explainer", verdict="fail", words=words, todo="report it: this is a defect of ours")


def _at_the_broker(settings: Settings, found: Found) -> Iterator[Check]:
    from hub.ways import at_the_broker

    speaking = at_the_broker(settings, found.parties)
    if speaking:
        yield _ok("parties at the broker", f"{', '.join(party.code for party in speaking)} speak AMQP")


def _party_checks(found: Found, endpoints: bool) -> Iterator[Check]:
    from hub.discovery.parties import FolderEndpoint, S3Endpoint, SftpEndpoint

    for code, party in sorted(found.parties.items()):
        if party.sends.folder is not None:
            yield _writable(f"{code}: folder in", party.sends.folder)
        if isinstance(party.endpoint, FolderEndpoint):
            yield _writable(f"{code}: folder out", party.endpoint.path)
        if (at := party.sends.sftp) is not None:
            yield from _sftp_checks(f"{code}: SFTP in", f"party {code}: sends.sftp", at, endpoints)
        if isinstance(party.endpoint, SftpEndpoint):
            yield from _sftp_checks(f"{code}: SFTP out", f"party {code}: endpoint", party.endpoint, endpoints)
        if isinstance(party.endpoint, S3Endpoint):
            name, out = f"{code}: bucket out", party.endpoint
            yield from _guarded(name, partial(_bucket_checks, name, f"party {code}: endpoint", out, endpoints))
        if endpoints:
            yield from _reached(code, party)


def _sftp_checks(name: str, where: str, place: SftpPlace, endpoints: bool) -> Iterator[Check]:
    """Whether its key or password is there; where the parties' addresses are wanted, whether the server lets us in."""
    if place.key_file is not None and place.key_file.is_file() and place.key_file.stat().st_mode & _OTHERS:
        words = f"{place.key_file} can be read by others than its owner"
        yield Check(name=name, verdict="warn", words=words, todo=f"chmod 600 {place.key_file}")
    yield from _guarded(name, lambda: _logged_in(name, where, place, endpoints))


def _logged_in(name: str, where: str, place: SftpPlace, endpoints: bool) -> Iterator[Check]:
    from hub.message.errors import Unavailable
    from hub.ways import sftp_account
    from hub.wire.sftp import check

    account = sftp_account(where, place)
    if not endpoints:
        yield _ok(name, f"the {'key' if place.key_file else 'password'} for {account} is there")
        return
    try:
        check(account, place.path, _PARTY_SECONDS)
    except Unavailable as cause:
        found, _, todo = str(cause).rpartition(": ")
        yield Check(name=name, verdict="fail", words=found, todo=todo)
    else:
        yield _ok(name, f"{account} has the pinned key, lets {place.user} in and has {place.path}")


def _bucket_checks(name: str, where: str, endpoint: S3Endpoint, endpoints: bool) -> Iterator[Check]:
    """Whether its keys are there; where the parties' addresses are wanted, whether the store has the bucket for us."""
    from hub.message.errors import Unavailable
    from hub.ways import bucket_of
    from hub.wire.s3 import check

    bucket = bucket_of(where, endpoint)
    if not endpoints:
        yield _ok(name, f"the keys for {bucket} are there")
        return
    try:
        check(bucket, _PARTY_SECONDS)
    except Unavailable as cause:
        found, _, todo = str(cause).rpartition(": ")
        yield Check(name=name, verdict="fail", words=found, todo=todo)
    else:
        yield _ok(name, f"{bucket} is there for the keys of this party")


def _reached(code: str, party: Party) -> Iterator[Check]:
    from urllib.parse import urlsplit

    from hub.discovery.parties import HttpEndpoint

    if not isinstance(party.endpoint, HttpEndpoint):
        return
    address = urlsplit(party.endpoint.url)
    host, port = address.hostname or "", address.port or (443 if address.scheme == "https" else 80)
    try:
        socket.create_connection((host, port), timeout=_TCP_SECONDS).close()
    except OSError as cause:
        words = f"{host} port {port}: {cause.strerror or cause}"
        yield Check(name=f"{code}: address", verdict="warn", words=words, todo="ask the recipient, or the network")
    else:
        yield _ok(f"{code}: address", f"{host} port {port} takes connections")
