"""The door of the exchange: submit and retrieve, as a neighbour calls them (police-spi 1.1, 1.2, 8.1).

Rule: what is wrong with the delivery is answered at once, by the first code in ascending order. What is wrong with what
was delivered is not looked at here; the one exception, 309 for an offence without a code, is the interface's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from connectors.spi import ENDPOINT, LIBRA, OPERATIONS
from connectors.spi.answers import Asker, response, submit_response
from connectors.spi.codes import RETRIEVE_NOT_AVAILABLE, TEMPORARY_PROBLEM, submit_code
from connectors.spi.envelopes import take_off_submit
from connectors.spi.hops import ANSWER, block_of, reference_of
from connectors.spi.newcase import ROOT as NEW_CASE
from connectors.spi.outgoing import EXCHANGE
from connectors.spi.recognising import ENVELOPES, ROUTE_DATA, SUBMIT_REQUEST, Wanted, submit_in
from connectors.spi.routedata import Unwrapping, take_off_route
from hub.contract import Outbound, SchemaRef, Trust
from hub.contract.hops import Call
from hub.document import Document, Element
from hub.document.xml import local_name, text_of
from hub.message.errors import Fault, Refused
from hub.message.hops import Hop

SUBMIT, RETRIEVE = "submit", "retrieve"
RETRIEVE_REQUEST = f"{{{ENDPOINT}}}RetrieveRequestMes"
ROUTE_DATA_RESP = f"{{{OPERATIONS}}}RouteDataResp"

OUR_IDS = f"{EXCHANGE} C00CommonPlatform B00LIBRA"
"""What a neighbour may call the hub where its file does not say: it stands in for the exchange and for what is behind
it (police-spi 1.6)."""

THEIR_IDS: Mapping[str, str] = MappingProxyType({"court": "C00CommonPlatform B00LIBRA"})
"""What a neighbour of this kind may call itself where its file does not say; any other is the exchange."""

_ANY = Wanted(root=NEW_CASE, schema=SchemaRef(path="", gate=False), codes=frozenset())


@dataclass(frozen=True, slots=True)
class ExchangeDoor:
    """`CJSEService`, at /soap/cjse."""

    path: str = "cjse"
    description: str = "cjse/cjse.wsdl"
    schemas: tuple[str, ...] = (
        "cjse/endpoint.xsd",
        "cjse/operations.xsd",
        "cjse/businessentities.xsd",
        "cjse/businesstypes.xsd",
        "spi/spi.xsd",
        "spi/bs7666.xsd",
    )
    later: str = ANSWER

    def call(self, document: Document, trust: Trust) -> Call:
        """A submit or a retrieve. Raises Refused for anything else."""
        root = document.root
        if root is None or root.tag not in ENVELOPES:
            raise Refused(at="", rule="a SOAP envelope")
        space = root.tag.partition("}")[0][1:]
        retrieve = submit_in(root, RETRIEVE_REQUEST)
        if retrieve is not None:
            request = retrieve.findtext(f"{{{ENDPOINT}}}RequestID", "")
            return Call(operation=RETRIEVE, request=request, space=space, keep=False)
        if submit_in(root, SUBMIT_REQUEST) is None:
            raise Refused(at="/Envelope/Body", rule="a SubmitRequestMes or a RetrieveRequestMes")
        return _submit(document, root, _with_known_ids(trust))

    def reply(self, call: Call, faults: Sequence[Fault]) -> Outbound:
        """A response with the first code of its layer, 1 where nothing is wrong (police-spi 1.2)."""
        asker, name = Asker(call.request, call.space), f"{self.path}.xml"
        if call.operation == RETRIEVE:
            return response("RetrieveResponseMes", asker, RETRIEVE_NOT_AVAILABLE, name)
        return submit_response(asker, submit_code(faults), name)

    def put_off(self, call: Call) -> Outbound:
        """201: the same is to be sent again later (police-spi 1.2)."""
        return submit_response(Asker(call.request, call.space), TEMPORARY_PROBLEM, f"{self.path}.xml")


def _with_known_ids(trust: Trust) -> Trust:
    known = {"mdi_source": THEIR_IDS.get(trust.agency, EXCHANGE), "mdi_destination": OUR_IDS}
    return replace(trust, traits={**known, **trust.traits})


def _submit(document: Document, root: Element, trust: Trust) -> Call:
    off = Unwrapping(line=document.line)
    inner = take_off_submit(root, off, trust)
    faults = [fault for fault in off.faults if fault.rule.startswith("MDI-")]
    request = off.ids.get("RequestID", "")
    hop = Hop(request=request)
    if inner is not None and inner.tag == ROUTE_DATA:
        route = Unwrapping(line=off.line)
        payload = take_off_route(inner, route, _ANY, trust)
        faults += _offences_without_a_code(payload)
        hop = replace(hop, reference=reference_of(route.ids), answer=ANSWER, block=block_of(inner))
    elif inner is not None and inner.tag != ROUTE_DATA_RESP:
        words = f"expected RouteData or RouteDataResp in the Message, and it holds {local_name(str(inner.tag))}"
        faults.append(Fault(path="/SubmitRequestMes/Message", rule="MDI-300", words=words))
    return Call(
        operation=SUBMIT,
        request=request,
        space=root.tag.partition("}")[0][1:],
        faults=tuple(faults),
        hop=None if faults else hop,
    )


def _offences_without_a_code(payload: Element | None) -> Iterator[Fault]:
    """An OffenceCode that is blank, anywhere in the content (police-spi 1.2)."""
    for node in () if payload is None else payload.iter(f"{{{LIBRA}}}OffenceCode"):
        if not text_of(node).strip():
            words = "InvalidOffenceCode: an offence has no code"
            yield Fault(path="/SubmitRequestMes/Message", rule="MDI-309", words=words)
            return
