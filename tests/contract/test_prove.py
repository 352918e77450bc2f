"""Every sample of every dialect through everything, by the code that `cjhub prove` runs; and what proving notices."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.assemble import tools
from hub.discovery.bundle import Bundle
from hub.flow.judge import Judge
from hub.prove import Proof, Sample, Step
from hub.prove.proving import prove
from hub.prove.samples import samples_in

BUNDLE = Bundle()
SAMPLES = samples_in(BUNDLE)


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    made = tools()
    yield made
    made.layers.explainer.close()


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    """A case file of our own, without golden files."""
    shipped = next(each.path for each in SAMPLES if each.path.name == "case-file.xml")
    folder = tmp_path / "dialects" / "exchange" / "samples"
    folder.mkdir(parents=True)
    (folder / "mine.xml").write_bytes(shipped.read_bytes())
    return Sample(dialect="exchange", path=folder / "mine.xml")


def failed(proof: Proof) -> list[Step]:
    return [failure.step for failure in proof.failures]


@pytest.mark.parametrize("shipped", SAMPLES, ids=lambda each: f"{each.dialect}/{each.path.name}")
def test_a_sample_passes_everything(judge: Judge, shipped: Sample) -> None:
    proof = prove(judge, shipped)
    assert proof.passed, [f"{failure.step}: {failure.words}\n{failure.diff}" for failure in proof.failures]


def test_every_dialect_that_is_read_has_a_sample(judge: Judge) -> None:
    assert set(judge.found.readers) <= {each.dialect for each in SAMPLES}


def test_every_folder_of_samples_has_a_reader(judge: Judge) -> None:
    assert {each.dialect for each in SAMPLES} <= set(judge.found.readers)


# --- what proving notices


def test_a_sample_without_a_golden_file_fails_until_one_is_written(judge: Judge, sample: Sample) -> None:
    assert failed(prove(judge, sample)) == [Step.COMPARE]
    updated = prove(judge, sample, update=True)
    assert updated.passed
    assert [path.name for path in updated.updated] == ["mine.expected.xml"]
    assert prove(judge, sample).passed


def test_a_golden_file_is_written_anew_only_where_it_differs(judge: Judge, sample: Sample) -> None:
    prove(judge, sample, update=True)
    assert prove(judge, sample, update=True).updated == ()


def test_a_difference_is_shown_line_by_line(judge: Judge, sample: Sample) -> None:
    prove(judge, sample, update=True)
    golden = sample.path.with_name("mine.expected.xml")
    golden.write_text(golden.read_text().replace('value="CHARGE"', 'value="SUMMONS"'))
    (failure,) = prove(judge, sample).failures
    assert failure.step is Step.COMPARE
    assert '-    <Initiation value="SUMMONS">C</Initiation>' in failure.diff
    assert '+    <Initiation value="CHARGE">C</Initiation>' in failure.diff


def test_white_space_between_elements_is_no_difference(judge: Judge, sample: Sample) -> None:
    prove(judge, sample, update=True)
    golden = sample.path.with_name("mine.expected.xml")
    golden.write_text("".join(line.strip() for line in golden.read_text().splitlines()))
    assert prove(judge, sample).passed


def test_a_message_that_is_gone_leaves_no_golden_file_behind(judge: Judge, sample: Sample) -> None:
    prove(judge, sample, update=True)
    left = sample.path.with_name("mine-002.expected.xml")
    left.write_text("<Message/>")
    assert failed(prove(judge, sample)) == [Step.COMPARE]
    assert left in prove(judge, sample, update=True).updated
    assert not left.exists()


def test_what_a_writer_makes_is_compared_where_the_author_keeps_it(judge: Judge, sample: Sample) -> None:
    prove(judge, sample, update=True)
    kept = sample.path.with_name("mine.spi-case.expected.xml")
    kept.write_text("<nothing/>")
    assert failed(prove(judge, sample)) == [Step.RENDER]
    assert prove(judge, sample, update=True).updated == (kept,)
    assert "RouteData" in kept.read_text()


def test_a_golden_file_that_cannot_be_read_fails(judge: Judge, sample: Sample) -> None:
    sample.path.with_name("mine.expected.xml").write_text("<Message")
    assert failed(prove(judge, sample)) == [Step.COMPARE]


def test_a_sample_in_the_folder_of_another_dialect_fails(judge: Judge, sample: Sample) -> None:
    (failure,) = prove(judge, Sample(dialect="spi-case", path=sample.path)).failures
    assert failure.step is Step.RECOGNISE
    assert "exchange" in failure.words


def test_a_sample_that_is_refused_fails_with_every_fault(judge: Judge, sample: Sample) -> None:
    text = sample.path.read_text()
    sample.path.write_text(text.replace("<Initiation", "<Initiatoin").replace("</Initiation", "</Initiatoin"))
    proof = prove(judge, sample)
    assert set(failed(proof)) == {Step.CHECK}
    assert "Initiatoin" in proof.failures[0].words


def test_a_sample_of_no_dialect_fails(judge: Judge, sample: Sample) -> None:
    sample.path.write_text("<letter/>")
    assert failed(prove(judge, sample)) == [Step.RECOGNISE]


def test_an_operators_samples_are_found_beside_ours_and_goldens_are_none(sample: Sample) -> None:
    sample.path.with_name("mine.expected.xml").write_text("<Message/>")
    sample.path.with_name("notes.md").write_text("about these")
    found = samples_in(Bundle(sample.path.parents[3]), ["exchange"])
    assert sample in found
    assert len(found) == 1 + sum(each.dialect == "exchange" for each in SAMPLES)
