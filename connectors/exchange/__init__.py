"""Our canonical XML as a dialect, for every message that no agency has a published format for: said to be ours."""

from connectors.exchange.messages import Exchange, ExchangeOut
from hub.contract import Reader, Writer

READERS: tuple[Reader, ...] = (Exchange(),)
WRITERS: tuple[Writer, ...] = (ExchangeOut(),)
