"""A case file out to the CPS, whole, as canonical XML.    Rule: nothing is added, cut or repaired on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hub.contract import Judgement, Outbound, Part, PeerAnswer, Recipient, Stamp
from hub.contract.answers import judge_http
from hub.contract.documents import for_agency
from hub.contract.exchange import canonical_outbound
from hub.contract.tables import Tables
from hub.message.envelope import Message


@dataclass(frozen=True, slots=True)
class CpsCase:
    """Writes case files."""

    dialect: str = "cps-case"
    sends: frozenset[str] = frozenset({"CaseFileSubmission"})
    announces: bool = False

    def split(self, message: Message) -> Sequence[Part]:
        """One delivery a case file."""
        return (Part(message=message),)

    def encode(self, part: Part, recipient: Recipient, stamp: Stamp, tables: Tables) -> Outbound:
        """The case file as canonical XML; documents are named in it, and fetched from the hub."""
        message, reports = for_agency(part.message, recipient.agency, tables)
        return replace(canonical_outbound(message, stamp), reports=reports)

    def judge(self, answer: PeerAnswer) -> Judgement:
        """By the status."""
        return judge_http(answer)
