"""Who a caller is, and what it may do. One place decides; everything else asks here.

A party authenticates with a hub key: shown once, kept as a SHA-256 hash (the key has 256 random bits, so a fast hash is
enough), sent as `Authorization: Bearer`. Its scopes are `submit` and `read`.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock

from hub.ledger import Ledger
from hub.ledger.account import PartyKey

SUBMIT, READ = "submit", "read"
SCOPES = (SUBMIT, READ)


def new_key(party: str) -> str:
    """A new hub key. It is shown to its owner once and never again."""
    return f"cjh_{party}_{secrets.token_urlsafe(32)}"


def hash_key(key: str) -> str:
    """What is kept of a key."""
    return sha256(key.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Caller:
    """A party that has shown a valid key."""

    party: str
    scopes: tuple[str, ...]

    def may(self, scope: str) -> bool:
        """Whether the caller's key has a scope."""
        return scope in self.scopes


class Access:
    """Finds callers by their keys. A key found is trusted for `fresh_seconds`, so a revocation takes that long."""

    def __init__(self, ledger: Ledger, fresh_seconds: float = 2.0) -> None:
        self._ledger, self._fresh = ledger, fresh_seconds
        self._seen: dict[str, tuple[float, PartyKey]] = {}
        self._lock = Lock()

    def caller(self, authorization: str | None) -> Caller | None:
        """The caller behind an Authorization header, None where there is none or it is not valid."""
        scheme, _, key = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not 20 <= len(key) <= 200:
            return None
        found = self._find(hash_key(key.strip()))
        return None if found is None else Caller(found.party, tuple(found.scopes))

    def _find(self, digest: str) -> PartyKey | None:
        now = time.monotonic()
        with self._lock:
            held = self._seen.get(digest)
        if held is not None and now - held[0] < self._fresh:
            return held[1]
        found = self._ledger.find_key(digest)
        with self._lock:
            if len(self._seen) > 1000:
                self._seen.clear()
            if found is None:
                self._seen.pop(digest, None)
            else:
                self._seen[digest] = (now, found)
        return found
