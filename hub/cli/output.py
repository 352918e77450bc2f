"""How commands speak: tables for people on standard output, JSON lines for programs, errors on standard error.

Rule: text that came from outside is cleaned of what would steer a terminal before it is shown.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, TypeVar

from hub.message.errors import Defect, Fault, HubError, Misconfigured, Refused, Unavailable

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

T = TypeVar("T")

_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_PIPED_WIDTH = 200  # columns where nobody looks: wide enough that paths stay whole

STYLES = {
    "accepted": "green",
    "refused": "bold red",
    "error": "red",
    "warning": "yellow",
    "ok": "green",
    "warn": "yellow",
    "fail": "bold red",
    "passed": "green",
    "taken": "green",
    "away": "yellow",
    "failed": "bold red",
    "pending": "yellow",
}


class Code(IntEnum):
    """Exit codes, the same for every command (docs/cli.md)."""

    DONE = 0
    NO = 1  # a document was refused, or a check failed
    USAGE = 2  # the command or the configuration is wrong
    AWAY = 3  # a peer or a resource is away or held by another process; try again
    DEFECT = 4  # a defect of the hub


def printer() -> Console:
    """Standard output, for people."""
    return _console(stderr=False)


def warner() -> Console:
    """Standard error."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    terminal = (sys.stderr if stderr else sys.stdout).isatty()
    return Console(stderr=stderr, markup=False, highlight=False, emoji=False, width=None if terminal else _PIPED_WIDTH)


def clean(text: object) -> str:
    """Text that is safe to show."""
    return _STEERING.sub("\ufffd", str(text))


def say(*words: object, style: str = "") -> None:
    """A line on standard output; each word that has a colour of its own gets it."""
    _line(printer(), words, style)


def warn(*words: object, style: str = "") -> None:
    """A line on standard error."""
    _line(warner(), words, style)


def show(thing: RenderableType) -> None:
    """A table or other rich thing on standard output."""
    printer().print(thing)


def _line(console: Console, words: Sequence[object], style: str) -> None:
    from rich.text import Text

    line = Text(style=style)
    for shown in filter(None, map(clean, words)):
        line.append(("  " if line else "") + shown, style=STYLES.get(shown))
    console.print(line, soft_wrap=True)


def table(*columns: str, title: str | None = None) -> Table:
    """An empty table."""
    from rich import box
    from rich.table import Table

    made = Table(*columns, box=box.SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False)
    for column in made.columns:
        column.overflow = "fold"
    return made


def add_row(made: Table, *cells: object) -> None:
    """A row of a table; None is an empty cell."""
    from rich.text import Text

    shown = ("" if cell is None else clean(cell) for cell in cells)
    made.add_row(*(Text(cell, style=STYLES.get(cell, "")) for cell in shown))


def fault_table(faults: Sequence[Fault]) -> Table:
    """Faults as people read them."""
    numbered = any(fault.case is not None for fault in faults)
    made = table(*["case"][: int(numbered)], "line", "severity", "rule", "path", "words")
    for fault in faults:
        first = [fault.case] if numbered else []
        add_row(made, *first, fault.line, fault.severity, fault.rule, fault.path or "/", fault.words)
    return made


def json_line(value: Mapping[str, object]) -> None:
    """One JSON object on a line of its own, in ASCII whatever the terminal is."""
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def watched(items: Sequence[T], words: str) -> Iterator[T]:
    """Each item in turn; what takes longer than a second shows a bar on standard error, where that is a terminal."""
    from rich.progress import Progress

    console, began = warner(), time.monotonic()
    bar = Progress(console=console, transient=True, redirect_stdout=False, redirect_stderr=False)
    task = bar.add_task(words, total=len(items))
    try:
        for done, item in enumerate(items):
            if console.is_terminal and not bar.live.is_started and time.monotonic() - began > 1:
                bar.start()
            bar.update(task, completed=done)
            yield item
    finally:
        if bar.live.is_started:
            bar.stop()


def report(error: HubError) -> Code:
    """Tell an error in words on standard error, every fault of it on a line; the exit code that it leads to."""
    match error:
        case Misconfigured():
            for fault in error.faults:
                warn("wrong configuration:", fault)
            return Code.USAGE
        case Refused():
            for each in error.faults:
                warn("refused:", f"{each.path or 'document'}: {each.words}")
            return Code.NO
        case Unavailable():
            warn("not available:", error)
            return Code.AWAY
        case Defect():
            warn("a defect of the hub:", error)
            return Code.DEFECT
        case _:
            warn("failed:", error)
            return Code.DEFECT
