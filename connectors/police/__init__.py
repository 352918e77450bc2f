"""Police: their case files come in, results go out to them."""

from connectors.police.spi import CaseReader, ResultWriter
from hub.contract import Reader, Writer

READERS: tuple[Reader, ...] = (CaseReader(),)
WRITERS: tuple[Writer, ...] = (ResultWriter(),)
