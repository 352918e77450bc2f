"""Settings: files, the environment, the command line, and what is refused."""

from pathlib import Path

import pytest

from hub.assemble import assemble
from hub.message.errors import Misconfigured
from hub.settings import load_settings, secret_of


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


def test_secrets_are_read_from_files_and_the_environment_overrules_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "database_url").write_text("postgresql://hub:one@db/hub\n")
    (tmp_path / ".kept").write_text("not for us")
    monkeypatch.setenv("CJHUB_SECRETS_DIR", str(tmp_path))
    assert load_settings([]).database == "postgresql://hub:one@db/hub"
    monkeypatch.setenv("CJHUB_DATABASE_URL", "postgresql://hub:two@db/hub")
    assert load_settings([]).database == "postgresql://hub:two@db/hub"


def test_a_secret_that_is_no_setting_is_refused_by_name_and_without_its_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "databse_url").write_text("postgresql://hub:hidden@db/hub")
    monkeypatch.setenv("CJHUB_SECRETS_DIR", str(tmp_path))
    with pytest.raises(Misconfigured) as caught:
        load_settings([])
    assert "databse_url is no setting" in caught.value.faults[0]
    assert "hidden" not in str(caught.value)
    monkeypatch.setenv("CJHUB_SECRETS_DIR", str(tmp_path / "away"))
    with pytest.raises(Misconfigured, match="is no folder"):
        load_settings([])


def test_a_partys_key_may_be_a_file_among_the_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "COURT_KEY").write_text("of the file\n")
    assert secret_of("COURT_KEY") is None
    monkeypatch.setenv("CJHUB_SECRETS_DIR", str(tmp_path))
    load_settings([])
    assert secret_of("COURT_KEY") == "of the file"
    assert secret_of("../COURT_KEY") == "of the file"
    monkeypatch.setenv("COURT_KEY", "of the environment")
    assert secret_of("COURT_KEY") == "of the environment"
