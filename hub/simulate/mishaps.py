"""What goes wrong between systems: a faulty paper, one sent twice, one sent under a key that was used.

Rule: which mishap befalls a story is told by its number, so that a handful of stories shows each of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hub.simulate.story import Expected, Step
from hub.simulate.telling import Telling

Spoil = Callable[[bytes], bytes]


def befall(telling: Telling, step: Step) -> None:
    """The mishap of a story, around the step that was told last."""
    match telling.number % 6:
        case 2:
            _faulty_first(telling, step)
        case 3:
            _sent_twice(telling, step)
        case 4:
            _typed_again(telling, step)
        case 5 if not telling.police.folder:
            _key_used_again(telling, step)


def _faulty_first(telling: Telling, step: Step) -> None:
    """A faulty copy goes before the good one, under the same key: a refusal does not burn it."""
    name, spoil = FAULTS[(telling.number // 6) % len(FAULTS)]
    faulty = replace(step, title=f"faulty case file: {name}", body=spoil(step.body), expected=Expected.REFUSED, due=())
    telling.steps.insert(telling.steps.index(step), faulty)


def _sent_twice(telling: Telling, step: Step) -> None:
    """The same bytes under the same key: the first receipt is given again, and nothing more is delivered."""
    again = replace(step, title=f"{step.title}, sent twice", expected=Expected.SAME_RECEIPT, due=())
    telling.steps.append(again)


def _typed_again(telling: Telling, step: Step) -> None:
    """The same content under a new key: it is taken, found to be a duplicate, and nothing more is delivered."""
    again = replace(step, title=f"{step.title}, sent again by hand", key=f"{step.key}-again", due=())
    telling.steps.append(again)


def _key_used_again(telling: Telling, step: Step) -> None:
    """Other bytes under a key that was used: refused, with both hashes."""
    other = step.body + b"\n"
    again = replace(step, title="another paper under a used key", body=other, expected=Expected.CONFLICT, due=())
    telling.steps.append(again)


def _cut_short(body: bytes) -> bytes:
    return body[: len(body) // 2]


def _without_code(body: bytes) -> bytes:
    start = body.index(b"&lt;OffenceCode&gt;")
    end = body.index(b"&lt;/OffenceCode&gt;") + len(b"&lt;/OffenceCode&gt;")
    return body[:start] + body[end:]


def _impossible_day(body: bytes) -> bytes:
    start = body.index(b"&lt;ChargeDate&gt;") + len(b"&lt;ChargeDate&gt;")
    return body[:start] + b"31/02/2026" + body[start + 10 :]


FAULTS: tuple[tuple[str, Spoil], ...] = (
    ("no offence code", _without_code),
    ("cut short", _cut_short),
    ("a date that is none", _impossible_day),
)
