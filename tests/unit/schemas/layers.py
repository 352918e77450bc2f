"""Takes a sample apart, as deep as it goes: SOAP, submit, RouteData or DeliverRequest, payload.

Rule: a layer's verdict is that of the schema of its namespace; text that is not XML is an invalid payload (police-spi 7).
"""

from collections.abc import Iterator
from pathlib import Path

from hub.document import Element, xml
from hub.message.errors import Refused
from tests.unit.schemas.tables import judge

SOAP_BODY = "{http://schemas.xmlsoap.org/soap/envelope/}Body"


def verdicts(path: Path) -> str:
    """For each layer that the file has, its letter and V or X: "EV RV PX", or "DV PV"."""
    return " ".join(letter + ("V" if valid else "X") for letter, valid in _layers(xml.parse(path.read_bytes())))


def payload(path: Path) -> Element | None:
    """The innermost document, if there is one: a NewCaseMessage or a ResultedCaseMessage."""
    root: Element | None = xml.parse(path.read_bytes())
    while root is not None and not xml.local_name(root.tag).endswith("CaseMessage"):
        root = _inside(root)
    return root


def _layers(root: Element | None) -> Iterator[tuple[str, bool]]:
    while root is not None:
        name = xml.local_name(root.tag)
        if name in {"SubmitRequestMes", "SubmitResponseMes"}:
            yield "E", judge("cjse/endpoint", root)
        elif name in {"RouteData", "RouteDataResp"}:
            yield "R", judge("cjse/operations", root)
        elif name == "DeliverRequest":
            yield "D", judge("cjse/deliver", root)
        elif name.endswith("CaseMessage"):
            yield "P", judge("spi/spi", root)
        try:
            root = _inside(root)
        except Refused:
            yield "P", False
            return


def _inside(root: Element) -> Element | None:
    """The next layer in, if any: a child element, or the text of one."""
    child = root.find(f"{SOAP_BODY}/*")
    if child is None and xml.local_name(root.tag) == "DeliverRequest":
        child = root.find("{*}Message/*")
    if child is not None:
        return child
    carrier = root.find("{*}Message")
    if carrier is None:
        carrier = root.find("{*}DataStream/{*}DataStreamContent")
    return None if carrier is None else xml.parse_inner(xml.text_of(carrier), carrier)[0]
