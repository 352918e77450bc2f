"""A draft as the text of a `mapping.toml`.    Rule: what is written loads without a fault, even where it is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hub.prove.drafting import CASE, DEFENDANT, OFFENCE, Draft, Guess, reader_of, record_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What stands around a draft: the dialect's name, its format, and how that is recognised."""

    name: str
    lift: str
    recognise: Sequence[str]
    namespaces: Mapping[str, str]


def mapping_text(frame: Frame, draft: Draft) -> str:
    """The mapping, with a comment for each guess and a list of what was taken for nothing."""
    lines = [
        "# Drafted from a sample by the names and the forms of its fields. Check every line: the number is how sure it",
        "# is, in per cent. docs/mapping.md has the whole grammar; cjhub map FILE --with THIS FILE shows its work.",
        "",
        "[dialect]",
        f'name = "{frame.name}"',
        'version = "1"',
        f'lift = "{frame.lift}"',
        "",
    ]
    if frame.namespaces:
        lines += ["[namespaces]", *(f'{prefix} = "{uri}"' for prefix, uri in frame.namespaces.items()), ""]
    lines += [*frame.recognise, ""]
    prefixes = {uri: prefix for prefix, uri in frame.namespaces.items()}
    tables = [guess.wanted.table for guess in draft.guesses]
    records = [record for record in (DEFENDANT, OFFENCE) if any(table.startswith(record) for table in tables)]
    for table in sorted(dict.fromkeys([CASE, *records, *tables])):
        lines += [*_table(table, draft, prefixes), ""]
    if draft.left:
        lines += ["# Not recognised, and kept as unmapped until a path reads it:"]
        lines += [f"#   {_path(source.steps, prefixes)}" for source in draft.left]
    return "\n".join(lines).rstrip() + "\n"


def _table(table: str, draft: Draft, prefixes: Mapping[str, str]) -> list[str]:
    record = record_of(table)
    start = draft.nodes.get(record, ())
    lines = [f"[{table}]"]
    if table in (DEFENDANT, OFFENCE):
        lines.append(f'each = "{_each(record, draft, prefixes)}"')
    guesses = [guess for guess in draft.guesses if guess.wanted.table == table]
    lines += [_line(guess, start, prefixes) for guess in guesses]
    if table == CASE and not any(guess.wanted.key == "ptiurn" for guess in guesses):
        lines.append('ptiurn = "URN"  # not found in the sample: write its path here')
    return lines


def _each(record: str, draft: Draft, prefixes: Mapping[str, str]) -> str:
    steps, above = draft.nodes[record], draft.nodes.get(DEFENDANT, ()) if record == OFFENCE else ()
    if steps[: len(above)] == above:
        return _path(steps[len(above) :], prefixes) or "self::*"
    return "/".join([".."] * len(above)) + "/" + _path(steps, prefixes)


def _line(guess: Guess, start: tuple[str, ...], prefixes: Mapping[str, str]) -> str:
    steps = guess.source.steps
    if steps[: len(start)] == start:
        path = _path(steps[len(start) :], prefixes) or "."
    else:
        path = "/".join([".."] * len(start)) + "/" + _path(steps, prefixes)
    read = reader_of(guess)
    value = f'"{path}"' if read is None else f'{{ at = "{path}", read = "{read}" }}'
    return f"{guess.wanted.key} = {value}  # {guess.sure}"


def _path(steps: Sequence[str], prefixes: Mapping[str, str]) -> str:
    made = []
    for step in steps:
        mark = "@" if step.startswith("@") else ""
        uri, brace, local = step.lstrip("@").lstrip("{").rpartition("}")
        made.append(f"{mark}{prefixes[uri]}:{local}" if brace and uri in prefixes else f"{mark}{local}")
    return "/".join(made)
