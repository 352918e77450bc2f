"""The dialects of courts, prisons, probation, CPS and our own exchange: every sample through everything.

The golden files are refreshed by `cjhub prove --update`, and reviewed in the diff.
"""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from connectors import cps, exchange, prisons, probation
from connectors.courts import lists
from hub.canonical.read import read
from hub.canonical.write import write
from hub.contract import Reader, Writer
from hub.contract.tables import load_tables
from hub.discovery import Found
from hub.discovery.bundle import Bundle
from hub.document.explain import Explainer
from hub.document.lift import lift
from hub.document.xml import parse
from hub.flow.check.layers import LayerCheck
from hub.flow.check.rules import RuleBook
from hub.flow.judge import Judge
from hub.prove.proving import prove
from hub.prove.samples import samples_in

PACKAGES = (lists, prisons, probation, cps, exchange)
READERS: dict[str, Reader] = {reader.dialect: reader for package in PACKAGES for reader in package.READERS}
WRITERS: dict[str, Writer] = {writer.dialect: writer for package in PACKAGES for writer in package.WRITERS}
BUNDLE = Bundle()
SAMPLES = samples_in(BUNDLE, READERS)
GOLDEN = sorted(path for name in READERS for path in BUNDLE.files(f"dialects/{name}/samples/*.expected.xml"))
KEPT = [path for path in GOLDEN if path.name.count(".") == 2]


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    explainer = Explainer()
    numbers = count(1)
    tables = load_tables([folder / "codes" for folder in BUNDLE.config_folders])
    found = Found(bundle=BUNDLE, readers=READERS, writers=WRITERS, tables=tables, parties={}, rules={})
    yield Judge(
        found=found,
        layers=LayerCheck(BUNDLE, explainer),
        rules=RuleBook({}),
        new_id=lambda: f"00000000-0000-4000-8000-{next(numbers):012d}",
    )
    explainer.close()


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample.dialect}/{sample.path.name}")
def test_a_sample_passes_everything_and_becomes_what_its_golden_files_say(judge: Judge, sample: object) -> None:
    proof = prove(judge, sample)  # type: ignore[arg-type]
    assert proof.messages
    assert not [f"{failure.step}: {failure.words}\n{failure.diff}" for failure in proof.failures]


def test_every_dialect_that_is_read_has_a_sample() -> None:
    assert {sample.dialect for sample in SAMPLES} == set(READERS)


def test_every_writer_but_the_plain_exchange_has_a_golden_file() -> None:
    folders = [folder / "dialects" for folder in BUNDLE.config_folders]
    written = {path.name.split(".")[1] for folder in folders for path in folder.glob("*/samples/*.*.expected.*")}
    assert set(WRITERS) - {"exchange"} <= written


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.parent.name}/{path.name}")
def test_a_golden_message_reads_back_as_what_was_written(path: Path) -> None:
    message = read(parse(path.read_bytes()))
    assert read(parse(write(message))) == message


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample.dialect}/{sample.path.name}")
def test_only_its_own_reader_recognises_a_sample(sample: object) -> None:
    document = lift(sample.path.read_bytes())  # type: ignore[attr-defined]
    assert [name for name, reader in READERS.items() if reader.recognise(document)] == [sample.dialect]  # type: ignore[attr-defined]
