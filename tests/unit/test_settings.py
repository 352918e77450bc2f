"""Settings: files, the environment, the command line, and what is refused."""

from pathlib import Path

import pytest

from hub.assemble import assemble
from hub.message.errors import Misconfigured
from hub.settings import load_settings


def test_a_later_folder_overrules_an_earlier_and_what_is_given_overrules_both(tmp_path: Path) -> None:
    for name, port in (("one", 1001), ("two", 1002)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "hub.toml").write_text(f"port = {port}\n")
    folders = [tmp_path / "one", tmp_path / "two"]
    assert load_settings(folders).port == 1002
    assert load_settings(folders, port=1003).port == 1003


def test_an_unknown_key_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "hub.toml").write_text("porrt = 1\n")
    with pytest.raises(Misconfigured) as caught:
        load_settings([tmp_path])
    assert "porrt" in caught.value.faults[0]


def test_a_lease_shorter_than_an_attempt_is_refused_with_what_to_change(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as caught:
        load_settings([], lease_seconds=10, timeout_seconds=20)
    assert "lease_seconds" in caught.value.faults[0]
    assert "timeout" in caught.value.faults[0]


def test_a_kind_of_document_that_cannot_be_told_stops_the_hub(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as caught:
        assemble(load_settings([], data=tmp_path, attachment_types=("application/pdf", "text/html")))
    assert caught.value.faults[0].startswith("setting attachment_types: text/html cannot be told; there are")


def test_the_ledgers_address_is_shown_without_its_password_and_options(monkeypatch: pytest.MonkeyPatch) -> None:
    address = "postgresql://hub:horse@db.internal:5433/hub?sslpassword=battery"
    monkeypatch.setenv("CJHUB_DATABASE_URL", address)
    settings = load_settings([])
    assert settings.database == address
    assert settings.where == "postgresql://hub@db.internal:5433/hub"
    assert not [word for word in ("horse", "battery") if word in repr(settings) + str(settings.model_dump())]
    assert load_settings([], port=9003).database == address


def test_without_an_address_the_ledger_is_in_the_data_folder(tmp_path: Path) -> None:
    settings = load_settings([], data=tmp_path)
    assert settings.database == f"sqlite:///{tmp_path / 'hub.sqlite'}"
    assert settings.where == f"data {tmp_path}"


RABBIT = "amqp://hub:s3cret@broker/vh"


def test_rabbitmq_beside_sqlite_is_refused_with_what_to_change() -> None:
    with pytest.raises(Misconfigured) as caught:
        load_settings([], broker_url=RABBIT)
    assert "PostgreSQL" in caught.value.faults[0]
    assert "s3cret" not in str(caught.value)


def test_the_password_of_the_broker_is_never_shown() -> None:
    settings = load_settings([], broker_url=RABBIT, database_url="postgresql+psycopg://db/hub")
    assert settings.broker_url.get_secret_value() == RABBIT
    assert "s3cret" not in f"{settings!r} {settings} {settings.model_dump()}"
