"""The Report Desk: an example of a connector that lives outside the hub.    Every name of its interface is invented.

In the example a probation office keeps a diary of the reports that courts ask for. It says where each report stands,
and is told of the hearings that its reports are for:

    reports.py     a report asked for, begun, ready or withdrawn: one JSON document in, one PreSentenceReport
    hearings.py    HearingListed and HearingResulted out, as one JSON document a person

CONTRACT is the version of `hub.contract` that this was written for. It stands here as written: a hub with another
contract refuses the package, and says so.
"""

from hub.contract import Reader, Writer

from cjhub_example_connector.hearings import DeskHearings
from cjhub_example_connector.reports import DeskReports

CONTRACT = "1"
READERS: tuple[Reader, ...] = (DeskReports(),)
WRITERS: tuple[Writer, ...] = (DeskHearings(),)
