"""The canonical XML: what is written is valid, and reads back as what it was."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from lxml import etree

from hub.canonical.generate import schemas
from hub.canonical.read import read
from hub.canonical.write import write
from hub.message.envelope import Message
from tests.bodies import messages

BUNDLE = Path(__file__).parent.parent.parent / "schemas" / "exchange" / "1"
SCHEMA = etree.XMLSchema(etree.parse(BUNDLE / "envelope.xsd"))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(messages())
def test_what_is_written_is_valid_and_reads_back_the_same(message: Message) -> None:
    root = etree.fromstring(write(message))
    SCHEMA.assertValid(root)
    assert read(root) == message


def test_the_committed_schemas_are_those_that_the_dataclasses_print() -> None:
    printed = schemas()
    assert {path.name: path.read_text(encoding="utf-8") for path in BUNDLE.glob("*.xsd")} == printed


def test_every_type_of_the_schemas_is_documented() -> None:
    xs = "{http://www.w3.org/2001/XMLSchema}"
    for path in BUNDLE.glob("*.xsd"):
        root = etree.parse(path).getroot()
        for kind in [*root.iter(f"{xs}complexType"), *root.iter(f"{xs}simpleType")]:
            assert kind.findtext(f"{xs}annotation/{xs}documentation"), f"{path.name}: {kind.get('name')}"
        assert not list(root.iter(f"{xs}any")), path.name
