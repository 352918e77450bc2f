"""`rules-help.toml`: how to mend each rule, in words for the people who send.

    RULE_ID = "Do this. Or that."
    "*_DUMMY" = "..."                 a * stands for any letters; an exact id goes before a pattern

Rule: the file of the operator's configuration adds to the shipped one, id by id, so that a force's own rules can have
words of their own. It is read where words are wanted, and a fault in it stops no hub.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from hub.discovery.bundle import Bundle
from hub.message.errors import Misconfigured

NAME = "rules-help.toml"
UNWRITTEN = "See the refusal of each document: it says where the fault is and how to mend it."
"""What is said of a rule that the file does not have."""


@dataclass(frozen=True, slots=True)
class Mending:
    """The words of every rule, by id or by pattern."""

    words: Mapping[str, str]

    def find(self, rule: str) -> str | None:
        """The words of a rule, None where there are none."""
        exact = self.words.get(rule)
        if exact is not None:
            return exact
        return next((words for key, words in self.words.items() if "*" in key and fnmatchcase(rule, key)), None)

    def of(self, rule: str) -> str:
        """The words of a rule, or where to look for them."""
        return self.find(rule) or UNWRITTEN


def load_mending(bundle: Bundle) -> Mending:
    """The words in force. Raises Misconfigured with every fault."""
    words: dict[str, str] = {}
    faults: list[str] = []
    for path in (folder / NAME for folder in bundle.config_folders):
        if not path.is_file():
            continue
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as cause:
            faults.append(f"{path}: not TOML: {cause}")
            continue
        faults += [f"{path}: {rule}: a text is needed" for rule, held in table.items() if not _is_words(held)]
        words |= {rule: held for rule, held in table.items() if _is_words(held)}
    if faults:
        raise Misconfigured(faults)
    return Mending(words)


def _is_words(held: object) -> bool:
    return isinstance(held, str) and bool(held.strip())
