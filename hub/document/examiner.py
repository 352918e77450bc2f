"""The process in which xmlschema works: it takes a document at a time and answers with what it found.

Rule: it ends with its parent, at the latest one second after the time that a document is given: it reads the end of its
socket when idle, and the kernel's own alarm ends it when a pattern keeps it from reading. It opens no file but schemas.
"""

from __future__ import annotations

import json
import resource
import signal
import socket
import sys
from dataclasses import asdict
from pathlib import Path

from xmlschema import XMLSchema10, XMLSchemaException

from hub.document import Bounds, examine, pipe, xml
from hub.message.errors import Refused

_MEMORY = 1 << 30  # bytes of address space; a document that needs more is answered by lxml's words
_BOUNDS = Bounds(max_bytes=1 << 28, max_markup=1 << 28)  # the parent has applied the true ones


def main() -> None:
    """Serves one socket, given by its number, until it is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    schemas: dict[str, XMLSchema10] = {}
    with socket.socket(fileno=int(sys.argv[1])) as connection:
        while True:
            try:
                header, _, document = pipe.receive(connection).partition(b"\n")
                pipe.send(connection, _answer(json.loads(header), document, schemas))
            except pipe.Lost:
                return


def _answer(request: dict[str, object], document: bytes, schemas: dict[str, XMLSchema10]) -> bytes:
    """The findings as JSON; without a document, the schema is only loaded. `null` says that it could not be done."""
    path = str(request["schema"])
    signal.setitimer(signal.ITIMER_REAL, float(str(request["seconds"])) + 1.0)
    try:
        if path not in schemas:
            schemas[path] = examine.load(Path(path))
        found = examine.examine(schemas[path], xml.parse(document, _BOUNDS)) if document else []
        return json.dumps([asdict(finding) for finding in found]).encode()
    except (Refused, examine.Beyond, MemoryError, RecursionError, XMLSchemaException, OSError):
        return b"null"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


if __name__ == "__main__":
    main()
