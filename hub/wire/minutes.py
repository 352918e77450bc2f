"""Where a file lies in a drop that is ordered by minutes: `YYYY/MM/DD/HH/MM/NAME`, in UTC (courts 1.5 and 8.2).

Rule: the minute is the one in which the hub took the message, so that every attempt has the same path. Whoever picks
up reads the time of receipt from it.
"""

from __future__ import annotations

from datetime import UTC
from pathlib import PurePosixPath

from hub.message.errors import Defect
from hub.wire import Consignment


def minute_path(consignment: Consignment) -> str:
    """The path of a consignment, from the top of the drop."""
    if consignment.at is None:
        raise Defect("a consignment for a drop by the minute does not say when its message was taken")
    minute = consignment.at.astimezone(UTC)
    return f"{minute:%Y/%m/%d/%H/%M}/{PurePosixPath(consignment.name).name}"
