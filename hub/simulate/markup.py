"""XML written as the pretend agencies' systems write theirs.    Rule: text is escaped here and nowhere else."""

from __future__ import annotations

from hub.document.escape import escape


def leaf(name: str, text: str | int | None) -> str:
    """An element with text; nothing at all where there is no text."""
    return "" if text is None else f"<{name}>{escape(str(text))}</{name}>"


def group(name: str, *children: str, **attributes: str) -> str:
    """An element with children; an attribute's name has `__` where XML has a colon."""
    shown = "".join(f' {key.replace("__", ":")}="{_quoted(value)}"' for key, value in attributes.items())
    return f"<{name}{shown}>{''.join(children)}</{name.partition(' ')[0]}>"


def _quoted(value: str) -> str:
    return escape(value).replace('"', "&quot;")
