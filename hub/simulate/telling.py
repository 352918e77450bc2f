"""A story while it is told: the case as it stands, and the steps so far. `plots` decides what happens next.

Rule: a step is added in the order of sending, and says itself what is due of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from hub.message.case import CaseFileSubmission, Defendant, HearingSlot, Offence, Result
from hub.message.envelope import Body
from hub.message.hearing import HearingListed, HearingResulted
from hub.message.identifiers import read_offence_code, read_ou_code
from hub.message.people import Individual, Organisation
from hub.message.values import Coded, Dated, Moment, Timed
from hub.simulate.cast import Cast, Police
from hub.simulate.charges import Charge
from hub.simulate.papers import events
from hub.simulate.papers.exchange import canonical_paper
from hub.simulate.papers.lists import Entry, court_list
from hub.simulate.papers.police import case_file
from hub.simulate.papers.results import result_message
from hub.simulate.places import CPS_UNIT, CROWN, MAGISTRATES, PRISON, PRISON_CODE, Arrival, Circle, Court
from hub.simulate.story import Step, Story

XML, JSON = "application/xml", "application/json"
WORDS = {"B": "CONDITIONAL_BAIL", "C": "CUSTODY", "U": "UNCONDITIONAL_BAIL", "A": "NOT_APPLICABLE"}
PLEAS = {"1": "GUILTY", "2": "NOT_GUILTY", "3": "NO_PLEA_TAKEN", "6": "MCA_GUILTY"}
FINDINGS = {"G": "GUILTY", "N": "NOT_GUILTY"}
MODES = {"01": "SUMMARY_ONLY", "02": "INDICTABLE_ONLY", "06": "UNDER_VALUE"}


class Telling:
    """One case being told. `day` is the day that the story has reached."""

    def __init__(self, cast: Cast, police: Police, number: int, key: str) -> None:
        self.cast, self.police, self.number, self._key = cast, police, number, key
        self.urn = cast.ptiurn(police, number)
        self.circle = Circle(police=police, court=MAGISTRATES.party)
        self.day = cast.today
        self.defendants: tuple[Defendant, ...] = ()
        self.steps: list[Step] = []
        self._known: list[str] = [self.urn.text]
        self._case_id = cast.random.randrange(10**6, 10**9)

    def told(self, kind: str) -> Story:
        """The story as it stands."""
        return Story(number=self.number, kind=kind, urn=self.urn.text, steps=tuple(self.steps), keys=tuple(self._known))

    # --- who and what

    def accuse(self, who: Individual | Organisation, charges: Sequence[Charge], arrested: bool = True) -> Defendant:
        """A defendant charged with offences some days before the story begins."""
        asn = self.cast.asn(self.police)
        offences = tuple(self._offence(charge, position, arrested) for position, charge in enumerate(charges, 1))
        if isinstance(who, Organisation):
            return Defendant(asn=asn, organisation=who, offences=offences)
        return Defendant(asn=asn, individual=who, offences=offences)

    def _offence(self, charge: Charge, position: int, arrested: bool) -> Offence:
        random, today = self.cast.random, self.cast.today
        committed = dated(today - timedelta(days=random.randrange(3, 40)))
        words = {"day": f"{committed.value:%d/%m/%Y}", "town": self.police.town}
        welsh = charge.wording_welsh if self.police.welsh else None
        return Offence(
            position=position,
            code=read_offence_code(charge.code),
            title=charge.title,
            title_welsh=charge.title_welsh if welsh else None,
            wording=charge.wording.format(**words),
            wording_welsh=welsh.format(**words) if welsh else None,
            legislation=charge.legislation,
            maximum_penalty=charge.maximum_penalty,
            date_code=Coded("1", "ON_OR_IN"),
            started_on=committed,
            charged_on=dated(today - timedelta(days=1)),
            arrested_on=dated(today - timedelta(days=2)) if arrested else None,
            location=self.police.town,
            mode_of_trial=Coded(charge.mode_of_trial, MODES[charge.mode_of_trial]),
        )

    def wait(self, days: int) -> None:
        """Let days pass, to the next day on which courts sit."""
        self.day = self.after(days)

    def after(self, days: int) -> date:
        """The first day on which courts sit, so many days on."""
        day = self.day + timedelta(days=days)
        return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() >= 5 else 0)

    def slot(self, court: Court, on: date | None = None) -> HearingSlot:
        """Ten o'clock at a court, on the day reached or another."""
        at = time(10)
        return HearingSlot(court=read_ou_code(court.ou_code), on=dated(on or self.day), at=Timed(at.isoformat(), at))

    def moment(self) -> datetime:
        """Noon of the day reached."""
        return datetime.combine(self.day, time(12), UTC)

    def known_as(self, identifier: str) -> str:
        """Remember an identifier by which the agencies' papers name this case."""
        self._known.append(identifier)
        return identifier

    def uuid(self) -> str:
        """An id of the sender's own making."""
        return str(UUID(int=self.cast.random.getrandbits(128), version=4))

    # --- papers

    def case_file(self, initiation: Coded, summons: Coded | None = None) -> CaseFileSubmission:
        """The case file of the defendants accused so far."""
        return CaseFileSubmission(
            ptiurn=self.urn,
            originating_organisation=read_ou_code(self.police.ou_code),
            initiation=initiation,
            summons_code=summons,
            cps_organisation=read_ou_code(CPS_UNIT) if self.circle.cps else None,
            first_hearing=self.slot(MAGISTRATES),
            officer=self.cast.officer(self.police),
            defendants=self.defendants,
        )

    def submit_case(self, case: CaseFileSubmission) -> Step:
        """The force sends the case file."""
        body = case_file(case, self.police, self.reference())
        return self.add("case file", self.police.party, body, due=self.circle.due("CaseFileSubmission"))

    def list_hearing(self, title: str = "court list") -> None:
        """The magistrates' court sends its list: one message comes of each defendant."""
        entry = Entry(
            urn=self.urn.text,
            slot=self.slot(MAGISTRATES),
            psa_code=MAGISTRATES.psa_code,
            case_id=self._case_id,
            defendants=self.defendants,
            youth=self.circle.young,
        )
        due = self.circle.due("HearingListed", len(self.defendants))
        self.add(title, MAGISTRATES.party, court_list(entry), due=due)

    def list_at_crown(self, kind: Coded) -> None:
        """The Crown Court lists the case, which is its own from now on."""
        self.circle = replace(self.circle, court=CROWN.party)
        listed = HearingListed(
            ptiurn=self.urn,
            hearing_id=self.uuid(),
            case_number=f"S{self.cast.today.year}{self._case_id % 10_000:04d}",
            slot=self.slot(CROWN),
            room="01",
            hearing_type=kind,
            defendants=self.defendants,
        )
        self.send_canonical(f"Crown Court list ({kind.text})", CROWN.party, listed, "HearingListed")

    def result(self, title: str, defendants: Sequence[Defendant]) -> None:
        """The magistrates' court sends what it decided: one message a defendant."""
        for position, defendant in enumerate(defendants, 1):
            hearing = HearingResulted(
                ptiurn=self.urn,
                slot=self.slot(MAGISTRATES),
                psa_code=Coded(MAGISTRATES.psa_code),
                defendants=(defendant,),
            )
            body = result_message(hearing, self.police.system, self.reference())
            which = f", defendant {position}" if len(defendants) > 1 else ""
            self.add(f"{title}{which}", MAGISTRATES.party, body, due=self.circle.due("HearingResulted"))

    def result_at_crown(self, title: str, defendants: Sequence[Defendant]) -> None:
        """The Crown Court sends what it decided."""
        hearing = HearingResulted(
            ptiurn=self.urn,
            hearing_id=self.uuid(),
            slot=self.slot(CROWN),
            psa_code=Coded(CROWN.psa_code),
            shared_at=Moment(self.moment().isoformat(), self.moment()),
            defendants=tuple(defendants),
        )
        self.send_canonical(title, CROWN.party, hearing, "HearingResulted")

    def receive(self, person: Individual, movement: str) -> None:
        """The prison tells that it has received somebody."""
        body = events.received(person, PRISON_CODE, movement, self.moment())
        self.add("reception", PRISON, body, JSON, due=self.circle.due("CustodyReception"))

    def release(self, person: Individual, movement: str) -> None:
        """The prison tells that it has let somebody go."""
        body = events.released(person, PRISON_CODE, movement, self.moment())
        self.add("release", PRISON, body, JSON, due=self.circle.due("PrisonerReleased"))

    def send_canonical(self, title: str, sender: str, body: Body, paper: str) -> None:
        """An agency sends a paper in the exchange's own format."""
        written = canonical_paper(body, sender, self.uuid(), self.moment())
        self.add(title, sender, written, due=self.circle.due(paper))

    # --- submissions

    def reference(self) -> str:
        """The sender's own number for its next paper."""
        return f"{self._key}-{len(self.steps) + 1:02d}"

    def add(self, title: str, sender: str, body: bytes, content_type: str = XML, due: tuple[Arrival, ...] = ()) -> Step:
        """One more submission, under a key of its own."""
        step = Step(title=title, sender=sender, body=body, content_type=content_type, key=self.reference(), due=due)
        self.steps.append(step)
        return step


def dated(day: date) -> Dated:
    """A day as text and as a date."""
    return Dated(day.isoformat(), day)


def with_results(defendant: Defendant, *results: Result, **decided: object) -> Defendant:
    """A defendant whose every offence has the same results; `decided` are further fields of the offences."""
    offences = tuple(
        replace(offence, initiated_on=offence.charged_on, results=results, **decided)  # type: ignore[arg-type]
        for offence in defendant.offences
    )
    return replace(defendant, offences=offences)


def in_court(defendant: Defendant, status: str, present: str = "Y") -> Defendant:
    """A defendant as a court's result names him: with bail or custody status, and present or not."""
    told = {"custody_status": Coded(status, WORDS[status]), "present": Coded(present)}
    if defendant.individual is not None:
        return replace(defendant, individual=replace(defendant.individual, **told))  # type: ignore[arg-type]
    assert defendant.organisation is not None  # noqa: S101 - a defendant is one or the other
    return replace(defendant, organisation=replace(defendant.organisation, **told))  # type: ignore[arg-type]
