"""A party's file: what a force may say, and what it means to be planned."""

from datetime import timedelta
from pathlib import Path
from textwrap import dedent

import pytest
from typer.testing import CliRunner

from hub.assemble import assemble, truster
from hub.cli import app
from hub.discovery.bundle import Bundle
from hub.discovery.connectors import discover
from hub.discovery.parties import SftpPlace
from hub.flow.route import Facts, routing_table
from hub.message.errors import Misconfigured
from hub.settings import load_settings
from tests.examples import NOW, message, resulted

SHIPPED = Bundle().root / "config" / "parties" / "hertfordshire-police.toml"
ENDPOINT = '\n[endpoint]\nkind = "http"\nurl = "https://messages.force.example/cjhub"\n'


def overlay(folder: Path, name: str, text: str) -> Path:
    """A deployment's configuration folder with one party's file."""
    (folder / "parties").mkdir(exist_ok=True)
    (folder / "parties" / f"{name}.toml").write_text(dedent(text), encoding="utf-8")
    return folder


def force(**changes: str) -> str:
    """A force's file; a change replaces a line."""
    lines = {
        "agency": 'agency = "police"',
        "status": 'status = "planned"',
        "codes": 'force_codes = ["41"]',
        "traits": 'traits = { times_are_local = "true" }',
        "where": 'where = { force = ["41"] }',
    } | changes
    return (
        f'[party]\ncode = "a-force"\nname = "A force"\n{lines["status"]}\n{lines["agency"]}\n{lines["codes"]}\n'
        f'[sends]\n{lines["traits"]}\n[[routes]]\nmessage = "HearingResulted"\nas = "exchange"\n{lines["where"]}\n'
    )


def faults(folder: Path, text: str) -> str:
    """What is said of a force's file, as one text."""
    with pytest.raises(Misconfigured) as refused:
        discover(overlay(folder, "a-force", text))
    return "\n".join(refused.value.faults)


def receivers(folder: Path) -> list[str]:
    """Who gets a result of force 41."""
    found = discover(folder)
    table = routing_table(found.parties, found.writers, timedelta(hours=1))
    return [one.party for one in table.route(message(resulted()), Facts(force="41"), NOW)]


def test_a_planned_force_gets_nothing_and_a_live_one_its_results(tmp_path: Path) -> None:
    shipped = SHIPPED.read_text(encoding="utf-8")
    assert receivers(overlay(tmp_path, SHIPPED.stem, shipped + ENDPOINT)) == []
    live = shipped.replace('"planned"', '"live"') + ENDPOINT
    assert receivers(overlay(tmp_path, SHIPPED.stem, live)) == [SHIPPED.stem]


def test_a_deployments_file_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    live = SHIPPED.read_text(encoding="utf-8").replace('"planned"', '"live"') + ENDPOINT
    found = discover(overlay(tmp_path, SHIPPED.stem, live))
    assert set(found.parties) == {SHIPPED.stem}
    assert SHIPPED.stem not in found.planned
    assert len(found.planned) == 43


def test_nothing_of_a_planned_force_is_trusted(tmp_path: Path) -> None:
    assert truster(discover().parties)(SHIPPED.stem).agency == "unknown"


def test_no_key_is_made_for_a_planned_force(tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["keys", "add", SHIPPED.stem, "--data", str(tmp_path / "data")])
    assert told.exit_code != 0
    assert SHIPPED.stem in told.stderr
    assert told.stdout == ""
    assert not (tmp_path / "data").exists()


def test_a_live_force_with_routes_needs_an_endpoint(tmp_path: Path) -> None:
    text = force().replace('"planned"', '"live"')
    assert "a-force.toml: endpoint: the party has routes and needs one" in faults(tmp_path, text)


def test_a_party_is_live_unless_its_file_says_otherwise(tmp_path: Path) -> None:
    text = '[party]\ncode = "a-force"\nname = "A force"\nagency = "police"\n'
    assert set(discover(overlay(tmp_path, "a-force", text)).parties) == {"a-force"}


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        (
            {"where": 'where = { force = ["41", "42"] }'},
            "routes[1].where.force: '42' is not a force code of this party",
        ),
        ({"where": 'where = { force = ["4*"] }'}, "routes[1].where.force: '4*' is not a force code of this party"),
        ({"where": ""}, "routes[1].where.force: name force codes of this party (41)"),
        ({"where": 'where = { court = ["B41*"] }'}, "routes[1].where.force: name force codes of this party (41)"),
        ({"codes": 'force_codes = ["41", "41"]'}, "party.force_codes: '41' stands twice"),
        ({"codes": 'force_codes = ["7"]'}, "party.force_codes.0: "),
        ({"codes": 'cps_area = "B41"'}, "party.cps_area: "),
        ({"codes": 'court_areas = ["B41*"]'}, "party.court_areas.0: "),
        ({"status": 'status = "soon"'}, "party.status: "),
        ({"agency": 'agency = "court"'}, "party.force_codes: only police have it"),
        ({"traits": 'traits = { times_are_local = "yes" }'}, "sends.traits.times_are_local: 'yes' is neither true nor"),
        ({"traits": "expected_every_hours = 0"}, "sends.expected_every_hours: "),
        ({"traits": "expected_every_hours = 24"}, "sends.expected_every_hours: the party has no dialects"),
        ({"traits": 'expected_hours = "07-25"'}, "sends.expected_hours: "),
        ({"traits": 'expected_hours = "19-07"'}, "sends.expected_hours: '19-07' must end later than it begins"),
        ({"traits": 'expected_days = "weekdays"'}, "sends.expected_days: "),
        ({"traits": 'expected_days = "fri-mon"'}, "sends.expected_days: 'fri-mon' must be in the order of the week"),
        ({"traits": 'expected_days = "mon-fri"'}, "sends.expected_every_hours: say it too"),
    ],
)
def test_a_fault_names_its_file_and_key(tmp_path: Path, changes: dict[str, str], fault: str) -> None:
    told = faults(tmp_path, force(**changes))
    assert fault in told
    assert "a-force.toml: " in told


def test_every_fault_of_a_force_is_told_at_once(tmp_path: Path) -> None:
    text = force(where="", traits='traits = { times_are_local = "yes" }', codes='force_codes = ["41", "41"]')
    told = faults(tmp_path, text)
    for key in ("party.force_codes", "sends.traits.times_are_local", "routes[1].where.force"):
        assert f"a-force.toml: {key}: " in told


# --- SFTP

HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMDFZQvNecFcp8/rkLTWoE5aC719RC2jOzb71CPpyYRd"
PLACE = {
    "host": '"sftp.force.example"',
    "path": '"/in"',
    "user": '"cjhub"',
    "host_key": f'"{HOST_KEY}"',
    "password_env": '"FORCE_PASSWORD"',
}


def sftp_party(table: str = "endpoint", **changes: str) -> str:
    """A party's file with a place on an SFTP server; a change replaces a value, an empty one takes the key away."""
    kind = {"kind": '"sftp"'} if table == "endpoint" else {}
    lines = "\n".join(f"{key} = {value}" for key, value in (kind | PLACE | changes).items() if value)
    return f'[party]\ncode = "a-force"\nname = "A force"\nagency = "police"\n[{table}]\n{lines}\n'


def test_a_place_on_an_sftp_server_is_read_with_one_host_key_or_several(tmp_path: Path) -> None:
    for table in ("endpoint", "sends.sftp"):
        for keys in (f'"{HOST_KEY}"', f'["{HOST_KEY}", "{HOST_KEY} the next one"]'):
            party = discover(overlay(tmp_path, "a-force", sftp_party(table, host_key=keys))).parties["a-force"]
            place = party.endpoint if table == "endpoint" else party.sends.sftp
            assert isinstance(place, SftpPlace)
            assert (place.port, place.host_key[0]) == (22, HOST_KEY)


@pytest.mark.parametrize(
    ("table", "changes", "fault"),
    [
        ("endpoint", {"host_key": ""}, "endpoint.sftp.host_key: Field required"),
        ("endpoint", {"host_key": "[]"}, "endpoint.sftp.host_key: "),
        ("endpoint", {"host_key": '"SHA256:abc"'}, "endpoint.sftp.host_key.0: Value error, must begin with one of"),
        ("endpoint", {"host_key": f'["{HOST_KEY}", "{HOST_KEY[:40]}"]'}, "endpoint.sftp.host_key.1: "),
        ("endpoint", {"password_env": ""}, "endpoint.sftp: Value error, give either key_file or password_env"),
        ("endpoint", {"key_file": '"key"'}, "endpoint.sftp: Value error, give either key_file or password_env"),
        ("endpoint", {"password": '"secret"'}, "endpoint.sftp.password: "),
        ("endpoint", {"host": '"cjhub@sftp.force.example"'}, "endpoint.sftp.host: "),
        ("endpoint", {"port": "0"}, "endpoint.sftp.port: "),
        ("endpoint", {"every_seconds": "5"}, "endpoint.sftp.every_seconds: "),
        ("sends.sftp", {"every_seconds": "0"}, "sends.sftp.every_seconds: "),
        ("sends.sftp", {"path": '""'}, "sends.sftp.path: "),
        ("sends.sftp", {"in_flight": "2"}, "sends.sftp.in_flight: "),
    ],
)
def test_a_fault_of_a_place_names_its_file_and_key(
    tmp_path: Path, table: str, changes: dict[str, str], fault: str
) -> None:
    told = faults(tmp_path, sftp_party(table, **changes))
    assert f"a-force.toml: {fault}" in told
    assert "secret" not in told


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({}, "party a-force: endpoint.password_env: the environment has no FORCE_PASSWORD"),
        (
            {"password_env": "", "key_file": '"/nowhere/key"'},
            "party a-force: endpoint.key_file: /nowhere/key cannot be read: No such file or directory",
        ),
    ],
)
def test_a_hub_does_not_start_without_the_key_or_the_password_of_a_place(
    tmp_path: Path, changes: dict[str, str], fault: str
) -> None:
    folder = overlay(tmp_path, "a-force", sftp_party(**changes))
    with pytest.raises(Misconfigured) as refused:
        assemble(load_settings([], data=tmp_path / "data", judges=0), folder)
    assert refused.value.faults == (fault,)


def test_a_party_that_may_send_nothing_has_no_amqp_door(tmp_path: Path) -> None:
    text = force(traits='traits = { times_are_local = "true" }\namqp = true')
    with pytest.raises(Misconfigured) as caught:
        discover(overlay(tmp_path, "a-force", text))
    assert caught.value.faults[0].endswith("sends.amqp: the party has no dialects to send")


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("endpoint.folder.layout", 'kind = "folder"\npath = "drop"\nlayout = "by day"'),
        ("endpoint.s3.url", 'url = "https://store.example/results"'),
        ("endpoint.s3.bucket", 'bucket = "Results"'),
        ("endpoint.s3.region", 'region = ""'),
        ("endpoint.s3.secret_key_env", 'secret_key_env = "two words"'),
        ("endpoint.s3.secret_key", 'secret_key = "never here"'),
    ],
)
def test_a_drop_that_is_described_wrongly_is_told_by_its_key(tmp_path: Path, key: str, line: str) -> None:
    right = {
        "kind": 'kind = "s3"',
        "url": 'url = "https://store.example"',
        "bucket": 'bucket = "results"',
        "region": 'region = "eu-west-2"',
        "access_key_env": 'access_key_env = "ACCESS"',
        "secret_key_env": 'secret_key_env = "SECRET"',
    }
    lines = {} if line.startswith("kind") else right
    said = faults(tmp_path, force() + "\n[endpoint]\n" + "\n".join((lines | {line.partition(" ")[0]: line}).values()))
    assert f"a-force.toml: {key}: " in said
    assert "never here" not in said
