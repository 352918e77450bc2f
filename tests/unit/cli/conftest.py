"""The command line run in this process, on a data folder and a configuration of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner

from hub.cli import app
from hub.discovery.bundle import Bundle
from hub.ledger import Ledger
from hub.message.lifecycle import DeliveryEvent
from tests.doubles.traffic import Desk, end

OURS = Bundle().root / "config" / "dialects" / "exchange" / "samples"
PARTIES = {
    "north-police": '[party]\ncode = "north-police"\nname = "North"\nagency = "police"\n[sends]\ndialects = ["spi-case"]\n',
    "north-court": (
        '[party]\ncode = "north-court"\nname = "North court"\nagency = "court"\nou_code = "B41ZZ01"\n'
        '[sends]\ndialects = ["exchange"]\n[endpoint]\nkind = "folder"\npath = "{out}"\n'
        '[[routes]]\nmessage = "CaseFileSubmission"\nas = "exchange"\n'
    ),
}


class Run:
    """What a command said and how it ended."""

    def __init__(self, *arguments: object, env: dict[str, str]) -> None:
        result = CliRunner(env=env).invoke(app, [str(argument) for argument in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        self.code, self.out, self.err = result.exit_code, result.stdout, result.stderr


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration with a force and a court that receives in a folder."""
    folder = tmp_path / "config" / "parties"
    folder.mkdir(parents=True)
    for code, text in PARTIES.items():
        (folder / f"{code}.toml").write_text(text.replace("{out}", str(tmp_path / "out")))
    return folder.parent


@pytest.fixture
def run(tmp_path: Path, config: Path) -> Iterator[Callable[..., Run]]:
    """Run a command."""
    env = {"CJHUB_DATA": str(tmp_path / "data"), "CJHUB_CONFIG": str(config), "COLUMNS": "200"}
    yield lambda *arguments: Run(*arguments, env=env)
    structlog.reset_defaults()


@pytest.fixture
def case_file() -> Path:
    """A case file that is accepted: our own sample."""
    return OURS / "case-file.xml"


@pytest.fixture
def two_days() -> Path:
    """A court list that gives three messages: our own sample."""
    return OURS.parent.parent / "libra-list" / "samples" / "two-days.xml"


@pytest.fixture
def broken(case_file: Path, tmp_path: Path) -> Path:
    """The case file without its PTIURN."""
    path = tmp_path / "broken.xml"
    text = case_file.read_text()
    start, end = text.index("<Ptiurn"), text.index("</Ptiurn>") + len("</Ptiurn>")
    path.write_text(text[:start] + text[end:])
    return path


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Where the ledger of the commands' data folder is."""
    return Desk(tmp_path / "data" / "hub.sqlite")


@pytest.fixture
def ledger(desk: Desk) -> Iterator[Ledger]:
    """The ledger of the commands' data folder, open beside them as a hub has it."""
    opened = desk.open("court")
    yield opened
    opened.close()


def fail(ledger: Ledger, delivery_id: str, event: DeliveryEvent, **more: object) -> None:
    """Attempt a delivery, with this end."""
    claimed = ledger.claim_delivery(delivery_id, 60)
    assert claimed is not None
    assert ledger.settle(end(claimed, event, **more))
