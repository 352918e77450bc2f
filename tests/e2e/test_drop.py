"""A result goes into a bucket or a folder under the minute in which the hub took it: from the door to the drop."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.assemble import assemble
from hub.cli import app
from hub.discovery.bundle import Bundle
from hub.message.errors import Misconfigured
from hub.settings import load_settings
from tests.doubles.bucket import ACCESS, SECRET, Store, bucket
from tests.hubs import COURT, running_hub, wait_until, web_door

POLICE = """
[party]
code = "force-41"
name = "A force"
agency = "police"
system = "00501PoliceCaseSystem"
[endpoint]
kind = "s3"
url = "{url}"
bucket = "incoming-results"
region = "eu-west-2"
access_key_env = "RESULTS_ACCESS_KEY"
secret_key_env = "RESULTS_SECRET_KEY"
[[routes]]
message = "HearingResulted"
as = "spi-result"
where = {{{{ force = ["41"] }}}}
"""
RESULT = Bundle().files("dialects/spi-result/samples/adjourned.xml")[0].read_bytes()
"""A result in a case of force 41."""
CONDITIONS = "/ResultedCaseMessage/Session/Case/Defendant[1]/CourtIndividualDefendant/PersonDefendant/BailConditions"
EVENT = Bundle().files("dialects/cp-result/samples/fined-and-remanded.json")[0].read_bytes()
"""Another one, of force 01."""


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("RESULTS_ACCESS_KEY", ACCESS)
    monkeypatch.setenv("RESULTS_SECRET_KEY", SECRET)
    with bucket() as made:
        yield made


def doctor(folder: Path, *more: str) -> dict[str, dict[str, str]]:
    """What the doctor says, by the name of each check."""
    done = CliRunner().invoke(app, ["doctor", "--json", "--config", str(folder), "--data", str(folder / "data"), *more])
    return {one["name"]: one for one in map(json.loads, done.stdout.splitlines())}


def minute_of(path: str) -> datetime:
    return datetime.strptime(path, "%Y/%m/%d/%H/%M").replace(tzinfo=UTC)


def configured(folder: Path, store: Store) -> Path:
    (folder / "parties").mkdir()
    text = POLICE.format(url=store.url).format()
    (folder / "parties" / "force-41.toml").write_text(text, encoding="utf-8")
    return folder


def test_a_result_lies_in_the_bucket_under_its_minute_and_the_id_of_its_delivery(tmp_path: Path, store: Store) -> None:
    began = datetime.now(UTC).replace(second=0, microsecond=0)
    parties = {"force-41": POLICE.format(url=store.url), "court": COURT}
    with running_hub(tmp_path, parties) as hub, web_door(hub) as client:
        store.refuses = (503, "SlowDown")
        assert client("court").post("/v1/messages", RESULT, Content_Type="text/xml").status == 202
        wait_until(lambda: store.asked >= 2)
        store.refuses = None
        ((key, body),) = wait_until(lambda: store.objects.items())
    moment, name = re.fullmatch(r"(\d{4}/\d\d/\d\d/\d\d/\d\d)/([0-9a-f-]{36})\.xml", key).groups()  # type: ignore[union-attr]
    assert began <= minute_of(moment) <= datetime.now(UTC)
    assert f"<CorrelationID>{name}</CorrelationID>".encode() in body
    assert b"<cjseEntity:DataStreamType>SPIResults</cjseEntity:DataStreamType>" in body
    assert store.puts == [key]


def test_common_platforms_event_becomes_a_file_for_the_police_under_its_minute(tmp_path: Path) -> None:
    folder = 'kind = "folder"\npath = "{folder}/drop"\nlayout = "minutes"\n'
    before, _, after = POLICE.format(url="").partition('kind = "s3"')
    police = before + folder + after[after.index("[[routes]]") :].replace('"41"', '"01"')
    court = COURT.replace('"spi-result"', '"cp-result"')
    began = datetime.now(UTC).replace(second=0, microsecond=0)
    with running_hub(tmp_path, {"force-41": police, "court": court}) as hub, web_door(hub) as client:
        assert client("court").post("/v1/messages", EVENT, Content_Type="application/json").status == 202
        (path,) = wait_until(lambda: list((tmp_path / "drop").rglob("*.xml")))
        kept = wait_until(lambda: hub.ledger.outbound(path.stem))
    minute = minute_of(path.parent.relative_to(tmp_path / "drop").as_posix())
    assert began <= minute <= datetime.now(UTC)
    assert path.read_bytes() == kept.body
    assert b"PTIURN&gt;01ZZ0000123&lt;" in kept.body
    assert {"kind": "adapted", "path": CONDITIONS, "words": "the semicolon at the end is not sent"} in json.loads(
        kept.reports
    )


def test_a_key_that_is_not_there_is_told_by_file_and_key_when_the_hub_starts(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RESULTS_SECRET_KEY")
    config = configured(tmp_path, store)
    with pytest.raises(Misconfigured) as refused:
        assemble(load_settings([], data=tmp_path / "data"), config)
    assert refused.value.faults == (
        "party force-41: endpoint.secret_key_env: neither environment nor secrets have RESULTS_SECRET_KEY",
    )


def test_the_doctor_looks_for_the_keys_and_asks_for_the_bucket_when_told(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, name = configured(tmp_path, store), "force-41: bucket out"
    assert doctor(config)[name]["verdict"] == "ok"
    assert store.asked == 0
    assert doctor(config, "--endpoints")[name]["verdict"] == "ok"
    monkeypatch.setenv("RESULTS_SECRET_KEY", "another")
    said = doctor(config, "--endpoints")[name]
    assert said["verdict"] == "fail"
    assert "another" not in json.dumps(said)
    monkeypatch.delenv("RESULTS_ACCESS_KEY")
    assert "access_key_env" in doctor(config)[name]["words"]
