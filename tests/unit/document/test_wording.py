"""What a value must be, in the words of somebody who fills in the field."""

from pathlib import Path

import pytest

from hub.document import wording, xml

SCHEMAS = Path(__file__).resolve().parents[3] / "schemas"
XS = "{http://www.w3.org/2001/XMLSchema}"


def patterns(folder: str) -> list[str]:
    """The patterns of a folder's schemas that take something away: those of dates and times do not."""
    roots = [xml.parse(path.read_bytes()) for path in sorted((SCHEMAS / folder).glob("*.xsd"))]
    found = {pattern for root in roots for pattern in root.iter(f"{XS}pattern")}
    dated = ("xs:date", "xs:time", "xs:dateTime", "xs:gYear")
    return sorted({each.get("value") for each in found if each.getparent().get("base") not in dated})


@pytest.mark.parametrize("pattern", patterns("spi") + patterns("cjse"))
def test_no_pattern_of_the_police_interface_is_shown_as_a_regular_expression(pattern: str) -> None:
    assert wording.is_told(wording.must_match([pattern]))


@pytest.mark.parametrize(
    ("pattern", "must"),
    [
        ("0|1|2|9", "be one of '0', '1', '2', '9'"),
        ("[1-6]", "be one digit from 1 to 6"),
        ("[0-9]{4}", "be 4 digits"),
        ("[0-9]{0,5}", "be 0 to 5 digits"),
        ("[A-Z0-9]{6,7}", "be 6 to 7 capital letters and digits"),
        ("[q-z]+", "match the pattern [q-z]+"),
    ],
)
def test_a_simple_pattern_is_put_into_words(pattern: str, must: str) -> None:
    assert wording.must_match([pattern]) == must


def test_a_long_enumeration_is_shown_in_part() -> None:
    assert wording.must_be_one_of(str(number) for number in range(100)).endswith("'19' ...")
