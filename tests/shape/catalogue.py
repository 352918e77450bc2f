"""The page of every rule, made from the code and the configuration: `.venv/bin/python -m tests.shape.catalogue` writes
docs/rules.md. Nothing in it is written by hand, so that it cannot say anything else than what is done.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from connectors.courts.findings.exceptions import EXCEPTIONS
from connectors.courts.findings.triggers import TRIGGERS
from hub.contract.tables import Groups
from hub.discovery.bundle import Bundle
from hub.discovery.groups import load_groups
from hub.discovery.mending import Mending, load_mending
from hub.discovery.rules import load_rules
from hub.flow.check.rules import RULES
from hub.flow.check.rules.asked import Rule

PAGE = Path(__file__).resolve().parents[2] / "docs" / "rules.md"
LATER = {
    "TRPR0015": "Personal details changed, in a recordable case or beside another trigger (courts 2.4).",
    "TRPR0027": "A trigger was left out for its force, and the court lies in another area (courts 2.4).",
}
"""Those that depend on what is left of the others, and so are in no table."""

HEAD = """# Every rule

Made from the code and the configuration by `.venv/bin/python -m tests.shape.catalogue`; a test fails where it is not current. Sections such as *courts 2.4* are those of the facts
of the formats that the rules were written from. The words of how to mend a rule are in `config/rules-help.toml`, and yours may stand in for them.
"""


def page() -> str:
    """The whole page."""
    mending = load_mending(Bundle())
    parts = [HEAD, _rules(mending), _triggers(mending), _exceptions(mending), _others(mending)]
    return "\n".join(parts)


def _table(columns: str, rows: Iterable[Iterable[str]]) -> str:
    lines = [f"| {columns} |", f"|{'---|' * (columns.count('|') + 1)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows), ""])


def _said(function: Callable[..., object]) -> str:
    """The first paragraph of what a function says of itself, on one line."""
    return " ".join((inspect.getdoc(function) or "").partition("\n\n")[0].split()).replace("|", "\\|")


def _rules(mending: Mending) -> str:
    settings, _ = load_rules(Bundle().files("rules.toml"))
    rows = [
        (
            f"`{code}`",
            _said(RULES[code].check),
            "refuses" if setting.severity.value == "error" else "warns",
            "always" if setting.since is None else setting.since.isoformat(),
            ", ".join(setting.initiation).lower() or "all",
            RULES[code].example.replace("|", "\\|"),
            _asked(RULES[code]),
            mending.of(code).replace("|", "\\|"),
        )
        for code, setting in settings.items()
    ]
    words = "\n## Business rules on case files\n\nWhich apply, from when, to which kinds of case and how hard is data (`config/rules.toml`). They are those of police-spi 5.6, as the receiving side names them. A rule that needs a table is left out until it is loaded ([reference data](reference.md)).\n\n"
    return words + _table(
        "rule | what it says | does | from | for cases begun by | for example | tables | how to mend", rows
    )


def _asked(rule: Rule) -> str:
    """The tables of a rule: those that it cannot do without, and those by which it asks more."""
    more = f"more with {_needs(rule.asks)}" if rule.asks else ""
    return ", ".join(part for part in (_needs(rule.needs), more) if part)


def _triggers(mending: Mending) -> str:
    groups = load_groups(Bundle().files("groups/*.toml"), [])["result-triggers"]
    rows = []
    for code in sorted({*TRIGGERS, *LATER}):
        made = TRIGGERS.get(code)
        rule = None if made is None else made.of_offence or made.of_case
        scope = "offence" if made is not None and made.of_offence is not None else "case"
        said = LATER[code] if rule is None else _said(rule)
        rows.append((f"`{code}`", said, scope, _example(groups, code), _needs(() if made is None else made.needs)))
    words = "\n## Triggers of results\n\nFindings: tasks for the police, nothing to mend ([findings](findings.md)). From the beginning; their lists are in `config/groups/`.\n\n"
    return words + _table("code | what raises it | one for each | for example | tables", rows)


def _example(groups: Groups, code: str) -> str:
    held = groups.on(None).get(code)
    return f"result {min(held)}" if held else ""


def _needs(needs: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in needs)


def _exceptions(mending: Mending) -> str:
    rows = [
        (f"`{code}`", _said(EXCEPTIONS[code].check), _needs(EXCEPTIONS[code].needs), mending.of(code))
        for code in sorted(EXCEPTIONS)
    ]
    words = "\n## Exceptions of results\n\nFindings: what the receiving side would stumble over ([findings](findings.md)). From the beginning.\n\n"
    return words + _table("code | what it says | tables | how to mend", rows)


def _others(mending: Mending) -> str:
    told = {*RULES, *TRIGGERS, *LATER, *EXCEPTIONS}
    rows = [(f"`{rule}`", _kind(rule), words) for rule, words in sorted(_rest(mending, told))]
    words = "\n## Everything else that a sender can be told of\n\nThe document itself, its envelopes, what the schema of its format asks, and what was noticed while it was read.\n\n"
    return words + _table("rule | does | how to mend", rows)


def _rest(mending: Mending, told: set[str]) -> Iterator[tuple[str, str]]:
    return ((rule, words.replace("|", "\\|")) for rule, words in mending.words.items() if rule not in told)


def _kind(rule: str) -> str:
    """What a rule does, by the form of its id: findings are in capitals, schemas refuse or are only reported."""
    if rule.startswith("schema-"):
        return "refuses, or warns where the schema only reports"
    if rule.startswith("repaired-"):
        return "warns"
    return "refuses" if re.match(r"(?:MDI|OI)-|\*?[a-z-]+$|CASE$|ONE_DEFENDANT$", rule) else "finding"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
