"""Whose document is this: a case file or a result, bare or in its envelopes. Cheap, because every Reader is asked.

Rule: by root and namespace; a local name alone counts only where the root has no namespace at all, which the sender's
traits must then allow. In an envelope the first tag of the payload decides, else the stream type that RouteData names;
what tells neither is taken for a case file, whose route has the codes to refuse it.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from connectors.spi import DELIVER, ENDPOINT, ENTITIES, LIBRA, OPERATIONS, SOAP, SOAP_12
from hub.contract import SchemaRef
from hub.document import Element
from hub.document.xml import local_name, text_of

ENVELOPES = (f"{{{SOAP}}}Envelope", f"{{{SOAP_12}}}Envelope")
SUBMIT_REQUEST = f"{{{ENDPOINT}}}SubmitRequestMes"
ROUTE_DATA = f"{{{OPERATIONS}}}RouteData"
DELIVER_REQUEST = f"{{{DELIVER}}}DeliverRequest"
TWIF_REQUEST = "submitNewCaseMessageRequest"
"""The local name of the root in which one family of systems sends a case file without a namespace (police-spi 1.7)."""

STREAMS = {f"{{{LIBRA}}}NewCaseMessage": "SPINewCase", f"{{{LIBRA}}}ResultedCaseMessage": "SPIResults"}
"""The stream type of each payload (police-spi 1.3)."""

_START_TAG = re.compile(r"(?:\s|\ufeff|<\?.*?\?>|<!--.*?-->)*<([^\s<>/]+)([^<>]*)>", re.DOTALL)
_STREAM_TYPE = re.compile(r"DataStreamType\b[^<>]*>([^<]*)<")
_CONTENT = re.compile(r"DataStreamContent\b[^<>]*>\s*(?:<!\[CDATA\[)?(.{0,4000})", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a Reader looks for: the payload's root and schema, and the OI codes that refuse on its route.

    `delivered`: also in a DeliverRequest. `otherwise`: also where a RouteData tells nothing of what is in it.
    """

    root: str
    schema: SchemaRef
    codes: frozenset[int]
    delivered: bool = False
    otherwise: bool = False

    @property
    def stream(self) -> str:
        """The stream type of this payload."""
        return STREAMS[self.root]


def recognise(root: Element | None, wanted: Wanted) -> bool:
    """Whether a document holds the payload wanted, or its RouteData says so."""
    if root is None:
        return False
    if root.tag in ENVELOPES:
        submit = submit_in(root, SUBMIT_REQUEST)
        message = None if submit is None else submit.find(f"{{{ENDPOINT}}}Message")
        return message is not None and _recognise_submitted(text_of(message), wanted)
    if root.tag == ROUTE_DATA:
        kind, content = (stream_child(root, name) for name in ("DataStreamType", "DataStreamContent"))
        return _decides("" if kind is None else text_of(kind), "" if content is None else text_of(content), wanted)
    if root.tag == DELIVER_REQUEST:
        return wanted.delivered and root.find(f"{{{DELIVER}}}Message/{wanted.root}") is not None
    return root.tag in (wanted.root, local_name(wanted.root)) or twif_payload(root, wanted) is not None


def twif_payload(root: Element, wanted: Wanted) -> Element | None:
    """The case file in a TWIF request, where it has no namespace (police-spi 1.7); None in anything else."""
    return root.find(local_name(wanted.root)) if local_name(str(root.tag)) == TWIF_REQUEST else None


def submit_in(envelope: Element, submit: str) -> Element | None:
    """The submit, request or response, in the body of a SOAP envelope."""
    space = str(envelope.tag).partition("}")[0]
    return envelope.find(f"{space}}}Body/{submit}")


def stream_child(route_data: Element, name: str) -> Element | None:
    """A child of DataStream: in the namespace of business entities, or in the listed variant (courts 1.3)."""
    stream = route_data.find(f"{{{OPERATIONS}}}DataStream")
    if stream is None:
        return None
    found = stream.find(f"{{{ENTITIES}}}{name}")
    return stream.find(f"{{{OPERATIONS}}}{name}") if found is None else found


def first_tag(text: str) -> str | None:
    """The `{namespace}name` of the first element of a document, from its start tag alone; None where there is none."""
    match = _START_TAG.match(text)
    if match is None:
        return None
    prefix, colon, name = match[1].rpartition(":")
    declared = re.search(rf"\sxmlns{colon}{re.escape(prefix)}\s*=\s*[\"']([^\"']*)", match[2])
    return None if declared is None else f"{{{declared[1]}}}{name}"


def _recognise_submitted(message: str, wanted: Wanted) -> bool:
    """A RouteData that is still text: only its first tag, its stream type and the first tag of its content are read."""
    if first_tag(message) != ROUTE_DATA:
        return False
    kind, content = _STREAM_TYPE.search(message), _CONTENT.search(message)
    inner = "" if content is None else html.unescape(content[1])
    return _decides("" if kind is None else kind[1], inner, wanted)


def _decides(stream: str, content: str, wanted: Wanted) -> bool:
    root = first_tag(content)
    if root in STREAMS:
        return root == wanted.root
    kind = stream.strip()
    return kind == wanted.stream if kind in STREAMS.values() else wanted.otherwise
