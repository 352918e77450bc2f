"""Where each key of a TOML file stands, so that a fault can name its line.

Rule: this finds places, and nothing else: what the file says is what tomllib reads. A key within an inline table or an
array has the line of the key that holds it.
"""

from __future__ import annotations

import re

_TABLE = re.compile(r"\s*\[(\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"\s*((?:[A-Za-z0-9_\-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_\-]+|\"[^\"]*\"|'[^']*'))*)\s*=")


def lines_of(text: str) -> dict[str, int]:
    """The line of every table and key, by its dotted name; the n-th of an array of tables is `name[n]`, from 1."""
    found: dict[str, int] = {}
    counts: dict[str, int] = {}
    here = ""
    for number, line in enumerate(text.splitlines(), 1):
        if table := _TABLE.match(line):
            here = _numbered(_parts(table[2]), counts, starts=bool(table[1]))
            found.setdefault(here, number)
        elif key := _KEY.match(line):
            found.setdefault(".".join([*([here] if here else []), *_parts(key[1])]), number)
    return found


def _numbered(parts: list[str], counts: dict[str, int], *, starts: bool) -> str:
    """The name of a table with the numbers of the arrays of tables that it is in; `starts` the next one of an array."""
    name = ""
    for position, part in enumerate(parts, 1):
        name = f"{name}.{part}" if name else part
        if starts and position == len(parts):
            counts[name] = counts.get(name, 0) + 1
        if name in counts:
            name = f"{name}[{counts[name]}]"
    return name


def line_at(found: dict[str, int], key: str) -> int:
    """The line of a key, else of the nearest key that holds it; 1 where nothing does."""
    while key:
        if key in found:
            return found[key]
        key = key.rpartition(".")[0]
    return 1


def _parts(dotted: str) -> list[str]:
    return [part.strip().strip("\"'") for part in dotted.split(".")]
