"""Paths of a mapping: what they select is what XPath 1.0 selects, and what is not in the subset is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from hub.contract.mapping.paths import BadPath, compile_path, text_at
from hub.contract.mapping.run import Run
from hub.contract.tables import Tables
from hub.document.xml import parse

DOCUMENT = parse(
    b'<F xmlns:p="urn:p"><H id="1"><S>one</S></H>'
    b'<P role="ACC" ref="A"><N> Ada  Sampleton </N><L>first</L><L>second</L><p:X>spaced</p:X></P>'
    b'<P role="VIC" ref="B"><N>Ben</N><L/><C of="A">yes</C></P></F>'
)
SPACES = {"p": "urn:p"}
NAMES = ["H", "S", "P", "N", "L", "C", "p:X", "*", "@role", "@ref", "@id", "@of", ".", ".."]
PREDICATES = ["", "[1]", "[2]", "[@role='ACC']", "[N='Ben']", "[C]", "[@ref='B'][1]"]


def run_of() -> Run:
    return Run(root=DOCUMENT, tables=Tables({}))


steps = st.tuples(st.sampled_from(NAMES), st.sampled_from(PREDICATES)).map(
    lambda pair: pair[0] + ("" if pair[0].startswith((".", "@")) else pair[1])
)


@given(st.lists(steps, min_size=1, max_size=4))
def test_a_path_selects_what_xpath_selects(parts: list[str]) -> None:
    written = "/".join(parts)
    context = DOCUMENT[1]
    path = compile_path(written, SPACES)
    assert path.select is not None
    found = [text_at(hit) for hit in path.select(context, run_of())]
    wanted = etree.XPath(written, namespaces=SPACES, smart_strings=False)(context)
    texts = [one if isinstance(one, str) else "".join(one.itertext()) for one in wanted]
    assert sorted(set(found)) == sorted(set(texts))  # XPath gives a node once, in the order of the document


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("normalize-space(N)", "Ada Sampleton"),
        ("concat(@ref, '-', L[2])", "A-second"),
        ("substring(L, 2, 3)", "irs"),
        ("substring(L, 3)", "rst"),
        ("substring-before(L[2], 'c')", "se"),
        ("substring-after(L[2], 'c')", "ond"),
        ("string(p:X)", "spaced"),
        ("/F/H/@id", "1"),
        ("/F/P[@role='VIC']/N", "Ben"),
        ("C | L[2]", "second"),
        ("self::*[@role='ACC']/N", " Ada  Sampleton "),
        ("self::*[@role='VIC']/N", None),
        ("/G/H", None),
    ],
)
def test_a_path_says_what_xpath_says(written: str, said: str | None) -> None:
    context = DOCUMENT[1]
    assert compile_path(written, SPACES).text(context, run_of()) == said
    wanted = etree.XPath(f"string({written})", namespaces=SPACES)(context)
    assert (said or "") == wanted


@pytest.mark.parametrize(
    "written",
    [
        "",
        "//N",
        "N[",
        "N[last()]",
        "N[1",
        "q:N",
        "@*",
        "count(N)",
        "substring(N)",
        "N = 'x'",
        "N/",
        "/",
        "/@id",
        "N[@a=b]",
    ],
)
def test_what_is_not_in_the_subset_is_refused_with_words(written: str) -> None:
    with pytest.raises(BadPath) as refused:
        compile_path(written, SPACES)
    assert str(refused.value)


def test_what_a_path_or_its_predicate_reads_counts_as_read() -> None:
    run = run_of()
    compile_path("/F/P[@role='ACC']/L[1]").text(DOCUMENT, run)
    left = [one.path for one in run.unread(DOCUMENT)]
    assert "/F/P[1]/@role" not in left
    assert "/F/P[1]/L[1]" not in left
    assert "/F/P[1]/L[2]" in left
