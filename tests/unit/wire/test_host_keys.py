"""Pinned host keys: what is one, and how it is shown."""

from base64 import b64encode

import pytest

from hub.wire.host_keys import parse_host_key

# made for this test with ssh-keygen; the private half was thrown away
LINE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMDFZQvNecFcp8/rkLTWoE5aC719RC2jOzb71CPpyYRd"
FINGERPRINT = "SHA256:uswTTp7+buM5DGpnYA6EsO4SDLm+rmsebGvkpTaM1tw"


def test_a_key_is_read_with_or_without_a_note_and_shown_as_ssh_keygen_shows_it() -> None:
    key = parse_host_key(LINE)
    assert key == parse_host_key(f"  {LINE}  force's server\n")
    assert str(key) == f"{FINGERPRINT} (ssh-ed25519)"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "must begin with one of ssh-ed25519"),
        ("sftp.force.example " + LINE, "must begin with one of"),
        ("ssh-dss AAAAB3NzaC1kc3M=", "must begin with one of"),
        ("ssh-ed25519", "no whole ssh-ed25519 key"),
        ("ssh-ed25519 AAAA", "no whole ssh-ed25519 key"),
        ("ssh-ed25519 not*base64", "not base64"),
        (LINE.replace("ssh-ed25519", "ssh-rsa"), "no whole ssh-rsa key"),
        ("ssh-ed25519 " + b64encode(b"\0\0\0\x0bssh-ed25519").decode(), "no whole ssh-ed25519 key"),
        (LINE[:40], "no whole ssh-ed25519 key"),
        (LINE + "AAAA", "no whole ssh-ed25519 key"),
        (FINGERPRINT, "must begin with one of"),
    ],
)
def test_what_is_no_key_says_what_is_wanted(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_host_key(text)
