"""`groups/<name>.toml`: named groups of codes, for rules whose lists are data.

    applies_from = 2026-08-16                      (optional) the first day of this edition
    [groups]
    TRPR0001 = "3007 3028 3070-3074"               codes, and ranges with both ends
    breach   = "CD98001 019-021 058"               a number after a code takes the place of its last three digits

Other editions stand beside it as `<name>.<anything>.toml`, each with a first day of its own; the one in force is chosen
by the day of the hearing. A file of the operator's configuration stands in for the one of its name.

Rule: every fault is collected, with its file and group.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from hub.contract.tables import Groups

_TOKEN = re.compile(r"([A-Z0-9]*?[0-9A-Z])(?:-([0-9]+))?")
_DIGITS = 3


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    applies_from: date | None = None
    groups: dict[str, str]


def load_groups(files: Iterable[Path], faults: list[str]) -> dict[str, Groups]:
    """Every group of codes, by the name of its file, and every fault."""
    found: dict[str, list[tuple[date | None, dict[str, frozenset[str]]]]] = {}
    for path in files:
        try:
            held = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as cause:
            faults.append(f"{path}: not TOML: {cause}")
            continue
        except ValidationError as cause:
            faults += [f"{path}: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in cause.errors()]
            continue
        editions = found.setdefault(path.name.partition(".")[0], [])
        if any(first == held.applies_from for first, _ in editions):
            faults.append(f"{path}: applies_from: each edition needs a first day of its own")
        editions.append((held.applies_from, _groups(path, held, faults)))
    for editions in found.values():
        editions.sort(key=lambda edition: edition[0] or date.min, reverse=True)
    return {name: Groups(tuple(editions)) for name, editions in found.items()}


def _groups(path: Path, held: _File, faults: list[str]) -> dict[str, frozenset[str]]:
    groups = {}
    for name, text in held.groups.items():
        try:
            groups[name] = frozenset(expand(text))
        except ValueError as cause:
            faults.append(f"{path}: groups.{name}: {cause}")
    return groups


def expand(text: str) -> Iterator[str]:
    """The codes of a group. Raises ValueError for what is neither a code nor a range."""
    before = ""
    for token in text.split():
        match = _TOKEN.fullmatch(token)
        if match is None:
            raise ValueError(f"'{token}' is neither a code nor a range")
        first, last = match.groups()
        if len(first) == _DIGITS and first.isdigit() and before:
            first = before[:-_DIGITS] + first
        if len(first) > _DIGITS + 1 and not first.isdigit():
            before = first
        yield from [first] if last is None else _range(first, last)


def _range(first: str, last: str) -> Iterator[str]:
    width = len(last)
    stem, start = first[:-width], first[-width:]
    if not start.isdigit() or int(start) > int(last):
        raise ValueError(f"'{first}-{last}' is no range")
    return (f"{stem}{number:0{width}d}" for number in range(int(start), int(last) + 1))
