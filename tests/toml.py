"""TOML written out, for tests that change a mapping and load it again."""

import json
from datetime import date
from typing import Any


def as_toml(table: dict[str, Any]) -> str:
    """A document that tomllib reads as this table: every table inline, below the keys of the top."""
    return "".join(f"{_key(name)} = {_value(held)}\n" for name, held in table.items())


def _value(held: Any) -> str:
    if isinstance(held, dict):
        return "{" + ", ".join(f"{_key(name)} = {_value(inner)}" for name, inner in held.items()) + "}"
    if isinstance(held, list):
        return "[" + ", ".join(map(_value, held)) + "]"
    return held.isoformat() if isinstance(held, date) else json.dumps(held)


def _key(name: str) -> str:
    return json.dumps(name)
