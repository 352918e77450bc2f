"""Case stories: what happens in a case from the charge on, as papers in the order in which agencies send them.

Rule: the same seed, number and day always give the same stories, byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from random import Random

from hub.simulate.cast import Cast
from hub.simulate.places import FORCES
from hub.simulate.plots import PLOTS
from hub.simulate.story import Story
from hub.simulate.telling import Telling


def tell_stories(seed: int, count: int, today: date) -> Iterator[Story]:
    """Stories of every kind in turn, their forces in turn, their details by chance."""
    chance = Random(f"{seed} {today.isoformat()}")  # noqa: S311 - nothing secret
    first = chance.randrange(100_000)
    for number in range(1, count + 1):
        random = Random(f"{seed} {today.isoformat()} {number}")  # noqa: S311 - nothing secret
        police = FORCES[(number - 1 + (number - 1) // len(PLOTS)) % len(FORCES)]
        plot = PLOTS[(number - 1) % len(PLOTS)]
        telling = Telling(Cast(random, today, first), police, number, f"sim-{seed:x}-{today:%y%m%d}-{number}")
        yield plot(telling)
