"""Police: their case files come in, results go out to them; and the service of the exchange that they call."""

from connectors.police.spi import CaseReader, ResultWriter
from connectors.spi.responses import AnswerWriter
from connectors.spi.service import ExchangeService
from hub.contract import Reader, Writer
from hub.contract.hops import Service

READERS: tuple[Reader, ...] = (CaseReader(),)
WRITERS: tuple[Writer, ...] = (ResultWriter(), AnswerWriter())
SERVICES: tuple[Service, ...] = (ExchangeService(),)
