"""A JSON object read field by field, with every fault noted and told at once.

Rule: a path is a JSON pointer (RFC 6901) into the document as received. A field that is null counts as absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hub.document import JsonValue
from hub.message.errors import Fault

FOUND_AT_MOST = 80


@dataclass(slots=True)
class Fields:
    """One JSON object at `pointer`; `faults` is shared by all that are read of one document."""

    value: Mapping[str, JsonValue]
    pointer: str = ""
    faults: list[Fault] = field(default_factory=list)

    def at(self, name: str) -> str:
        """The pointer of a field."""
        return f"{self.pointer}/{name.replace('~', '~0').replace('/', '~1')}"

    def fault(self, name: str, rule: str, words: str, found: object = None) -> None:
        """Note one fault of a field."""
        shown = None if found is None else str(found)[:FOUND_AT_MOST]
        self.faults.append(Fault(path=self.at(name), rule=rule, words=words, found=shown))

    def text(self, name: str, *, needed: bool = False) -> str | None:
        """A string; a fault where it is needed and absent or blank, or where it is something else."""
        held = self.value.get(name)
        if isinstance(held, str) and (held.strip() or not needed):
            return held
        if held is None or isinstance(held, str):
            if needed:
                self.fault(name, "required", f"'{name}' is needed")
            return None
        self.fault(name, "type", f"'{name}' must be a string", kind_of(held))
        return None

    def whole(self, name: str, *, needed: bool = False) -> int | None:
        """A whole number."""
        held = self.value.get(name)
        if isinstance(held, int) and not isinstance(held, bool):
            return held
        if held is not None:
            self.fault(name, "type", f"'{name}' must be a whole number", kind_of(held))
        elif needed:
            self.fault(name, "required", f"'{name}' is needed")
        return None

    def number_or_text(self, name: str) -> str | None:
        """A whole number or a string, as text: ids that some services send as the one and some as the other."""
        held = self.value.get(name)
        if held is None or isinstance(held, str):
            return held
        if isinstance(held, int) and not isinstance(held, bool):
            return str(held)
        self.fault(name, "type", f"'{name}' must be a whole number or a string", kind_of(held))
        return None

    def inner(self, name: str, *, needed: bool = False) -> Fields:
        """An object within this one; an empty one where it is absent."""
        held = self.value.get(name)
        if isinstance(held, dict):
            return Fields(held, self.at(name), self.faults)
        if held is not None:
            self.fault(name, "type", f"'{name}' must be an object", kind_of(held))
        elif needed:
            self.fault(name, "required", f"'{name}' is needed")
        return Fields({}, self.at(name), self.faults)

    def each(self, name: str) -> list[Fields]:
        """The objects of a list within this one."""
        held = self.value.get(name)
        if held is None:
            return []
        if not isinstance(held, list):
            self.fault(name, "type", f"'{name}' must be a list", kind_of(held))
            return []
        below: list[Fields] = []
        for position, item in enumerate(held):
            if isinstance(item, dict):
                below.append(Fields(item, f"{self.at(name)}/{position}", self.faults))
            else:
                self.fault(name, "type", f"'{name}' must be a list of objects", kind_of(item))
        return below


def kind_of(value: JsonValue) -> str:
    """What a JSON value is, in plain words; never the value itself."""
    names = {
        dict: "an object",
        list: "a list",
        str: "a string",
        bool: "true or false",
        int: "a number",
        float: "a number",
    }
    return "nothing" if value is None else names[type(value)]


def leaves(value: JsonValue, pointer: str) -> list[tuple[str, str]]:
    """Every leaf below a value: its pointer and its text."""
    if isinstance(value, dict):
        return [leaf for name, held in value.items() for leaf in leaves(held, f"{pointer}/{_token(name)}")]
    if isinstance(value, list):
        return [leaf for position, held in enumerate(value) for leaf in leaves(held, f"{pointer}/{position}")]
    if isinstance(value, bool):
        return [(pointer, "true" if value else "false")]
    return [] if value is None else [(pointer, str(value))]


def _token(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
