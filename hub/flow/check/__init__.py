"""check: whose dialect is this, are its layers sound, does the case make sense. Pure; no clock, no I/O of its own.

A document that cannot be used is Refused with everything that is wrong with it; what is merely wrong is a warning.
"""

from __future__ import annotations

from dataclasses import dataclass

from hub.contract import Opened, Reader
from hub.message.errors import Fault, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A document whose envelopes and schemas were looked at: who reads it, what was found inside, every fault."""

    reader: Reader
    opened: Opened
    faults: tuple[Fault, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether a fault stops it."""
        return any(fault.severity is Severity.ERROR for fault in self.faults)
