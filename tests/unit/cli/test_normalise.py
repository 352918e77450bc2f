"""cjhub normalise and render: names, sameness, what cannot be done."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml.etree import _Element as Element

from hub.canonical.read import read
from hub.document.xml import parse, parse_inner
from tests.unit.cli.conftest import Run

SPI = "{http://www.dca.gov.uk/xmlschemas/libra}"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_one_message_keeps_the_name_of_its_file_and_several_are_numbered(
    run: Callable[..., Run], case_file: Path, two_days: Path, tmp_path: Path
) -> None:
    assert run("normalise", case_file, two_days, "--out", tmp_path / "n").code == 0
    assert names(tmp_path / "n") == ["case-file.xml", "two-days-001.xml", "two-days-002.xml", "two-days-003.xml"]


def test_the_same_file_always_gives_the_same_bytes(run: Callable[..., Run], case_file: Path, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        run("normalise", case_file, "--out", tmp_path / folder)
    first = (tmp_path / "a" / "case-file.xml").read_bytes()
    assert first == (tmp_path / "b" / "case-file.xml").read_bytes()
    assert read(parse(first)).envelope.accepted_at.year == 1970


def test_ids_follow_from_the_bytes_of_the_file(run: Callable[..., Run], case_file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.xml"
    other.write_text(case_file.read_text() + "\n")
    run("normalise", case_file, other, "--out", tmp_path / "n")
    ids = {read(parse(path.read_bytes())).envelope.message_id for path in (tmp_path / "n").iterdir()}
    assert len(ids) == 2


def test_standard_output_has_the_exact_bytes(run: Callable[..., Run], case_file: Path, tmp_path: Path) -> None:
    run("normalise", case_file, "--out", tmp_path / "n")
    assert run("normalise", case_file).out == (tmp_path / "n" / "case-file.xml").read_text()


def test_a_refused_file_is_told_on_standard_error_and_the_others_go_on(
    run: Callable[..., Run], case_file: Path, broken: Path, tmp_path: Path
) -> None:
    told = run("normalise", broken, case_file, "--out", tmp_path / "n")
    assert told.code == 1
    assert "Ptiurn" in told.err
    assert names(tmp_path / "n") == ["case-file.xml"]


def test_two_files_of_one_name_do_not_overwrite_each_other(
    run: Callable[..., Run], case_file: Path, tmp_path: Path
) -> None:
    copy = tmp_path / case_file.name
    copy.write_bytes(case_file.read_bytes())
    told = run("normalise", case_file, copy, "--out", tmp_path / "n")
    assert told.code == 1
    assert "Give files of different names" in told.err


def test_a_party_may_not_use_a_dialect_that_is_not_its_own(run: Callable[..., Run], case_file: Path) -> None:
    told = run("normalise", case_file, "--from", "north-police")
    assert told.code == 1
    assert "spi-case" in told.err
    assert "<Party>north-court</Party>" in run("normalise", case_file, "--from", "north-court").out


def test_an_unknown_party_is_wrong_usage(run: Callable[..., Run], case_file: Path) -> None:
    told = run("normalise", case_file, "--from", "nobody")
    assert told.code == 2
    assert "north-court, north-police" in told.err


# --- render


def test_a_canonical_file_is_rendered_under_its_name_by_what_is_in_it(
    run: Callable[..., Run], case_file: Path, two_days: Path, tmp_path: Path
) -> None:
    run("normalise", case_file, two_days, "--out", tmp_path / "n")
    assert run("render", tmp_path / "n" / "case-file.xml", "--to", "spi-case", "--out", tmp_path / "r").code == 0
    lists = sorted((tmp_path / "n").glob("two-*"))
    assert run("render", *lists, "--to", "libra-case", "--out", tmp_path / "r").code == 0
    assert names(tmp_path / "r")[0] == "case-file.xml"
    assert all(re.fullmatch(r"two-days-00\d(-00\d)?\.json", name) for name in names(tmp_path / "r")[1:])


def test_what_had_to_be_filled_in_is_told_on_standard_error(
    run: Callable[..., Run], case_file: Path, tmp_path: Path
) -> None:
    run("normalise", case_file, "--out", tmp_path / "n")
    told = run("render", tmp_path / "n" / "case-file.xml", "--to", "spi-case")
    assert told.out.startswith("<?xml")
    assert "defaulted" in told.err


def test_a_message_that_the_dialect_cannot_carry_is_told(
    run: Callable[..., Run], case_file: Path, tmp_path: Path
) -> None:
    run("normalise", case_file, "--out", tmp_path / "n")
    told = run("render", tmp_path / "n" / "case-file.xml", "--to", "spi-result")
    assert told.code == 1
    assert "HearingResulted" in told.err


def test_a_file_that_is_not_canonical_is_refused(run: Callable[..., Run], broken: Path) -> None:
    assert run("render", broken, "--to", "spi-case").code == 1


def test_a_dialect_that_nobody_writes_is_wrong_usage(run: Callable[..., Run], case_file: Path) -> None:
    assert run("render", case_file, "--to", "klingon").code == 2


def test_every_real_result_comes_out_of_render_as_it_went_into_normalise(
    run: Callable[..., Run], samples: Path, tmp_path: Path
) -> None:
    files = sorted((samples / "results").glob("e2e-*.xml"))
    assert run("normalise", *files, "--out", tmp_path / "n").code == 0
    assert run("render", *sorted((tmp_path / "n").iterdir()), "--to", "spi-result", "--out", tmp_path / "r").code == 0
    for path in files:
        rendered = (tmp_path / "r" / path.name).read_bytes()
        assert parse(rendered).tag.endswith("}RouteData")
        assert flat(payload(path.read_bytes())) == flat(payload(rendered)), path.name


def payload(raw: bytes) -> Element:
    """The result inside whatever envelopes it came in."""
    root = parse(raw)
    while (result := next(root.iter(f"{SPI}ResultedCaseMessage"), None)) is None:
        inner = next(node for node in root.iter() if "<" in (node.text or ""))
        root, _ = parse_inner((inner.text or "").strip(), inner)
    return result


def flat(root: Element) -> list[tuple[object, str, list[tuple[object, object]]]]:
    """Every element with its text and attributes, without white space between elements."""
    return [(node.tag, "" if len(node) else (node.text or ""), sorted(node.items())) for node in root.iter()]


@pytest.mark.parametrize("to", ["spi-case", "cps-case", "exchange"])
def test_rendering_twice_gives_the_same_bytes(
    run: Callable[..., Run], case_file: Path, tmp_path: Path, to: str
) -> None:
    run("normalise", case_file, "--out", tmp_path)
    assert run("render", tmp_path / "case-file.xml", "--to", to).out == (
        run("render", tmp_path / "case-file.xml", "--to", to).out
    )
