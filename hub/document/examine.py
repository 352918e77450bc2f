"""xmlschema's account of a document that lxml refused: where, why, what was expected, what was found.

Rule: runs in a process of its own (`examiner.py`), because some patterns make Python's `re` hang and nothing interrupts
it (xml-safety.md, "Regex DoS in pattern facets"). It is given a tree that our parser has vetted and our own schema;
it follows no hint of the document, and a schema may include files of its own folder only.
"""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from types import FunctionType
from typing import Literal, cast

import xmlschema
from xmlschema.validators import XsdAttribute, XsdAttributeGroup, XsdElement, XsdGroup, XsdIdentity, facets
from xmlschema.validators.exceptions import (
    XMLSchemaChildrenValidationError,
    XMLSchemaDecodeError,
    XMLSchemaImportWarning,
    XMLSchemaIncludeWarning,
    XMLSchemaValidationError,
)

from hub.document import Element, wording
from hub.document.model import Flaw, Group, Leaf, Part, diagnose
from hub.document.wording import Finding
from hub.document.xml import local_name, text_of

_MOST_ERRORS = 1_000
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_IN_ATTRIBUTE = re.compile(r"attribute ([^\s=]+)=")

_LENGTHS = {
    facets.XsdLengthFacet: "exactly",
    facets.XsdMinLengthFacet: "fewest",
    facets.XsdMaxLengthFacet: "most",
}
_RANGES = {
    facets.XsdMinInclusiveFacet: "be {} or more",
    facets.XsdMaxInclusiveFacet: "be {} or less",
    facets.XsdMinExclusiveFacet: "be more than {}",
    facets.XsdMaxExclusiveFacet: "be less than {}",
    facets.XsdTotalDigitsFacet: "have at most {} digits",
    facets.XsdFractionDigitsFacet: "have at most {} digits after the full stop",
}
# What xmlschema calls its own functions for the types whose limits are no facets.
_CHECKS = {
    "byte_validator": "byte",
    "short_validator": "short",
    "int_validator": "int",
    "long_validator": "long",
    "unsigned_byte_validator": "unsignedByte",
    "unsigned_short_validator": "unsignedShort",
    "unsigned_int_validator": "unsignedInt",
    "positive_int_validator": "positiveInteger",
    "negative_int_validator": "negativeInteger",
    "non_positive_int_validator": "nonPositiveInteger",
    "non_negative_int_validator": "nonNegativeInteger",
    "base64_binary_validator": "base64Binary",
}
_KINDS: tuple[tuple[str, tuple[type, ...]], ...] = (
    ("attributes", (XsdAttributeGroup,)),
    ("root", (xmlschema.XMLSchema10,)),
    ("key", (XsdIdentity,)),
    ("value", (FunctionType, XsdAttribute, facets.XsdFacet, facets.XsdPatternFacets, facets.XsdEnumerationFacets)),
)
# Which of several faults of one value says what it must be, where it is empty or not of its type at all.
_TELLING = ("schema-pattern", "schema-enumeration", "schema-type", "schema-length", "schema-range")


def load(path: Path) -> xmlschema.XMLSchema10:
    """The schema of a local file. An include that fails is an error, never a weaker schema."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", XMLSchemaIncludeWarning)
        warnings.simplefilter("error", XMLSchemaImportWarning)
        return xmlschema.XMLSchema10(str(path), base_url=str(path.parent), allow="sandbox", defuse="always")


class Beyond(Exception):
    """A value that xmlschema cannot hold, such as a year of twenty digits: there it says nothing at all."""


def examine(schema: xmlschema.XMLSchema10, root: Element) -> list[Finding]:
    """Every fault of the document, in its order, at most a hundred; none where xmlschema has nothing against it.

    Raises Beyond.
    """
    try:
        return _examined(schema, root)
    except OverflowError:
        raise Beyond from None


def _examined(schema: xmlschema.XMLSchema10, root: Element) -> list[Finding]:
    found: list[Finding] = []
    values: dict[tuple[Element, str], list[XMLSchemaValidationError]] = {}
    told: set[tuple[str, Element]] = set()
    for error in islice(schema.iter_errors(root), _MOST_ERRORS):
        element = root if error.elem is None else cast("Element", error.elem)
        kind = _kind(error)
        if kind == "value":
            values.setdefault((element, _attribute_of(error, element)), []).append(error)
        elif (kind, element) not in told:
            told.add((kind, element))
            found += _STRUCTURE[kind](error, element)
    stuffed = {finding.at for finding in found if finding.rule == "schema-text"}
    for (element, attribute), errors in values.items():
        if attribute or _position(element) not in stuffed:
            found += _value(element, attribute, errors)
    return sorted(found, key=_order)[: wording.MOST_FAULTS]


def _order(finding: Finding) -> tuple[int, ...]:
    """The order of the document: what is missing at the end of an element comes after all that is in it."""
    at_the_end = finding.rule == "schema-missing" and finding.near == finding.at
    return (*finding.near, sys.maxsize) if at_the_end else finding.near


def _kind(error: XMLSchemaValidationError) -> str:
    if isinstance(error, XMLSchemaChildrenValidationError):
        return "children"
    kind = next((kind for kind, validators in _KINDS if isinstance(error.validator, validators)), None)
    if kind is not None:
        return kind
    reason = error.reason or ""
    if isinstance(error, XMLSchemaDecodeError) or "fixed value" in reason:
        return "value"
    return "text" if "character data" in reason or "child elements" in reason else "mark"


def _attribute_of(error: XMLSchemaValidationError, element: Element) -> str:
    """The attribute, by its full name, whose value is at fault; empty where it is the element's own."""
    if isinstance(error.validator, XsdAttribute):
        return error.validator.name or ""
    match = _IN_ATTRIBUTE.match(error.reason or "")
    wanted = match[1].rpartition(":")[2] if match else ""
    return next((name for name in cast("list[str]", element.keys()) if local_name(name) == wanted), "")


def _value(element: Element, attribute: str, errors: list[XMLSchemaValidationError]) -> Iterator[Finding]:
    """The faults of one value; a single one where it is empty, or is not of its type at all."""
    value = (element.get(attribute) or "") if attribute else text_of(element)
    name = local_name(element.tag)
    tail = f"/@{local_name(attribute)}" if attribute else ""
    if attribute:
        name = wording.attribute_name(name, local_name(attribute))
    musts = dict(reversed([_must(error) for error in errors]))
    if "schema-type" in musts and not wording.is_told(musts.get("schema-pattern", "")):
        del musts["schema-pattern"]  # a pattern beside a type that takes nothing more away
    telling = next((rule for rule in _TELLING if rule in musts), None)
    if telling and not value.strip():
        musts = {"schema-empty": musts[telling]}
    elif telling and "schema-type" in musts:
        musts = {telling: musts[telling]}
    at = _position(element)
    for rule, must in musts.items():
        words = wording.value_words(rule, name, value, must)
        yield Finding(at=at, near=at, tail=tail, rule=rule, words=words, found=wording.shown(value))


def _must(error: XMLSchemaValidationError) -> tuple[str, str]:
    """The rule that a value breaks and what it must be."""
    validator = error.validator
    if isinstance(validator, facets.XsdPatternFacets):
        return "schema-pattern", wording.must_match(validator.regexps)
    if isinstance(validator, facets.XsdEnumerationFacets):
        return "schema-enumeration", wording.must_be_one_of(str(value) for value in validator.enumeration)
    facet = cast("facets.XsdFacet", validator)
    if length := _LENGTHS.get(type(facet)):
        return "schema-length", wording.must_have_length(length, int(str(facet.value)))
    if limit := _RANGES.get(type(facet)):
        return "schema-range", limit.format(facet.value)
    fixed = getattr(validator, "fixed", None)
    if fixed is not None and not isinstance(error, XMLSchemaDecodeError):
        return "schema-fixed", f"be '{fixed}'"
    return "schema-type", _must_be_type(validator)


def _must_be_type(validator: object) -> str:
    if isinstance(validator, FunctionType):
        return wording.must_be_type(_CHECKS.get(validator.__name__, ""))
    members = getattr(validator, "member_types", None) or [validator]
    names = dict.fromkeys(str(getattr(member, "local_name", None) or "") for member in members)
    return " or ".join(wording.must_be_type(name) for name in names)


def _root(error: XMLSchemaValidationError, element: Element) -> Iterator[Finding]:
    schema = cast("xmlschema.XMLSchema10", error.validator)
    names = [local_name(name) for name in schema.elements][:5]
    namespace = schema.target_namespace
    where = f"in the namespace '{namespace}'" if namespace else "in no namespace"
    own = element.tag.rpartition("}")[0].lstrip("{")
    has = f"in the namespace '{wording.shown(own)}'" if own else "in no namespace"
    words = f"The document is {local_name(element.tag)} {has}. It must be {' or '.join(names)} {where}."
    yield _at(element, "schema-root", words)


def _text(error: XMLSchemaValidationError, element: Element) -> Iterator[Finding]:
    name, reason = local_name(element.tag), error.reason or ""
    if "child elements" in reason and "character data" not in reason:
        yield _at(element, "schema-text", f"{name} may hold text only. Remove the elements in it.")
        return
    text = "".join([element.text or "", *(child.tail or "" for child in element)]).strip()
    words = f"{name} must be empty. Remove" if "empty" in reason else f"{name} holds text between its elements. Remove"
    yield _at(element, "schema-text", f"{words} '{wording.shown(text)}'.", wording.shown(text))


def _mark(_error: XMLSchemaValidationError, element: Element) -> Iterator[Finding]:
    """What is left: an element marked with xsi:nil or xsi:type, or one that a wildcard does not take."""
    name = local_name(element.tag)
    for mark in ("nil", "type"):
        if element.get(_XSI + mark) is not None:
            words = f"{name} may not be marked with xsi:{mark}. Remove the mark."
            yield _at(element, "schema-attribute", words, tail=f"/@{mark}")
            return
    yield _at(element, "schema-unexpected", f"{name} does not meet the schema here. Check what it holds.")


def _key(_error: XMLSchemaValidationError, element: Element) -> Iterator[Finding]:
    words = f"{local_name(element.tag)} repeats a key, or names one that is not there. Mend it."
    yield _at(element, "schema-duplicate", words)


def _attributes(error: XMLSchemaValidationError, element: Element) -> Iterator[Finding]:
    group = cast("XsdAttributeGroup", error.validator)
    name = local_name(element.tag)
    given = cast("list[str]", element.keys())
    for missing in group.iter_required():
        if missing not in given:
            words = f"{name} has no attribute {local_name(missing)}. Add it."
            yield _at(element, "schema-attribute", words, tail=f"/@{local_name(missing)}")
    known = {f"{_XSI}{mark}" for mark in ("nil", "type", "schemaLocation", "noNamespaceSchemaLocation")}
    for extra in given:
        if extra not in group and extra not in known:
            words = f"{name} may not have the attribute {local_name(extra)}. Remove it."
            yield _at(element, "schema-attribute", words, tail=f"/@{local_name(extra)}")


def _children(error: XMLSchemaValidationError, element: Element) -> Iterator[Finding]:
    """Every flaw of the children; what xmlschema said, where the model is not of the kind that `model.py` knows."""
    children = [child.tag for child in element]
    model = _model(cast("XsdGroup", error.validator))
    flaws = diagnose(model, children) if isinstance(model, Group) else []
    if not flaws:
        yield _unexplained(cast("XMLSchemaChildrenValidationError", error), element)
        return
    for flaw in flaws:
        yield _flaw(flaw, element, model)


def _model(particle: XsdElement | XsdGroup | object) -> Part | None:
    """The content model as `model.py` knows it, or None where there is more in it than sequences and choices."""
    if isinstance(particle, XsdElement):
        return Leaf(tag=particle.name, low=particle.min_occurs, high=particle.max_occurs)
    if not isinstance(particle, XsdGroup) or particle.model not in ("sequence", "choice"):
        return None
    parts = [_model(part) for part in particle]
    if any(part is None for part in parts):
        return None
    known = tuple(cast("list[Part]", parts))
    kind: Literal["choice", "sequence"] = "choice" if particle.model == "choice" else "sequence"
    return Group(kind=kind, parts=known, low=particle.min_occurs, high=particle.max_occurs)


def _flaw(flaw: Flaw, parent: Element, model: Part | None) -> Finding:
    holder = local_name(parent.tag)
    if flaw.kind == "missing":
        names = [local_name(tag) for tag in flaw.tags]
        near = parent[flaw.index] if flaw.index < len(parent) else parent
        words = wording.missing_words(holder, names, local_name(flaw.after) if flaw.after else None)
        tail = f"/{names[0]}" if len(names) == 1 else ""
        return replace(_at(parent, "schema-missing", words, tail=tail), near=_position(near))
    child, name = parent[flaw.index], local_name(flaw.tags[0])
    if flaw.kind == "misplaced":
        where = f"after {local_name(flaw.after)}" if flaw.after else "first"
        return _at(child, "schema-order", f"{name} stands in the wrong place in {holder}. Put it {where}.")
    if flaw.kind == "crowded":
        often = "only once" if flaw.allowed == 1 else f"at most {flaw.allowed} times"
        return _at(child, "schema-unexpected", f"{name} may stand {often} in {holder}. Remove the rest.")
    if flaw.kind == "excluded":
        both = f"{holder} may not hold both {name} and {local_name(flaw.rival or 'what is there')}. Keep one of them."
        return _at(child, "schema-unexpected", both)
    return _unknown(child, holder, model)


def _unknown(child: Element, holder: str, model: Part | None) -> Finding:
    """An element that the model does not name: told apart is one of the right name in the wrong namespace."""
    name = local_name(child.tag)
    meant = next((tag for tag in _tags(model) if local_name(tag) == name), None)
    if meant is None:
        return _at(child, "schema-unexpected", f"{holder} may not hold {name}. Remove it.")
    right = meant.rpartition("}")[0].lstrip("{")
    where = f"the namespace '{right}'" if right else "no namespace"
    return _at(child, "schema-namespace", f"{name} is in the wrong namespace. It must be in {where}.")


def _tags(part: Part | None) -> Iterator[str]:
    if isinstance(part, Leaf):
        yield part.tag
    elif isinstance(part, Group):
        for each in part.parts:
            yield from _tags(each)


def _unexplained(error: XMLSchemaChildrenValidationError, element: Element) -> Finding:
    holder = local_name(element.tag)
    expected = [str(each.local_name) for each in error.expected or [] if each.local_name]
    if error.index >= len(element):
        last = local_name(element[-1].tag) if len(element) else None
        tail = f"/{expected[0]}" if len(expected) == 1 else ""
        return _at(element, "schema-missing", wording.missing_words(holder, expected or ["more"], last), tail=tail)
    child = element[error.index]
    instead = f"Expected here is {' or '.join(expected)}." if expected else "Remove it, or put it where it belongs."
    return _at(child, "schema-unexpected", f"{local_name(child.tag)} may not stand here in {holder}. {instead}")


_STRUCTURE = {
    "children": _children,
    "attributes": _attributes,
    "root": _root,
    "key": _key,
    "text": _text,
    "mark": _mark,
}


def _at(element: Element, rule: str, words: str, found: str | None = None, *, tail: str = "") -> Finding:
    at = _position(element)
    return Finding(at=at, near=at, tail=tail, rule=rule, words=words, found=found)


def _position(element: Element) -> tuple[int, ...]:
    """The way to an element from the root, by positions among child elements."""
    steps: list[int] = []
    parent = element.getparent()
    while parent is not None:
        steps.append(parent.index(element))
        element, parent = parent, parent.getparent()
    return tuple(reversed(steps))
