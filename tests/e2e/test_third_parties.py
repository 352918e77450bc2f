"""Packages that are not ours, installed beside the hub: found by their entry points, proved, and used end to end.

Nothing of the project is changed for them. Each is built and installed into a folder of its own, which the hub's process
has on its path. Another example is one more line in PACKAGES.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import urllib3

from hub.simulate.demo import Demo
from hub.simulate.process import HubProcess
from tests.hubs import Client, wait_until

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Package:
    """An example package: its folder and module, the dialect that it brings, and those whose samples it has."""

    folder: str
    module: str
    dialect: str
    reads: bool
    writes: tuple[str, ...]
    samples: tuple[str, ...]


CONNECTOR = Package(
    folder="examples/connector",
    module="cjhub_example_connector",
    dialect="report-desk",
    reads=True,
    writes=("HearingListed", "HearingResulted"),
    samples=("report-desk", "exchange"),
)
DIALECT = Package(
    folder="examples/dialect",
    module="cjhub_example_dialect",
    dialect="riverside-rms",
    reads=True,
    writes=(),
    samples=("riverside-rms",),
)
PACKAGES = (CONNECTOR, DIALECT)

DESK = """
[party]
code = "desk"
name = "The Report Desk of Zed (invented)"
agency = "probation"
[sends]
dialects = ["report-desk"]
[endpoint]
kind = "folder"
path = "{folder}/desk"
[[routes]]
message = "HearingListed"
as = "report-desk"
where = {{ court = ["B41*"] }}
"""

COURT = """
[party]
code = "court"
name = "A court"
agency = "court"
[sends]
dialects = ["exchange"]
[endpoint]
kind = "folder"
path = "{folder}/court"
[[routes]]
message = "PreSentenceReport"
as = "exchange"
where = {{ court = ["B41*"] }}
"""


@dataclass(frozen=True)
class Installed:
    """A package in a folder of its own."""

    package: Package
    site: Path

    @property
    def files(self) -> Path:
        """What the package carries, its samples too."""
        return self.site / self.package.module

    def run(self, *words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
        """Python with the package on its path, and the hub as it is installed."""
        environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(self.site), str(ROOT)))}
        command = [sys.executable, "-B", *words]
        return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module", params=PACKAGES, ids=lambda package: package.module)
def installed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return install(request.param, tmp_path_factory.mktemp("site"))


def install(package: Package, site: Path) -> Installed:
    """Build and install a package, without a look at the network."""
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--no-index"]
    how = ["--no-deps", "--no-build-isolation", "--target", str(site), str(ROOT / package.folder)]
    subprocess.run([*pip, *how], check=True, capture_output=True)
    return Installed(package, site)


# --- found, proved, and tested by its own author


def test_the_hub_does_not_know_the_dialect_before_the_package_is_there(installed: Installed) -> None:
    command = [sys.executable, "-m", "hub", "dialects", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert installed.package.dialect not in {json.loads(line)["name"] for line in done.stdout.splitlines()}


def test_it_is_found_by_its_entry_point(installed: Installed) -> None:
    package = installed.package
    done = installed.run("-m", "hub", "dialects", "--json", "--config", str(installed.files))
    assert done.returncode == 0, done.stderr
    listed = {one["name"]: one for one in map(json.loads, done.stdout.splitlines())}
    found = listed[package.dialect]
    assert (found["reads"], tuple(found["types_written"])) == (package.reads, package.writes)
    assert found["types_read"]


def test_every_sample_that_it_carries_is_proved_by_the_hubs_own_command(installed: Installed) -> None:
    samples = installed.package.samples
    done = installed.run("-m", "hub", "prove", *samples, "--json", "--config", str(installed.files))
    proofs = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, [proof for proof in proofs if not proof["passed"]] or done.stderr
    carried = {path.name for path in installed.files.glob("dialects/*/samples/*") if ".expected." not in path.name}
    assert carried
    assert carried <= {proof["sample"] for proof in proofs}


def test_a_golden_file_of_the_package_that_is_wrong_fails_the_proof(installed: Installed, tmp_path: Path) -> None:
    dialect = installed.package.dialect
    samples = tmp_path / "dialects" / dialect / "samples"
    samples.mkdir(parents=True)
    for path in (installed.files / "dialects" / dialect / "samples").iterdir():
        (samples / path.name).write_bytes(path.read_bytes().replace(b"<AcceptedAt>1970", b"<AcceptedAt>1971"))
    done = installed.run("-m", "hub", "prove", dialect, "--json", "--config", str(tmp_path))
    assert done.returncode == 1
    assert "AcceptedAt" in done.stdout


def test_its_own_tests_pass(installed: Installed) -> None:
    own = ROOT / installed.package.folder
    if not (own / "tests").is_dir():
        pytest.skip("the package holds data alone: its samples are its tests")
    done = installed.run("-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=own)
    assert done.returncode == 0, done.stdout


# --- end to end, in a hub that is a process of its own


@dataclass(frozen=True)
class Town:
    """A hub with the connector, the court and the Report Desk at its door, and the folders in which they receive."""

    court: Client
    desk: Client
    folder: Path

    def received(self, party: str) -> list[Path]:
        """The files that a party has, once it has any."""
        return wait_until(lambda: sorted(self.folder.joinpath(party).glob("[!.]*")), seconds=60)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    installed = install(CONNECTOR, tmp_path_factory.mktemp("site"))
    demo = Demo(tmp_path_factory.mktemp("town"))
    (demo.config / "parties").mkdir(parents=True)
    for code, text in (("desk", DESK), ("court", COURT)):
        (demo.config / "parties" / f"{code}.toml").write_text(text.format(folder=demo.folder))
    where = ("--json", "--config", str(demo.config), "--data", str(demo.hub_data))
    added = {code: installed.run("-m", "hub", "keys", "add", code, *where) for code in ("court", "desk")}
    keys = {code: json.loads(done.stdout)["key"] for code, done in added.items()}
    hub, pool = HubProcess(demo, 0), urllib3.PoolManager(timeout=30)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(installed.site))
        hub.start()
    try:
        court, desk = (Client(hub.url, pool, keys[code]) for code in ("court", "desk"))
        yield Town(court=court, desk=desk, folder=demo.folder)
    finally:
        pool.clear()
        hub.stop()


def sample(name: str) -> bytes:
    return (ROOT / CONNECTOR.folder / "src" / CONNECTOR.module / "dialects" / name).read_bytes()


def test_a_hearing_reaches_the_desk_in_its_format_and_its_report_reaches_the_court(town: Town) -> None:
    listed = town.court.post("/v1/messages", sample("exchange/samples/desk-listed.xml"))
    assert listed.status == 202, listed.data
    wait_until(lambda: len(town.received("desk")) == 2, seconds=60)
    told = [json.loads(path.read_bytes()) for path in town.received("desk")]
    assert {(one["interface"], one["kind"], one["case"]["urn"]) for one in told} == {
        ("urn:example:report-desk:1", "listed", "41ZD0000126")
    }
    assert {one["subject"]["familyName"] for one in told} == {"Example", "Tam Young"}

    ready = town.desk.post("/v1/messages", sample("report-desk/samples/ready.json"))
    assert ready.status == 202, ready.data
    [report] = town.received("court")
    assert b"<Status>DELIVERED</Status>" in report.read_bytes()
    assert b"<Dialect>report-desk</Dialect>" in report.read_bytes()


def test_a_wrong_document_of_the_package_is_refused_with_its_own_words(town: Town) -> None:
    wrong = sample("report-desk/samples/asked.json").replace(b'"asked"', b'"lost"')
    answer = town.desk.post("/v1/messages", wrong)
    assert answer.status == 422
    [fault] = answer.json()["faults"]
    assert (fault["path"], fault["rule"]) == ("/report/state", "state")
    assert "withdrawn" in fault["words"]


def test_a_party_may_not_send_a_dialect_of_a_package_that_its_file_does_not_name(town: Town) -> None:
    answer = town.court.post("/v1/messages", sample("report-desk/samples/asked.json"))
    assert answer.status == 422
    assert [fault["rule"] for fault in answer.json()["faults"]] == ["dialect-not-allowed"]


# --- what is broken is refused before anything starts


def test_a_package_made_for_another_contract_stops_the_hub_with_its_name_and_both_versions(tmp_path: Path) -> None:
    installed = install(CONNECTOR, tmp_path / "site")
    init = installed.files / "__init__.py"
    init.write_text(init.read_text().replace('CONTRACT = "1"', 'CONTRACT = "99"'))
    done = installed.run("-m", "hub", "dialects")
    assert done.returncode == 2
    told = " ".join(done.stderr.split())
    assert "entry point report-desk (cjhub-example-connector 1.0.0)" in told
    assert "version 99" in told
