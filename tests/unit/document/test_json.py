"""JSON within bounds, and what is told of JSON that is not."""

import json as standard

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.document import Bounds, json
from hub.message.errors import Fault, Refused


def fault_of(raw: bytes, bounds: Bounds | None = None) -> Fault:
    with pytest.raises(Refused) as refusal:
        json.parse(raw, bounds or Bounds())
    assert len(refusal.value.faults) == 1
    return refusal.value.faults[0]


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES, st.booleans())
def test_whatever_json_can_say_is_read_as_it_was_meant(value: object, ascii_only: bool) -> None:
    assert json.parse(standard.dumps(value, ensure_ascii=ascii_only).encode()) == value


def test_a_document_is_refused_over_its_size() -> None:
    assert fault_of(b"[1,2,3]", Bounds(max_bytes=5)).rule == "json-size"


def test_bytes_that_are_not_utf_8_are_refused_with_their_line() -> None:
    fault = fault_of(b'["a",\n"\xe9"]')
    assert (fault.rule, fault.line) == ("json-encoding", 2)


@pytest.mark.parametrize(
    "raw",
    [b"[" * 65 + b"]" * 65, b"[" * 5_000_000, b'{"a":' * 100 + b"1" + b"}" * 100, b'[{"a":' * 33 + b"1" + b"}]" * 33],
)
def test_a_document_too_deep_is_refused_before_anything_recursive_sees_it(raw: bytes) -> None:
    assert fault_of(raw).rule == "json-depth"


def test_a_document_as_deep_as_is_allowed_is_read() -> None:
    assert json.parse(b'[{"a":' * 32 + b"1" + b"}]" * 32)


def test_brackets_in_texts_and_side_by_side_are_not_depth() -> None:
    raw = b'["' + b"[{" * 1_000 + b'\\"[[[", ' + b",".join([b"[{}]"] * 1_000) + b"]"
    assert len(json.parse(raw)) == 1_001  # type: ignore[arg-type]


def test_too_many_items_are_refused_with_the_line_where_they_became_too_many() -> None:
    fault = fault_of(b"[\n" + b"1,\n" * 50 + b"1]", Bounds(max_items=10))
    assert (fault.rule, fault.line) == ("json-items", 12)


@pytest.mark.parametrize(
    ("raw", "path", "line"),
    [
        (b'{"a": 1,\n"a": 2}', "/a", 2),
        (b'{"x": [0, {"q": {"a": 1},\n "b": 3,\n "q": 2}]}', "/x/1/q", 3),
        (b'{"a": 1, "\\u0061": 2}', "/a", 1),
        (b'[{"a": 1}, {"a": 1}, {"b/c": "b/c", "b/c": 0}]', "/2/b~1c", 1),
    ],
)
def test_a_name_given_twice_is_refused_with_where_it_stands(raw: bytes, path: str, line: int) -> None:
    fault = fault_of(raw)
    assert (fault.rule, fault.path, fault.line) == ("json-duplicate", path, line)


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1e999"])
def test_a_number_that_json_does_not_know_is_refused(number: bytes) -> None:
    fault = fault_of(b'["NaN 1e999",\n' + number + b"]")
    assert (fault.rule, fault.line, fault.found) == ("json-number", 2, number.decode())


@pytest.mark.parametrize("number", [b"9" * 41, b"0." + b"1" * 40, b"1" * 1_000_000])
def test_a_number_of_too_many_digits_is_refused(number: bytes) -> None:
    assert fault_of(b"[" + number + b"]").rule == "json-digits"


@pytest.mark.parametrize(
    "text", [b"\\u0000", b"\\ud800", b"\\udc00", b"\\b", b"\\u001f", b"\\uFFFE", "\ufffe".encode()]
)
def test_a_character_that_the_canonical_form_cannot_carry_is_refused(text: bytes) -> None:
    assert fault_of(b'{"a": ["' + text + b'"]}').rule == "json-character"


def test_a_whole_surrogate_pair_and_an_escaped_backslash_are_read() -> None:
    assert json.parse(b'["\\ud83d\\ude00", "\\\\u0000", "\\\\b"]') == ["😀", "\\u0000", "\\b"]


@pytest.mark.parametrize(
    ("raw", "line", "hint"),
    [
        (b'{"a": 1\n"b": 2}', 2, "comma"),
        (b'{"a"\n1}', 2, "colon"),
        (b'{"a": }', 1, "value is missing"),
        (b"[1]\n[2]", 2, "follows the end"),
        (b'["a', 1, "not closed"),
        (b'["a\nb"]', 1, "line break"),
        (b'["\\q"]', 1, "backslash"),
        (b"{", 1, "name in double quotes"),
        (b"[1 2]", 1, "comma"),
    ],
)
def test_broken_json_is_told_where_and_how_to_mend_it(raw: bytes, line: int, hint: str) -> None:
    fault = fault_of(raw)
    assert (fault.rule, fault.line) == ("json-malformed", line)
    assert hint in fault.words


def test_what_is_said_of_broken_json_shows_nothing_of_it() -> None:
    assert "SECRET" not in fault_of(b'{"SECRET": SECRET}').words
