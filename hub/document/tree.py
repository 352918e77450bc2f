"""Bytes into a tree, by libxml2, with every door of it shut.    Rule: only `xml.py` calls this, after its own checks.

libxml2 keeps every name it has ever met in a table of the thread, for as long as the thread lives: a sender who makes
up names would fill our memory for good (measured: 9.6 MB kept of each 8.9 MB document). So the names of small documents
are learned, up to a limit; once a thread has read more than a little that is strange, and for every large document, the
tree is built in a thread of its own, whose table goes with the tree.
"""

from __future__ import annotations

import re
import threading

from lxml import etree

from hub.document import Element

_LARGE = 1_500  # of `<` and `=`: beyond it a thread (about 90 microseconds) costs less than learning the names
_VOCABULARY = 20_000  # names that we learn in a process
_STRANGE = 16 * 1024 * 1024  # bytes of documents with unlearned names, or broken, that one thread reads itself

_REACH = 80  # bytes before a `=` in which the name of the attribute is looked for
_ELEMENTS = re.compile(rb"<([^<>/!?\s]+)")

_known: set[bytes] = set()
_here = threading.local()


def build(raw: bytes, markup: int) -> Element:
    """The root of UTF-8 bytes that hold so much `markup`; raises etree.XMLSyntaxError. Safe in any thread."""
    if markup > _LARGE or getattr(_here, "strange", 0) > _STRANGE:
        return _apart(raw)
    try:
        root = _parse(raw)
    except etree.XMLSyntaxError:
        _note_strange(raw)
        raise
    if not _learned(raw):
        _note_strange(raw)
    return root


def build_own(raw: bytes) -> Element:
    """The root of XML that the hub itself wrote, whose names are those of its schemas: few, and known beforehand."""
    return _parse(raw)


def _parse(raw: bytes) -> Element:
    """One parser a document: making one costs half a microsecond, sharing one makes threads wait for each other."""
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
    return etree.fromstring(raw, parser)


def _learned(raw: bytes) -> bool:
    """Whether every name in the tags of the bytes is in our vocabulary, or has found room in it.

    Names are taken from the bytes as they stand, prefixes and all, which costs a third of asking the tree for them.
    """
    names = set(_ELEMENTS.findall(raw))
    names.update(before.split()[-1] for part in raw.split(b"=")[:-1] if (before := part[-_REACH:]).strip())
    strange = names - _known
    if not strange:
        return True
    if len(_known) + len(strange) > _VOCABULARY:
        return False
    _known.update(strange)
    return True


def _note_strange(raw: bytes) -> None:
    _here.strange = getattr(_here, "strange", 0) + len(raw)


def _apart(raw: bytes) -> Element:
    """The same, in a thread that ends with it."""
    built: list[Element] = []
    failed: list[etree.XMLSyntaxError] = []

    def run() -> None:
        try:
            built.append(_parse(raw))
        except etree.XMLSyntaxError as error:
            failed.append(error)

    thread = threading.Thread(target=run, name="parse")
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return built[0]
