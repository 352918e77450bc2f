"""What the other side of the interface says of something sent earlier: a SubmitResponseMes, or a RouteDataResp.

Rule: an answer is checked and kept, and tells nothing of a case; so it makes no message. What it is about and what it
says stands in `ids`: the delivery that it settles is found by SystemID and CorrelationID (police-spi 5.3).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from connectors.spi import ENDPOINT, OPERATIONS
from connectors.spi.answers import reply_to
from connectors.spi.envelopes import SUBMIT_LAYER, SUBMIT_SCHEMA
from connectors.spi.recognising import ENVELOPES, SUBMIT_REQUEST, first_tag, submit_in
from connectors.spi.routedata import ROUTE_SCHEMA, Unwrapping
from hub.contract import Answers, Opened, Outbound, Reply, Stamp, Trust
from hub.contract.tables import Tables
from hub.document import Document, Element
from hub.document.xml import parse_inner, text_of
from hub.message.envelope import Decoded
from hub.message.errors import Refused

SUBMIT_RESPONSE = f"{{{ENDPOINT}}}SubmitResponseMes"
ROUTE_RESPONSE = f"{{{OPERATIONS}}}RouteDataResp"
_STATUS = f"{{{OPERATIONS}}}OperationStatus/{{{OPERATIONS}}}"


@dataclass(frozen=True, slots=True)
class AnswerReader:
    """Reads answers: a RouteDataResp, bare or in a SOAP submit, and a SubmitResponseMes."""

    dialect: str = "spi-answer"
    version: str = "1"
    answers: Answers = Answers.AT_ONCE

    def recognise(self, document: Document) -> bool:
        """Whether the document is an answer."""
        root = document.root
        if root is None or root.tag not in ENVELOPES:
            return root is not None and root.tag == ROUTE_RESPONSE
        if submit_in(root, SUBMIT_RESPONSE) is not None:
            return True
        message = _message(root)
        return message is not None and first_tag(text_of(message)) == ROUTE_RESPONSE

    def open(self, document: Document, trust: Trust) -> Opened:
        """The answer out of its envelope; its codes are in `ids`, parted by blanks."""
        root = document.root
        if root is None:
            raise Refused(at="", rule="an XML document")
        off = Unwrapping(line=document.line)
        response = root if root.tag == ROUTE_RESPONSE else _submitted(root, off)
        if response is not None:
            off.layer("RouteDataResp", response, ROUTE_SCHEMA)
            for name in ("CorrelationID", "SystemID"):
                node = response.find(f"{{{OPERATIONS}}}ResponseToSystem/{{{OPERATIONS}}}{name}")
                off.ids[name] = "" if node is None else text_of(node).strip()
            off.ids["Codes"] = " ".join(text_of(node).strip() for node in response.findall(f"{_STATUS}Code"))
        reference = f"{off.ids['SystemID']}/{off.ids['CorrelationID']}" if off.ids.get("CorrelationID") else None
        return Opened(
            layers=tuple(off.layers),
            root=response,
            line=off.line,
            reference=reference,
            ids=off.ids,
            faults=tuple(off.faults),
        )

    def decode(self, opened: Opened, tables: Tables) -> Iterator[Decoded]:
        """No message."""
        return iter(())

    def reply(self, opened: Opened | None, reply: Reply, stamp: Stamp) -> Outbound:
        """The response to its submit, where it came in one; an answer is never answered with another."""
        return reply_to(opened, reply, stamp)


def _submitted(envelope: Element, off: Unwrapping) -> Element | None:
    """The RouteDataResp in a submit, None where the answer is the response to a submit itself."""
    response = submit_in(envelope, SUBMIT_RESPONSE)
    submit = response if response is not None else submit_in(envelope, SUBMIT_REQUEST)
    if submit is None:
        raise Refused(at="/Envelope/Body", rule="a SubmitRequestMes or SubmitResponseMes in the body")
    off.layer(SUBMIT_LAYER, submit, SUBMIT_SCHEMA)
    for name in ("RequestID", "ResponseCode"):
        node = submit.find(f"{{{ENDPOINT}}}{name}")
        if node is not None:
            off.ids[name] = text_of(node)
    message = _message(envelope)
    if message is None:
        return None
    inner, off.line = parse_inner(text_of(message), message, line_offset=off.line)
    return inner


def _message(envelope: Element) -> Element | None:
    submit = submit_in(envelope, SUBMIT_REQUEST)
    return None if submit is None else submit.find(f"{{{ENDPOINT}}}Message")
