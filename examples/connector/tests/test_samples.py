"""Every sample of this package through everything, by the code that `cjhub prove` runs."""

from pathlib import Path

import pytest
from hub.flow.judge import Judge
from hub.prove import Sample
from hub.prove.proving import prove

import cjhub_example_connector

DIALECTS = Path(cjhub_example_connector.__file__).parent / "dialects"
SAMPLES = sorted(path for path in DIALECTS.glob("*/samples/*") if ".expected." not in path.name)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_a_sample_passes_everything(judge: Judge, path: Path) -> None:
    proof = prove(judge, Sample(dialect=path.parent.parent.name, path=path))
    assert proof.passed, [f"{failure.step}: {failure.words}\n{failure.diff}" for failure in proof.failures]


def test_the_dialect_has_samples_and_the_writer_has_golden_files() -> None:
    assert list(DIALECTS.glob("report-desk/samples/*.expected.xml"))
    assert list(DIALECTS.glob("exchange/samples/*.report-desk.expected.json"))
