"""Hypothesis strategies for canonical messages, made from the same table of fields that the XML is made from."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any, get_args

from hypothesis import strategies as st

from hub.canonical.shape import Kind, Slot, slots_of
from hub.message import identifiers
from hub.message.envelope import Body, Message
from hub.message.identifiers import Identifier
from hub.message.values import Coded, Dated, Moment, Numbered, Timed

TEXT = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs"), include_characters="\n\t\r&<>\"'"), max_size=12
)
WORD = st.from_regex(r"[A-Z0-9][A-Z0-9_. \-]{0,7}", fullmatch=True)
DAYS = st.dates(date(1900, 1, 1), date(2099, 12, 31))
MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
UUIDS = st.uuids().map(str)
HASHES = st.from_regex(r"[0-9a-f]{64}", fullmatch=True)
NUMBERS = st.decimals(Decimal(-99999), Decimal(99999), places=2, allow_nan=False)
READERS = {
    "Asn": identifiers.read_asn,
    "PncId": identifiers.read_pnc,
    "CroNumber": identifiers.read_cro,
    "Ptiurn": identifiers.read_ptiurn,
    "OuCode": identifiers.read_ou_code,
    "NomsNumber": identifiers.read_noms,
    "Crn": identifiers.read_crn,
    "OffenceCode": identifiers.read_offence_code,
    "Postcode": identifiers.read_postcode,
}
LOOKS = {
    "Asn": r"[0-9]{2}[A-Z0-9]{6}[0-9]{11}[A-Z]|\w{0,9}",
    "PncId": r"[0-9]{2,4}/?[0-9]{1,7}[A-Z]",
    "CroNumber": r"[0-9]{1,6}/[0-9]{2}[A-Z]|SF[0-9]{2}/[0-9]{1,6}[A-Z]",
    "Ptiurn": r"[0-9]{2}[A-Z]{2}[0-9]{7,8}|[A-Za-z0-9 ]{0,12}",
    "OuCode": r"[A-Z0-9]?[A-Z0-9]{6}|\w{0,5}",
    "NomsNumber": r"[A-Z][0-9]{4}[A-Z]{2}|\w{0,5}",
    "Crn": r"[A-Z]{1,2}[0-9]{6}|\w{0,5}",
    "OffenceCode": r"[A-Z]{2}[0-9]{5}[ABCI]?|COML[0-9]{3}|\w{0,8}",
    "Postcode": r"[A-Z]{1,2}[0-9][A-Z]? ?[0-9][A-Z]{2}|\w{0,5}",
}


def messages() -> st.SearchStrategy[Message]:
    """Any canonical message."""
    return record(Message)


def record(kind: type) -> st.SearchStrategy[Any]:
    """Any value of a record type."""
    return st.builds(kind, **{slot.name: field(slot) for slot in slots_of(kind)})


def field(slot: Slot) -> st.SearchStrategy[Any]:
    """Any value of one field."""
    values = _one(slot)
    if slot.many:
        return st.lists(values, min_size=0 if slot.optional else 1, max_size=2).map(tuple)
    return st.one_of(st.none(), values) if slot.optional else values


def _one(slot: Slot) -> st.SearchStrategy[Any]:
    if slot.kind is Kind.BODY:
        return st.one_of(*(record(body) for body in get_args(Body)))
    if slot.kind is Kind.RECORD:
        return st.deferred(lambda: record(slot.type))
    if slot.type is Identifier:
        return st.from_regex(LOOKS[slot.mark or ""], fullmatch=True).map(READERS[slot.mark or ""])
    if slot.kind is Kind.FOREIGN:
        return _foreign(slot.type)
    return _leaf(slot)


def _foreign(kind: type) -> st.SearchStrategy[Any]:
    readings = {Coded: WORD, Dated: DAYS, Timed: st.times(), Moment: MOMENTS, Numbered: NUMBERS}
    return st.builds(kind, TEXT, st.one_of(st.none(), readings[kind]))


def _leaf(slot: Slot) -> st.SearchStrategy[Any]:
    if slot.mark == "Uuid":
        return UUIDS
    if slot.mark == "Sha256":
        return HASHES
    if issubclass(slot.type, Enum):
        return st.sampled_from(slot.type)
    plain = {str: TEXT, int: st.integers(0, 999), bool: st.booleans(), date: DAYS, datetime: MOMENTS, time: st.times()}
    return plain[slot.type]
