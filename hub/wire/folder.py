"""Files out: each appears whole under its final name or not at all.

Rule: a name holds the delivery's id, so a repeated attempt replaces the same file and never adds another.
"""

from __future__ import annotations

import os
from pathlib import Path

from hub.message.errors import Unavailable
from hub.wire import Consignment, Response


class FolderTransport:
    """A way into one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, consignment: Consignment) -> Response:
        """Put the file in place. Raises Unavailable where the folder cannot be written."""
        target = self._folder / Path(consignment.name).name
        part = target.with_name(f".{target.name}.part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                file.write(consignment.body)
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
            _sync(self._folder)
        except OSError as cause:
            raise Unavailable(f"the folder cannot be written: {type(cause).__name__}") from cause
        return Response(status=0, words="file in place")

    def close(self) -> None:
        """Nothing is held."""


def _sync(folder: Path) -> None:
    """Make the new name itself durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
