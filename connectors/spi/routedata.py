"""RouteData, the routing envelope, taken off: its ids, what is wrong with it, and the document in it (police-spi 1.3).

Rule: the checks are those of police-spi 5.3 that need no memory and no configuration, each a fault of its own. An id is
trimmed before it is looked at (police-spi 6); the content is kept exactly as it stood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from connectors.spi import ENTITIES, OPERATIONS
from connectors.spi.recognising import Wanted, stream_child
from hub.contract import Layer, SchemaRef, Trust
from hub.document import Element, line_in
from hub.document.xml import parse_inner, text_of
from hub.message.errors import Fault, Refused

ROUTE_LAYER = "RouteData"
ROUTE_SCHEMA = SchemaRef(path="cjse/operations.xsd", gate=False)

_OWN, _ENTITIES = f"{{{OPERATIONS}", f"{{{ENTITIES}"
_ID = re.compile(r"\S{1,50}")
_SYSTEM, _STREAM, _ROUTE = "RequestFromSystem", "DataStream", "Routes/Route"
_FIELDS = {
    "CorrelationID": _SYSTEM,
    "SystemID": _SYSTEM,
    "OrganizationalUnitID": _SYSTEM,
    "DataController": _SYSTEM,
    "User": _SYSTEM,
    "SourceID": _SYSTEM,
    "DestinationID": _SYSTEM,
    "TestOperation": _SYSTEM,
    "System": _STREAM,
    "DataStreamType": _STREAM,
    "SystemDataStreamID": _STREAM,
    "Name": _STREAM,
    "Reference": _STREAM,
    "ReferenceType": _STREAM,
    "Dated": _STREAM,
    "Timed": _STREAM,
    "ContentType": _STREAM,
    "RouteID": _ROUTE,
    "RouteSourceSystem": _ROUTE,
    "RouteDestinationSystem": _ROUTE,
    "Descriptor": _ROUTE,
}
"""What is kept of the envelope, and the block it stands in. Of several routes the first is read (police-spi 1.3)."""


@dataclass(slots=True, kw_only=True)
class Unwrapping:
    """What has been found while envelopes are taken off. `line` is what to add to a line of the innermost document."""

    line: int
    layers: list[Layer] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    payload: str | None = None

    def layer(self, name: str, root: Element, schema: SchemaRef) -> None:
        """One more layer."""
        self.layers.append(Layer(name=name, root=root, schema=schema, line=self.line))

    def fault(self, node: Element | None, path: str, rule: str, words: str) -> None:
        """One more fault; `node` is the element that is wrong, None where it is missing."""
        at = None if node is None else line_in(node)
        line = None if at is None else at + self.line
        found = None if node is None or len(node) else text_of(node)[:80]
        self.faults.append(Fault(path=path, rule=rule, words=words, line=line, found=found))


def is_id(text: str) -> bool:
    """Whether a text can be an id of this layer: 1 to 50 characters without white space."""
    return _ID.fullmatch(text) is not None


def take_off_route(route_data: Element, off: Unwrapping, wanted: Wanted, trust: Trust) -> Element | None:
    """The document in the content of a RouteData, None where there is none that can be read."""
    off.layer(ROUTE_LAYER, route_data, ROUTE_SCHEMA)
    nodes = _fields(route_data)
    ids = {name: text_of(node).strip() for name, node in nodes.items()}
    off.ids.update(ids)
    for code, name, words in _faults(ids, wanted.stream, trust.traits):
        if code in wanted.codes:
            off.fault(nodes.get(name), f"/RouteData/{_FIELDS[name]}/{name}", f"OI-{code}", words)
    return _content(route_data, off)


def _fields(route_data: Element) -> dict[str, Element]:
    """The elements that are kept, by name; of several with one name, the first."""
    nodes: dict[str, Element] = {}
    for block in dict.fromkeys(_FIELDS.values()):
        steps = [f"{{{OPERATIONS}}}{step}" for step in block.split("/")]
        found = route_data.find("/".join(steps))
        for child in () if found is None else found:
            space, _, name = child.tag.rpartition("}")
            if _FIELDS.get(name) == block and (space == _OWN or (space == _ENTITIES and block == _STREAM)):
                nodes.setdefault(name, child)
    return nodes


def _faults(ids: Mapping[str, str], stream: str, traits: Mapping[str, str]) -> Iterator[tuple[int, str, str]]:
    """Code, field and words, in ascending order of the codes (police-spi 5.3).

    The systems at the ends of the route are compared, case and all, where the party's traits name them:
    `route_source` and `route_destination`, each of which may name several.
    """
    sources, targets = (traits.get(name, "").split() for name in ("route_source", "route_destination"))
    source, destination = ids.get("RouteSourceSystem", ""), ids.get("RouteDestinationSystem", "")
    if not _ID.fullmatch(ids.get("SystemID", "")):
        yield 301, "SystemID", "UnknownSystem: give 1 to 50 characters without white space"
    if not _ID.fullmatch(ids.get("CorrelationID", "")):
        yield 306, "CorrelationID", "InvalidCorrelationID: give 1 to 50 characters without white space"
    if not 1 <= len(ids.get("DataController", "-")) <= 50:
        yield 307, "DataController", "InvalidDataController: give 1 to 50 characters, or leave the element out"
    if not 7 <= len(ids.get("OrganizationalUnitID", "-------")) <= 8:
        yield 308, "OrganizationalUnitID", "InvalidOrganizationalUnitID: give 7 or 8 characters, or leave it out"
    if not 1 <= len(source) <= 50 or (sources and source not in sources):
        yield 1317, "RouteSourceSystem", "UnknownRouteSourceSystem: give the id of a system of yours that is known here"
    if not destination or (targets and destination not in targets):
        yield 1318, "RouteDestinationSystem", "UnknownRouteDestinationSystem: name the system that is to have this"
    if source and source == destination:
        yield 1321, "RouteDestinationSystem", "SameSourceAndDestinationSystem: they are the two ends of the route"
    if ids.get("DataStreamType") != stream:
        yield 1359, "DataStreamType", f"DisallowedDataStreamType: on this route it is {stream}"


def _content(route_data: Element, off: Unwrapping) -> Element | None:
    node = stream_child(route_data, "DataStreamContent")
    path = "/RouteData/DataStream/DataStreamContent"
    if node is None:
        off.fault(None, path, "OI-1310", "UnusableDataStream: there is no DataStreamContent")
        return None
    off.payload = text_of(node)
    try:
        inner, off.line = parse_inner(off.payload, node, line_offset=off.line)
    except Refused as refused:
        line = refused.faults[0].line
        words = "UnusableDataStream: the content is not an XML document, escaped once"
        off.faults.append(Fault(path=path, rule="OI-1310", words=words, line=line))
        off.faults += refused.faults
        return None
    return inner
