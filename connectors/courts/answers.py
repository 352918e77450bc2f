"""What the other side of the interface says of something sent earlier: a SubmitResponseMes, or a RouteDataResp.

Rule: an answer is checked and kept, and tells nothing of a case; so it makes no message of its own. What it is about
stands in `ids`: the delivery that it speaks of is found by its CorrelationID (police-spi 5.3), and whoever sent what
was delivered is told by the hub.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from connectors.spi import ENDPOINT, OPERATIONS
from connectors.spi.answers import reply_to
from connectors.spi.codes import ROUTE_TEXTS
from connectors.spi.envelopes import SUBMIT_LAYER, SUBMIT_SCHEMA
from connectors.spi.hops import ANSWER
from connectors.spi.recognising import ENVELOPES, SUBMIT_REQUEST, first_tag, submit_in
from connectors.spi.responses import STATUS
from connectors.spi.routedata import ROUTE_SCHEMA, Unwrapping
from hub.contract import Answers, Opened, Outbound, Reply, Stamp, Trust
from hub.contract.hops import Said
from hub.contract.tables import Tables
from hub.document import Document, Element
from hub.document.xml import local_name, parse_inner, text_of
from hub.message.envelope import Decoded
from hub.message.errors import Refused, Severity
from hub.message.notice import Problem

SUBMIT_RESPONSE = f"{{{ENDPOINT}}}SubmitResponseMes"
ROUTE_RESPONSE = f"{{{OPERATIONS}}}RouteDataResp"
_STATUS = f"{{{OPERATIONS}}}OperationStatus/{{{OPERATIONS}}}"
_WORDS = ("StatusClass", "Description", "ResponseContext")


@dataclass(frozen=True, slots=True)
class AnswerReader:
    """Reads answers: a RouteDataResp, bare or in a SOAP submit, and a SubmitResponseMes."""

    dialect: str = ANSWER
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

    def said(self, opened: Opened) -> Said | None:
        """Why what was sent is refused, None for the response to a submit: that came in answer to the call itself.

        The peer's own words go on to whoever is told, and nowhere else.
        """
        if opened.root is None or not opened.ids.get("CorrelationID"):
            return None
        problems: list[Problem] = []
        words: list[tuple[str, str]] = []
        for number, status in enumerate(opened.root.findall(f"{{{OPERATIONS}}}OperationStatus"), 1):
            held = {local_name(str(child.tag)): text_of(child).strip() for child in status}
            problems.append(_problem(held.get("Code", "")))
            words += [(f"{STATUS}{number}/{name}", held[name]) for name in _WORDS if held.get(name)]
        return Said(about=opened.ids["CorrelationID"].casefold(), problems=tuple(problems), more=tuple(words))

    def reply(self, opened: Opened | None, reply: Reply, stamp: Stamp) -> Outbound:
        """The response to its submit, where it came in one; an answer is never answered with another."""
        return reply_to(opened, reply, stamp)


def _problem(code: str) -> Problem:
    number = code.lstrip("+")
    known = number.isascii() and number.isdigit() and len(number) <= 9
    words = ROUTE_TEXTS.get(int(number), "refused by the recipient") if known else "refused by the recipient"
    return Problem(code=f"OI-{int(number)}" if known else "OI", path="", severity=Severity.ERROR, words=words)


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
