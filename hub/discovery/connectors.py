"""Find connectors through the entry point group `cjhub.connectors`, and everything else through the folders.

A connector package has READERS and WRITERS, each a tuple of objects that keep the contract, perhaps SOAP_DOORS, by
which they come in, and CONTRACT: the version of the contract that it was made for (docs/contract.md).

Rule: a package that is broken, or not made for this hub, is named with everything that is wrong with it. No hub starts
with a part of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points
from inspect import signature
from pathlib import Path
from typing import Any

from hub.contract import VERSION, Answers, Reader, Writer
from hub.contract.hops import SoapDoor
from hub.contract.reference import NO_REFERENCE, Reference
from hub.contract.tables import load_tables
from hub.discovery import Found
from hub.discovery.bundle import Bundle, installed
from hub.discovery.groups import load_groups
from hub.discovery.mappings import load_mappings
from hub.discovery.parties import apart, load_parties
from hub.discovery.reference import load_reference
from hub.discovery.rules import load_rules
from hub.message.catalogue import CATALOGUE
from hub.message.errors import WRONG_CODE, HubError, Misconfigured

GROUP = "cjhub.connectors"

_BROKEN = (AssertionError, HubError, NameError, OSError, RuntimeError, SyntaxError, *WRONG_CODE)
"""What importing somebody's package raises where its code is wrong."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")

_VALUES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "dialect": (
        lambda held: isinstance(held, str) and _NAME.fullmatch(held) is not None,
        "a name of lower-case letters, digits and hyphens",
    ),
    "version": (lambda held: isinstance(held, str) and bool(held), "a text that is not empty"),
    "answers": (lambda held: isinstance(held, Answers), "a member of hub.contract.Answers"),
    "sends": (
        lambda held: isinstance(held, Set) and held <= CATALOGUE.keys(),
        f"a set of names of messages; there are {', '.join(CATALOGUE)}",
    ),
    "announces": (lambda held: isinstance(held, bool), "True or False"),
    "later": (lambda held: isinstance(held, str) and bool(held), "the name of a dialect"),
    "path": (
        lambda held: isinstance(held, str) and _NAME.fullmatch(held) is not None,
        "a name of lower-case letters, digits and hyphens",
    ),
    "description": (lambda held: isinstance(held, str) and bool(held), "the path of a WSDL below schemas/"),
    "schemas": (
        lambda held: isinstance(held, tuple) and bool(held) and all(isinstance(one, str) for one in held),
        "a tuple of paths below schemas/",
    ),
}
"""What the plain values of a Reader, a Writer and a SoapDoor must be."""

_CONTRACTS: dict[str, type] = {"READERS": Reader, "WRITERS": Writer, "SOAP_DOORS": SoapDoor}


def discover(overlay: Path | None = None, reference: Path | None = None) -> Found:
    """Everything this installation has; `reference` is the folder of its reference data, if any.

    Raises Misconfigured with every fault found.
    """
    bundle = Bundle(overlay)
    faults: list[str] = []
    points = [*entry_points(group=GROUP)]
    readers, writers = load_connectors(points, faults)
    doors = load_soap_doors(points, faults)
    tables = load_tables([folder / "codes" for folder in bundle.config_folders])
    tables = replace(
        tables,
        groups=load_groups(bundle.files("groups/*.toml"), faults),
        reference=_reference(reference, faults),
    )
    bare = [name for name, folder in installed().items() if folder is None]
    faults += [f"entry point {name}: no package with a folder dialects" for name in bare]
    mappings = load_mappings(bundle.files("dialects/*/mapping*.toml"), tables, readers, faults)
    parties, party_faults = load_parties(bundle.files("parties/*.toml"), readers, writers)
    rules, rule_faults = load_rules(bundle.files("rules.toml"))
    faults += party_faults + rule_faults
    if not readers:
        faults.append(f"no connector is installed: no entry point in the group {GROUP}")
    if faults:
        raise Misconfigured(faults)
    live, planned = apart(parties)
    return Found(
        bundle=bundle,
        readers=readers,
        writers=writers,
        tables=tables,
        parties=live,
        rules=rules,
        editions=mappings.editions,
        candidates=mappings.candidates,
        planned=planned,
        soap_doors=doors,
    )


def _reference(folder: Path | None, faults: list[str]) -> Reference:
    try:
        return load_reference(folder)
    except Misconfigured as cause:
        faults += cause.faults
        return NO_REFERENCE


def load_connectors(points: Iterable[EntryPoint], faults: list[str]) -> tuple[dict[str, Reader], dict[str, Writer]]:
    """The Readers and Writers of every connector, by dialect. Two that claim one dialect are a fault."""
    readers: dict[str, Reader] = {}
    writers: dict[str, Writer] = {}
    for point in sorted(points, key=lambda point: point.name):
        package, words = _load(point)
        found = [words] if words else [*_package_faults(package)]
        if not found:
            found += _add(readers, getattr(package, "READERS", ()), "another connector reads")
            found += _add(writers, getattr(package, "WRITERS", ()), "another connector writes")
        faults += [f"{_label(point)}: {fault}" for fault in found]
    return readers, writers


def load_soap_doors(points: Sequence[EntryPoint], faults: list[str]) -> dict[str, SoapDoor]:
    """The doors of every connector that keeps its contract, by path. Two at one path are a fault."""
    doors: dict[str, SoapDoor] = {}
    for point in sorted(points, key=lambda point: point.name):
        package, words = _load(point)
        if words or any(_package_faults(package)):
            continue  # said by load_connectors
        for door in getattr(package, "SOAP_DOORS", ()):
            if door.path in doors:
                faults.append(f"{_label(point)}: another connector has a door at '{door.path}'")
            doors[door.path] = door
    return doors


def _label(point: EntryPoint) -> str:
    """An entry point as its author and an operator know it: its name, and the package that it came with."""
    package = f" ({point.dist.name} {point.dist.version})" if point.dist is not None else ""
    return f"entry point {point.name}{package}"


def _load(point: EntryPoint) -> tuple[Any, str]:
    """What an entry point names, or why it cannot be had."""
    try:
        return point.load(), ""
    except ImportError as cause:
        return None, f"cannot be imported: {cause}"
    except _BROKEN as cause:
        return None, f"fails while it is imported: {type(cause).__name__}: {cause}"


def _package_faults(package: Any) -> Iterator[str]:
    """What is wrong with a package: made for another contract, nothing in it, or objects that do not keep it.

    A package that does not say CONTRACT was made for the first.
    """
    made_for = getattr(package, "CONTRACT", "1")
    if made_for != VERSION:
        yield (
            f"it was made for version {made_for} of the connector contract, and this hub has version {VERSION}: "
            "install a release of it that was made for this hub"
        )
        return
    lists = [name for name in _CONTRACTS if hasattr(package, name)]
    if not {"READERS", "WRITERS"}.intersection(lists):
        yield "it has neither READERS nor WRITERS"
    for name in lists:
        held, contract = getattr(package, name), _CONTRACTS[name]
        if not isinstance(held, tuple):
            yield f"{name} must be a tuple of objects"
            continue
        for position, connector in enumerate(held):
            yield from (f"{name}[{position}]: {fault}" for fault in _shortcomings(connector, contract))


def _shortcomings(connector: object, contract: type) -> Iterator[str]:
    """What an object lacks of the Reader's or the Writer's contract: members, what they take, what they are."""
    if isinstance(connector, type):
        yield f"{connector.__name__} is a class: put {connector.__name__}() in its place"
        return
    for name, member in vars(contract).items():
        if name.startswith("_"):
            continue
        if not hasattr(connector, name):
            yield f"{type(connector).__name__} has no {name}"
        elif name in _VALUES:
            fits, wanted = _VALUES[name]
            if not fits(getattr(connector, name)):
                yield f"{type(connector).__name__}.{name} must be {wanted}"
        elif not _takes(getattr(connector, name), taken := [*signature(member).parameters][1:]):
            yield f"{type(connector).__name__}.{name} must be a method that takes {', '.join(taken)}"


def _takes(method: object, names: list[str]) -> bool:
    """Whether something can be called with as many values as there are names, as the hub calls it: by position."""
    if not callable(method):
        return False
    try:
        signature(method).bind(*names)
    except TypeError:
        return False
    return True


def _add(known: dict[str, Any], more: Iterable[Any], words: str) -> list[str]:
    """Put connectors among those known. What is wrong: a dialect that another has already."""
    taken = []
    for connector in more:
        if connector.dialect in known:
            taken.append(f"{words} '{connector.dialect}'")
        known[connector.dialect] = connector
    return taken
