"""The one XML parser.    Rule: all XML from outside comes in here, at every layer, and no other file parses any.

Built row by row to xml-safety.md: size before anything; UTF-8 and UTF-16 only, read as what the bytes are, never as
what a label says; no DOCTYPE, so no entity, no default attribute, no external file; markup counted before the parse;
libxml2's own limits kept (depth 256, text 10 MB); attributes and namespaces counted and checked after it. XInclude,
XSLT and schema location hints are never acted on: nothing here or elsewhere calls them. What libxml2 says can hold text
of the sender, so a refusal is always in our words, chosen by its code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import cast

from lxml import etree

from hub.document import DEFAULT_BOUNDS, Bounds, Element, line_in, tree
from hub.message.errors import Defect, Fault, Refused

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_UTF_32_STARTS = (b"\xff\xfe\0\0", b"\0\0\xfe\xff", b"<\0\0\0", b"\0\0\0<")
_LABELS_UTF_8 = frozenset({"utf-8", "utf8"})
_LABELS_UTF_16 = frozenset({"utf-16", "utf16", "utf-16le", "utf-16be"})
_DECLARATION_REACH = 1024  # bytes from the start in which a declaration is looked for
_BEGINNING = re.compile(rb"\s*+<")
_ENCODING = re.compile(rb"\s*<\?xml\s[^>]*?\sencoding\s*=\s*[\"']([^\"'<>]{0,40})")
_NAMESPACE = re.compile(rb"xmlns(?::[^\s=<>]*)?\s*=\s*[\"']([^\"'<>]*)")
_START_TAG = re.compile(rb"<[^\s<>/!?][^\s<>/]*+(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+")
_ABSOLUTE = re.compile(rb"[A-Za-z][A-Za-z0-9+.\-]*:")

_too_many_attributes = etree.XPath("(//*[count(@*) > $most])[1]", regexp=False)

_WORDS = {
    etree.ErrorTypes.ERR_DOCUMENT_EMPTY: "The document does not begin with an element. Send the XML itself, as text.",
    etree.ErrorTypes.ERR_DOCUMENT_END: "Something follows the end of the outermost element. Remove it.",
    etree.ErrorTypes.ERR_TAG_NOT_FINISHED: "The document ends before its elements are closed. Send it whole.",
    etree.ErrorTypes.ERR_TAG_NAME_MISMATCH: "An element is closed by a tag with another name. Close it by its own.",
    etree.ErrorTypes.ERR_ATTRIBUTE_REDEFINED: "An element has the same attribute twice. Keep one.",
    etree.ErrorTypes.ERR_ATTRIBUTE_NOT_STARTED: "The value of an attribute does not stand in quotes. Put it in quotes.",
    etree.ErrorTypes.ERR_ATTRIBUTE_NOT_FINISHED: "The value of an attribute is not closed. Close its quotes.",
    etree.ErrorTypes.ERR_ATTRIBUTE_WITHOUT_VALUE: "An attribute has no value. Give it one, in quotes.",
    etree.ErrorTypes.ERR_LT_IN_ATTRIBUTE: "The value of an attribute holds '<'. Write it as &lt;.",
    etree.ErrorTypes.ERR_NAME_REQUIRED: "A '<' or '&' begins no tag or entity. Write it as &lt; or &amp;.",
    etree.ErrorTypes.ERR_ENTITYREF_SEMICOL_MISSING: "An '&' begins no entity. Write it as &amp;.",
    etree.ErrorTypes.ERR_GT_REQUIRED: "A tag is not closed by '>'. Close it.",
    etree.ErrorTypes.ERR_SPACE_REQUIRED: "Two attributes stand without a space between them. Put one there.",
    etree.ErrorTypes.ERR_RESERVED_XML_NAME: "The XML declaration must come first of all. Remove what precedes it.",
    etree.ErrorTypes.ERR_XMLDECL_NOT_FINISHED: "The XML declaration is not closed by '?>'. Close it.",
    etree.ErrorTypes.ERR_UNKNOWN_VERSION: "The XML declaration names a version that is not known. Write version='1.0'.",
    etree.ErrorTypes.ERR_MISPLACED_CDATA_END: "']]>' stands in a text. Write it as ]]&gt;.",
    etree.ErrorTypes.ERR_CDATA_NOT_FINISHED: "A CDATA section is not closed by ']]>'. Close it.",
    etree.ErrorTypes.ERR_COMMENT_NOT_FINISHED: "A comment is not closed by '-->'. Close it.",
    etree.ErrorTypes.ERR_HYPHEN_IN_COMMENT: "A comment holds '--'. Remove it.",
}
_OTHER_RULES = {
    etree.ErrorTypes.ERR_INVALID_CHAR: "xml-character",
    etree.ErrorTypes.ERR_INVALID_CHARREF: "xml-character",
    etree.ErrorTypes.ERR_INVALID_ENCODING: "xml-encoding",
    etree.ErrorTypes.ERR_UNDECLARED_ENTITY: "xml-entity",
    etree.ErrorTypes.NS_ERR_UNDEFINED_NAMESPACE: "xml-namespace",
    etree.ErrorTypes.NS_ERR_XML_NAMESPACE: "xml-namespace",
    etree.ErrorTypes.WAR_NS_URI: "xml-namespace",
    etree.ErrorTypes.ERR_NAME_TOO_LONG: "xml-text",
}
_WORDS_OF_RULES = {
    "xml-character": "A character is one that XML cannot carry (a control character). Remove it.",
    "xml-encoding": "The bytes here are not UTF-8. Save the document as UTF-8 and send it again.",
    "xml-entity": "Only &lt; &gt; &amp; &quot; &apos; and numbers such as &#160; are accepted entities. Write it so.",
    "xml-namespace": "A namespace or prefix is not declared, or declared wrongly. Declare it with a full address.",
    "xml-depth": "Elements stand more than 256 deep within one another. Send a flatter document.",
    "xml-text": "A name, a text or an attribute is longer than 10 MB allow. Send large content outside the XML.",
}
_NO_DOCTYPE = "A DOCTYPE is not accepted, nor are entities of your own. Remove it and send the document again."


def parse(raw: bytes, bounds: Bounds = DEFAULT_BOUNDS) -> Element:
    """The root of the reading copy of `raw`: no comments, no processing instructions. Safe in any thread.

    Raises Refused, with one fault: a document that cannot be read has no second place that could be trusted.
    """
    if len(raw) > bounds.max_bytes:
        raise _refused("xml-size", f"The document has {len(raw)} bytes. At most {bounds.max_bytes} are accepted.")
    utf8 = _as_utf8(raw)
    _refuse_mislabelled(utf8, _LABELS_UTF_8 if utf8 is raw else _LABELS_UTF_8 | _LABELS_UTF_16)
    return _read(utf8, bounds)


def parse_own(raw: bytes) -> Element:
    """The root of XML that the hub itself wrote: bounded and well-formed by its making, so it is not looked at.

    Raises Defect where it cannot be read all the same: what was kept has been harmed.
    """
    try:
        return tree.build_own(raw)
    except etree.XMLSyntaxError:
        raise Defect("XML that the hub itself wrote cannot be read") from None


def parse_inner(
    text: str, outer: Element, bounds: Bounds = DEFAULT_BOUNDS, *, line_offset: int = 0
) -> tuple[Element, int]:
    """The root of a layer that `outer` carried as `text`, and what to add to its lines to get those received.

    The parse of `outer` has unescaped the text, once; it is not unescaped again. `line_offset` is the one of the
    document that `outer` is in. The text may begin with white space and with a declaration that names UTF-8 or UTF-16
    (police-spi 1.4). Lines are exact unless the text holds a comment of several lines or a line feed written `&#10;`.
    """
    body = text.lstrip(" \t\r\n\ufeff")
    skipped = text[: len(text) - len(body)].count("\n")
    offset = line_offset + skipped + (line_in(outer) or 1) - 1
    try:
        utf8 = body.encode()
        if len(utf8) > bounds.max_bytes:
            words = f"The document inside has {len(utf8)} bytes. At most {bounds.max_bytes} are accepted."
            raise _refused("xml-size", words)
        _refuse_mislabelled(utf8, _LABELS_UTF_8 | _LABELS_UTF_16)
        return _read(utf8, bounds), offset
    except Refused as refusal:
        raise Refused(_placed(fault, outer, offset) for fault in refusal.faults) from None


def text_of(element: Element) -> str:
    """All the text within an element, joined: a comment or a CDATA section never cuts it short (police-spi 1.4)."""
    return "".join(cast("Iterator[str]", element.itertext())) if len(element) else element.text or ""


def path_of(element: Element) -> str:
    """Where an element stands, by local names, with its position where siblings share its name."""
    steps = []
    at: Element | None = element
    while at is not None:
        before = sum(1 for _ in at.itersiblings(at.tag, preceding=True))
        shared = before > 0 or next(at.itersiblings(at.tag), None) is not None
        steps.append(f"{local_name(at.tag)}[{before + 1}]" if shared else local_name(at.tag))
        at = at.getparent()
    return "/" + "/".join(reversed(steps))


def local_name(tag: str) -> str:
    """The name of `{namespace}name` without its namespace."""
    return tag.rpartition("}")[2]


def compile_path(expression: str, namespaces: Mapping[str, str] | None = None) -> etree.XPath:
    """A path, compiled once. Values go in as variables, never into the text; EXSLT regular expressions are off."""
    return etree.XPath(expression, namespaces=dict(namespaces or {}), regexp=False, smart_strings=False)


def serialise(root: Element) -> bytes:
    """The element as UTF-8 without a declaration; nothing is indented, a carriage return is written `&#13;`."""
    return etree.tostring(root, encoding="UTF-8", xml_declaration=False, pretty_print=False, with_tail=False)


def _read(utf8: bytes, bounds: Bounds) -> Element:
    """UTF-8 bytes, to be read as nothing else, within the bounds."""
    equals = utf8.count(b"=")
    markup = utf8.count(b"<") + equals
    _refuse_unread(utf8, markup, bounds)
    try:
        root = tree.build(utf8, markup)
    except etree.XMLSyntaxError as error:
        raise _malformed(error) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise _refused("xml-doctype", _NO_DOCTYPE)
    if equals > bounds.max_attributes:
        _refuse_crowded(root, bounds)
    declared = _NAMESPACE.findall(utf8)
    if len(declared) > bounds.max_attributes or not all(not uri or _ABSOLUTE.match(uri) for uri in declared):
        _refuse_namespaces(root, bounds)
    return root


def _refuse_unread(utf8: bytes, markup: int, bounds: Bounds) -> None:
    """What is seen of a document before libxml2 reads it."""
    if _BEGINNING.match(utf8) is None:
        raise _refused("xml-malformed", _WORDS[etree.ErrorTypes.ERR_DOCUMENT_EMPTY], 1)
    if b"\0" in utf8:
        raise _refused("xml-character", _WORDS_OF_RULES["xml-character"], _line_at(utf8, utf8.index(b"\0")))
    doctype = utf8.find(b"<!DOCTYPE")
    if doctype >= 0:
        raise _refused("xml-doctype", _NO_DOCTYPE, _line_at(utf8, doctype))
    if markup > bounds.max_markup:
        words = f"The document has {markup} tags and attributes. At most {bounds.max_markup} are accepted. Split it."
        raise _refused("xml-markup", words)
    if utf8.count(b"xmlns") > bounds.max_attributes:
        _refuse_crowded_unread(utf8, bounds)


def _as_utf8(raw: bytes) -> bytes:
    """The document as UTF-8 without a byte order mark: the same object where it is that already."""
    start = raw[:4]
    if start in _UTF_32_STARTS:
        raise _not_accepted("UTF-32")
    if start.startswith(_BYTE_ORDER_MARK):
        return raw[3:]
    if start[:2] in _UTF_16_MARKS:
        codec = "utf-16"
    elif start[:2] in (b"<\0", b"\0<"):
        codec = "utf-16-le" if start[:1] == b"<" else "utf-16-be"
    else:
        return raw
    try:
        return raw.decode(codec).encode()
    except UnicodeError:
        raise _refused("xml-encoding", "The bytes are not the UTF-16 that they begin as. Save it as UTF-8.") from None


def _refuse_mislabelled(utf8: bytes, accepted: frozenset[str]) -> None:
    """The label is checked against what is accepted, and then plays no part: the parser is told what the bytes are."""
    declared = _ENCODING.match(utf8[:_DECLARATION_REACH])
    if declared is None:
        return
    label = declared[1].decode("ascii", "replace")
    if label.lower() in accepted:
        return
    if label.lower() in _LABELS_UTF_16:
        words = "The declaration says UTF-16 but the bytes are not. Write encoding='UTF-8' and save it as UTF-8."
        raise _refused("xml-encoding", words, 1, label)
    raise _not_accepted("the encoding that it declares", 1, label)


def _not_accepted(what: str, line: int | None = None, found: str | None = None) -> Refused:
    words = f"The document is in {what}, which is not accepted. Save it as UTF-8 and declare encoding='UTF-8'."
    return _refused("xml-encoding", words, line, found)


def _refuse_crowded_unread(utf8: bytes, bounds: Bounds) -> None:
    """libxml2 looks through all declarations of an element for each new one: too many are seen before it reads them."""
    for tag in _START_TAG.finditer(utf8):
        if tag[0].count(b"xmlns") > bounds.max_attributes and len(_NAMESPACE.findall(tag[0])) > bounds.max_attributes:
            raise _crowded(_line_at(utf8, tag.start()), bounds)


def _refuse_crowded(root: Element, bounds: Bounds) -> None:
    found = cast("list[Element]", _too_many_attributes(root, most=bounds.max_attributes))
    if found:
        raise _crowded(line_in(found[0]), bounds)


def _refuse_namespaces(root: Element, bounds: Bounds) -> None:
    """Too many declarations on one element, or one that is not absolute (xml-safety.md, "Namespace confusion")."""
    uris: list[str] = []
    for event, what in etree.iterwalk(root, events=("start-ns", "start")):
        if event == "start-ns":
            uris.append(cast("tuple[str, str]", what)[1])
            continue
        element = cast("Element", what)
        if len(uris) > bounds.max_attributes:
            raise _crowded(line_in(element), bounds)
        for uri in uris:
            if uri and not _ABSOLUTE.match(uri.encode()):
                words = "A namespace is not a full address. Write the published address of the namespace, whole."
                raise _refused("xml-namespace", words, line_in(element), uri)
        uris.clear()


def _crowded(line: int | None, bounds: Bounds) -> Refused:
    words = f"An element has more than {bounds.max_attributes} attributes or namespace declarations. Send fewer."
    return _refused("xml-attributes", words, line)


def _malformed(error: etree.XMLSyntaxError) -> Refused:
    """What libxml2 refused, in our words: its own may hold text of the sender, so only its code and place are used."""
    line = error.lineno or None
    code = cast("int", getattr(error, "code", 0))
    if code == etree.ErrorTypes.ERR_RESOURCE_LIMIT:
        rule = "xml-depth" if "depth" in str(error.msg) else "xml-text"
    else:
        rule = _OTHER_RULES.get(code, "xml-malformed")
    words = _WORDS_OF_RULES.get(rule)
    if words is None:
        words = _WORDS.get(code, "The document is not well-formed XML here. Check its tags, quotes and '&'.")
    return _refused(rule, words, line)


def _placed(fault: Fault, outer: Element, offset: int) -> Fault:
    """A fault of an inner layer, told by the element that carried it; without a line of its own, by the first."""
    return replace(fault, path=path_of(outer), line=(fault.line or 1) + offset)


def _line_at(raw: bytes, position: int) -> int:
    return raw.count(b"\n", 0, position) + 1


def _refused(rule: str, words: str, line: int | None = None, found: str | None = None) -> Refused:
    shown = None if found is None else found[:80]
    return Refused([Fault(path="", rule=rule, words=words, line=line, found=shown)])
