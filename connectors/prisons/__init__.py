"""Prisons: warrants out to them as notices of documents, receptions and releases in as HMPPS domain events."""

from connectors.prisons.events import HmppsEvent
from connectors.prisons.warrants import HmppsWarrant
from hub.contract import Reader, Writer

READERS: tuple[Reader, ...] = (HmppsEvent(),)
WRITERS: tuple[Writer, ...] = (HmppsWarrant(),)
