"""The CPS: case files out to it, and notices that a case has changed.

Rule: the wire format of the police-CPS interface is not published (prisons-probation-cps 5.5 and 8.5), so both dialects
are our own canonical XML and are said to be ours.
"""

from connectors.cps.cases import CpsCase
from connectors.cps.updates import CpsUpdate
from hub.contract import Reader, Writer

READERS: tuple[Reader, ...] = ()
WRITERS: tuple[Writer, ...] = (CpsCase(), CpsUpdate())
