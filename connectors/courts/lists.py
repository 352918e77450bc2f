"""The magistrates' court list from Libra: an ExternalDocumentRequest, in SOAP 1.2 or bare (courts 3 and 8.3).

Rule: the list is acknowledged whatever it holds, and nothing of it is refused: the real feed does not validate. Court
and day come from the name of the source file, which is the routing key, and from the session; a dummy court's list is
ignored, and said to be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from zoneinfo import ZoneInfo

from connectors.courts.listcases import Place, Sitting, attributes, leaves, read_case, text
from hub.contract import Answers, Layer, Opened, Outbound, Reader, Reply, SchemaRef, Stamp, Trust, Writer
from hub.contract.tables import Tables
from hub.document import Document, Element, line_in
from hub.document.escape import escape
from hub.message.envelope import Decoded, Unmapped
from hub.message.errors import Fault, Refused, Severity

SOAP = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING = "http://www.w3.org/2005/08/addressing"
REQUEST = "http://www.justice.gov.uk/magistrates/external/ExternalDocumentRequest"
ACKNOWLEDGEMENT = "http://www.justice.gov.uk/magistrates/ack"

ENVELOPE = f"{{{SOAP}}}Envelope"
PAYLOAD = f"{{{REQUEST}}}ExternalDocumentRequest"
ACTION = "externalDocument"
DUMMY_ROOM = 50
"""A room of this number or more is no room: its list is a dummy (courts 3.3)."""

LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True, slots=True)
class LibraList:
    """Reads court lists, one message a case."""

    dialect: str = "libra-list"
    version: str = "1"
    answers: Answers = Answers.LATER

    def recognise(self, document: Document) -> bool:
        """Whether the document is a court list, by its root, or by the root in its SOAP body."""
        root = document.root
        return root is not None and (root.tag == PAYLOAD or (root.tag == ENVELOPE and _in_body(root) is not None))

    def open(self, document: Document, trust: Trust) -> Opened:
        """The list out of its envelope. Its WS-Addressing headers are in `ids`; lists that are ignored are warned of.

        There is no `reference`: senders repeat their MessageID, and only the content tells lists apart (courts 3.3).
        """
        root = document.root
        payload = root if root is None or root.tag == PAYLOAD else _in_body(root)
        if root is None or payload is None:
            raise Refused(at="Envelope/Body", rule="an ExternalDocumentRequest in the body of a SOAP 1.2 envelope")
        layers: tuple[Layer, ...] = (
            Layer(
                name="court list",
                root=payload,
                schema=SchemaRef(path="courtlist/externaldocument.xsd", gate=False),
                line=document.line,
            ),
        )
        soap = payload is not root
        if soap:
            layers = (Layer(name="SOAP envelope", root=root, schema=None, line=document.line), *layers)
        return Opened(
            layers=layers,
            root=payload,
            line=document.line,
            ids=_headers(root) | {"soap": "1.2"} if soap else {},
            faults=tuple(_ignored(payload, document.line)),
        )

    def decode(self, opened: Opened, tables: Tables) -> Iterator[Decoded]:
        """One HearingListed a case, lazily, in the order of the list."""
        assert opened.root is not None  # noqa: S101 - open() has put it there
        place = Place(path="", tables=tables).within("", _around(opened.root))
        for path, document in _documents(opened.root):
            source = _source(document)
            if source.ignored_because is None:
                yield from _cases(document, place.within(path), source)

    def reply(self, opened: Opened | None, reply: Reply, stamp: Stamp) -> Outbound:
        """Success once the list is kept, whatever it holds (courts 3.1); a SOAP fault for what could not be opened.

        Where it was kept unopened there are no headers to echo, and the answer is in SOAP, as the published transport.
        """
        if opened is None and not reply.accepted:
            return _outbound(_enveloped("", _fault(reply)), stamp, soap=True)
        ids = {"soap": "1.2"} if opened is None else opened.ids
        content, soap = _acknowledgement(stamp), "soap" in ids
        return _outbound(_enveloped(_answering(ids, stamp), content) if soap else content, stamp, soap=soap)


READERS: tuple[Reader, ...] = (LibraList(),)
WRITERS: tuple[Writer, ...] = ()


# --- the envelope ----------------------------------------------------------------------------------------------------


def _in_body(envelope: Element) -> Element | None:
    body = envelope.find(f"{{{SOAP}}}Body")
    return None if body is None else body.find(PAYLOAD)


def _headers(envelope: Element) -> dict[str, str]:
    """The WS-Addressing headers that a reply echoes, where they were given."""
    header = envelope.find(f"{{{SOAP}}}Header")
    found: dict[str, str] = {}
    for name in ("Action", "MessageID", "RelatesTo", "To", "From"):
        element = None if header is None else header.find(f"{{{ADDRESSING}}}{name}")
        if element is not None:
            inner = element.find(f"{{{ADDRESSING}}}Address") if name == "From" else None
            found[name] = text(element if inner is None else inner).strip()
    return found


def _answering(ids: Mapping[str, str], stamp: Stamp) -> str:
    """The headers of the reply: each a swap or an echo of the request's (courts 3.1), in the namespace as default."""
    parts = [
        ("Action", escape(ids.get("Action") or ACTION)),
        ("MessageID", escape(stamp.id)),
        ("RelatesTo", escape(ids.get("MessageID", ""))),
        ("To", escape(ids.get("From", ""))),
        ("From", f"<Address>{escape(ids['To'])}</Address>" if ids.get("To") else ""),
    ]
    return "".join(f'<{name} xmlns="{ADDRESSING}">{content}</{name}>' for name, content in parts if content)


def _enveloped(header: str, body: str) -> str:
    return (
        f'<soap:Envelope xmlns:soap="{SOAP}"><soap:Header>{header}</soap:Header>'
        f"<soap:Body>{body}</soap:Body></soap:Envelope>"
    )


def _acknowledgement(stamp: Stamp) -> str:
    """As the gateway writes it: these very words, the clock of the courts, and no zone (courts 3.1)."""
    at = stamp.at.astimezone(LONDON).replace(tzinfo=None).isoformat(timespec="milliseconds")
    return (
        f'<ack:Acknowledgement xmlns:ack="{ACKNOWLEDGEMENT}"><Ack><MessageStatus>Success</MessageStatus>'
        f"<MessageComment>MessageComment</MessageComment><TimeStamp>{at}</TimeStamp></Ack></ack:Acknowledgement>"
    )


def _fault(reply: Reply) -> str:
    words = escape("; ".join(fault.words for fault in reply.faults) or "the document cannot be read")
    return (
        "<soap:Fault><soap:Code><soap:Value>soap:Sender</soap:Value></soap:Code>"
        f'<soap:Reason><soap:Text xml:lang="en">{words}</soap:Text></soap:Reason></soap:Fault>'
    )


def _outbound(content: str, stamp: Stamp, *, soap: bool) -> Outbound:
    kind = "application/soap+xml; charset=utf-8" if soap else "application/xml; charset=utf-8"
    return Outbound(body=content.encode(), content_type=kind, name=f"{stamp.id}.xml")


# --- the documents of a list -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """What the name of a source file says: the court (OU code as written), the day (ddMMyyyy), the list's name."""

    court: str = ""
    day: str = ""
    list_name: str = ""
    ignored_because: str | None = None


def _documents(payload: Element) -> Iterator[tuple[str, Element]]:
    """Every document with its path. The schema allows one; the real feed has several (courts 3.1)."""
    for number, document in _items(payload, "documents", "document"):
        yield f"documents/document[{number}]", document


def _items(parent: Element, box: str, item: str) -> Iterator[tuple[int, Element]]:
    """The items in the boxes of a parent, numbered from 1."""
    number = 0
    for each in parent.iterchildren(box):
        for element in each.iterchildren(item):
            number += 1
            yield number, element


def _source(document: Element) -> _Source:
    """The routing key, read as the gateway reads it: five parts or more, or else it names no court (courts 3.3)."""
    parts = _file_name(document).split("_")
    if len(parts) < 5 or not parts[3].strip():
        return _Source(ignored_because="its source_file_name names no court")
    court = parts[3].strip()
    room = court[5:7]
    if room.isascii() and room.isdigit() and int(room) >= DUMMY_ROOM:
        return _Source(court=court, ignored_because=f"room {room} is a dummy room")
    return _Source(court=court, day=parts[1], list_name="_".join(parts[4:]))


def _info(document: Element) -> Element | None:
    """`info`, which an older form of the list qualifies with the namespace (courts 3.2)."""
    plain = document.find("info")
    return document.find(f"{{{REQUEST}}}info") if plain is None else plain


def _file_name(document: Element) -> str:
    info = _info(document)
    if info is None:
        return ""
    for tag in ("source_file_name", f"{{{REQUEST}}}source_file_name"):
        element = info.find(tag)
        if element is not None:
            return text(element).strip()
    return ""


def _ignored(payload: Element, line: int) -> Iterator[Fault]:
    for path, document in _documents(payload):
        source = _source(document)
        if source.ignored_because is not None:
            info = _info(document)
            at = document if info is None else info
            yield Fault(
                path=f"{path}/info/source_file_name",
                rule="ignored-court",
                words=f"this list is kept, but none of its cases is passed on: {source.ignored_because}",
                severity=Severity.WARNING,
                line=(line_in(at) or 0) + line or None,
                found=_file_name(document)[:80],
            )


def _around(payload: Element) -> Iterator[Unmapped]:
    """What the request says beside its documents, and about them together."""
    for documents in payload.iterchildren("documents"):
        yield from attributes(documents, "documents")
    yield from _beside(payload, "documents", "document", "")
    yield from leaves(payload, "", tags=("documents",))


def _beside(parent: Element, box: str, item: str, path: str) -> Iterator[Unmapped]:
    """What stands in the boxes of a parent beside their items."""
    for each in parent.iterchildren(box):
        yield from leaves(each, f"{path}/{box}".lstrip("/"), tags=(item,))


def _cases(document: Element, place: Place, source: _Source) -> Iterator[Decoded]:
    place = place.within(place.path, leaves(document, place.path, tags=("data",)))
    data = document.find("data")
    job = None if data is None else data.find("job")
    if data is None or job is None:
        return
    path = f"{place.path}/data/job"
    around = chain(
        leaves(data, f"{place.path}/data", tags=("job",)),
        leaves(job, path, tags=("sessions",)),
        _beside(job, "sessions", "session", path),
    )
    place = place.within(path, around)
    for number, session in _items(job, "sessions", "session"):
        yield from _session(session, place, f"{path}/sessions/session[{number}]", source)


def _session(session: Element, place: Place, path: str, source: _Source) -> Iterator[Decoded]:
    sitting = Sitting.read(session, path, (source.court, source.day, source.list_name))
    around = chain(leaves(session, path, tags=(*sitting.used, "blocks")), _beside(session, "blocks", "block", path))
    place = place.within(path, around)
    for number, block in _items(session, "blocks", "block"):
        block_path = f"{path}/blocks/block[{number}]"
        around = chain(leaves(block, block_path, tags=("cases",)), _beside(block, "cases", "case", block_path))
        inside = place.within(block_path, around)
        for position, case in _items(block, "cases", "case"):
            yield read_case(case, sitting, inside.within(f"{block_path}/cases/case[{position}]"))
