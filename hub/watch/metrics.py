"""Counters and clocks of this process, one set a verb, in Prometheus form.

Rule: what stands and waits is the ledger's to tell, whichever process is asked.
"""

from __future__ import annotations

from prometheus_client import Counter, Histogram

ACCEPT = Counter("hub_accept", "Submissions at the doors", ["door", "verdict"])
TURNED_AWAY = Counter("hub_accept_turned_away", "Submissions by HTTP that got 503, by why: busy, disk, away", ["why"])
CHECK_SECONDS = Histogram("hub_check_seconds", "Time to parse, check and normalise one document", ["dialect"])
NORMALISE = Counter("hub_normalise", "Canonical messages made", ["type"])
SCAN = Counter("hub_scan", "Attached documents scanned for malware, by what came of it", ["outcome"])
RECORD = Counter("hub_record", "Messages recorded, by the status that they got", ["status"])
ROUTE = Counter("hub_route", "Deliveries made by routing", ["party"])
SEND = Counter("hub_send", "Attempts to deliver, by what came of them", ["endpoint", "outcome"])
SEND_SECONDS = Histogram("hub_send_seconds", "Time of one attempt", ["endpoint"])
SUBSCRIBE = Counter("hub_subscribe_sealed", "Feed and audit rows sealed")
TRACES = Counter("hub_traces_spans", "Spans for the collector of traces: sent, failed or dropped", ["outcome"])
RELAY = Counter("hub_relay", "Slips published to the broker, by what came of them", ["outcome"])
