"""Probation: court lists and results out to it, pre-sentence reports in from it as HMPPS domain events.

Rule: the adult feed has no young defendants (prisons-probation-cps 3.2 and 8.4.7).
"""

from connectors.probation.events import ProbationEvent
from connectors.probation.hearings import CpHearing
from connectors.probation.lists import LibraCase
from hub.contract import Reader, Writer

READERS: tuple[Reader, ...] = (ProbationEvent(),)
WRITERS: tuple[Writer, ...] = (LibraCase(), CpHearing())
