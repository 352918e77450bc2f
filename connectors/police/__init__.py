"""Police: their case files come in, results go out to them; and the door of the exchange that they call."""

from connectors.police.spi import CaseReader, ResultWriter
from connectors.spi.door import ExchangeDoor
from connectors.spi.responses import AnswerWriter
from hub.contract import Reader, Writer
from hub.contract.hops import SoapDoor

READERS: tuple[Reader, ...] = (CaseReader(),)
WRITERS: tuple[Writer, ...] = (ResultWriter(), AnswerWriter())
SOAP_DOORS: tuple[SoapDoor, ...] = (ExchangeDoor(),)
