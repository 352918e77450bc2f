"""Every schema of the exchange gives one verdict: lxml and xmlschema agree on our documents, on damaged ones, and on
every real one that is at hand.
"""

import copy
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hub.contract import Trust
from hub.discovery.connectors import discover
from hub.document import Document, Element, examine, schema
from hub.document.xml import local_name, parse, serialise
from hub.message.errors import Refused

FOUND = discover()
TRUST = Trust(party="anyforce", agency="police")
DIALECTS = ("spi-case", "spi-result", "spi-answer", "libra-list")
LONGEST = 400_000  # bytes of a layer; the few that are longer say nothing else

Layer = tuple[str, bytes]
"""The path of a schema, and a document that it is for."""


def layers_of(raw: bytes) -> Iterator[Layer]:
    """Each layer of a document that has a schema, as a document of its own."""
    try:
        document = Document(media="xml", raw=raw, root=parse(raw))
    except Refused:
        return
    for dialect in DIALECTS:
        reader = FOUND.readers[dialect]
        if not reader.recognise(document):
            continue
        try:
            opened = reader.open(document, TRUST)
        except Refused:
            return
        yield from ((layer.schema.path, serialise(layer.root)) for layer in opened.layers if layer.schema is not None)


@cache
def seeds() -> dict[str, list[Layer]]:
    """Our own documents by schema and root, at most three of a kind."""
    kinds: dict[str, list[Layer]] = {}
    for dialect in DIALECTS:
        for path in FOUND.bundle.files(f"dialects/{dialect}/samples/*.xml"):
            for held in [] if ".expected." in path.name else layers_of(path.read_bytes()):
                kinds.setdefault(f"{held[0]} {local_name(parse(held[1]).tag)}", []).append(held)
    return {kind: held[:3] for kind, held in kinds.items()}


KINDS = sorted(seeds())


@cache
def explained(path: str) -> examine.xmlschema.XMLSchema10:
    return examine.load(FOUND.bundle.schema(path))


def verdicts(path: str, root: Element) -> tuple[bool, bool]:
    """Whether lxml accepts a document, and whether xmlschema does."""
    return schema.load(FOUND.bundle.schema(path)).accepts(root), not examine.examine(explained(path), root)


# --- the mutations: at one element each ------------------------------------------------------------------------------


def drop(node: Element) -> None:
    _parent(node).remove(node)


def duplicate(node: Element) -> None:
    node.addnext(copy.deepcopy(node))


def reorder(node: Element) -> None:
    following = node.getnext()
    if following is not None:
        following.addnext(node)


def break_the_pattern(node: Element) -> None:
    _say(node, "\u00a7 no such thing")


def overflow_the_length(node: Element) -> None:
    _say(node, ((node.text or "").strip()[-1:] or "x") * 5_000)


def empty(node: Element) -> None:
    _say(node, "")


def pad(node: Element) -> None:
    _say(node, f" {node.text or ''}\n")


def wrong_namespace(node: Element) -> None:
    node.tag = f"{{urn:elsewhere}}{local_name(node.tag)}"


def no_namespace(node: Element) -> None:
    node.tag = local_name(node.tag)


def strange_attribute(node: Element) -> None:
    node.set("Kind", "1")


def lost_attribute(node: Element) -> None:
    for name in node.keys()[:1]:
        del node.attrib[name]


def stray_text(node: Element) -> None:
    node.tail = "stray"


MUTATIONS: tuple[Callable[[Element], None], ...] = (
    drop, duplicate, reorder, break_the_pattern, overflow_the_length, empty, pad, wrong_namespace, no_namespace,
    strange_attribute, lost_attribute, stray_text,
)  # fmt: skip
WITH_PARENT = frozenset({drop, duplicate, reorder, stray_text})


def _parent(node: Element) -> Element:
    parent = node.getparent()
    assert parent is not None
    return parent


def _say(node: Element, text: str) -> None:
    if not len(node):
        node.text = text


def mutated(raw: bytes, mutation: Callable[[Element], None], at: int) -> Element:
    root = parse(raw)
    nodes = [node for node in root.iter() if node is not root or mutation not in WITH_PARENT]
    mutation(nodes[at % len(nodes)])
    return parse(serialise(root))


@pytest.mark.parametrize("kind", KINDS)
def test_both_validators_give_our_own_documents_the_same_verdict(kind: str) -> None:
    for path, raw in seeds()[kind]:
        first, second = verdicts(path, parse(raw))
        assert first == second


def test_there_is_a_document_of_every_schema_of_the_exchange() -> None:
    roots = {kind.partition(" ")[2] for kind in KINDS}
    assert roots >= {
        "NewCaseMessage", "ResultedCaseMessage", "RouteData", "RouteDataResp", "SubmitRequestMes", "DeliverRequest",
        "ExternalDocumentRequest",
    }  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.__name__)
@settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2), st.integers(0, 10_000))
@example(0, 0)
@example(0, 10_000)
def test_both_validators_agree_on_a_document_with_one_thing_wrong(
    kind: str, mutation: Callable[[Element], None], which: int, at: int
) -> None:
    held = seeds()[kind]
    path, raw = held[which % len(held)]
    root = mutated(raw, mutation, at)
    try:
        first, second = verdicts(path, root)
    except examine.Beyond:
        return  # then lxml alone decides, in its own words
    assert first == second


def test_both_validators_agree_on_every_real_document(samples: Path) -> None:
    seen: dict[str, tuple[bool, bool]] = {}
    for file in sorted(samples.glob("*/*.xml")):
        for number, (path, raw) in enumerate(layers_of(file.read_bytes())):
            if len(raw) <= LONGEST:
                seen[f"{file.name} {number}"] = verdicts(path, parse(raw))
    assert len(seen) > 60
    assert {name: both for name, both in seen.items() if both[0] != both[1]} == {}
