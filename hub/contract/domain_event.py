"""The domain event of HMPPS, as prisons and probation publish it: bare, or in its SNS wrapper.

Rule: the envelope (prisons-probation-cps 2.3) is read once, here, for whatever service publishes it. An event is thin:
it says what happened to whom and where to ask; every fault in it is told at once, by JSON pointer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from hub.contract import Opened
from hub.contract.fields import Fields, leaves
from hub.contract.findings import moment_of
from hub.document import Document, JsonValue, json
from hub.message.envelope import Unmapped
from hub.message.errors import Fault, Refused
from hub.message.values import Moment

WRAPPED = "/Message"
"""Where the event stands when it came in the wrapper: an escaped string, whose own pointers follow on from this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainEvent:
    """An event whose envelope is in order.

    `kind` is its eventType, `persons` the identifiers of its personReference by type, the first of each; `about` its
    additionalInformation, whose fields the dialect reads; `rest` is whatever of the envelope has no place in a body.
    `pointer` is where the event stands in what was received.
    """

    kind: str
    pointer: str
    occurred_at: Moment
    detail_url: str | None
    persons: Mapping[str, str]
    about: Fields
    rest: tuple[Unmapped, ...]


def event_type(document: Document) -> str | None:
    """The eventType of a document that looks like a domain event, without a check of the rest."""
    data = document.data
    if not isinstance(data, dict):
        return None
    if _is_wrapper(data):
        wrapper = data
        try:
            data = json.parse(str(wrapper["Message"]).encode())
        except Refused:
            return _attribute(wrapper)
    kind = data.get("eventType") if isinstance(data, dict) else None
    return kind if isinstance(kind, str) else None


def open_event(document: Document) -> Opened:
    """The event out of its wrapper. Raises Refused where the wrapped text is not JSON."""
    data = document.data
    if not isinstance(data, dict) or not _is_wrapper(data):
        return Opened(layers=(), data=data)
    ids = {name: held for name in ("MessageId", "TopicArn", "Timestamp") if isinstance(held := data.get(name), str)}
    try:
        inner = json.parse(str(data["Message"]).encode())
    except Refused as cause:
        raise Refused(_within(cause.faults)) from None
    return Opened(layers=(), data=inner, reference=ids.get("MessageId"), ids=ids | {"pointer": WRAPPED})


def read_event(opened: Opened) -> DomainEvent:
    """The envelope, checked. Raises Refused only where it is not an object; other faults wait in `about.faults`."""
    pointer = opened.ids.get("pointer", "")
    if not isinstance(opened.data, dict):
        raise Refused(at=pointer, rule="a JSON object")
    fields = Fields(opened.data, pointer)
    kind = fields.text("eventType", needed=True) or ""
    fields.whole("version", needed=True)
    occurred = fields.text("occurredAt", needed=True) or ""
    when = Moment(occurred, moment_of(occurred))
    if occurred and when.value is None:
        fields.fault(
            "occurredAt", "date-time", "a date and time with its offset, as 2026-03-04T10:15:00+00:00", occurred
        )
    return DomainEvent(
        kind=kind,
        pointer=pointer,
        occurred_at=when,
        detail_url=fields.text("detailUrl"),
        persons=_persons(fields),
        about=fields.inner("additionalInformation"),
        rest=tuple(_rest(fields)),
    )


def unmapped(about: Fields, used: Iterable[str]) -> tuple[Unmapped, ...]:
    """Every leaf of the additional information that the dialect has not used."""
    taken = frozenset(used)
    return tuple(
        Unmapped(path=path, text=text)
        for name, held in about.value.items()
        if name not in taken
        for path, text in leaves(held, about.at(name))
    )


def refuse_faulty(event: DomainEvent) -> None:
    """Raise Refused where anything was wrong with the event."""
    if event.about.faults:
        raise Refused(event.about.faults)


def not_carried(what: str, place: str) -> Refused:
    """The refusal of an event that is in order but that this exchange has no message for."""
    words = f"{what} is understood, but this exchange does not carry it yet: it was not passed on; do not send it again"
    return Refused([Fault(path=place, rule="not-carried", words=words)])


def _persons(fields: Fields) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in fields.inner("personReference").each("identifiers"):
        kind, value = each.text("type", needed=True), each.text("value", needed=True)
        if kind and value:
            found.setdefault(kind, value)
    return found


def _rest(fields: Fields) -> Iterator[Unmapped]:
    for name, held in fields.value.items():
        if name not in ("occurredAt", "personReference", "additionalInformation"):
            yield from (Unmapped(path=path, text=text) for path, text in leaves(held, fields.at(name)))
    yield from _other_persons(fields)


def _other_persons(fields: Fields) -> Iterator[Unmapped]:
    """Identifiers that no body has a place for, and second ones of a type."""
    reference: JsonValue = fields.value.get("personReference")
    listed = reference.get("identifiers") if isinstance(reference, dict) else None
    seen: set[str] = set()
    for position, item in enumerate(listed if isinstance(listed, list) else []):
        kind = str(item.get("type")) if isinstance(item, dict) else ""
        if kind in ("NOMS", "CRN", "PNC") and kind not in seen:
            seen.add(kind)
            continue
        where = f"{fields.at('personReference')}/identifiers/{position}"
        yield from (Unmapped(path=path, text=text) for path, text in leaves(item, where))


def _attribute(wrapper: Mapping[str, JsonValue]) -> str | None:
    """The eventType that the wrapper says beside a message that cannot be read."""
    named = wrapper.get("MessageAttributes")
    attribute = named.get("eventType") if isinstance(named, dict) else None
    kind = attribute.get("Value") if isinstance(attribute, dict) else None
    return kind if isinstance(kind, str) else None


def _is_wrapper(data: Mapping[str, JsonValue]) -> bool:
    return data.get("Type") == "Notification" and isinstance(data.get("Message"), str)


def _within(faults: Iterable[Fault]) -> list[Fault]:
    return [
        Fault(path=f"{WRAPPED}{fault.path}", rule=fault.rule, words=fault.words, found=fault.found) for fault in faults
    ]
