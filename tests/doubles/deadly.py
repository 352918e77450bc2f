"""A judge that kills its process on one document, as a hole in a parser would."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import date

from hub.assemble import tools
from hub.flow.check.rules import RuleBook
from hub.flow.judge import Judge
from hub.message.case import CaseFileSubmission
from hub.message.envelope import Body
from hub.message.errors import Fault

DEADLY = "41ZD0999926"


@dataclass(frozen=True)
class DeadlyRules(RuleBook):
    """The rules as they are, but for one case."""

    def faults(self, body: Body, on: date) -> tuple[Fault, ...]:
        """As the rules say, unless the case is the deadly one."""
        if isinstance(body, CaseFileSubmission) and body.ptiurn.text == DEADLY:
            os._exit(1)
        return RuleBook.faults(self, body, on)


def deadly_tools() -> Judge:
    """A Judge with those rules."""
    judge = tools()
    return replace(judge, rules=DeadlyRules(judge.found.rules, judge.found.tables))
