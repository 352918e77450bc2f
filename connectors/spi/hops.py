"""What a message of this interface is called on its hop, and what an answer to it repeats (police-spi 1.3, 5.3, 8.3).

Rule: a RouteDataResp repeats the sender's own block as it came, whatever is wrong with it, and the id of the first
route. Two messages are the same where CorrelationID and SystemID are, whatever their case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from connectors.spi import OPERATIONS
from connectors.spi.envelopes import SUBMIT_LAYER
from connectors.spi.routedata import ROUTE_LAYER, is_id
from hub.contract import Opened
from hub.document import Element
from hub.document.escape import escape
from hub.document.xml import local_name, text_of
from hub.message.hops import Block, Hop

ANSWER = "spi-answer"
"""The dialect in which a refusal of content goes back."""

LABEL = "/@literalvalue"
ROUTE_ID = "RouteId"


class Status(NamedTuple):
    """One OperationStatus. Where there is no text an element is left out; `kind` is the StatusClass."""

    code: int
    context: str = ""
    description: str = ""
    kind: str = "FatalError"


def hop_of(opened: Opened) -> Hop | None:
    """What the message in a RouteData is called; its request where the RouteData came in a submit."""
    layers = {layer.name: layer.root for layer in opened.layers}
    if ROUTE_LAYER not in layers:
        return None
    return Hop(
        request=opened.ids.get("RequestID") if SUBMIT_LAYER in layers else None,
        reference=reference_of(opened.ids),
        answer=ANSWER,
        block=block_of(layers[ROUTE_LAYER]),
    )


def reference_of(ids: Mapping[str, str]) -> str | None:
    """CorrelationID and SystemID in one, so that two can be compared; None where either is not sound (301, 306)."""
    correlation, system = ids.get("CorrelationID", ""), ids.get("SystemID", "")
    return f"{correlation}/{system}".casefold() if is_id(correlation) and is_id(system) else None


def block_of(route_data: Element) -> Block:
    """What an answer to a RouteData repeats."""
    return tuple(_block(route_data))


def _block(route_data: Element) -> Iterator[tuple[str, str]]:
    system = route_data.find(f"{{{OPERATIONS}}}RequestFromSystem")
    for child in () if system is None else system:
        name, label = local_name(child.tag), child.get("literalvalue")
        yield name, text_of(child)
        if label is not None:
            yield name + LABEL, label
    route = route_data.find(f"{{{OPERATIONS}}}Routes/{{{OPERATIONS}}}Route/{{{OPERATIONS}}}RouteID")
    if route is not None:
        yield ROUTE_ID, text_of(route)


def route_data_resp(block: Block, statuses: list[Status]) -> str:
    """A RouteDataResp: the sender's block again, then each status (police-spi 1.3)."""
    labels = dict(block)
    system = "".join(
        _element(name, text, labels.get(name + LABEL))
        for name, text in block
        if name != ROUTE_ID and not name.endswith(LABEL)
    )
    route = "" if ROUTE_ID not in labels else _element(ROUTE_ID, labels[ROUTE_ID])
    return (
        f'<RouteDataResp xmlns="{OPERATIONS}" VersionNumber="1.0"><ResponseToSystem VersionNumber="1.0">{system}'
        f"</ResponseToSystem>{''.join(_status(one, route) for one in statuses)}</RouteDataResp>"
    )


def _status(one: Status, route: str) -> str:
    words = _element("StatusClass", one.kind) + _element("Code", str(one.code))
    words += _element("Description", one.description[:200]) if one.description else ""
    words += _element("ResponseContext", one.context[:300]) if one.context else ""
    return f"<OperationStatus>{words}{route}</OperationStatus>"


def _element(name: str, text: str, label: str | None = None) -> str:
    marked = "" if label is None else f' literalvalue="{escape(label).replace(chr(34), "&quot;")}"'
    return f"<{name}{marked}>{escape(text)}</{name}>"
