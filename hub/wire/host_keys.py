"""The public keys by which an SSH server is known, as a party's file pins them. Pure.

    ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI...  a note, which is not read

Rule: a key is compared whole, byte by byte; a fingerprint is for people (SHA-256, RFC 4253 6.6 and OpenSSH's way to
write it).
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from hashlib import sha256

KINDS = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa")
"""The kinds of key that are taken. An RSA key is used with SHA-2 only."""

_LENGTH = 4  # bytes that say how long the next part is
_PARTS = {"ssh-ed25519": 2}  # the kind itself counted; the others have 3


@dataclass(frozen=True, slots=True, kw_only=True)
class HostKey:
    """One public key: its kind, and its bytes as SSH sends them."""

    kind: str
    blob: bytes = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """As `ssh-keygen -l` shows it."""
        return f"SHA256:{b64encode(sha256(self.blob).digest()).decode().rstrip('=')}"

    def __str__(self) -> str:
        """Fingerprint and kind, for people."""
        return f"{self.fingerprint} ({self.kind})"


def parse_host_key(text: str) -> HostKey:
    """A line of a `.pub` file, or of `known_hosts` without its names. Raises ValueError, which says what is wrong."""
    kind, _, rest = text.strip().partition(" ")
    if kind not in KINDS:
        raise ValueError(f"must begin with one of {', '.join(KINDS)}, as in ssh-ed25519 AAAA...")
    try:
        blob = b64decode(rest.split(maxsplit=1)[0] if rest.strip() else "", validate=True)
    except ValueError:
        raise ValueError("what follows the kind of key is not base64: copy the whole line again") from None
    parts = _parts(blob)
    if parts[:1] != [kind.encode()] or len(parts) != _PARTS.get(kind, 3) or not all(parts):
        raise ValueError(f"what follows is no whole {kind} key: copy the whole line again")
    return HostKey(kind=kind, blob=blob)


def _parts(blob: bytes) -> list[bytes]:
    """The parts of a key, each with its length before it; none where the last one is cut off."""
    parts = []
    while blob:
        end = _LENGTH + int.from_bytes(blob[:_LENGTH], "big")
        if len(blob) < end:
            return []
        parts.append(blob[_LENGTH:end])
        blob = blob[end:]
    return parts
