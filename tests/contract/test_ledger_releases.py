"""Two releases at one ledger: the older one works on tables that a later one made where those say that they fit it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hub.ledger import migrations
from hub.ledger.account import MessageQuery
from hub.ledger.tables import steps
from hub.ledger.upgrade import shape_of, upgrade
from hub.message.errors import Misconfigured, Unavailable
from tests.doubles.traffic import Desk
from tests.releases import LAST, add_step, copy_steps

Later = Callable[..., None]


@pytest.fixture
def later(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Later:
    """Takes one more step, as the next release's `cjhub migrate` does; several calls are several releases."""
    desk.open().close()
    folder = copy_steps(tmp_path / "later")

    def take(step: str, **how: str | None) -> None:
        add_step(folder / "versions", step, **how)
        with monkeypatch.context() as patched:
            patched.setattr(migrations, "HERE", folder)
            upgrade(desk.url, lambda attempt: None)

    return take


def test_each_step_says_which_releases_it_fits_and_the_database_keeps_it(desk: Desk) -> None:
    desk.open().close()
    with desk.behind() as connection:
        kept = {row.step: row.fits_from for row in connection.execute(steps.select())}
    names = sorted(path.name[:4] for path in (migrations.HERE / "versions").glob("[0-9]*.py"))
    assert names[-1] == LAST, "tests/releases.py builds on the last step"
    assert sorted(kept) == [name for name in names if name >= "0009"]
    assert all(fits_from in names for fits_from in kept.values())


def test_an_older_release_works_on_tables_that_fit_it(desk: Desk, later: Later) -> None:
    later("0011")
    later("0012", before="0011")
    ledger = desk.open("court")
    try:
        desk.record(ledger, "m1", "court")
        assert [row.id for row in ledger.find_messages(MessageQuery(limit=9)).rows] == ["m1"]
    finally:
        ledger.close()
    found = shape_of(desk.url)
    assert (found.current, found.target, found.steps, found.later) == ("0012", LAST, (), True)
    with desk.behind() as connection:
        assert connection.exec_driver_sql("SELECT probe_0011 FROM messages").scalar_one() == "none"


def test_an_older_release_has_nothing_to_do_on_tables_of_a_later_one(desk: Desk, later: Later) -> None:
    later("0011")
    upgrade(desk.url, lambda attempt: None)
    assert shape_of(desk.url).current == "0011"


def test_a_release_that_a_later_step_leaves_behind_is_refused_with_what_to_do(desk: Desk, later: Later) -> None:
    later("0011")
    later("0012", before="0011", fits_from="0011")
    with pytest.raises(Misconfigured) as refused:
        desk.open()
    assert f"(step 0012), and this one ({LAST}) cannot work on them: start the release that made them" in str(
        refused.value
    )


def test_a_step_that_names_no_release_fits_none_before_it(desk: Desk, later: Later) -> None:
    later("0011", fits_from=None)
    with pytest.raises(Misconfigured, match="cannot work on them"):
        desk.open()


def test_a_step_is_kept_with_what_it_says_or_not_at_all(desk: Desk, later: Later) -> None:
    with desk.behind() as connection:
        connection.execute(steps.insert().values(step="0011", fits_from="0001"))
    with pytest.raises(Exception, match=r"(?i)unique"):
        later("0011")
    assert shape_of(desk.url).current == LAST


def test_a_step_that_leaves_the_release_before_behind_waits_until_its_processes_are_gone(
    desk: Desk, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    if desk.url.startswith("sqlite"):
        pytest.skip("a data folder has one process, which a lock sees to")
    serving = desk.open("court")
    serving.ping()
    with pytest.raises(Unavailable, match=r"0011 is not taken while \d+ connections of the hub are open"):
        later("0011", fits_from="0011")
    assert shape_of(desk.url).current == LAST
    serving.close()
    later("0011", fits_from="0011")
    with pytest.raises(Misconfigured, match="cannot work on them"):
        shape_of(desk.url)


def test_the_sql_of_a_step_says_what_it_fits(desk: Desk) -> None:
    said = migrations.script(desk.url.partition(":")[0], "0008")
    assert "INSERT INTO steps (step, fits_from) VALUES ('0009', '0008')" in said
