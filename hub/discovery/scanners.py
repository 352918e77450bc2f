"""Find the malware scanner that the settings name: one of the hub's own, or one that an installed package brings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points

from hub.message.errors import WRONG_CODE, Misconfigured
from hub.message.scanning import Scanner

GROUP = "cjhub.scanners"

Make = Callable[[str, float], Scanner]
"""Makes a scanner of its address and the seconds that it may take."""


def find_scanner(name: str, own: Mapping[str, Make], points: Iterable[EntryPoint] | None = None) -> Make:
    """What makes the scanner of a name. Raises Misconfigured where there is none, or its package is broken."""
    if name in own:
        return own[name]
    found = {point.name: point for point in (entry_points(group=GROUP) if points is None else points)}
    if name not in found:
        known = ", ".join(sorted({*own, *found}))
        raise Misconfigured([f"setting scanner: no package brings a scanner '{name}'; there are {known}"])
    try:
        made = found[name].load()
    except (ImportError, *WRONG_CODE) as cause:
        raise Misconfigured([f"setting scanner: '{name}' cannot be loaded: {type(cause).__name__}: {cause}"]) from None
    if not callable(made):
        raise Misconfigured([f"setting scanner: '{name}' names nothing that makes a scanner"])
    make: Make = made
    return make
