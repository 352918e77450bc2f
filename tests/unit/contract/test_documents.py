"""Which attached documents an agency may have."""

from dataclasses import replace

import pytest

from connectors.cps.cases import CpsCase
from connectors.exchange.messages import ExchangeOut
from hub.contract import Part, Recipient, Stamp
from hub.contract.documents import for_agency, may_have
from hub.contract.tables import Tables, load_tables
from hub.discovery.bundle import Bundle
from hub.message.case import AttachedDocument, CaseFileSubmission
from hub.message.envelope import Envelope, Message, Sender, Source
from hub.message.identifiers import read_ptiurn
from hub.message.values import Coded
from tests.doubles.clock import Clock

TABLES: Tables = load_tables([folder / "codes" for folder in Bundle().config_folders])
ID = "00000000-0000-7000-8000-000000000001"


def document(form: str | None) -> AttachedDocument:
    held = None if form is None else TABLES.read("mg_form", form)
    return AttachedDocument(form=held, title=form, media_type="application/pdf", size=1, sha256="0" * 64)


def message(*forms: str | None) -> Message:
    envelope = Envelope(
        message_id=ID,
        correlation_id=ID,
        sender=Sender(party="a-force"),
        source=Source(dialect="x", version="1"),
        accepted_at=Clock().at,
    )
    body = CaseFileSubmission(ptiurn=read_ptiurn("41ZD0000126"), documents=tuple(map(document, forms)))
    return Message(envelope=envelope, body=body)


def forms_of(one: Message) -> list[str | None]:
    assert isinstance(one.body, CaseFileSubmission)
    return [held.title for held in one.body.documents]


@pytest.mark.parametrize("form", ["MG3", "MG3A", "MG6", "MG6B", "MG6D", "MG11R/B", "MG99", "", None])
def test_some_forms_and_all_that_are_not_known_are_for_police_and_cps_alone(form: str | None) -> None:
    agencies = ("police", "cps", "court", "prison", "probation", "unknown")
    assert {agency for agency in agencies if may_have(document(form), agency, TABLES)} == {"police", "cps"}


@pytest.mark.parametrize("form", ["MG4", "MG4A", "MG5", "MG7", "MG8"])
def test_a_court_may_have_the_forms_that_are_for_courts(form: str) -> None:
    assert may_have(document(form), "court", TABLES)
    assert not may_have(document(form), "prison", TABLES)


def test_a_word_of_ours_counts_whatever_the_sender_wrote() -> None:
    assert may_have(replace(document("MG4"), form=Coded("charge sheet", "MG4")), "court", TABLES)
    assert not may_have(replace(document("MG4"), form=Coded("MG4", None)), "court", TABLES)


def test_a_message_for_an_agency_lacks_what_it_may_not_have_and_says_how_much() -> None:
    shown, [report] = for_agency(message("MG4", "MG6D", None), "court", TABLES)
    assert forms_of(shown) == ["MG4"]
    assert report.words.startswith("2 of 3 documents")
    assert for_agency(message("MG4", "MG6D"), "cps", TABLES) == (message("MG4", "MG6D"), ())


@pytest.mark.parametrize(("agency", "there"), [("cps", True), ("court", False)])
def test_the_sensitive_schedule_never_goes_to_a_court_in_canonical_xml(agency: str, there: bool) -> None:
    for writer in (ExchangeOut(), CpsCase()):
        stamp = Stamp(id=ID, correlation_id=ID, at=Clock().at)
        out = writer.encode(Part(message=message("MG6D")), Recipient(party="x", agency=agency), stamp, TABLES)
        assert (b"MG6D" in out.body) is there
