"""Tables of a mapping that mirror the records of the canonical message.

    [case.defendants]                a record for each node of `each`; the paths in the table start there
    each = "p:Person[@role='ACC']"
    link = { "@case" = "@id" }       only those nodes whose text at the left is that of the right, seen from outside
    [[case.defendants]]              several such tables: one kind of node after the other
    [case.first_hearing]             one record; `within` names the node from which its paths start

Rule: keys are the names of the canonical fields. A record of which nothing was found is absent; a field that the
canonical form needs has to be in the mapping, and to be found in every document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from hub.canonical.shape import Kind, Slot, slots_of
from hub.contract.mapping.leaves import Leaf, Setting, every, leaf, path_of_key
from hub.contract.mapping.paths import Path
from hub.contract.mapping.run import Run
from hub.document import Element

Nodes = Callable[[Element, Run], Iterable[Element]]

POSITION = "position"
"""The place of a record among those like it, from 1, which no path gives."""


def record(table: object, kind: type, key: str, setting: Setting) -> Leaf:
    """The function that reads one record, None where nothing of it is there. Notes what is wrong with the table."""
    if not isinstance(table, dict):
        setting.faults.add(key, "this must be a table of fields")
        return lambda node, run: None
    slots = {slot.name: slot for slot in slots_of(kind)}
    setting.faults.unknown(key, table, [*slots, "each", "link", "within"])
    steps = [
        (name, _field(table[name], slot, f"{key}.{name}", setting)) for name, slot in slots.items() if name in table
    ]
    needed = _needed(table, slots, key, setting)
    within = path_of_key(table["within"], f"{key}.within", setting) if "within" in table else None
    return _reader(kind, steps, needed, within)


def _reader(
    kind: type, steps: Sequence[tuple[str, Leaf]], needed: Mapping[str, type | None], within: Path | None
) -> Leaf:
    numbered = any(slot.name == POSITION for slot in slots_of(kind))

    def read(node: Element, run: Run) -> Any:
        if within is not None:
            hits = within.select(node, run) if within.select is not None else []
            if not hits:
                return None
            node = hits[0][0]
        held = {name: value for name, step in steps if (value := step(node, run)) is not None}
        if held and numbered:
            held[POSITION] = run.offence
        return _made(kind, held, needed, node, run) if held else None

    return read


def _made(kind: type, held: dict[str, Any], needed: Mapping[str, type | None], node: Element, run: Run) -> Any:
    for name, empty in needed.items():
        if name in held:
            continue
        if empty is None:
            run.fault(node, "required", f"'{name}' of a {kind.__name__} is needed, and is not in the document.")
            return None
        held[name] = empty()
    return kind(**held)


def _needed(table: Mapping[str, Any], slots: Mapping[str, Slot], key: str, setting: Setting) -> dict[str, type | None]:
    """The fields that a record cannot be without, and for records that may be empty how they are made."""
    found: dict[str, type | None] = {}
    for name, slot in slots.items():
        if slot.optional or slot.many or name == POSITION:
            continue
        may_be_empty = slot.kind is Kind.RECORD and all(inner.optional or inner.many for inner in slots_of(slot.type))
        found[name] = slot.type if may_be_empty else None
        if name not in table and not may_be_empty:
            setting.faults.add(key, f"the field '{name}' is needed: give its path")
    return found


def _field(spec: Any, slot: Slot, key: str, setting: Setting) -> Leaf:
    if slot.kind is not Kind.RECORD:
        return every(spec, slot, key, setting) if slot.many else leaf(spec, slot, key, setting)
    if not slot.many:
        return record(spec, slot.type, key, setting)
    tables = spec if isinstance(spec, list) else [spec]
    names = [f"{key}[{number}]" for number in range(1, len(tables) + 1)] if isinstance(spec, list) else [key]
    return _repeated([each(table, slot.type, name, setting) for table, name in zip(tables, names, strict=True)], slot)


def each(table: Any, kind: type, key: str, setting: Setting) -> tuple[Nodes, Leaf]:
    """The nodes of a repeated record, and the function that reads one."""
    read = record(table, kind, key, setting)
    if not isinstance(table, dict) or "each" not in table:
        setting.faults.add(key, "each is needed: the path of the nodes, one for each record")
        return (lambda node, run: ()), read
    path = path_of_key(table["each"], f"{key}.each", setting)
    return _nodes(path, _links(table.get("link", {}), f"{key}.link", setting)), read


def _links(pairs: object, key: str, setting: Setting) -> list[tuple[Path, Path]]:
    if not isinstance(pairs, dict):
        setting.faults.add(key, "this must be a table of two paths: the node's and that of the record it belongs to")
        return []
    compiled = [(path_of_key(one, key, setting), path_of_key(other, key, setting)) for one, other in pairs.items()]
    return [(left, right) for left, right in compiled if left is not None and right is not None]


def _nodes(path: Path | None, links: Sequence[tuple[Path, Path]]) -> Nodes:
    select = None if path is None else path.select

    def nodes(node: Element, run: Run) -> Iterable[Element]:
        if select is None:
            return ()
        found = [element for element, name in select(node, run) if name is None]
        for left, right in links:
            wanted = right.text(node, run)
            found = [one for one in found if wanted is not None and left.text(one, run) == wanted]
        return found

    return nodes


def _repeated(parts: Sequence[tuple[Nodes, Leaf]], slot: Slot) -> Leaf:
    numbered = any(inner.name == POSITION for inner in slots_of(slot.type))

    def repeated(node: Element, run: Run) -> Any:
        made: list[Any] = []
        for nodes, read in parts:
            for one in nodes(node, run):
                if numbered:
                    run.offence = len(made) + 1
                if (value := read(one, run)) is not None:
                    made.append(value)
        if numbered:
            run.offence = None
        return tuple(made) or None

    return repeated
