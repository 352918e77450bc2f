"""The same libraries called bare: no ledger, no audit, no order, no retries; what remains cannot be had for less.

The store is bare sqlite3 with the same journal and the same synchronous=FULL, in commits of `GROUP` documents.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import urllib3
from lxml import etree

from hub.canonical.schemas import SCHEMA
from hub.canonical.write import write
from hub.contract import Opened, Trust
from hub.discovery import Found
from hub.flow.normalise import Issue, stamp

GROUP = 64
CONTENT = "{http://schemas.cjse.gov.uk/common/businessentities}DataStreamContent"


@dataclass(frozen=True, slots=True)
class Ceiling:
    """Bare parser, schemas, mapping and store."""

    found: Found
    folder: Path
    new_id: Callable[[], str]

    def keep(self, documents: Sequence[bytes]) -> float:
        """Parse both layers, validate, hash, insert in group commits. Documents a second."""
        read = self._reader()
        return self._timed(documents, lambda raw: (raw, read(raw)[0]))

    def normalise(self, documents: Sequence[bytes], issue: Issue) -> float:
        """The same, then map to the canonical form and validate that. Documents a second."""
        return self._timed(documents, self._mapper(issue))

    def deliver(self, documents: Sequence[bytes], url: str, issue: Issue) -> float:
        """The same, then post the payload. Documents a second."""
        normalise = self._mapper(issue)
        pool = urllib3.connection_from_url(url, maxsize=1, retries=False)

        def one(raw: bytes) -> tuple[bytes, str]:
            made = normalise(raw)
            pool.urlopen("POST", "/", body=raw, headers={"Content-Type": "text/xml"}, redirect=False)
            return made

        return self._timed(documents, one)

    def _mapper(self, issue: Issue) -> Callable[[bytes], tuple[bytes, str]]:
        read, canonical = self._reader(), etree.XMLSchema(etree.parse(self.found.bundle.schema(SCHEMA)))
        reader, tables, trust = self.found.readers["spi-case"], self.found.tables, Trust(party="bench", agency="police")
        parser = _parser()

        def one(raw: bytes) -> tuple[bytes, str]:
            digest, payload = read(raw)
            decoded = next(iter(reader.decode(Opened(layers=(), root=payload), tables)))
            xml = write(stamp(decoded, reader, trust, issue))
            if not canonical.validate(etree.fromstring(xml, parser)):
                raise ValueError("the canonical form is not valid")
            return xml, digest

        return one

    def _reader(self) -> Callable[[bytes], tuple[str, etree._Element]]:
        parser = _parser()
        outer = etree.XMLSchema(etree.parse(self.found.bundle.schema("cjse/operations.xsd")))
        inner = etree.XMLSchema(etree.parse(self.found.bundle.schema("spi/spi.xsd")))

        def read(raw: bytes) -> tuple[str, etree._Element]:
            root = etree.fromstring(raw, parser)
            payload = etree.fromstring((root.findtext(f".//{CONTENT}") or "").encode(), parser)
            if not outer.validate(root) or not inner.validate(payload):
                raise ValueError("the sample is not valid")
            return sha256(raw).hexdigest(), payload

        return read

    def _timed(self, documents: Sequence[bytes], one: Callable[[bytes], tuple[bytes, str]]) -> float:
        store = sqlite3.connect(self.folder / "ceiling.sqlite", isolation_level=None)
        store.executescript("pragma journal_mode=wal; pragma synchronous=full; drop table if exists kept;")
        store.execute("create table kept (id text primary key, sha256 text unique, body blob)")
        start = time.perf_counter()
        for group in _groups(documents):
            rows = [(self.new_id(), digest, body) for body, digest in map(one, group)]
            store.execute("begin immediate")
            store.executemany("insert into kept values (?, ?, ?)", rows)
            store.execute("commit")
        seconds = time.perf_counter() - start
        store.close()
        return len(documents) / seconds


def _groups(documents: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for start in range(0, len(documents), GROUP):
        yield documents[start : start + GROUP]


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
