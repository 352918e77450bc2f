"""`rules.toml`: which business rules apply, to whom, from when, and whether a breach warns or refuses.

    [RULE_ID]
    severity = "warning" | "error"
    from     = 2026-01-01          (optional)
    until    = 2027-01-01          (optional)
    initiation = ["CHARGE"]        (optional: only these kinds of case; UNKNOWN where the code is missing or in no list)

Legislation changes on dates, so this is data; what a rule looks at is code (hub/flow/check/rules).
"""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hub.message.errors import Severity


class RuleSetting(BaseModel):
    """How one rule is applied."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    severity: Severity = Severity.WARNING
    since: date | None = Field(None, alias="from")
    until: date | None = None
    initiation: tuple[str, ...] = ()

    def applies(self, on: date) -> bool:
        """Whether the rule is in force on a date."""
        return (self.since is None or self.since <= on) and (self.until is None or on < self.until)


def load_rules(files: list[Path]) -> tuple[dict[str, RuleSetting], list[str]]:
    """The settings of every rule by its id, a later file's over an earlier's, and every fault."""
    rules: dict[str, RuleSetting] = {}
    faults: list[str] = []
    for path in files:
        try:
            table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        except tomllib.TOMLDecodeError as cause:
            faults.append(f"{path}: not TOML: {cause}")
            continue
        for rule, setting in table.items():
            try:
                rules[rule] = RuleSetting.model_validate(setting)
            except ValidationError as cause:
                faults += [f"{path}: {rule}.{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in cause.errors()]
    return rules, faults
