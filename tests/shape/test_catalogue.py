"""The page of every rule is what the code and the configuration say."""

import re

from connectors.courts.findings.exceptions import EXCEPTIONS
from connectors.courts.findings.triggers import TRIGGERS
from hub.discovery.bundle import Bundle
from hub.discovery.mending import load_mending
from hub.discovery.rules import load_rules
from hub.flow.check.rules import RULES
from tests.shape.catalogue import LATER, PAGE, page


def test_the_page_of_rules_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it anew: .venv/bin/python -m tests.shape.catalogue"


def test_every_rule_on_results_says_where_it_comes_from_and_how_to_mend_it() -> None:
    rules = [trigger.of_offence or trigger.of_case for trigger in TRIGGERS.values()]
    rules += [row.check for row in EXCEPTIONS.values()]
    assert [rule for rule in rules if not re.search(r"\((?:courts )?2\.", (rule and rule.__doc__) or "")] == []
    mending = load_mending(Bundle())
    assert [code for code in {*TRIGGERS, *EXCEPTIONS, *LATER} if mending.find(code) is None] == []


def test_every_rule_on_case_files_is_configured_says_where_it_comes_from_and_how_to_mend_it() -> None:
    settings, faults = load_rules(Bundle().files("rules.toml"))
    assert (faults, set(settings)) == ([], set(RULES))
    unsourced = [code for code, rule in RULES.items() if "police-spi 5." not in (rule.check.__doc__ or "")]
    assert unsourced == []
    mending = load_mending(Bundle())
    assert [code for code, rule in RULES.items() if mending.find(code) is None or not rule.example] == []
