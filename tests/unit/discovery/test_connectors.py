"""Connectors of packages that are not ours: what is wrong with one is named, with the entry point that it came by."""

import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint, distributions, entry_points
from pathlib import Path

import pytest

from hub.contract import VERSION
from hub.discovery.connectors import GROUP, load_connectors

READER = """
from hub.contract import Answers
class Ledgerless:
    dialect, version, answers = "parish-book", "1", Answers.AT_ONCE
    def recognise(self, document): ...
    def open(self, document, trust): ...
    def decode(self, opened, tables): ...
    def reply(self, opened, reply, stamp): ...
class Out:
    dialect, sends, announces = "parish-book", frozenset({"HearingListed"}), False
    def split(self, message): ...
    def encode(self, part, recipient, stamp, tables): ...
    def judge(self, answer): ...
"""
WHOLE = READER + "READERS = (Ledgerless(),)\nWRITERS = (Out(),)\n"

Loaded = tuple[set[str], set[str], list[str]]
Load = Callable[[str], Loaded]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """Loads a package of this source by an entry point: dialects read, dialects written, faults."""
    monkeypatch.syspath_prepend(tmp_path)

    def load_one(source: str) -> Loaded:
        (tmp_path / "parish_connector.py").write_text(source)
        faults: list[str] = []
        point = EntryPoint("parish", "parish_connector", GROUP)
        readers, writers = load_connectors([point], faults)
        return set(readers), set(writers), faults

    yield load_one
    sys.modules.pop("parish_connector", None)


def test_a_package_that_keeps_the_contract_is_taken(load: Load) -> None:
    assert load(WHOLE) == ({"parish-book"}, {"parish-book"}, [])


def test_a_package_made_for_this_contract_is_taken(load: Load) -> None:
    assert load(f'{WHOLE}CONTRACT = "{VERSION}"\n')[2] == []


def test_a_package_made_for_another_contract_is_refused_with_both_versions(load: Load) -> None:
    readers, writers, [fault] = load(f'{WHOLE}CONTRACT = "77"\n')
    assert not readers | writers
    assert fault.startswith("entry point parish: ")
    assert "version 77" in fault
    assert f"version {VERSION}" in fault


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import no_such_module_anywhere\n", "cannot be imported: No module named 'no_such_module_anywhere'"),
        ("from hub.contract import Readers\n", "cannot be imported: cannot import name 'Readers'"),
        ("READERS = (\n", "fails while it is imported: SyntaxError"),
        ("open('/nowhere/at/all')\n", "fails while it is imported: FileNotFoundError"),
        ("READERS = undefined\n", "fails while it is imported: NameError"),
        ("raise RuntimeError('not today')\n", "fails while it is imported: RuntimeError: not today"),
        ("{}['codes']\n", "fails while it is imported: KeyError"),
        ("x = 1\n", "it has neither READERS nor WRITERS"),
        (READER + "READERS = [Ledgerless()]\n", "READERS must be a tuple of objects"),
        (READER + "READERS = Ledgerless()\n", "READERS must be a tuple of objects"),
        (READER + "READERS = (Ledgerless,)\n", "READERS[0]: Ledgerless is a class: put Ledgerless() in its place"),
        (READER + "READERS = (Ledgerless(), 7)\n", "READERS[1]: int has no dialect"),
        (READER + "WRITERS = (Ledgerless(),)\n", "WRITERS[0]: Ledgerless has no encode"),
    ],
)
def test_a_broken_package_is_named_with_what_is_wrong(load: Load, source: str, words: str) -> None:
    readers, writers, faults = load(source)
    assert not readers | writers
    assert any(fault.startswith(f"entry point parish: {words}") for fault in faults), faults


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("def decode(self, opened, tables)", "def decode(self, opened)"), "a method that takes opened, tables"),
        (("def decode(self, opened, tables)", "def decode(self, opened, tables, day)"), "that takes opened, tables"),
        (("def judge(self, answer): ...", "judge = 7"), "a method that takes answer"),
        (('"parish-book", "1"', '"Parish Book", "1"'), "a name of lower-case letters, digits and hyphens"),
        (('"parish-book", "1"', '"parish-book", ""'), "a text that is not empty"),
        (("Answers.AT_ONCE", '"whenever"'), "a member of hub.contract.Answers"),
        (('{"HearingListed"}', '{"HearingLost"}'), "a set of names of messages; there are CaseFileSubmission, "),
        (("), False", '), "no"'), "True or False"),
    ],
)
def test_a_member_that_is_not_what_the_contract_says_is_named(load: Load, change: tuple[str, str], words: str) -> None:
    assert change[0] in WHOLE
    _, _, [fault] = load(WHOLE.replace(*change))
    assert words in fault


def test_a_method_may_take_more_than_the_contract_says_where_it_need_not_be_given(load: Load) -> None:
    wider = WHOLE.replace("def decode(self, opened, tables)", "def decode(self, opened, tables, day=None)")
    assert load(wider)[2] == []


def test_everything_wrong_with_a_package_is_told_at_once(load: Load) -> None:
    wrong = WHOLE.replace('"1", Answers.AT_ONCE', '"", "whenever"').replace("def judge", "def judges")
    faults = load(wrong)[2]
    assert [fault.partition(": ")[2].partition(": ")[0] for fault in faults] == [
        "READERS[0]",
        "READERS[0]",
        "WRITERS[0]",
    ]


def test_two_packages_that_read_one_dialect_are_a_fault_that_names_the_second(load: Load) -> None:
    _, _, [fault] = load(READER + "READERS = (Ledgerless(), Ledgerless())\n")
    assert fault == "entry point parish: another connector reads 'parish-book'"


def test_a_fault_names_the_package_and_its_version(tmp_path: Path) -> None:
    about = tmp_path / "parish-2.5.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: parish\nVersion: 2.5\n")
    (about / "entry_points.txt").write_text(f"[{GROUP}]\nparish-book = no_such_module_anywhere\n")
    [package] = distributions(path=[str(tmp_path)])
    faults: list[str] = []
    load_connectors(package.entry_points, faults)
    assert faults[0].startswith("entry point parish-book (parish 2.5): cannot be imported: ")


def test_our_own_connectors_keep_the_contract() -> None:
    faults: list[str] = []
    readers, writers = load_connectors(entry_points(group=GROUP), faults)
    assert faults == []
    assert {"spi-case", "exchange"} <= set(readers) & set(writers)
