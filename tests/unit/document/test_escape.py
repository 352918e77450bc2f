"""The shape in which one layer stands inside the next (police-spi 1.4)."""

import pytest

from hub.document import xml
from hub.document.escape import escape
from hub.message.errors import Defect


def test_tags_and_ampersands_are_escaped_and_quotes_are_not() -> None:
    assert escape("""<PTIURN a="1" b='2'>A & B</PTIURN>""") == """&lt;PTIURN a="1" b='2'&gt;A &amp; B&lt;/PTIURN&gt;"""


def test_two_layers_make_the_shape_that_receiving_systems_search_for() -> None:
    assert escape(escape("<PTIURN>")) == "&amp;lt;PTIURN&amp;gt;"


def test_a_carriage_return_survives_the_parse_that_follows() -> None:
    text = "a\r\nb\rc\n\td ]]> £"
    assert escape("\r") == "&#13;"
    assert xml.text_of(xml.parse(f"<r>{escape(text)}</r>".encode())) == text


def test_it_is_the_shape_that_the_serialiser_writes() -> None:
    root = xml.parse(b"<r/>")
    root.text = "<a b=\"c\" d='e'>&\r\n]]>"
    assert xml.serialise(root).decode() == f"<r>{escape(root.text)}</r>"


@pytest.mark.parametrize("character", ["\0", "\x08", "\x1f", "\ufffe", "\ud800"])
def test_a_character_that_no_xml_can_carry_is_our_defect(character: str) -> None:
    with pytest.raises(Defect):
        escape(f"a{character}b")
