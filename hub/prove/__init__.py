"""Samples through everything: what a dialect's samples become, compared with what they became before.

A sample is a file in `config/dialects/<dialect>/samples/`. Beside it lie its golden files, which an author reviews:

    NAME.expected.xml               the canonical message (NAME-001.expected.xml, ... where there are several)
    NAME.<dialect>.expected.<ext>   what the Writer of a dialect makes of it; only where the author wants it kept

Rule: the tests and `cjhub prove` run the same code, and a dialect that is read and has no sample is not proved.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Step(StrEnum):
    """What a sample goes through, in order."""

    RECOGNISE = "recognise"  # by the Reader of its dialect and by no other
    CHECK = "check"  # envelopes, schemas and decoding refuse nothing
    NORMALISE = "normalise"  # what was made is valid against the canonical schema
    READ_BACK = "read back"  # reading what was written gives the same message
    COMPARE = "compare"  # the canonical form is the golden one
    RENDER = "render"  # every Writer that can carry it does, as in its golden file where there is one


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One sample of a dialect."""

    dialect: str
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A step that a sample did not pass; `diff` is a unified diff, golden to found, where two texts differ."""

    step: Step
    words: str
    diff: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What came of one sample. `writers` rendered it; `updated` are the golden files that were written anew."""

    sample: Sample
    messages: tuple[str, ...] = ()
    writers: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    updated: tuple[Path, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether it went through everything."""
        return not self.failures
