"""What a malware scanner is to the hub. A package brings one under the entry point group `cjhub.scanners`.

The entry point names what makes a scanner, called with the settings `scanner_address` and `scanner_seconds`. Rule: a
scanner that is not sure raises Unavailable. Only `Clean` lets a document through.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Clean:
    """Nothing was found."""


@dataclass(frozen=True, slots=True)
class Infected:
    """Something was found, and what the scanner calls it."""

    name: str


class Scanner(Protocol):
    """Looks for malware. Used from several threads at once."""

    def scan(self, body: bytes) -> Clean | Infected:
        """What is in some bytes. Raises Unavailable where the scanner is away, too slow or unsure."""
