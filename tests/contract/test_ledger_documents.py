"""Documents of messages: kept with them in one transaction, once for each content, and read through them alone."""

from hashlib import sha256

from sqlalchemy import text

from hub.ledger.admission import Judgement, Verdict
from hub.message.envelope import Attachment
from tests.doubles.traffic import URN, Desk, admission, new_message
from tests.pdfs import pdf


def attachment(words: str) -> Attachment:
    body = pdf(words)
    return Attachment(sha256=sha256(body).hexdigest(), body=body)


ONE, OTHER = attachment("one"), attachment("other")


def count(desk: Desk, table: str) -> int:
    with desk.behind() as connection:
        found: int = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
    return found


def test_a_document_is_read_through_its_own_message_alone(desk: Desk) -> None:
    ledger = desk.open()
    ledger.admit(admission("m1", new_message("m1", URN, documents=(ONE, OTHER))))
    ledger.admit(admission("m2", new_message("m2", URN, documents=(OTHER,))))
    assert ledger.document("m1", ONE.sha256) == ONE.body
    assert ledger.document("m2", OTHER.sha256) == OTHER.body
    assert ledger.document("m2", ONE.sha256) is None
    assert ledger.document("m3", ONE.sha256) is None
    ledger.close()


def test_a_content_that_two_messages_have_is_kept_once(desk: Desk) -> None:
    ledger = desk.open()
    for id in ("m1", "m2"):
        ledger.admit(admission(id, new_message(id, URN, documents=(ONE,))))
    ledger.close()
    assert count(desk, "contents") == 3  # two submissions, one document
    assert count(desk, "message_documents") == 2


def test_a_judgement_and_another_reading_keep_documents_too(desk: Desk) -> None:
    ledger = desk.open()
    ledger.admit(admission("m1", verdict=Verdict.PENDING))
    made = new_message("m1", URN, documents=(ONE,))
    assert ledger.judge("s-m1", Judgement(verdict=Verdict.ACCEPTED, messages=(made,)))
    later = new_message("m2", URN, previous_version_of="m1", documents=(OTHER,))
    assert ledger.supersede("m1", later, "operator:test", "a better reading")
    assert ledger.document("m1", ONE.sha256) == ONE.body
    assert ledger.document("m2", OTHER.sha256) == OTHER.body
    ledger.close()


def test_a_refused_or_conflicting_submission_keeps_none(desk: Desk) -> None:
    ledger = desk.open()
    ledger.admit(admission("m1", new_message("m1", URN), key="k"))
    ledger.admit(admission("m2", new_message("m2", URN, documents=(ONE,)), verdict=Verdict.REFUSED))
    ledger.admit(admission("m3", new_message("m3", URN, documents=(ONE,)), key="k"))
    ledger.close()
    assert count(desk, "message_documents") == 0


def test_a_content_that_was_erased_comes_back_with_whoever_sends_it_again(desk: Desk) -> None:
    ledger = desk.open()
    ledger.admit(admission("m1", new_message("m1", URN, documents=(ONE, OTHER))))
    with desk.behind() as connection:
        connection.execute(text("UPDATE contents SET body = NULL WHERE sha256 = :hash"), {"hash": ONE.sha256})
    assert ledger.document("m1", ONE.sha256) is None
    ledger.admit(admission("m2", new_message("m2", URN, documents=(ONE, OTHER))))
    assert ledger.document("m2", ONE.sha256) == ONE.body
    assert ledger.document("m2", OTHER.sha256) == OTHER.body
    ledger.close()
