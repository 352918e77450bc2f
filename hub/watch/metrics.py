"""Counters and clocks, one set a verb, in Prometheus form."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

ACCEPT = Counter("hub_accept", "Submissions at the doors", ["door", "verdict"])
CHECK_SECONDS = Histogram("hub_check_seconds", "Time to parse, check and normalise one document", ["dialect"])
NORMALISE = Counter("hub_normalise", "Canonical messages made", ["type"])
SCAN = Counter("hub_scan", "Attached documents scanned for malware, by what came of it", ["outcome"])
RECORD = Counter("hub_record", "Messages recorded, by the status that they got", ["status"])
ROUTE = Counter("hub_route", "Deliveries made by routing", ["party"])
SEND = Counter("hub_send", "Attempts to deliver, by what came of them", ["endpoint", "outcome"])
SEND_SECONDS = Histogram("hub_send_seconds", "Time of one attempt", ["endpoint"])
SUBSCRIBE = Counter("hub_subscribe_sealed", "Feed and audit rows sealed")
BROKER = Gauge("hub_broker", "1 for how the broker stands now: up, blocked or away", ["standing"])
LANE_SLIPS = Gauge("hub_lane_slips", "Slips that wait in the outbox", ["lane"])
RELAY = Counter("hub_relay", "Slips published to the broker, by what came of them", ["outcome"])
ALERTS = Gauge("hub_alerts_open", "Alerts that are open", ["kind"])
OLDEST = Gauge("hub_send_oldest_seconds", "Age of the oldest undelivered delivery", ["endpoint"])
