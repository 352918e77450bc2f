"""cjhub renormalise over documents that a hub has kept: first the dry run, then the replacement, then the way back."""

import json
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.assemble import Hub
from hub.cli import app
from hub.flow.accept import Arrival
from tests.doubles.clamd import EVIL, daemon
from tests.hubs import COURT, running_hub, wait_until
from tests.pdfs import pdf

FIRST = """
[dialect]
name = "a-rms"
version = "1"
lift = "xml"
[recognise]
root = "F"
[case]
ptiurn = "U"
informant = "N"
first_hearing.court = "C"
"""
CANDIDATE = FIRST.replace('version = "1"', 'version = "2"\ncandidate = true').replace('"N"', '{ at = ["M", "N"] }')
FORCE = """
[party]
code = "force-41"
name = "A force"
agency = "police"
[sends]
dialects = ["a-rms"]
"""


def submit(hub: Hub, number: int, more: str) -> None:
    raw = f"<F><U>41ZD{number:05d}26</U><N>Force</N>{more}<C>B41ZZ01</C></F>".encode()
    arrival = Arrival(raw=raw, trust=hub.flow.trust_of("force-41"), door="test", dialects=("a-rms",))
    assert hub.flow.door(arrival).outcome == "accepted"


def renormalise(folder: Path, *words: str) -> tuple[int, dict[str, object]]:
    place = ("--json", "--config", str(folder / "config"), "--data", str(folder / "data"))
    told = CliRunner().invoke(app, ["renormalise", "a-rms", *words, *place])
    found: dict[str, object] = json.loads(told.stdout)
    return told.exit_code, found


def counted(found: dict[str, object]) -> tuple[object, object, object]:
    return found["read"], found["same"], found["replaced"]


def test_a_dry_run_shows_what_apply_then_does_and_the_version_before_takes_it_back(tmp_path: Path) -> None:
    folder = tmp_path / "config" / "dialects" / "a-rms"
    folder.mkdir(parents=True)
    (folder / "mapping.toml").write_text(FIRST)
    (folder / "mapping-2.toml").write_text(CANDIDATE)
    with running_hub(tmp_path, {"force-41": FORCE, "court": COURT}) as hub:
        for number in range(1, 6):
            submit(hub, number, "<M>Other</M>" if number == 3 else "")
        wait_until(lambda: len(list((tmp_path / "court").glob("*.xml"))) == 5)

        code, found = renormalise(tmp_path)
        assert (code, counted(found)) == (0, (5, 4, 0))
        [informant, unmapped] = sorted(found["fields"], key=lambda one: one["field"])  # type: ignore[call-overload]
        assert (informant["field"], informant["documents"]) == ("CaseFileSubmission/Informant", 1)
        assert unmapped["field"] == "Unmapped"
        assert len(hub.ledger.recent(50)) == 5

        code, found = renormalise(tmp_path, "--apply", "--reason", "the form has another field")
        assert (code, counted(found)) == (0, (5, 4, 1))
        wait_until(lambda: len(list((tmp_path / "court").glob("*.xml"))) == 6)
        [made] = [row for row in hub.ledger.recent(50) if row.previous_version_of]
        assert (made.version, made.previous_version_of) == ("2", informant["example"])

        assert counted(renormalise(tmp_path)[1]) == (5, 5, 0)
        assert counted(renormalise(tmp_path, "--with", "1")[1]) == (5, 4, 0)
        assert counted(renormalise(tmp_path, "--with", "1", "--apply", "--reason", "taken back")[1]) == (5, 4, 1)
        assert counted(renormalise(tmp_path, "--with", "1")[1]) == (5, 5, 0)


WITH_DOCUMENTS = """
[case.documents]
each = "D"
content = { at = ".", read = "base64" }
"""


@pytest.mark.parametrize(("words", "code", "there"), [("Invented", 0, True), (EVIL.decode(), 1, False)])
def test_a_document_that_only_the_new_version_reads_is_scanned_before_it_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, code: int, there: bool
) -> None:
    folder = tmp_path / "config" / "dialects" / "a-rms"
    folder.mkdir(parents=True)
    (folder / "mapping.toml").write_text(FIRST)
    (folder / "mapping-2.toml").write_text(CANDIDATE + WITH_DOCUMENTS)
    body = pdf(words)
    with running_hub(tmp_path, {"force-41": FORCE, "court": COURT}) as hub, daemon() as scanner:
        submit(hub, 1, f"<D>{b64encode(body).decode()}</D>")
        monkeypatch.setenv("CJHUB_SCANNER", "clamd")
        monkeypatch.setenv("CJHUB_SCANNER_ADDRESS", scanner.address)
        place = ("--config", str(tmp_path / "config"), "--data", str(tmp_path / "data"))
        told = CliRunner().invoke(app, ["renormalise", "a-rms", "--apply", "--reason", "documents", *place])
        assert told.exit_code == code
        assert ("holds malware: Invented.Evil-1" in told.stderr) is not there
        made = [row for row in hub.ledger.recent(50) if row.previous_version_of]
        assert [hub.ledger.document(row.id, sha256(body).hexdigest()) for row in made] == ([body] if there else [])
