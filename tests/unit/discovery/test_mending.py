"""Every rule that a sender can be told of has words that say how to mend it.

The ids are found in the sources: the rules and codes that faults and findings are made with, and the tables that they
come from. So a new rule without words fails here.
"""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.assemble import tools
from hub.contract import Trust
from hub.contract.findings import KINDS
from hub.discovery.bundle import Bundle
from hub.discovery.mending import NAME, UNWRITTEN, load_mending
from hub.discovery.rules import load_rules
from hub.flow.check.rules import RULES
from hub.message.errors import Misconfigured
from hub.message.identifiers import Reason

ROOT = Path(__file__).resolve().parents[3]
APART = ("hub/simulate/", "hub/bench/", "hub/cli/", "hub/prove/")  # what these tell is told to nobody who sends
MAKERS = {"fault", "_fault", "note", "_refused", "_at"}  # take an id among their arguments
MADE = {"Fault", "Finding", "BrokenRule"}  # take it by name

A_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-_][A-Za-z0-9]+)*")
A_FAMILY = re.compile(
    r"(?:xml|json|csv|zip|fixed|schema|document|attachment|dialect|hub|canonical|key)-[a-z]+(?:-[a-z]+)*|(?:MDI|OI)-\d+|HO\d{6}|TRPR\d{4}"
)
FIELDS = {"nomsNumber", "occurredAt", "reportId"}  # arguments of those calls that name a field, not a rule


def sources() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted([*ROOT.glob("hub/**/*.py"), *ROOT.glob("connectors/**/*.py")]):
        name = str(path.relative_to(ROOT))
        if not name.startswith(APART):
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def produced() -> dict[str, str]:
    """Every id that the sources hold, and a file that does."""
    found: dict[str, str] = {}
    for name, tree in sources():
        for rule in _constants(tree):
            found.setdefault(rule, name)
        for rule in _prefixed(tree):
            found.setdefault(rule, name)
    for rule in {rule for rule in found if rule in ("encoding", "character", "line")}:  # hub/document/lines.py
        name = found.pop(rule)
        found |= {f"{kind}-{rule}": name for kind in ("csv", "fixed")}
    return found


def _constants(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and A_FAMILY.fullmatch(node.value):
            yield node.value
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "rule":
            either = [node.value.body, node.value.orelse] if isinstance(node.value, ast.IfExp) else [node.value]
            yield from (held for held in map(_text, either) if A_NAME.fullmatch(held))
        if isinstance(node, ast.Call):
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            given = list(node.args) if called in MAKERS else []
            if called in MADE:
                given = [keyword.value for keyword in node.keywords if keyword.arg in ("rule", "code")]
            yield from (held for held in map(_text, given) if A_NAME.fullmatch(held) and held not in FIELDS)


def _text(node: ast.AST) -> str:
    """The text that a node is; empty for any other."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _prefixed(tree: ast.Module) -> Iterator[str]:
    """Ids such as OI-301: a prefix in an f-string, and the numbers that the module yields."""
    prefixes = {
        node.values[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        and isinstance(node.values[0], ast.Constant)
        and node.values[0].value in ("OI-", "MDI-")
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple):
            first = node.value.elts[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, int):
                yield from (f"{prefix}{first.value}" for prefix in prefixes)


def of_identifiers() -> set[str]:
    return {f"{kind}_{reason.value.upper()}" for kind in KINDS.values() for reason in Reason if reason != Reason.EMPTY}


def unreadable() -> set[str]:
    return {f"UNREADABLE_{what}" for what in ("DATE", "TIME", "MOMENT", "NUMBER")}


def test_every_rule_that_the_sources_can_tell_of_has_its_words() -> None:
    mending, found = load_mending(Bundle()), produced()
    assert {"OI-301", "MDI-305", "schema-order", "json-number", "hub-defect", "HO100206", "key-conflict"} <= set(found)
    assert not {rule: name for rule, name in found.items() if mending.find(rule) is None}


def test_every_business_rule_and_every_oddity_of_an_identifier_or_value_has_its_words() -> None:
    mending = load_mending(Bundle())
    configured, _ = load_rules(Bundle().files("rules.toml"))
    wanted = {*RULES, *configured, *of_identifiers(), *unreadable()}
    assert not [rule for rule in sorted(wanted) if mending.find(rule) is None]


def test_no_words_are_kept_for_a_rule_that_is_no_more() -> None:
    words = load_mending(Bundle()).words
    known = {*produced(), *RULES, *of_identifiers(), *unreadable()}
    assert not [rule for rule in words if "*" not in rule and rule not in known]


def test_the_words_are_sentences_that_somebody_can_act_on() -> None:
    for rule, words in load_mending(Bundle()).words.items():
        assert words[0].isupper(), rule
        assert words.endswith("."), rule
        assert "\n" not in words, rule


def test_whatever_is_told_of_the_shipped_samples_has_its_words() -> None:
    mending, judge = load_mending(Bundle()), tools()
    told = set()
    for sample in Bundle().files("dialects/*/samples/*"):
        judged = judge.judge(sample.read_bytes(), Trust(party="x", agency="police"), datetime(2026, 3, 2, tzinfo=UTC))
        told |= {broken.rule for broken in judged.broken}
    judge.layers.explainer.close()
    assert len(told) > 3
    assert not [rule for rule in sorted(told) if mending.find(rule) is None]


def test_an_exact_id_goes_before_a_pattern_and_an_unknown_rule_is_told_where_to_look() -> None:
    mending = load_mending(Bundle())
    assert mending.of("json-encoding") != mending.of("csv-encoding") == mending.of("fixed-encoding")
    assert mending.of("a-rule-of-nobody") == UNWRITTEN


def test_an_operators_file_adds_to_the_shipped_one_id_by_id(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text('OFFENCE_CODE_IS_GENERIC = "Ask the desk."\nOWN_RULE = "Do this."\n')
    mending = load_mending(Bundle(tmp_path))
    assert (mending.of("OFFENCE_CODE_IS_GENERIC"), mending.of("OWN_RULE")) == ("Ask the desk.", "Do this.")
    assert mending.find("schema-order") is not None


@pytest.mark.parametrize(("text", "words"), [("X = 3", "X: a text is needed"), ("X = ", "not TOML")])
def test_a_file_that_cannot_be_read_is_told_by_name(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / NAME).write_text(text)
    with pytest.raises(Misconfigured, match=words):
        load_mending(Bundle(tmp_path))
