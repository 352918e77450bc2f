"""A scanner that is away is left alone for a while, and what is no clear answer lets nothing through."""

from dataclasses import replace
from hashlib import sha256

import pytest

from hub.canonical.write import write
from hub.flow.cases import Progress
from hub.flow.ruling import Ruling
from hub.flow.scan import REST, Scan
from hub.message.case import AttachedDocument
from hub.message.envelope import Attachment
from hub.message.errors import Unavailable
from hub.message.scanning import Clean, Infected
from tests.doubles.traffic import new_message
from tests.examples import case_file, message


class Scripted:
    """A scanner that answers by a script; a text is an answer that is none."""

    def __init__(self, *answers: object) -> None:
        self._answers = list(answers)
        self.asked = 0

    def scan(self, body: bytes) -> Clean | Infected:
        self.asked += 1
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[return-value]


def documents(*bodies: bytes) -> list[Attachment]:
    return [Attachment(sha256=sha256(body).hexdigest(), body=body) for body in bodies]


def ruling() -> Ruling:
    return Ruling(dialect="d", reference="r", messages=(new_message("m", documents=tuple(documents(b"x"))),))


def test_a_content_that_comes_twice_is_scanned_once() -> None:
    scanner = Scripted(Clean(), Infected("evil"))
    found = Scan(scanner).infected(documents(b"x", b"y", b"x"))
    assert found == {sha256(b"y").hexdigest(): "evil"}
    assert scanner.asked == 2


def test_a_scanner_that_was_away_rests_before_it_is_asked_again() -> None:
    now = 0.0
    scanner = Scripted(Unavailable("away"), Clean())
    scan = Scan(scanner, lambda: now)
    for _ in range(3):
        with pytest.raises(Unavailable):
            scan.infected(documents(b"x"))
    assert scanner.asked == 1
    now = REST
    assert scan.infected(documents(b"x")) == {}


@pytest.mark.parametrize("answer", [None, "clean", True, 0])
def test_an_answer_that_is_not_clean_lets_nothing_through(answer: object) -> None:
    with pytest.raises(Unavailable, match="no clear answer"):
        Scan(Scripted(answer)).infected(documents(b"x"))


def test_without_an_answer_the_ruling_waits_and_keeps_what_names_the_submission() -> None:
    made = Scan(Scripted(Unavailable("away")))(ruling())
    assert (made.later, made.refused, made.messages) == (True, False, ())
    assert (made.dialect, made.reference) == ("d", "r")


def test_what_is_refused_or_has_no_document_is_not_scanned() -> None:
    scanner = Scripted()
    bare, refused = Ruling(messages=(new_message("m"),)), Ruling(refused=True)
    assert Scan(scanner)(bare) is bare
    assert Scan(scanner)(refused) is refused


def test_without_a_scanner_nothing_is_scanned() -> None:
    made = ruling()
    assert Scan(None)(made) is made


def test_of_a_file_of_many_cases_those_alone_are_refused_in_which_something_was_found() -> None:
    cases = [replace(case_file(f"41ZD000{n}126"), documents=(attached(body),)) for n, body in ((1, b"x"), (2, b"evil"))]
    made = tuple(
        new_message(f"m{n}", ordinal=n, canonical=write(message(case)), documents=tuple(documents(body)))
        for n, (case, body) in enumerate(zip(cases, (b"x", b"evil"), strict=True))
    )
    progress = Progress(next=None, total=3, accepted=2, refused=1)
    ruled = Ruling(messages=made, findings=(0, 2), progress=progress)
    told = Scan(Scripted(Clean(), Infected("Invented.Evil")))(ruled)
    assert ([one.id for one in told.messages], told.findings, told.refused) == (["m0"], (0,), False)
    assert [(fault.rule, fault.case) for fault in told.faults] == [("attachment-malware", 2)]
    assert told.progress == replace(progress, accepted=1, refused=2)
    assert [(one.rule, one.times) for one in told.broken] == [("attachment-malware", 1)]


def attached(body: bytes) -> AttachedDocument:
    return AttachedDocument(media_type="application/pdf", size=len(body), sha256=sha256(body).hexdigest())
