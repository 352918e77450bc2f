"""Courts: their results, lists and answers come in, case files go out to them."""

from connectors.courts.answers import AnswerReader
from connectors.courts.lists import LibraList
from connectors.courts.policeresults import PoliceResult
from connectors.courts.spi import CaseWriter, ResultReader
from hub.contract import Reader, Writer

READERS: tuple[Reader, ...] = (ResultReader(), AnswerReader(), LibraList(), PoliceResult())
WRITERS: tuple[Writer, ...] = (CaseWriter(),)
