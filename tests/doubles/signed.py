"""Whether a request to a store is signed with a secret, worked out anew: AWS Signature Version 4."""

import hmac
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit


def is_signed(door: BaseHTTPRequestHandler, body: bytes, secret: str) -> bool:
    """Whether what was received, body and all, is what was signed."""
    said = dict(part.strip().split("=", 1) for part in door.headers["Authorization"].split(" ", 1)[1].split(","))
    names, scope = said["SignedHeaders"].split(";"), said["Credential"].split("/", 1)[1]
    address, claimed = urlsplit(door.path), door.headers["x-amz-content-sha256"]
    headers = "".join(f"{name}:{door.headers[name].strip()}\n" for name in names)
    request = "\n".join([door.command, address.path, address.query, headers, said["SignedHeaders"], claimed])
    text = "\n".join(["AWS4-HMAC-SHA256", door.headers["x-amz-date"], scope, sha256(request.encode()).hexdigest()])
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    whole = claimed in ("UNSIGNED-PAYLOAD", sha256(body).hexdigest())
    return whole and hmac.digest(key, text.encode(), "sha256").hex() == said["Signature"]
