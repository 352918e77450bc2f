"""Documents in the form in which people compare them: indented, one element a line; and how two of them differ."""

from __future__ import annotations

import json
from difflib import unified_diff

from lxml import etree

from hub.document.xml import parse


def pretty(content: bytes, suffix: str) -> str:
    """A document indented; two that differ in nothing but white space between elements look the same."""
    if suffix == ".xml":
        root = parse(content)
        etree.indent(root)
        return str(etree.tostring(root, encoding="unicode")) + "\n"
    if suffix == ".json":
        return json.dumps(json.loads(content), indent=2, ensure_ascii=False) + "\n"
    return content.decode(errors="replace")


def difference(golden: str, found: str, name: str) -> str:
    """A unified diff from the golden text to the one found; empty where they are the same."""
    lines = unified_diff(
        golden.splitlines(), found.splitlines(), f"{name} (golden)", f"{name} (found)", lineterm="", n=2
    )
    return "\n".join(lines)
