"""A ledger that looks as after a long time of work: so many messages, and rows in every table that they leave behind.

Rule: rows are made by the server itself, without the ledger; what they say is as the ledger would have written it, but
that audit hashes are not worked out and bodies are short.
"""

from __future__ import annotations

import psycopg

ENDPOINTS = 50
PER_CASE = 4
_ID = "'0190' || lpad(to_hex(g), 4, '0') || '-{kind}-7000-8000-' || lpad(to_hex(g), 12, '0')"
_AT = "(1700000000000000 + g * 30000000::bigint)"
_CASE = f"((g - 1) / {PER_CASE})"
_URN = f"('01AA' || lpad({_CASE}::text, 7, '0') || '24')"
_ASN = f"('2401AA' || lpad({_CASE}::text, 13, '0') || 'X')"
_ENDPOINT = f"('court-' || ({_CASE} % {ENDPOINTS}))"
_STATUS = "CASE WHEN g % 1000 = 1 THEN 'UNMATCHED' WHEN g % 1000 = 2 THEN 'STRANDED' ELSE 'RECORDED' END"
_DELIVERED = "CASE WHEN g % 5000 = 3 THEN 'DEAD' ELSE 'ACKNOWLEDGED' END"
_BODY = "convert_to(repeat(md5(g::text), 10), 'UTF8')"


def _id(kind: str) -> str:
    return _ID.format(kind=kind)


def _case() -> str:
    return f"('0190-case-' || lpad(to_hex({_CASE}), 12, '0'))"


_EACH_MESSAGE = {
    "contents": f"encode(sha256(g::text::bytea), 'hex'), 320, {_BODY}, {_AT}",
    "submissions (id, party, key, sha256, size, media, dialect, version, door, received_at, verdict, faults, receipt, "
    "correlation_id, rung_at)": f"{_id('aaaa')}, 'force', 'key:' || g, encode(sha256(g::text::bytea), 'hex'), 320, 'xml', "
    f"'spi', '1', 'http', {_AT}, 'accepted', '[]', {_BODY}, 'c-' || g, {_AT}",
    "messages (id, submission_id, ordinal, type, party, dialect, version, reference, status, case_id, content_hash, "
    "correlation_id, mode, accepted_at, status_at, rung_at, defects, canonical)": f"{_id('bbbb')}, {_id('aaaa')}, 0, "
    f"'CaseFileSubmission', 'force', 'spi', '1', 'ref-' || g, {_STATUS}, {_case()}, encode(sha256(('c' || g)::bytea), "
    f"'hex'), 'c-' || g, 'LIVE', {_AT}, {_AT}, {_AT}, 0, {_BODY}",
    "message_keys (kind, value, message_id, rank)": f"'PTIURN', {_URN}, {_id('bbbb')}, 0",
    "message_keys": f"'ASN', {_ASN}, {_id('bbbb')}, 1",
    "deliveries (id, message_id, part, party, endpoint, dialect, order_key, lane_seq, blocking, parked, status, attempts, "
    "fence, created_at, due_at, settled_at, deadline, rung_at, marks)": f"{_id('dddd')}, {_id('bbbb')}, '', {_ENDPOINT}, "
    f"{_ENDPOINT}, 'spi', {_case()}, (g - 1) % {PER_CASE} + 1, false, false, {_DELIVERED}, 1, 1, {_AT}, {_AT}, "
    f"CASE WHEN g % 5000 = 3 THEN NULL ELSE {_AT} END, {_AT} + 259200000000, {_AT}, '[]'",
    "outbounds (delivery_id, body, content_type, headers, method, path, reports, kept_at)": f"{_id('dddd')}, {_BODY}, "
    f"'text/xml', '[]', 'POST', '', '[]', {_AT}",
    "feed (position, id, type, message_id, case_id, at, audience, body)": f"g, {_id('ffff')}, 'CaseFileSubmission', "
    f"{_id('bbbb')}, {_case()}, {_AT}, '[\"force\"]', '{{}}'",
    "feed_audience": "'force', g",
}
_AUDIT = """
INSERT INTO audit (number, at, actor, action, subject_kind, subject_id, submission_id, message_id, delivery_id, case_id,
detail, row_hash) SELECT (g - 1) * 6 + n, {at}, 'hub', a.action, a.kind, CASE a.kind WHEN 'delivery' THEN {delivery} ELSE
{message} END, {submission}, {message}, CASE a.kind WHEN 'delivery' THEN {delivery} END, {case}, '{{}}',
encode(sha256(((g - 1) * 6 + n)::text::bytea), 'hex') FROM generate_series(1, {count}) AS g, (VALUES (1, 'accepted',
'message'), (2, 'recorded', 'message'), (3, 'queued', 'delivery'), (4, 'encoded', 'delivery'), (5, 'claimed', 'delivery'),
(6, 'acknowledged', 'delivery')) AS a(n, action, kind) ORDER BY g, n
"""
_EACH_CASE = {
    "cases (id, ptiurn, urn_root, status, version, created_at, updated_at)": f"{_case()}, {_URN}, {_URN}, 'open', 1, "
    f"{_AT}, {_AT}",
    "case_keys (kind, value, case_id)": f"'PTIURN', {_URN}, {_case()}",
    "case_keys": f"'ASN', {_ASN}, {_case()}",
    "defendants (case_id, key, position, asn, family)": f"{_case()}, {_ASN}, 1, {_ASN}, 'Sampleton'",
    "offences (case_id, defendant, position, code, result_codes)": f"{_case()}, {_ASN}, 1, 'TH68010', '[]'",
    "hearings (case_id, key, court, stage)": f"{_case()}, 'h', 'B01AA00', 'listed'",
    "lanes": f"{_case()}, {_ENDPOINT}, {PER_CASE + 1}, {PER_CASE + 1}",
}


def seed(url: str, messages: int) -> None:
    """Fill an empty ledger with what `messages` leave behind, and have the server look at what it has."""
    with psycopg.connect(url, autocommit=True) as held:
        held.execute("SET session_replication_role = replica")  # no look at foreign keys: they are right
        held.execute("SET maintenance_work_mem = '256MB'")
        held.execute(
            "INSERT INTO endpoints (code, party, in_flight, on_dead, gate, failures, changed_at) SELECT 'court-' || g, "
            f"'court-' || g, 64, 'stop', 'up', 0, 0 FROM generate_series(0, {ENDPOINTS - 1}) AS g"
        )
        for step, rows in ((1, _EACH_MESSAGE), (PER_CASE, _EACH_CASE)):
            for table, values in rows.items():
                held.execute(
                    f"INSERT INTO {table} SELECT {values} FROM generate_series(1, {messages}, {step}) AS g".encode()
                )
        ids = {"at": _AT, "delivery": _id("dddd"), "message": _id("bbbb"), "submission": _id("aaaa"), "case": _case()}
        held.execute(_AUDIT.format(count=messages, **ids).encode())
        held.execute(
            f"INSERT INTO seals SELECT g, (g - 1) * 1000 + 1, least(g * 1000, {messages * 6}), 'x', 'x' || g, 0 FROM "
            f"generate_series(1, {(messages * 6 + 999) // 1000}) AS g".encode()
        )
        held.execute("VACUUM ANALYZE")


def urn_of(case: int) -> str:
    """The PTIURN of a case that was seeded, from 0."""
    return f"01AA{case:07d}24"
