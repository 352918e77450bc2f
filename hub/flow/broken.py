"""What a judged document breaks, counted by rule, place and police unit: the figures of the quality report.

Rule: nothing of a value goes in: rule ids, paths without positions, units and numbers. A document that breaks nothing
costs a look at two empty tuples.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, islice
from typing import cast

from hub.contract import Opened
from hub.contract.fields import leaves
from hub.document import JsonValue
from hub.document.xml import local_name
from hub.flow.record.keys import keys_of
from hub.ledger.admission import BrokenRule, OrderKey
from hub.message.envelope import Decoded
from hub.message.errors import Fault, Severity
from hub.message.identifiers import Reason, read_asn, read_ptiurn

FINDING = "finding"
"""Stands where a fault has its severity."""

_LOOKED_AT = 10_000  # values of a refused document, at most
_LONGEST = 200  # characters of a path
_POSITION = re.compile(r"\[\d+\]|/\d+(?=/|$)")
_SENDERS_NAMES = ("json-",)  # rules whose paths are made of names that the sender chose freely

Kind = tuple[str, str, str, str | None]


def broken_rules(
    faults: Sequence[Fault], ruled: Sequence[Sequence[Fault]], decoded: Sequence[Decoded], opened: Opened | None
) -> tuple[BrokenRule, ...]:
    """Everything that a document breaks.

    `faults` are those of the document as a whole, `ruled` the business rules' and `decoded` the messages, both in the
    order of the messages (both empty where none could be read). What is of a message counts for that message's unit;
    what is of the document for the unit that all its messages share, or that a refused one names in so many words. Of a
    refused document the findings are not counted: its sender is not told of them. Nor are those that are tasks.
    """
    if not faults and not any(ruled) and not any(one.findings for one in decoded):
        return ()
    units = [unit_of(keys_of(one.body)) for one in decoded]
    counted: Counter[Kind] = Counter(_kinds(faults, _shared(units) if decoded else unit_in(opened)))
    refused = any(fault.severity is Severity.ERROR for fault in (*faults, *chain.from_iterable(ruled)))
    for unit, breaches, one in zip(units, ruled, decoded, strict=True):
        counted.update(_kinds(breaches, unit))
        if not refused:
            counted.update(
                (found.code, FINDING, place_of(found.code, found.path), unit)
                for found in one.findings
                if not found.task
            )
    return tuple(BrokenRule(*kind, count) for kind, count in counted.items())


def summed(broken: Iterable[BrokenRule]) -> tuple[BrokenRule, ...]:
    """The counts of several documents together."""
    counted: Counter[Kind] = Counter()
    for *kind, times in broken:
        counted[cast(Kind, tuple(kind))] += times
    return tuple(BrokenRule(*kind, count) for kind, count in counted.items())


def _kinds(faults: Iterable[Fault], unit: str | None) -> Iterator[Kind]:
    return ((fault.rule, fault.severity.value, place_of(fault.rule, fault.path), unit) for fault in faults)


@lru_cache(maxsize=4096)
def place_of(rule: str, path: str) -> str:
    """A path without positions, so that the same field of a thousand documents counts as one."""
    return "" if rule.startswith(_SENDERS_NAMES) else _POSITION.sub("", path)[:_LONGEST]


def unit_of(keys: Iterable[OrderKey]) -> str | None:
    """The unit in the keys of a message, from a PTIURN before an ASN. A PTIURN that is not police's has none."""
    found = dict(reversed([(key.kind, key.value) for key in keys]))
    ptiurn, asn = found.get("PTIURN"), found.get("ASN")
    if ptiurn is not None and read_ptiurn(ptiurn).reason in (None, Reason.LENGTH):
        return ptiurn[:4]
    return None if asn is None else asn[2:6]


def _shared(units: Sequence[str | None]) -> str | None:
    return units[0] if len(set(units)) == 1 else None


def unit_in(opened: Opened | None) -> str | None:
    """The unit that a document names which was refused before it was read: that of the first sound PTIURN in a field
    that is called so, or else of the first sound ASN, whose check letter makes it known for what it is.
    """
    found: str | None = None
    for name, text in islice(_values(opened), _LOOKED_AT):
        if name.lower().endswith("urn") and (urn := read_ptiurn(text)).reason is None and urn.value:
            return urn.value[:4]
        if found is None and 10 <= len(text) <= 30 and (asn := read_asn(text)).reason is None and asn.value:
            found = asn.value[2:6]
    return found


def _values(opened: Opened | None) -> Iterator[tuple[str, str]]:
    """The values of a document, each with the name of its field."""
    if opened is None:
        return
    if opened.root is not None:
        for node in opened.root.iter():
            yield from (
                (local_name(name), text.strip()) for name, text in cast(Iterable[tuple[str, str]], node.items())
            )
            if not len(node):
                yield local_name(node.tag), (node.text or "").strip()
    elif isinstance(opened.data, dict | list):
        data: JsonValue = opened.data
        for pointer, text in leaves(data, ""):
            yield pointer.rpartition("/")[2], text.strip()
