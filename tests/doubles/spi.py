"""Documents of the Standard Prosecution Interface in the making: whole, or with one thing wrong."""

from datetime import UTC, datetime
from html import unescape

from hub.contract import Opened, Reader, Stamp, Trust
from hub.contract.tables import load_tables
from hub.discovery.bundle import Bundle
from hub.document import Document
from hub.document.escape import escape
from hub.document.xml import parse
from hub.message.envelope import Decoded, Envelope, Message, Sender, Source

BUNDLE = Bundle()
TABLES = load_tables([folder / "codes" for folder in BUNDLE.config_folders])
POLICE = Trust(party="anyforce", agency="police")
STAMP = Stamp(
    id="00000000-0000-4000-8000-000000000077",
    correlation_id="00000000-0000-4000-8000-000000000002",
    at=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
)


def sample(name: str) -> str:
    """The text of a shipped sample, such as `spi-case/charge`."""
    dialect, _, stem = name.partition("/")
    return BUNDLE.files(f"dialects/{dialect}/samples/{stem}.xml")[0].read_text(encoding="utf-8")


def payload(name: str) -> str:
    """The payload of a shipped sample that stands in a RouteData."""
    text = sample(name)
    return unescape(text[text.index("&lt;") : text.index("</cjseEntity:DataStreamContent>")])


def document(text: str) -> Document:
    """A document as a door hands it on."""
    raw = text.encode()
    return Document(media="xml", raw=raw, root=parse(raw))


def submitted(text: str, space: str = "http://schemas.xmlsoap.org/soap/envelope/", **changes: str | None) -> str:
    """A document in a SOAP submit; a change gives an element another text, or leaves it out (None)."""
    parts: dict[str, str | None] = {
        "RequestID": "req-1",
        "SourceID": "Z00CJSE",
        "DestinationID": "C00CommonPlatform",
        "ExecMode": "ASYNCH",
        "Timestamp": "2026-03-02T09:30:00Z",
        "Message": text,
    }
    inner = "".join(f"<{name}>{escape(held)}</{name}>" for name, held in (parts | changes).items() if held is not None)
    return (
        f'<s:Envelope xmlns:s="{space}"><s:Body><SubmitRequestMes xmlns="http://schemas.cjse.gov.uk/endpoint/types/">'
        f"{inner}</SubmitRequestMes></s:Body></s:Envelope>"
    )


def opened(reader: Reader, text: str, trust: Trust = POLICE) -> Opened:
    """A document out of its envelopes."""
    return reader.open(document(text), trust)


def decoded(reader: Reader, text: str) -> list[Decoded]:
    """Everything that a document says."""
    return list(reader.decode(opened(reader, text), TABLES))


def message(held: Decoded, dialect: str) -> Message:
    """What a sender said, in an envelope that is always the same."""
    envelope = Envelope(
        message_id="00000000-0000-4000-8000-000000000001",
        correlation_id=STAMP.correlation_id,
        sender=Sender(party=POLICE.party, system=held.system),
        source=Source(dialect=dialect, version="1", reference=held.reference),
        accepted_at=STAMP.at,
    )
    return Message(envelope=envelope, body=held.body, findings=held.findings, unmapped=held.unmapped)
