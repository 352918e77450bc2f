"""The same libraries called bare: no ledger, no audit, no order, no retries; what remains cannot be had for less.

One thread keeps; where documents are posted as well, another posts what was kept, so that the two overlap. It is as
durable as the hub: who has answered is committed, in groups, before the broker is told that nothing need come again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from threading import Thread

import urllib3
from lxml import etree

from hub.bench.carrier import Make
from hub.bench.stores import GROUP, Store
from hub.canonical.schemas import SCHEMA
from hub.canonical.write import write
from hub.contract import Opened, Trust
from hub.discovery import Found
from hub.flow.normalise import Issue, stamp

CONTENT = "{http://schemas.cjse.gov.uk/common/businessentities}DataStreamContent"


One = Callable[[bytes], tuple[bytes, str]]
"""What is made of a document before it is kept: the bytes to keep, and the hash of the document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posts:
    """Where documents are posted, and how they come to whoever posts them: `urls` each get every document."""

    urls: Sequence[str]
    carrier: Make


@dataclass(frozen=True, slots=True)
class Ceiling:
    """Bare parser, schemas, mapping and store."""

    found: Found
    store: Callable[[], Store]
    new_id: Callable[[], str]

    def keep(self, documents: Sequence[bytes], posts: Posts | None = None) -> float:
        """Parse both layers, validate, hash, insert in group commits; then post. Documents a second."""
        read = self._reader()
        return self._timed(documents, lambda raw: (raw, read(raw)[0]), posts)

    def normalise(self, documents: Sequence[bytes], issue: Issue, posts: Posts | None = None) -> float:
        """The same, mapped to the canonical form and validated as that before it is kept. Documents a second."""
        return self._timed(documents, self._mapper(issue), posts)

    def _mapper(self, issue: Issue) -> One:
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

    def _timed(self, documents: Sequence[bytes], one: One, posts: Posts | None) -> float:
        store = self.store()
        poster = None if posts is None else _Poster(posts, self.store, len(documents))
        try:
            start = time.perf_counter()
            for group in _groups(documents):
                made = [(self.new_id(), *one(raw)) for raw in group]
                store.keep([(id, digest, body) for id, body, digest in made])
                if poster is not None:
                    poster.hand_on({id: raw for (id, *_), raw in zip(made, group, strict=True)})
            if poster is not None:
                poster.finish()
            return len(documents) / (time.perf_counter() - start)
        finally:
            if poster is not None:
                poster.close()
            store.clear()
            store.close()


class _Poster:
    """A thread that posts what was kept, once its id has come by way of the broker."""

    def __init__(self, posts: Posts, store: Callable[[], Store], count: int) -> None:
        self._carrier = posts.carrier()
        self._store = store
        self._pools = [urllib3.connection_from_url(url, maxsize=1, retries=False) for url in posts.urls]
        self._bodies: dict[str, bytes] = {}
        self._left = count
        self._thread = Thread(target=self._run, name="poster", daemon=True)
        self._thread.start()

    def hand_on(self, kept: dict[str, bytes]) -> None:
        """Publish the ids of these."""
        self._bodies |= kept
        self._carrier.publish(list(kept))

    def finish(self) -> None:
        """Wait for the last post."""
        self._thread.join()

    def close(self) -> None:
        """Let the broker go."""
        self._carrier.close()

    def _run(self) -> None:
        store = self._store()
        try:
            while self._left:
                held = [(id, body) for id in self._carrier.take() if (body := self._bodies.pop(id, None)) is not None]
                store.sent([(id, number) for id, body in held for number in self._post(body)])
                self._carrier.settle()
                self._left -= len(held)
        finally:
            store.close()

    def _post(self, body: bytes) -> Iterator[int]:
        """To everybody; the numbers of those who have answered."""
        for number, pool in enumerate(self._pools):
            pool.urlopen("POST", "/", body=body, headers={"Content-Type": "text/xml"}, redirect=False)
            yield number


def _groups(documents: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for start in range(0, len(documents), GROUP):
        yield documents[start : start + GROUP]


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
