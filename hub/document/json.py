"""JSON within bounds.    Rule: nothing recursive sees a document before its depth is known, and no key is read twice.

Refused: too large, not UTF-8, nested too deep, too many members, a key given twice in one object (two readers would see
two documents), NaN and infinities, numbers of more digits than any field of ours has, and characters that XML cannot
carry, because the canonical form is XML (control characters, half of a surrogate pair).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn, cast

from hub.document import DEFAULT_BOUNDS, Bounds, JsonValue
from hub.document.escape import NOT_XML
from hub.message.errors import Fault, Refused

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{},:]|NaN|-?Infinity|-?\d[\d.eE+\-]*', re.DOTALL)
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_ONE_KIND = bytes.maketrans(b"{}", b"[]")
_SUSPECT = re.compile(rb"\\(?:[bf]|u(?:00[01]|[dD][89a-fA-F]|[fF]{3}[eEfF]))|\xef\xbf[\xbe\xbf]")
_WORDS = {
    "Expecting value": "A value is missing, or is not one of: text in double quotes, a number, true, false, null.",
    "Expecting ',' delimiter": "A comma, or the closing bracket, is missing. Put it here.",
    "Expecting ':' delimiter": "A colon is missing after a name. Put it here.",
    "Expecting property name enclosed in double quotes": "A name in double quotes is missing. Put it here.",
    "Extra data": "Something follows the end of the document. Remove it.",
    "Unterminated string starting at": "A text is not closed by a double quote. Close it.",
    "Invalid control character at": "A text holds a line break or another control character. Write it as an escape.",
    "Invalid \\escape": "A text holds a backslash that begins no escape. Write it as two.",
    "Invalid \\uXXXX escape": "A text holds \\u without four hexadecimal digits after it. Mend it.",
}
_NUMBER_WORDS = {
    "json-number": "A number is one that JSON does not know, or is too large to keep. Send a finite number, or null.",
    "json-digits": "A number has too many digits. Send it as text.",
}


class Written(float):
    """A number that shows itself as it was written: 1.10 stays 1.10."""

    __slots__ = ("text",)

    def __new__(cls, text: str) -> Written:
        made = super().__new__(cls, text)
        made.text = text
        return made

    text: str

    def __str__(self) -> str:
        return self.text


class _Twice(Exception):
    """A key stands twice in one object; where is found afterwards."""


class _BadNumber(Exception):
    """A number that is none, or is too long; where is found afterwards."""


@dataclass(slots=True, kw_only=True)
class _Level:
    """An object or array that is open: its names so far, and how to point at what stands in it."""

    is_object: bool
    pointer: str
    names: set[str] = field(default_factory=set)
    index: int = 0
    name: str = ""
    expects_name: bool = True

    def here(self) -> str:
        return f"{self.pointer}/{self.name.replace('~', '~0').replace('/', '~1') if self.is_object else self.index}"


def parse(raw: bytes, bounds: Bounds = DEFAULT_BOUNDS) -> JsonValue:
    """The value of a JSON document; raises Refused, with its line, for one that is broken or beyond the bounds."""
    if len(raw) > bounds.max_bytes:
        raise _refused("json-size", f"The document has {len(raw)} bytes. At most {bounds.max_bytes} are accepted.")
    try:
        text = raw.removeprefix(_BYTE_ORDER_MARK).decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _refused("json-encoding", "The bytes here are not UTF-8. Save it as UTF-8.", line) from None
    _refuse_beyond(text, raw, bounds)
    value = _loaded(text, bounds)
    if _SUSPECT.search(raw):
        _refuse_uncarriable(value)
    return value


def _refuse_beyond(text: str, raw: bytes, bounds: Bounds) -> None:
    """Depth and number of members. What the quick look cannot clear is counted exactly, outside of strings."""
    if _is_within(raw, bounds):
        return
    depth = items = 0
    for match in _TOKEN.finditer(text):
        match match[0][0]:
            case "{" | "[":
                depth += 1
                if depth > bounds.max_depth:
                    words = f"Objects and arrays stand more than {bounds.max_depth} deep. Send a flatter document."
                    raise _refused("json-depth", words, _line_at(text, match.start()))
            case "}" | "]":
                depth -= 1
            case "," | ":":
                items += 1
                if items > bounds.max_items:
                    words = f"The document has more than {bounds.max_items} members and items. Split it."
                    raise _refused("json-items", words, _line_at(text, match.start()))


def _is_within(raw: bytes, bounds: Bounds) -> bool:
    """A quick look that may say no too often: without strings, each pass takes the innermost brackets away."""
    bare = _STRING.sub(b"", raw)
    if bare.count(b",") + bare.count(b":") > bounds.max_items:
        return False
    nest = bare.translate(_ONE_KIND, _NOT_BRACKETS)
    for _ in range(bounds.max_depth):
        before, nest = len(nest), nest.replace(b"[]", b"")
        if len(nest) == before:
            break
    return not nest


def _loaded(text: str, bounds: Bounds) -> JsonValue:
    def whole(digits: str) -> int:
        if len(digits) > bounds.max_digits:
            raise _BadNumber("json-digits")
        return int(digits)

    def fraction(digits: str) -> float:
        if len(digits) > bounds.max_digits:
            raise _BadNumber("json-digits")
        if not math.isfinite(number := Written(digits)):
            raise _BadNumber("json-number")
        return number

    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_int=whole, parse_float=fraction, parse_constant=_constant
        )
        return cast("JsonValue", value)
    except json.JSONDecodeError as error:
        words = _WORDS.get(error.msg, "The document is not JSON here. Check its brackets, commas and quotes.")
        raise _refused("json-malformed", words, error.lineno) from None
    except _Twice:
        raise _twice(text) from None
    except _BadNumber as error:
        raise _bad_number(text, str(error), bounds) from None


def _object(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Twice
    return members


def _constant(_name: str) -> NoReturn:
    raise _BadNumber("json-number")


def _twice(text: str) -> Refused:
    """Walks the tokens to the second of two equal names: the parser does not say where it stood."""
    for level, token in _walk(text):
        if level.is_object and level.expects_name and token[0].startswith('"'):
            level.name = _name(token[0])
            if level.name in level.names:
                words = "The same name stands twice in one object. Keep one."
                return _refused("json-duplicate", words, _line_at(text, token.start()), level.here(), level.name)
            level.names.add(level.name)
            level.expects_name = False
    return _refused("json-duplicate", "The same name stands twice in one object. Keep one.")


def _walk(text: str) -> Iterator[tuple[_Level, re.Match[str]]]:
    """Every token that is not a bracket, with the object or array that it stands in."""
    open_levels = [_Level(is_object=False, pointer="")]
    for match in _TOKEN.finditer(text):
        level = open_levels[-1]
        match match[0]:
            case "{" | "[" as bracket:
                pointer = level.here() if len(open_levels) > 1 else ""
                open_levels.append(_Level(is_object=bracket == "{", pointer=pointer))
            case "}" | "]":
                if len(open_levels) > 1:
                    open_levels.pop()
            case ",":
                level.index += 1
                level.expects_name = True
            case _:
                yield level, match


def _name(token: str) -> str:
    try:
        return str(json.loads(token))
    except ValueError:
        return token


def _bad_number(text: str, rule: str, bounds: Bounds) -> Refused:
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token[0] in '"[]{},:':
            continue
        unknown = token.endswith(("NaN", "Infinity"))
        if unknown or len(token) > bounds.max_digits or not math.isfinite(float(token)):
            return _refused(rule, _NUMBER_WORDS[rule], _line_at(text, match.start()), found=token)
    return _refused(rule, _NUMBER_WORDS[rule])


def _refuse_uncarriable(value: JsonValue) -> None:
    for string in _strings(value):
        if NOT_XML.search(string):
            words = "A text holds a control character, or half of a surrogate pair. Remove it."
            raise _refused("json-character", words)


def _strings(value: JsonValue) -> Iterator[str]:
    pending = [value]
    while pending:
        match pending.pop():
            case str() as text:
                yield text
            case list() as items:
                pending.extend(items)
            case dict() as members:
                yield from members
                pending.extend(members.values())


def _line_at(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _refused(rule: str, words: str, line: int | None = None, path: str = "", found: str | None = None) -> Refused:
    shown = None if found is None else found[:80]
    return Refused([Fault(path=path, rule=rule, words=words, line=line, found=shown)])
