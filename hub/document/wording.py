"""What a schema's fault is called and how it is told, the same whichever validator found it.

Rule: words are made of names and limits of the schema and of the value that the sender gave, never of a validator's own
text. A sentence says what is there; the next says what must be.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MOST_FAULTS = 100
_SHOWN = 80

_TYPES = {
    "date": "be a date written as yyyy-mm-dd",
    "time": "be a time written as hh:mm:ss",
    "dateTime": "be a date and time written as yyyy-mm-ddThh:mm:ss",
    "gYear": "be a year written as yyyy",
    "gYearMonth": "be a month written as yyyy-mm",
    "boolean": "be true or false (1 and 0 are accepted)",
    "decimal": "be a number, with a full stop before decimals",
    "integer": "be a whole number",
    "int": "be a whole number from -2147483648 to 2147483647",
    "long": "be a whole number of at most 18 digits",
    "short": "be a whole number from -32768 to 32767",
    "byte": "be a whole number from -128 to 127",
    "nonNegativeInteger": "be a whole number, 0 or more",
    "nonPositiveInteger": "be a whole number, 0 or less",
    "negativeInteger": "be a whole number, -1 or less",
    "positiveInteger": "be a whole number, 1 or more",
    "unsignedInt": "be a whole number from 0 to 4294967295",
    "unsignedShort": "be a whole number from 0 to 65535",
    "unsignedByte": "be a whole number from 0 to 255",
    "anyURI": "be an address (URI)",
    "NMTOKEN": "be one word without spaces",
    "base64Binary": "be base64",
    "duration": "be a duration written as PnDTnHnMnS",
}

# Patterns of the published schemas by how they begin (police-spi 1.1, 2.2 to 2.5), in the words of somebody who fills
# in the field.
_PATTERNS = (
    (
        "[0-9 ]{4}[A-Z ]",
        "hold a house number in 4 places padded with spaces on the left and a letter or space in the next, "
        "then nothing, or 5 places more of the same kind and up to 90 characters of name; a name without a number "
        "follows 10 spaces; comma, full stop, hyphen and slash are not allowed",
    ),
    ("[A-Z]{1,2}[0-9R]", "be a postcode in capitals with one space, such as 'ZZ1 1ZZ'"),
    (r"[0-9 \-]{1,20}", "be a telephone number of 1 to 20 digits, spaces and hyphens (no plus sign, no brackets)"),
    (r"[0-9\s\-]{1,20}", "be a telephone number of 1 to 20 digits, spaces and hyphens (no plus sign, no brackets)"),
    (r"\S+", "hold something, and no spaces"),
    (r"[^ \t\n\r]+", "hold something, and no spaces"),
    (r"[+\-]?[0-9]+", "be a whole number"),
    ("[A-Z][A-Z0-9]", "be a capital letter followed by a capital letter or a digit, such as 'W1'"),
    ("[A-Z,0-9]{5}[0-9]", "be a driver number of 16 characters in capitals and digits"),
)
_UNTOLD = "match the pattern"
_EMAIL = "be an e-mail address: letters, digits, ' . - _ on each side of one @, at most 127 on a side (no plus sign)"
_PNC = "be at most 13 letters, digits and ' . - _ (no slash, no spaces)"
_RESTRICTED = (
    "use only A to Z, a to z, digits, spaces and ~ ! \" @ # $ % & ' ( ) * + , - . / : ; < = > ? [ \\ ] _ { } ^ £ € "
    "(no accented letters, no backtick, no vertical bar)"
)
_ALTERNATIVES = re.compile(r"\w+(?:\|\w+)+")
_COUNTED = re.compile(r"(\[0-9\]|\\d|\[A-Z0-9\])\{(\d+)(?:,(\d+))?\}")
_ONE_DIGIT = re.compile(r"\[(\d)-(\d)\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault that a schema validator found, before it is given its path and line.

    `at` leads to the element from the root, by positions among child elements; `near` to the one whose line is told;
    `tail` is what follows the element's own path: a missing child or an attribute.
    """

    at: tuple[int, ...]
    near: tuple[int, ...]
    tail: str
    rule: str
    words: str
    found: str | None = None


def must_be_type(builtin: str) -> str:
    """What a value of a built-in type must be; `builtin` is its local name."""
    return _TYPES.get(builtin, f"be of the type {builtin}" if builtin else "be as the schema describes it")


def must_match(patterns: Sequence[str]) -> str:
    """What a value must be to match; several patterns are alternatives."""
    return " or ".join(_must_match(pattern) for pattern in patterns)


def is_told(must: str) -> bool:
    """Whether words say what a value must be, rather than show a pattern."""
    return not must.startswith(_UNTOLD)


def _must_match(pattern: str) -> str:
    if "£" in pattern and "€" in pattern:
        return _RESTRICTED
    if "@" in pattern and "127" in pattern:
        return _EMAIL
    if pattern.endswith("{0,13}") and "A-Za-z" in pattern:
        return _PNC
    for start, words in _PATTERNS:
        if pattern.startswith(start):
            return words
    return _simple_pattern(pattern) or f"{_UNTOLD} {pattern}"


def _simple_pattern(pattern: str) -> str | None:
    if _ALTERNATIVES.fullmatch(pattern):
        return must_be_one_of(pattern.split("|"))
    if counted := _COUNTED.fullmatch(pattern):
        characters, fewest, most = counted.groups()
        what = "capital letters and digits" if "A" in characters else "digits"
        return f"be {fewest} {what}" if most in (None, fewest) else f"be {fewest} to {most} {what}"
    if one := _ONE_DIGIT.fullmatch(pattern):
        return f"be one digit from {one[1]} to {one[2]}"
    return None


def must_be_one_of(values: Iterable[str]) -> str:
    """What a value of an enumeration must be."""
    listed = [f"'{value}'" for value in values]
    if len(listed) == 1:
        return f"be {listed[0]}"
    return f"be one of {', '.join(listed[:20])}{' ...' if len(listed) > 20 else ''}"


def must_have_length(kind: str, limit: int) -> str:
    """`kind` is `most`, `fewest` or `exactly`."""
    how = {"most": "at most", "fewest": "at least", "exactly": "exactly"}[kind]
    return f"have {how} {_characters(limit)}"


def value_words(rule: str, name: str, value: str | None, must: str) -> str:
    """The sentence pair for a value that breaks a rule; None for a value that is not known any more."""
    if rule == "schema-empty":
        return f"{name} is empty. It must {must}."
    if value is None:
        return f"{name} holds a value that is not accepted. It must {must}."
    length = f" ({_characters(len(value))})" if rule == "schema-length" else ""
    return f"{name} holds '{shown(value)}'{length}. It must {must}."


def missing_words(parent: str, names: Sequence[str], after: str | None) -> str:
    """For a child that is not there; `names` are alternatives."""
    where = f"after {after}" if after else "first"
    if len(names) == 1:
        return f"{parent} has no {names[0]}. Add it {where}."
    return f"{parent} has none of {', '.join(names)}. Add one of them {where}."


def attribute_name(element: str, attribute: str) -> str:
    """How an attribute is called in a sentence."""
    return f"The attribute {attribute} of {element}"


def _characters(number: int) -> str:
    return f"{number} character{'' if number == 1 else 's'}"


def shown(value: str) -> str:
    """A value short enough for a sentence."""
    return value if len(value) <= _SHOWN else f"{value[: _SHOWN - 3]}..."
