"""The tables of hops: what a message is called by whoever handed it to the hub, and by whoever the hub hands it to.

Rule: a row is written once, with what it tells of, and never changed.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Table, Text, text

from hub.ledger.columns import Instant, Json
from hub.ledger.tables import metadata

hops_in = Table(
    "hops_in",
    metadata,
    Column("submission_id", Text, ForeignKey("submissions.id"), primary_key=True),
    Column("party", Text, nullable=False),
    Column("request", Text),
    Column("reference", Text),
    Column("repeats", Text),  # the submission that had this reference first
    Column("answer", Text),  # the dialect in which a refusal goes back
    Column("block", Json, nullable=False),  # list of pairs
    Column("at", Instant, nullable=False),
)
_ONCE = text("request IS NOT NULL")
Index(
    "uq_hops_in_request",
    hops_in.c.request,
    hops_in.c.party,
    unique=True,
    sqlite_where=_ONCE,
    postgresql_where=_ONCE,
)
_FIRST = text("reference IS NOT NULL AND repeats IS NULL")
Index(
    "uq_hops_in_reference",
    hops_in.c.reference,
    hops_in.c.party,
    unique=True,
    sqlite_where=_FIRST,
    postgresql_where=_FIRST,
)

hops_out = Table(
    "hops_out",
    metadata,
    Column("delivery_id", Text, ForeignKey("deliveries.id"), primary_key=True),
    Column("party", Text, nullable=False),
    Column("request", Text),
    Column("reference", Text),
    Column("at", Instant, nullable=False),
    Index(None, "reference", "party"),
)
