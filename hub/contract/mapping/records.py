"""Tables of a mapping that mirror the records of the canonical message.

    [case.defendants]                a record for each node of `each`; the paths in the table start there
    each = "p:Person[@role='ACC']"
    link = { "@case" = "@id" }       only those nodes whose text at the left is that of the right, seen from outside
    [[case.defendants]]              several such tables: one kind of node after the other
    [case.first_hearing]             one record; `within` names the node from which its paths start

Rule: keys are the names of the canonical fields. A record of which nothing was found is absent, whatever the mapping
itself would put in it (const, default); a field that the
canonical form needs has to be in the mapping, and to be found in every document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from hub.canonical.shape import Kind, Slot, slots_of
from hub.contract.mapping.attached import CONTENT, Said, attached, content, said_slots, with_tables
from hub.contract.mapping.leaves import Leaf, Setting, every, leaf, nodes_of_key, path_of_key, unsought
from hub.contract.mapping.paths import Hit, Path, Select
from hub.contract.mapping.run import Run
from hub.document import Element
from hub.message.case import AttachedDocument

Nodes = Callable[[Element, Run], Iterable[Element]]

POSITION = "position"
"""The place of a record among those like it, from 1, which no path gives."""


def record(table: object, kind: type, key: str, setting: Setting) -> Leaf:
    """The function that reads one record, None where nothing of it is there. Notes what is wrong with the table."""
    if not isinstance(table, dict):
        setting.faults.add(key, "this must be a table of fields")
        return lambda node, run: None
    within = nodes_of_key(table["within"], f"{key}.within", setting) if "within" in table else None
    if kind is AttachedDocument:
        slots = said_slots()
        setting.faults.unknown(key, table, [*slots, CONTENT, "each", "link", "within"])
        sought, rest = _steps(with_tables(table), slots, key, setting)
        find, unpack = content(table.get(CONTENT), f"{key}.{CONTENT}", setting)
        return _inside(within, attached(_gathered([*sought, (CONTENT, find)], rest), unpack))
    slots = {slot.name: slot for slot in slots_of(kind)}
    setting.faults.unknown(key, table, [*slots, "each", "link", "within"])
    said = _gathered(*_steps(table, slots, key, setting))
    return _inside(within, _reader(kind, said, _needed(table, slots, key, setting)))


def _steps(
    table: Mapping[str, Any], slots: Mapping[str, Slot], key: str, setting: Setting
) -> tuple[list[tuple[str, Leaf]], list[tuple[str, Leaf]]]:
    """What is looked for in the document, and what comes of the mapping alone: a const, or a default."""
    steps: list[tuple[str, Leaf]] = []
    rest: list[tuple[str, Leaf]] = []
    for name, slot in slots.items():
        if name not in table:
            continue
        below, spec = f"{key}.{name}", table[name]
        if slot.kind is Kind.RECORD or slot.many:
            steps.append((name, _field(spec, slot, below, setting)))
            continue
        sought, given = unsought(spec)
        if sought is not None:
            steps.append((name, leaf(sought, slot, below, setting)))
        if given is not None:
            rest.append((name, leaf(given, slot, below, setting)))
    return steps, rest


def _gathered(sought: Sequence[tuple[str, Leaf]], rest: Sequence[tuple[str, Leaf]]) -> Said:
    """What is looked for, and what there is besides if any of that is found; None where nothing is."""

    def gathered(node: Element, run: Run) -> dict[str, Any] | None:
        held = {name: value for name, step in sought if (value := step(node, run)) is not None}
        if not held:
            return None
        for name, step in rest:
            if name not in held:
                held[name] = step(node, run)
        return held

    return gathered


def _inside(within: Select | None, read: Leaf) -> Leaf:
    """Reads at the first node of a path, where one is given."""
    if within is None:
        return read

    def inside(node: Element, run: Run) -> Any:
        hits = within(node, run)
        return read(hits[0][0], run) if hits else None

    return inside


def _reader(kind: type, gathered: Said, needed: Mapping[str, type | None]) -> Leaf:
    numbered = any(slot.name == POSITION for slot in slots_of(kind))

    def read(node: Element, run: Run) -> Any:
        held = gathered(node, run)
        if held is None:
            return None
        if numbered:
            held[POSITION] = run.offence
        return _made(kind, held, needed, node, run)

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
        return every(spec, slot, key, setting)
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
    links = _links(table.get("link", {}), f"{key}.link", setting)
    if not links:
        select = nodes_of_key(table["each"], f"{key}.each", setting)
        return (lambda node, run: () if select is None else _elements(select(node, run))), read
    above, path = _from_above(table["each"])
    select = nodes_of_key(path, f"{key}.each", setting)
    return (lambda node, run: ()) if select is None else _linked(select, above, links), read


def _links(pairs: object, key: str, setting: Setting) -> list[tuple[Path, Path]]:
    if not isinstance(pairs, dict):
        setting.faults.add(key, "this must be a table of two paths: the node's and that of the record it belongs to")
        return []
    compiled = [(path_of_key(one, key, setting), path_of_key(other, key, setting)) for one, other in pairs.items()]
    return [(left, right) for left, right in compiled if left is not None and right is not None]


def _elements(hits: Iterable[Hit]) -> list[Element]:
    return [element for element, name in hits if name is None]


def _from_above(path: Any) -> tuple[int | None, Any]:
    """How many steps up a path begins with (None: it begins at the top), and what is left of it.

    What many records look at from the same place is then looked at once.
    """
    if not isinstance(path, str) or "|" in path:
        return 0, path
    if path.lstrip().startswith("/"):
        return None, path
    rest = path.strip()
    while rest.startswith("../"):
        rest = rest[3:]
    return (len(path.strip()) - len(rest)) // 3, rest


def _linked(select: Select, above: int | None, links: Sequence[tuple[Path, Path]]) -> Nodes:
    """The nodes whose texts at the left are those of a record at the right; a set of nodes is sorted by them once."""
    mark = object()

    def sorted_by_keys(node: Element, run: Run) -> dict[tuple[str | None, ...], list[Element]]:
        found = run.linked.get((mark, node))
        if found is None:
            found = run.linked[mark, node] = {}
            unnoted = replace(run, used=set())  # only what belongs to a record counts as read
            for one in _elements(select(node, run)):
                found.setdefault(tuple(left.text(one, unnoted) for left, _ in links), []).append(one)
        return found

    def nodes(node: Element, run: Run) -> Iterable[Element]:
        wanted = tuple(right.text(node, run) for _, right in links)
        start: Element | None = run.root if above is None else node
        for _ in range(above or 0):
            start = None if start is None else start.getparent()
        if start is None or None in wanted:
            return ()
        found = sorted_by_keys(start, run).get(wanted, [])
        for one in found:
            for left, _ in links:
                left.text(one, run)
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
