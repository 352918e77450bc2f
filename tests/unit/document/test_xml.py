"""Reading and writing XML: encodings, lines through layers, paths."""

import pytest
from lxml import etree

from hub.document import Document, xml
from hub.document.escape import escape
from hub.message.errors import Refused

PAYLOAD = """<?xml version="1.0" encoding="UTF-16"?>
<Case xmlns="urn:case">
  <Name>Test
    Person</Name>
  <Born when="now"
        where="here">today</Born>
</Case>"""
ENVELOPE = """

  <?xml version="1.0"?>
<Route
   kind="x"
>
  <Content>
    {}
  </Content>
</Route>"""
SUBMIT = """<s:Submit xmlns:s="urn:submit">
  <s:Message>{}</s:Message>
</s:Submit>"""


def line_holding(raw: str, text: str) -> int:
    return next(number for number, line in enumerate(raw.split("\n"), 1) if text in line)


def layers(payload: str = PAYLOAD) -> tuple[str, etree._Element, int]:
    received = SUBMIT.format(escape(ENVELOPE.format(escape(payload))))
    outer = xml.parse(received.encode())
    route, route_offset = xml.parse_inner(xml.text_of(outer[0]), outer[0])
    case, offset = xml.parse_inner(xml.text_of(route[0]), route[0], line_offset=route_offset)
    return received, case, offset


def test_lines_are_right_through_two_escaped_layers() -> None:
    received, case, offset = layers()
    document = Document(media="xml", raw=received.encode(), root=case, line=offset)
    namespace = "{urn:case}"
    assert document.line_of(case) == line_holding(received, "Case xmlns")
    assert document.line_of(case.find(f"{namespace}Name")) == line_holding(received, "Name&amp;gt;Test")
    assert document.line_of(case.find(f"{namespace}Born")) == line_holding(received, "where=")


def test_lines_are_right_with_windows_line_ends() -> None:
    received = SUBMIT.format(escape(PAYLOAD)).replace("&#13;", "").replace("\n", "\r\n")
    outer = xml.parse(received.encode())
    case, offset = xml.parse_inner(xml.text_of(outer[0]), outer[0])
    assert case[0].sourceline + offset == line_holding(received, "Name&gt;Test")


def test_a_layer_is_unescaped_exactly_once() -> None:
    _, case, _ = layers("<Case><Name>A &amp;amp; B &amp;lt;x&amp;gt;</Name></Case>")
    assert case.findtext("Name") == "A &amp; B &lt;x&gt;"


def test_a_fault_of_an_inner_layer_tells_the_line_received_and_the_element_that_carried_it() -> None:
    received = SUBMIT.format(escape(ENVELOPE.format(escape(PAYLOAD.replace("</Born>", "</Bron>")))))
    outer = xml.parse(received.encode())
    route, route_offset = xml.parse_inner(xml.text_of(outer[0]), outer[0])
    with pytest.raises(Refused) as refusal:
        xml.parse_inner(xml.text_of(route[0]), route[0], line_offset=route_offset)
    fault = refusal.value.faults[0]
    assert (fault.path, fault.rule) == ("/Route/Content", "xml-malformed")
    assert fault.line == line_holding(received, "/Bron")


@pytest.mark.parametrize(
    "inner", ["not xml", "", "<!DOCTYPE a><a/>", '<?xml version="1.0" encoding="x"?><a/>', "<a>" * 300]
)
def test_an_inner_layer_is_held_to_the_rules_of_the_outer(inner: str) -> None:
    outer = xml.parse(f"<Message>{escape(inner)}</Message>".encode())
    with pytest.raises(Refused) as refusal:
        xml.parse_inner(xml.text_of(outer), outer)
    assert refusal.value.faults[0].line == 1


def test_an_inner_layer_in_a_cdata_section_between_comments_is_read_whole() -> None:
    outer = xml.parse(b"<Message><!-- a --><![CDATA[<Case>x]]><!-- b --><![CDATA[y</Case>]]></Message>")
    case, _ = xml.parse_inner(xml.text_of(outer), outer)
    assert case.text == "xy"


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_utf_8_and_utf_16_are_read_with_and_without_a_byte_order_mark(codec: str) -> None:
    assert xml.parse("<a>café £ 😀</a>".encode(codec)).text == "café £ 😀"


def test_utf_32_is_refused_with_what_to_do() -> None:
    with pytest.raises(Refused) as refusal:
        xml.parse("<a/>".encode("utf-32"))
    assert "Save it as UTF-8" in refusal.value.faults[0].words


def test_bytes_that_say_utf_16_and_are_not_are_refused_at_the_door_but_not_in_an_inner_layer() -> None:
    labelled = '<?xml version="1.0" encoding="utf-16"?><a/>'
    with pytest.raises(Refused) as refusal:
        xml.parse(labelled.encode())
    assert refusal.value.faults[0].rule == "xml-encoding"
    outer = xml.parse(f"<o>{escape(labelled)}</o>".encode())
    assert xml.parse_inner(xml.text_of(outer), outer)[0].tag == "a"


def test_half_of_a_utf_16_document_is_refused() -> None:
    with pytest.raises(Refused) as refusal:
        xml.parse("<a/>".encode("utf-16")[:-1])
    assert refusal.value.faults[0].rule == "xml-encoding"


@pytest.mark.parametrize(
    ("raw", "line", "hint"),
    [
        (b"<a>\n<b></a>", 2, "closed by a tag"),
        (b"<a>\n<b>", 2, "Send it whole"),
        (b"<a>A & B</a>", 1, "&amp;"),
        (b"<a/>\n<b/>", 2, "follows the end"),
        (b"\n<?xml version='1.0'?><a/>", 2, "must come first"),
        (b"<a>\n&nbsp;</a>", 2, "&#160;"),
        (b"<a>\n<p:b/></a>", 2, "Declare it"),
        (b"", 1, "does not begin"),
    ],
)
def test_a_broken_document_is_told_where_and_how_to_mend_it(raw: bytes, line: int, hint: str) -> None:
    with pytest.raises(Refused) as refusal:
        xml.parse(raw)
    assert refusal.value.faults[0].line == line
    assert hint in refusal.value.faults[0].words


def test_a_path_has_local_names_and_a_position_where_siblings_share_a_name() -> None:
    root = xml.parse(b'<r xmlns="urn:r" xmlns:p="urn:p"><p:a/><b><c/></b><b><c/><c/></b></r>')
    paths = [xml.path_of(element) for element in root.iter()]
    assert paths == ["/r", "/r/a", "/r/b[1]", "/r/b[1]/c", "/r/b[2]", "/r/b[2]/c[1]", "/r/b[2]/c[2]"]


def test_what_is_written_is_read_back_with_its_carriage_returns() -> None:
    root = xml.parse(b"<r><a>x&#13;\ny\tz  </a>\n<b/></r>")
    written = xml.serialise(root)
    assert written == b"<r><a>x&#13;\ny\tz  </a>\n<b/></r>"
    assert xml.serialise(xml.parse(written)) == written


def test_what_is_written_is_one_element_and_no_text_after_it() -> None:
    assert xml.serialise(xml.parse("<r><a>é</a>tail</r>".encode())[0]) == "<a>é</a>".encode()


def test_the_text_of_a_document_is_not_in_its_repr() -> None:
    assert "SECRET" not in repr(Document(media="xml", raw=b"<r>SECRET</r>", root=xml.parse(b"<r>SECRET</r>")))
