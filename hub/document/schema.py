"""One compiled schema: lxml decides whether a document meets it, at C speed.

Rule: a schema is loaded once a process, from a local file, and may include only files of its own folder; nothing that a
document says about schemas is followed (xml-safety.md, "hints", "Schema include by http").

Two limits of libxml2 shape this file. Its log is one for all threads that use a schema, so whoever needs the log uses a
second copy of the schema, one at a time. And it finds the path of each fault by counting siblings, so that a wide
document full of faults takes minutes (120,000 bad siblings: 34 s); wide documents are therefore checked while they are
parsed again, where it does not look for paths (0.1 s).
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import cast
from urllib.parse import unquote

from lxml import etree

from hub.document import Element, wording, xml
from hub.document.complaints import Entry, fault_of
from hub.message.errors import Fault, Misconfigured

_WIDE = 5_000  # elements and attributes together; at most so many, the worst document takes 0.1 s
_compiling = threading.Lock()
"""libxml2 makes its table of built-in types at the first compilation, and two at once find it half made."""
_size = etree.XPath("count(//*) + count(//@*)", regexp=False)


class Schema:
    """A schema, compiled. Safe in any thread."""

    def __init__(self, path: Path) -> None:
        """Compiles the file; raises Misconfigured where it cannot be read, is not a schema, or reaches outside."""
        self.path = path
        self._compiled = _compile(path)
        self._logged: etree.XMLSchema | None = None
        self._log = threading.Lock()

    def accepts(self, root: Element) -> bool:
        """Whether the document meets the schema. `root` is the outermost element of its document."""
        if _is_wide(root):
            return not _faults_while_parsing(self._compiled, root)
        return bool(self._compiled.validate(root))

    def complaints(self, root: Element, line_offset: int = 0) -> tuple[Fault, ...]:
        """What lxml has against the document, in our words: nothing if and only if it is accepted.

        A wide document's faults have no line, and a path by the name of the element only.
        """
        with self._log:
            if self._logged is None:
                self._logged = _compile(self.path)
            entries = _faults(self._logged, root)
        faults = [fault_of(entry, root, line_offset) for entry in entries]
        return tuple(_without_echoes(faults))

    def __repr__(self) -> str:
        return f"Schema({self.path.name})"


@functools.cache
def load(path: Path) -> Schema:
    """The schema of a file, compiled at the first call for that path and kept."""
    return Schema(path)


def _without_echoes(faults: list[Fault]) -> list[Fault]:
    """libxml2 often follows a fault of a value by one that says its type is wrong; the first says more."""
    kept: list[Fault] = []
    for fault in faults:
        again = bool(kept) and fault.line is not None and fault.path == kept[-1].path
        if again and (fault.rule in ("schema-type", "schema-empty") or kept[-1].rule == "schema-text"):
            continue
        kept.append(fault)
    return kept


def _is_wide(root: Element) -> bool:
    return cast("float", _size(root)) > _WIDE


def _faults(compiled: etree.XMLSchema, root: Element) -> list[Entry]:
    if _is_wide(root):
        return _faults_while_parsing(compiled, root)
    return [] if compiled.validate(root) else _entries(compiled.error_log)


def _faults_while_parsing(compiled: etree.XMLSchema, root: Element) -> list[Entry]:
    """The first faults of a document written out and parsed once more, by a parser that knows the schema."""
    parser = etree.XMLParser(
        schema=compiled, encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        etree.fromstring(xml.serialise(root), parser)
    except etree.XMLSyntaxError:
        return _entries(parser.error_log)
    return []


def _entries(log: object) -> list[Entry]:
    return list(islice(cast("Iterable[Entry]", log), wording.MOST_FAULTS))


class _OwnFolder(etree.Resolver):
    """Lets a schema include files of its own folder, and nothing else: no network, no other path."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def resolve(self, system_url: str, public_id: str, context: object = None) -> object:  # lxml passes a context
        wanted = Path(unquote((system_url or "").removeprefix("file://"))).resolve()
        if wanted.is_relative_to(self._folder) and wanted.is_file():
            return self.resolve_filename(str(wanted), context)  # type: ignore[attr-defined]
        raise Misconfigured([f"{self._folder}: a schema may include files of its own folder only, not {system_url}"])


def _compile(path: Path) -> etree.XMLSchema:
    path = path.resolve()
    parser = etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False, remove_comments=True)
    parser.resolvers.add(_OwnFolder(path.parent))
    try:
        document = etree.fromstring(path.read_bytes(), parser, base_url=str(path))
        with _compiling:
            return etree.XMLSchema(document)
    except OSError as error:
        raise Misconfigured([f"{path}: the schema cannot be read ({error.strerror})"]) from None
    except (etree.XMLSyntaxError, etree.XMLSchemaParseError) as error:
        raise Misconfigured([f"{path}: not a schema that can be used: {error}"]) from None
