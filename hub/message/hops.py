"""What a message is called on one hop of its way: ids that hold between two neighbours and mean nothing beyond them.

Rule: an id of one hop never goes out on another.
"""

from __future__ import annotations

from dataclasses import dataclass

Block = tuple[tuple[str, str], ...]
"""What an answer repeats of the message that it answers: names and texts, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """What a message is called on one hop.

    `request` is the id of its delivery: whatever comes with it again is the same delivery. `reference` is the id of
    what was delivered, in the form in which two are compared; None where nothing can be known again by it. `answer` is
    the dialect in which a refusal goes back, None where none does, and `block` what it repeats.
    """

    request: str | None = None
    reference: str | None = None
    answer: str | None = None
    block: Block = ()
