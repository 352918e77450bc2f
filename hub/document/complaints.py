"""What libxml2 wrote in its log about a document, told in our words.

Rule: its messages hold text of the sender, so from them only what comes from the schema is taken (names that were
expected, limits, patterns); values are read from the document itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol

from hub.document import Element, line_in, wording
from hub.document.xml import local_name, path_of, text_of
from hub.message.errors import Fault


class Entry(Protocol):
    """One line of libxml2's log: what kind, where (None for a document that was checked while parsed), its words."""

    type_name: str
    message: str
    path: str | None


_ATTRIBUTE = re.compile(r"Element '[^']*', attribute '([^']*)'")
_ELEMENT = re.compile(r"Element '([^']*)'")
_EXPECTED = re.compile(r".*Expected is (?:one of )?\( ([^()]*) \)\.\s*$", re.DOTALL)
_REQUIRED = re.compile(r".*The attribute '([^']*)' is required but missing\.\s*$", re.DOTALL)
_PATTERN = re.compile(r".*is not accepted by the pattern '(.*)'\.\s*$", re.DOTALL)
_SET = re.compile(r".*is not an element of the set \{(.*)\}\.\s*$", re.DOTALL)
_LIMIT = re.compile(r".*'([^']*)'\)?\.\s*$", re.DOTALL)
_STEP = re.compile(r"(?:([^:\[\]/]+):)?([^:\[\]/]+)(?:\[(\d+)\])?")

# The name of each value rule in libxml2's log, after SCHEMAV_CVC_: our rule, how the limit is found, what must be.
_VALUES = {
    "PATTERN_VALID": ("schema-pattern", _PATTERN, ""),
    "ENUMERATION_VALID": ("schema-enumeration", _SET, "be one of {}"),
    "LENGTH_VALID": ("schema-length", _LIMIT, "have exactly {} characters"),
    "MINLENGTH_VALID": ("schema-length", _LIMIT, "have at least {} characters"),
    "MAXLENGTH_VALID": ("schema-length", _LIMIT, "have at most {} characters"),
    "MININCLUSIVE_VALID": ("schema-range", _LIMIT, "be {} or more"),
    "MAXINCLUSIVE_VALID": ("schema-range", _LIMIT, "be {} or less"),
    "MINEXCLUSIVE_VALID": ("schema-range", _LIMIT, "be more than {}"),
    "MAXEXCLUSIVE_VALID": ("schema-range", _LIMIT, "be less than {}"),
    "TOTALDIGITS_VALID": ("schema-range", _LIMIT, "have at most {} digits"),
    "FRACTIONDIGITS_VALID": ("schema-range", _LIMIT, "have at most {} digits after the full stop"),
    "AU": ("schema-fixed", _LIMIT, "be '{}'"),
    "ELT_5_2_2_2_1": ("schema-fixed", _LIMIT, "be '{}'"),
    "ELT_5_2_2_2_2": ("schema-fixed", _LIMIT, "be '{}'"),
    "DATATYPE_VALID_1_2_1": ("schema-type", _LIMIT, ""),
    "DATATYPE_VALID_1_2_2": ("schema-type", _LIMIT, ""),
    "DATATYPE_VALID_1_2_3": ("schema-type", _LIMIT, ""),
}
_OTHERS = {
    "ELT_1": ("schema-root", "{} is not an element that this schema describes. Check its name and its namespace."),
    "COMPLEX_TYPE_2_1": ("schema-text", "{} must be empty. Remove what it holds."),
    "COMPLEX_TYPE_2_2": ("schema-text", "{} may hold text only. Remove the elements in it."),
    "COMPLEX_TYPE_2_3": ("schema-text", "{} holds text between its elements. Remove the text."),
    "TYPE_3_1_2": ("schema-text", "{} may hold text only. Remove the elements in it."),
    "TYPE_3_1_1": ("schema-attribute", "{} may not have attributes. Remove them."),
    "ELT_3_1": ("schema-attribute", "{} may not be marked with xsi:nil. Remove the mark and give it a value."),
    "ELT_4_1": ("schema-attribute", "The xsi:type of {} is not accepted. Remove it."),
    "ELT_4_2": ("schema-attribute", "The xsi:type of {} is not accepted. Remove it."),
    "ELT_4_3": ("schema-attribute", "The xsi:type of {} is not accepted. Remove it."),
    "IDC": ("schema-duplicate", "{} repeats a key, or names one that is not there. Mend it."),
}


def fault_of(entry: Entry, root: Element, line_offset: int) -> Fault:
    """The fault that an entry of the log tells, with its path, and its line where the place is known."""
    element = _element_at(root, entry.path)
    kind = entry.type_name.removeprefix("SCHEMAV_").removeprefix("CVC_")
    if kind == "ELEMENT_CONTENT" and element is not None:
        return _content(entry, element, line_offset)
    if element is None:
        named = _ELEMENT.match(entry.message)
        name = local_name(named[1]) if named else local_name(root.tag)
        path = path_of(root) if name == local_name(root.tag) else f"{path_of(root)}//{name}"
    else:
        name, path = local_name(element.tag), path_of(element)
    line = _line(element, line_offset)
    attribute = _attribute_of(entry.message)
    at = f"{path}/@{local_name(attribute)}" if attribute else path
    if kind in ("COMPLEX_TYPE_3_2_1", "COMPLEX_TYPE_3_2_2", "COMPLEX_TYPE_4"):
        return Fault(path=at, rule="schema-attribute", line=line, words=_attribute_words(kind, name, attribute))
    if kind in _VALUES:
        rule, words, found = _value(kind, entry.message, element, attribute)
        return Fault(path=at, rule=rule, line=line, words=words.replace("{}", name), found=found)
    rule, words = _OTHERS.get(kind, ("schema-unexpected", "{} does not meet the schema here. Check what it holds."))
    return Fault(path=at, rule=rule, line=line, words=words.format(name))


def _attribute_of(message: str) -> str:
    match = _REQUIRED.match(message) or _ATTRIBUTE.match(message)
    return match[1] if match else ""


def _attribute_words(kind: str, name: str, attribute: str) -> str:
    if kind == "COMPLEX_TYPE_4":
        return f"{name} has no attribute {attribute}. Add it."
    return f"{name} may not have the attribute {local_name(attribute)}. Remove it."


def _value(kind: str, message: str, element: Element | None, attribute: str) -> tuple[str, str, str | None]:
    """The rule, the words with `{}` for the element's name, and the value."""
    rule, limit, must = _VALUES[kind]
    match = limit.match(message)
    expected = match[1] if match else ""
    if rule == "schema-pattern":
        must = wording.must_match([expected])
    elif rule == "schema-type":
        must = wording.must_be_type(local_name(expected).removeprefix("xs:"))
    else:
        must = must.replace("{}", expected).replace("1 characters", "1 character")
    found = None
    if element is not None:
        found = element.get(attribute) if attribute else text_of(element)
    if found is not None and not found.strip() and rule != "schema-fixed":
        rule = "schema-empty"
    name = wording.attribute_name("{}", local_name(attribute)) if attribute else "{}"
    return rule, wording.value_words(rule, name, found, must), None if found is None else wording.shown(found)


def _content(entry: Entry, element: Element, line_offset: int) -> Fault:
    """An element that misses a child, or a child that stands where another is expected."""
    match = _EXPECTED.match(entry.message)
    expected = [local_name(name.strip()) for name in match[1].split(",")] if match else []
    name, parent = local_name(element.tag), element.getparent()
    line = _line(element, line_offset)
    if "Missing child" in entry.message or parent is None:
        last = next(element.iterchildren(reversed=True), None)
        after = None if last is None else local_name(last.tag)
        tail = f"/{expected[0]}" if len(expected) == 1 else ""
        words = wording.missing_words(name, expected, after)
        return Fault(path=path_of(element) + tail, rule="schema-missing", line=line, words=words)
    holder = local_name(parent.tag)
    there = {local_name(child.tag) for child in parent}
    if len(expected) == 1 and expected[0] not in there:
        before = next(element.itersiblings(preceding=True), None)
        words = wording.missing_words(holder, expected, None if before is None else local_name(before.tag))
        return Fault(path=f"{path_of(parent)}/{expected[0]}", rule="schema-missing", line=line, words=words)
    later = {local_name(sibling.tag) for sibling in element.itersiblings()}
    rule = "schema-order" if later.intersection(expected) else "schema-unexpected"
    instead = f"Expected here is {' or '.join(expected)}." if expected else "Remove it, or put it where it belongs."
    return Fault(path=path_of(element), rule=rule, line=line, words=f"{name} may not stand here in {holder}. {instead}")


def _line(element: Element | None, line_offset: int) -> int | None:
    line = None if element is None else line_in(element)
    return None if line is None else line + line_offset


def _element_at(root: Element, path: str | None) -> Element | None:
    """Follows a path such as `/*/*[2]/p:Name[3]`: a star counts all elements, a name those of its name and prefix."""
    if not path:
        return None
    at = root
    for step in path.strip("/").split("/")[1:]:
        match = _STEP.fullmatch(step)
        if match is None:
            return None
        prefix, name, position = match.groups()
        wanted = int(position or 1)
        found = next((child for child in _named(at, prefix, name) if (wanted := wanted - 1) == 0), None)
        if found is None:
            return None
        at = found
    return at


def _named(parent: Element, prefix: str | None, name: str) -> Iterator[Element]:
    for child in parent:
        if name == "*" or (local_name(child.tag) == name and child.prefix == prefix):
            yield child
