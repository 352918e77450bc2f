"""What an HTTP answer means, and the plain reply of dialects that have no acknowledgement of their own.

Rule: only what the peer says about the message makes it invalid; what it says about us, or about where we knocked,
makes it undeliverable. What may pass by waiting is tried again, after the time that the peer asks for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from hub.contract import Again, Delivered, Final, Judgement, Outbound, PeerAnswer, Reply, Stamp
from hub.message.errors import Fault

WAIT = frozenset({408, 425, 429})
"""Answers below 500 that ask to come again: too slow, too early, too many."""

NOT_OURS_TO_SEND = {
    401: "the recipient does not accept our credentials",
    403: "the recipient does not let us send",
    404: "there is nothing at the recipient's address",
    405: "the recipient's address does not take this method",
    407: "a proxy on the way does not accept our credentials",
    410: "the recipient's address is closed for good",
}


def judge_http(answer: PeerAnswer) -> Judgement:
    """Any 2xx, and a file put in place, is delivered; 408, 425, 429 and 5xx are tried again; the rest is final."""
    status = answer.status
    if status == 0 or 200 <= status < 300:
        return Delivered()
    if status in WAIT or status >= 500:
        return Again(words=f"the recipient answered {status}", after=retry_after(answer.headers))
    if status < 400:
        return Final(
            words=f"the recipient answered {status}: it sends us elsewhere, and we do not follow", invalid=False
        )
    if status in NOT_OURS_TO_SEND:
        return Final(words=f"{NOT_OURS_TO_SEND[status]} ({status})", invalid=False)
    return Final(words=f"the recipient says that the message is wrong ({status})", invalid=True)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that a peer asks us to wait: as a number, or as a date beside the date of its own answer."""
    named = {name.lower(): value.strip() for name, value in headers.items()}
    given = named.get("retry-after", "")
    if given.isascii() and given.isdigit():
        return float(given)
    try:
        until, now = parsedate_to_datetime(given), parsedate_to_datetime(named.get("date", ""))
        return max(0.0, (until - now).total_seconds())
    except (TypeError, ValueError):
        return None


def json_reply(reply: Reply, stamp: Stamp) -> Outbound:
    """A receipt as JSON, or a problem document (RFC 9457) with every fault."""
    faults = [_shown(fault) for fault in reply.faults]
    if reply.accepted:
        content: dict[str, object] = {"receiptId": reply.receipt_id, "at": stamp.at.isoformat(), "warnings": faults}
        kind = "application/json"
    else:
        content = {"title": "the message is not accepted", "status": 422, "faults": faults}
        kind = "application/problem+json"
    return Outbound(body=json.dumps(content, ensure_ascii=False).encode(), content_type=kind, name=f"{stamp.id}.json")


def _shown(fault: Fault) -> dict[str, object]:
    shown: dict[str, object] = {
        "path": fault.path,
        "rule": fault.rule,
        "severity": fault.severity.value,
        "words": fault.words,
    }
    return shown | ({} if fault.found is None else {"found": fault.found})
