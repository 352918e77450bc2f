"""Canonical XML read as a sender's: what we read is ours, and reading it again changes nothing."""

from hypothesis import HealthCheck, given, settings

from hub.contract.exchange import as_canonical_xml, read_canonical
from hub.document.xml import parse
from hub.message.envelope import Message
from tests.bodies import messages


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(messages())
def test_a_message_read_once_reads_the_same_again(message: Message) -> None:
    once = read_canonical(parse(as_canonical_xml(message)))
    assert once.findings == message.findings  # its identifiers were read by us before: nothing is found again
    again = read_canonical(parse(as_canonical_xml(once)))
    assert again == once
