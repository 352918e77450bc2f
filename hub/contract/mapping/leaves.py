"""A field of a mapping that holds one value: where its text is, and how it is read.

    "Path"                                   the text there
    { at = ["Path", "Other"] }               the first of them that is not blank
    { join = ["A", "B"], with = "/" }        several texts in one; those that are blank are left out; each a path, or
                                             a table with at, cut and pad
    { at = "Path", cut = [3, 6] }            characters 3 to 6
    { at = "Path", pad = 11 }                zeros in front, up to so many characters
    { at = "Path", map = { G = "GUILTY" } }  a code and our word for it, or a text for a text
    { at = "Path", read = "date:%d%m%Y" }    by a reader
    { const = "C" }                          always this
    { at = "Path", default = "C" }           this where nothing stands there

Rule: a text that is blank counts as absent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from hub.canonical.shape import Kind, Slot
from hub.contract.mapping.faults import Faults
from hub.contract.mapping.paths import BadPath, Path, Select, compile_path, text_at
from hub.contract.mapping.readers import BY_MARK, BY_TYPE, READERS, BadReader, Read, nearest
from hub.contract.mapping.run import MOST_TEXT, Run
from hub.contract.tables import Tables
from hub.document import Element
from hub.message.values import Coded

KEYS = ("at", "join", "with", "cut", "pad", "map", "read", "const", "default")

Found = tuple[str, Element]
Get = Callable[[Element, Run], "Found | None"]
Leaf = Callable[[Element, Run], Any]

_WORD = re.compile(r"[A-Z0-9][A-Z0-9_. \-]{0,79}")
"""What the canonical schema takes as our word for a code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a mapping is compiled with: prefixes, code tables, where faults go; whether files come with a document."""

    namespaces: Mapping[str, str]
    tables: Tables
    faults: Faults
    files: bool = False


def leaf(spec: object, slot: Slot, key: str, setting: Setting) -> Leaf:
    """The function that reads one value, None where there is none. Notes what is wrong with `spec`."""
    table = {"at": spec} if isinstance(spec, str) else spec
    if not isinstance(table, dict):
        setting.faults.add(key, "this must be a path, or a table with at, join or const")
        return _nothing
    setting.faults.unknown(key, table, KEYS)
    get = _getter(table, key, setting)
    read = _mapped(table["map"], slot, key, setting) if "map" in table else _reader(table, slot, key, setting)

    def value(node: Element, run: Run) -> Any:
        found = get(node, run)
        if found is None or (len(found[0]) > MOST_TEXT and _too_long(found, run)):
            return None
        return read(found[0], found[1], run)

    return value


def unsought(spec: object) -> tuple[object, object]:
    """A value's `spec` in two: where it is looked for, and what it is where nothing is found; None for either."""
    if not isinstance(spec, dict):
        return spec, None
    if "const" in spec:
        return None, spec
    if "default" not in spec:
        return spec, None
    shown = {name: held for name, held in spec.items() if name in ("read", "map")}
    return {name: held for name, held in spec.items() if name != "default"}, shown | {"const": spec["default"]}


def _too_long(found: Found, run: Run) -> bool:
    """Notes that a text is longer than the canonical form carries, which is a fault."""
    words = f"The text has {len(found[0])} characters. At most {MOST_TEXT} are carried in one field. Shorten it."
    run.fault(found[1], "text-length", words)
    return True


def every(spec: object, slot: Slot, key: str, setting: Setting) -> Leaf:
    """The function that reads the values of a field that repeats: one for each node of its path."""
    table = {"at": spec} if isinstance(spec, str) else spec
    if not isinstance(table, dict) or not isinstance(table.get("at"), str):
        setting.faults.add(key, "this must be one path, or a table with one path in at")
        return _nothing
    setting.faults.unknown(key, table, ("at", "read", "map"))
    select = nodes_of_key(table["at"], f"{key}.at", setting)
    read = _mapped(table["map"], slot, key, setting) if "map" in table else _reader(table, slot, key, setting)

    def values(node: Element, run: Run) -> Any:
        made = []
        for hit in select(node, run) if select is not None else ():
            run.used.add(hit[0] if hit[1] is None else (hit[0], hit[1]))
            text = text_at(hit)
            if text and not text.isspace() and not (len(text) > MOST_TEXT and _too_long((text, hit[0]), run)):
                made.append(read(text, hit[0], run))
        return tuple(made) or None

    return values


def path_of_key(written: object, key: str, setting: Setting) -> Path | None:
    """A path of the mapping, compiled; None, and a fault, where it is none."""
    if not isinstance(written, str):
        setting.faults.add(key, "this must be a path")
        return None
    try:
        return compile_path(written, setting.namespaces)
    except BadPath as cause:
        setting.faults.add(key, f"'{written}' is not a path of this grammar: {cause}")
        return None


def nodes_of_key(written: object, key: str, setting: Setting) -> Select | None:
    """What selects the nodes of a path; None, and a fault, where it is none or is a function, which has a text only."""
    path = path_of_key(written, key, setting)
    if path is not None and path.select is None:
        setting.faults.add(key, f"'{path.written}' is a text: a path that leads to nodes is needed here")
    return None if path is None else path.select


def _nothing(node: Element, run: Run) -> None:
    return None


def _getter(table: Mapping[str, Any], key: str, setting: Setting) -> Get:
    """Where the text comes from."""
    if sum(name in table for name in ("at", "join", "const")) != 1:
        setting.faults.add(key, "exactly one of at, join and const says where the value comes from")
        return _nothing
    if "const" in table:
        const = setting.faults.text(table, key, "const")
        return lambda node, run: (const, node)
    if "join" in table:
        get = _joined(_pieces(table["join"], f"{key}.join", setting), setting.faults.text(table, key, "with", " "))
    else:
        get = _first(_paths(table["at"], f"{key}.at", setting))
    get = _shaped(get, table, key, setting)
    if "default" in table:
        get = _or(get, setting.faults.text(table, key, "default"))
    return get


def _paths(written: object, key: str, setting: Setting) -> list[Path]:
    several = written if isinstance(written, list) else [written]
    return [path for one in several if (path := path_of_key(one, key, setting)) is not None]


def _text(path: Path) -> Get:
    """The text of a path with the element that it stands at; None where it is blank."""
    select, said = path.select, path.text

    def get(node: Element, run: Run) -> Found | None:
        if select is None:
            text = said(node, run)
            return None if text is None or not text.strip() else (text, node)
        for hit in select(node, run)[:1]:
            run.used.add(hit[0] if hit[1] is None else (hit[0], hit[1]))
            text = text_at(hit)
            if text and not text.isspace():
                return text, hit[0]
        return None

    return get


def _first(paths: Sequence[Path]) -> Get:
    getters = [_text(path) for path in paths]
    if len(getters) == 1:
        return getters[0]

    def first(node: Element, run: Run) -> Found | None:
        for get in getters:  # what stands at those after the first is not read, and so is kept as unmapped
            if (found := get(node, run)) is not None:
                return found
        return None

    return first


def _pieces(given: object, key: str, setting: Setting) -> list[Get]:
    """The pieces of a joined text."""
    if not isinstance(given, list):
        setting.faults.add(key, "this must be a list of paths")
        return []
    made = []
    for number, one in enumerate(given, 1):
        table = one if isinstance(one, dict) else {"at": one}
        setting.faults.unknown(f"{key}[{number}]", table, ("at", "cut", "pad"))
        get = _first(_paths(table.get("at"), f"{key}[{number}]", setting))
        made.append(_shaped(get, table, f"{key}[{number}]", setting))
    return made


def _joined(getters: Sequence[Get], between: str) -> Get:
    def joined(node: Element, run: Run) -> Found | None:
        found = [one for get in getters if (one := get(node, run)) is not None]
        return (between.join(text for text, _ in found), found[0][1]) if found else None

    return joined


def _shaped(get: Get, table: Mapping[str, Any], key: str, setting: Setting) -> Get:
    """Cut and padded."""
    start, end = _places(table["cut"], f"{key}.cut", setting) if "cut" in table else (1, None)
    width = setting.faults.whole(table, key, "pad", 1) if "pad" in table else 0
    if "cut" not in table and not width:
        return get

    def shaped(node: Element, run: Run) -> Found | None:
        found = get(node, run)
        if found is None or not (text := found[0][start - 1 : end].strip()):
            return None
        return text.rjust(width, "0"), found[1]

    return shaped


def _places(given: object, key: str, setting: Setting) -> tuple[int, int | None]:
    match given:
        case [int(start), int(end)] if 1 <= start <= end:
            return start, end
    setting.faults.add(key, "this must be two places, the first and the last character: [3, 6]")
    return 1, None


def _or(get: Get, default: str) -> Get:
    return lambda node, run: get(node, run) or (default, node)


def _mapped(pairs: object, slot: Slot, key: str, setting: Setting) -> Read:
    """A code by the pairs written in the mapping itself, or a text for a text."""
    if not isinstance(pairs, dict) or not all(isinstance(value, str) for value in pairs.values()):
        setting.faults.add(f"{key}.map", 'this must be a table of texts: { G = "GUILTY" }')
        return lambda text, node, run: None
    if slot.type not in (Coded, str):
        setting.faults.add(f"{key}.map", f"a {_named(slot.type)} is read by a reader and not by map")
    coded = slot.type is Coded
    for word in pairs.values() if coded else ():
        if not _WORD.fullmatch(word):
            setting.faults.add(f"{key}.map", f"'{word}' cannot be our word for a code: write it in capitals, as GUILTY")

    def mapped(text: str, node: Element, run: Run) -> object:
        said = pairs.get(text.strip())
        if said is None:
            run.note("UNKNOWN_CODE", node, "this code is not in the mapping")
        return Coded(text, said) if coded else said or text

    return mapped


def _reader(table: Mapping[str, Any], slot: Slot, key: str, setting: Setting) -> Read:
    """The reader that is named, or that of the field's kind."""
    if slot.kind is Kind.LEAF and slot.type not in BY_TYPE:
        if issubclass(slot.type, Enum):  # of the hub's own
            return _one_of(slot.type)
        setting.faults.add(key, "this field is the hub's own, and no mapping gives it")
        return lambda text, node, run: None
    wanted = setting.faults.text(table, key, "read", BY_MARK.get(slot.mark or "") or BY_TYPE.get(slot.type, "text"))
    name, colon, argument = wanted.partition(":")
    if name not in READERS:
        setting.faults.add(f"{key}.read", f"there is no reader '{name}'{nearest(name, READERS)}")
        return lambda text, node, run: None
    reader = READERS[name]
    if reader.makes is not slot.type:
        words = f"'{name}' makes a {_named(reader.makes)}, and this field is a {_named(slot.type)}"
        setting.faults.add(f"{key}.read", words)
    try:
        return reader.make(argument if colon else None, setting.tables)
    except BadReader as cause:
        setting.faults.add(f"{key}.read", f"'{name}': {cause}")
        return lambda text, node, run: None


def _one_of(kind: Any) -> Read:
    known = {str(member.value): member for member in kind}

    def one_of(text: str, node: Element, run: Run) -> object:
        found = known.get(text.strip())
        if found is None:
            run.fault(node, "value", f"This is none of {', '.join(known)}.", text)
        return found

    return one_of


def _named(kind: Any) -> str:
    names = {"Dated": "date", "Timed": "time", "Coded": "code", "Numbered": "number", "Moment": "moment", "str": "text"}
    name: str = kind.__name__
    return names.get(name, name.lower())
