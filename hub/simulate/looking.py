"""What a delivery is, as its recipient's own system sees it: its dialect, what is wrong with it, whom it names.

Rule: a recipient judges by the published form of its dialect and knows nothing of how the hub made the document.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from hub.canonical import NAMESPACE
from hub.canonical.schemas import SCHEMA
from hub.discovery.bundle import Bundle
from hub.document import Element, JsonValue
from hub.document.lift import lift
from hub.document.schema import load as load_schema
from hub.document.xml import local_name, parse
from hub.message.errors import Refused
from hub.simulate.papers.police import ENTITIES, OPERATIONS

SPI_SCHEMA = "spi/spi.xsd"
STREAMS = {"SPINewCase": ("spi-case", "NewCaseMessage"), "SPIResults": ("spi-result", "ResultedCaseMessage")}
CANONICAL = {"CaseFileSubmission": "cps-case", "CaseUpdateNotification": "cps-update"}
NEEDED: dict[str, tuple[str, ...]] = {
    "hmpps-warrant": ("eventType", "cases", "masterDefendantId", "documentId", "documentGeneratedTimestamp"),
    "libra-case": ("caseNo", "defendantName", "courtCode", "sessionStartTime", "offences"),
    "cp-hearing": ("hearing", "sharedTime"),
}
"""The fields by which each JSON dialect is known (courts 3.3, 4.1 and 4.5)."""

NAMES = re.compile(
    rb"(?<![A-Z0-9])(?:[0-9]{2}[A-Z0-9]{2}[0-9]{7}|[A-Z][0-9]{4}[A-Z]{2})(?![A-Z0-9])"
    rb"|urn:uk:gov:hmpps:pre-sentence-service:report:[0-9a-f-]{36}"
)
"""Case references, prisoner numbers and report ids, wherever they stand."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a recipient makes of one document. `fault` is None where it can use it; `dialect` "" where it knows none."""

    dialect: str
    fault: str | None = None


def look(body: bytes) -> Seen:
    """The dialect of a document and, where it cannot be used, why."""
    try:
        document = lift(body)
        if document.root is not None:
            return _xml(document.root)
        return _json(document.data)
    except Refused as refusal:
        return Seen("", f"cannot be read: {refusal.faults[0].rule}")


def names_in(body: bytes) -> frozenset[str]:
    """The identifiers that a document names."""
    return frozenset(found.decode() for found in NAMES.findall(body))


def _xml(root: Element) -> Seen:
    if root.tag == f"{{{OPERATIONS}}}RouteData":
        return _route_data(root)
    if root.tag == f"{{{NAMESPACE}}}Message":
        kinds = [local_name(str(child.tag)) for child in root]
        dialect = next((CANONICAL[kind] for kind in kinds if kind in CANONICAL), "exchange")
        return _by_schema(dialect, root, SCHEMA)
    return Seen("", "its outermost element belongs to no dialect of ours")


def _route_data(root: Element) -> Seen:
    stream = root.findtext(f".//{{{ENTITIES}}}DataStreamType") or ""
    content = root.findtext(f".//{{{ENTITIES}}}DataStreamContent") or ""
    if stream not in STREAMS:
        return Seen("", "RouteData with a stream that we do not take")
    dialect, payload = STREAMS[stream]
    inner = parse(content.encode())
    if local_name(str(inner.tag)) != payload:
        return Seen(dialect, f"its stream holds no {payload}")
    return _by_schema(dialect, inner, SPI_SCHEMA)


def _by_schema(dialect: str, root: Element, schema: str) -> Seen:
    sound = load_schema(Bundle().schema(schema)).accepts(root)
    return Seen(dialect, None if sound else f"it breaks the schema {schema}")


def _json(data: JsonValue) -> Seen:
    if isinstance(data, Mapping):
        for dialect, needed in NEEDED.items():
            if all(name in data for name in needed):
                return Seen(dialect)
    return Seen("", "JSON that belongs to no dialect of ours")
