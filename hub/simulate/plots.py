"""The kinds of story: what happens in each, from the charge to the end of the case.

Rule: a plot decides what happens; how it is written down is the business of `telling` and of `papers`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from hub.message.case import CaseFileSubmission, Defendant, Duration, NextHearing, Outcome, Period, Result
from hub.message.custody import (
    AppearanceMode,
    CommitmentWarrant,
    RemandWarrant,
    Sentence,
    ServeType,
    WarrantDocument,
)
from hub.message.identifiers import read_ou_code
from hub.message.people import Individual
from hub.message.probation import PreSentenceReport, ReportStatus
from hub.message.values import Coded, Moment, Numbered
from hub.simulate import mishaps
from hub.simulate.charges import BURGLARY, COMMON_ASSAULT, DAMAGE, EMPLOYER, SEAT_BELT, SHOP_THEFT
from hub.simulate.places import CROWN, MAGISTRATES, PRISON_CODE, PROBATION, Court
from hub.simulate.story import Story
from hub.simulate.telling import FINDINGS, PLEAS, WORDS, Telling, dated, in_court, with_results

CHARGED, REQUISITION, SUMMONED, SINGLE_JUSTICE = (
    Coded("C", "CHARGE"),
    Coded("Q", "REQUISITION"),
    Coded("S", "SUMMONS"),
    Coded("J", "SJP"),
)
YES, NO = Coded("Y", "YES"), Coded("N", "NO")
CONDITIONS = "Reside at the address given;Not to contact any witness for the prosecution"


def custody(telling: Telling) -> Story:
    """Charged and kept in custody; pleads guilty; sentenced at the Crown Court after a report; prison; release."""
    person = replace(telling.cast.adult(telling.police), custody_status=Coded("C", "CUSTODY"))
    telling.defendants = (telling.accuse(person, [BURGLARY]),)
    telling.wait(1)
    _submit(telling, telling.case_file(CHARGED))
    telling.list_hearing()
    held = _named_in_prison(telling, person)
    _remanded(telling, held)
    telling.wait(7)
    telling.list_hearing("court list, second hearing")
    _committed_for_sentence(telling)
    telling.list_at_crown(Coded("Sentence", "SENTENCE"))
    _report(telling, held)
    telling.wait(21)
    _sentenced(telling, held)
    telling.wait(190)
    telling.release(held, "CR")
    return telling.told("custody, sentence, release")


def community(telling: Telling) -> Story:
    """Charged and bailed with conditions; pleads guilty; a report; a community order; the result is amended."""
    person = replace(
        telling.cast.adult(telling.police), custody_status=Coded("B", WORDS["B"]), bail_conditions=CONDITIONS
    )
    telling.defendants = (telling.accuse(person, [COMMON_ASSAULT, DAMAGE]),)
    telling.wait(2)
    _submit(telling, telling.case_file(CHARGED))
    telling.list_hearing()
    reports = Result(
        code=Coded("4027"),
        text="Remanded on conditional bail for reports.",
        qualifiers=(Coded("DA"),),
        next_hearing=_next(telling, MAGISTRATES, 21, "For a pre-sentence report", "B"),
    )
    telling.result("adjourned on bail for a report", [_decided(telling, "B", (reports,), plea="1", finding="G")])
    _report(telling, person)
    telling.wait(21)
    order = Result(code=Coded("1116"), text="Community order for 12 months.", outcome=_lasting("12", "M"))
    costs = Result(code=Coded("3011"), text="To pay costs of £85.00.", outcome=_amount("85.00"))
    done = _decided(telling, "A", (order,), plea="1", finding="G", final=True)
    telling.result("community order", [done])
    telling.result("result amended: costs added", [with_more(done, costs)])
    return telling.told("bail, community order, amended")


def summons(telling: Telling) -> Story:
    """Summoned for one offence; found guilty in absence; fined."""
    telling.defendants = (telling.accuse(telling.cast.adult(telling.police), [DAMAGE], arrested=False),)
    telling.wait(14)
    _submit(telling, telling.case_file(SUMMONED, Coded("E", "EITHER_WAY_OR_SERIOUS")))
    telling.list_hearing()
    telling.result("fine in absence", [_fined(telling, "250.00", plea="3", present="N")])
    return telling.told("summons, fine")


def single_justice(telling: Telling) -> Story:
    """A single justice procedure notice without a CPS unit; guilty by post; fined."""
    telling.circle = replace(telling.circle, cps=False)
    telling.defendants = (telling.accuse(telling.cast.adult(telling.police), [SEAT_BELT], arrested=False),)
    telling.wait(21)
    _submit(telling, telling.case_file(SINGLE_JUSTICE))
    telling.result("fine by a single justice", [_fined(telling, "100.00", plea="6", present="N")])
    return telling.told("single justice, fine")


def acquittal(telling: Telling) -> Story:
    """Charged and bailed; pleads not guilty; tried and acquitted."""
    person = replace(telling.cast.adult(telling.police), custody_status=Coded("U", WORDS["U"]))
    telling.defendants = (telling.accuse(person, [COMMON_ASSAULT]),)
    telling.wait(3)
    _submit(telling, telling.case_file(CHARGED))
    telling.list_hearing()
    adjourned = Result(
        code=Coded("4047"),
        text="Remanded on unconditional bail for trial.",
        next_hearing=_next(telling, MAGISTRATES, 35, "For trial", "U"),
    )
    telling.result("adjourned for trial", [_decided(telling, "U", (adjourned,), plea="2")])
    telling.wait(35)
    telling.list_hearing("court list, trial")
    dismissed = Result(code=Coded("2004"), text="Found not guilty after trial.")
    telling.result("acquitted", [_decided(telling, "A", (dismissed,), plea="2", finding="N", final=True)])
    return telling.told("trial, acquittal")


def youth(telling: Telling) -> Story:
    """A young person by postal requisition; the youth court; a referral. The adult feed of probation gets nothing."""
    telling.circle = replace(telling.circle, young=True)
    young = telling.cast.young_person(telling.police)
    telling.defendants = (telling.accuse(young, [SHOP_THEFT], arrested=False),)
    telling.wait(14)
    _submit(telling, telling.case_file(REQUISITION))
    telling.list_hearing()
    order = Result(code=Coded("1141"), text="Youth rehabilitation order for 6 months.", outcome=_lasting("6", "M"))
    telling.result("youth rehabilitation order", [_decided(telling, "A", (order,), plea="1", finding="G", final=True)])
    return telling.told("youth court")


def company(telling: Telling) -> Story:
    """A company summoned and fined."""
    telling.defendants = (telling.accuse(telling.cast.company(telling.police), [EMPLOYER], arrested=False),)
    telling.wait(28)
    _submit(telling, telling.case_file(SUMMONED, Coded("E", "EITHER_WAY_OR_SERIOUS")))
    telling.list_hearing()
    telling.result("fine", [_fined(telling, "12000.00", plea="1", present="Y")])
    return telling.told("company, fine")


def together(telling: Telling) -> Story:
    """Two people with three offences between them; each has a result of his own."""
    cast, police = telling.cast, telling.police
    first, second = (replace(cast.adult(police), custody_status=Coded("U", WORDS["U"])) for _ in range(2))
    telling.defendants = (telling.accuse(first, [SHOP_THEFT, DAMAGE]), telling.accuse(second, [SHOP_THEFT]))
    telling.wait(2)
    _submit(telling, telling.case_file(CHARGED))
    telling.list_hearing()
    fine = Result(code=Coded("1015"), text="Fined £120.00.", outcome=_amount("120.00"))
    decided = [_decided(telling, "A", (fine,), plea="1", finding="G", final=True, which=which) for which in range(2)]
    telling.result("fine", decided)
    return telling.told("two defendants")


PLOTS: tuple[Callable[[Telling], Story], ...] = (
    custody,
    community,
    summons,
    youth,
    together,
    single_justice,
    acquittal,
    company,
)


# --- what plots share ------------------------------------------------------------------------------------------------


def _submit(telling: Telling, case: CaseFileSubmission) -> None:
    """The case file, with a mishap now and then around it."""
    step = telling.submit_case(case)
    mishaps.befall(telling, step)


def _named_in_prison(telling: Telling, person: Individual) -> Individual:
    noms = telling.cast.noms()
    telling.known_as(noms.text)
    return replace(person, noms_number=noms)


def _remanded(telling: Telling, person: Individual) -> None:
    """Adjourned in custody: the result, the warrant, the reception."""
    following = _next(telling, MAGISTRATES, 7, "For plea", "C")
    remand = Result(code=Coded("4028"), text="Remanded in custody.", next_hearing=following)
    telling.result("adjourned in custody", [_decided(telling, "C", (remand,), plea="3")])
    warrant = RemandWarrant(
        ptiurns=(telling.urn,),
        asn=telling.defendants[0].asn,
        court=read_ou_code(MAGISTRATES.ou_code),
        prison=Coded(PRISON_CODE),
        prison_email="custody.office@prison.example",
        person=person,
        offences=telling.defendants[0].offences,
        reason="Likely to fail to surrender",
        next_hearing=following.slot,
        next_appearance=AppearanceMode.VIDEO,
        issued_at=_now(telling),
        document=_document(telling, "WEE_Remand", "REMAND_WARRANT"),
    )
    telling.send_canonical("remand warrant", MAGISTRATES.party, warrant, "RemandWarrant")
    telling.receive(person, "N")


def _committed_for_sentence(telling: Telling) -> None:
    following = _next(telling, CROWN, 21, "For sentence", "C")
    committed = Result(
        code=Coded("4016"),
        text="Committed to Liverpool Crown Court for sentence in custody.",
        next_hearing=following,
    )
    decided = _decided(telling, "C", (committed,), plea="1", finding="G")
    telling.result("guilty plea, committed for sentence", [decided])


def _report(telling: Telling, person: Individual) -> None:
    """The court asks for a pre-sentence report and probation delivers it."""
    crn = telling.cast.crn()
    report = PreSentenceReport(
        ptiurn=telling.urn,
        report_id=telling.known_as(f"urn:uk:gov:hmpps:pre-sentence-service:report:{telling.uuid()}"),
        status=ReportStatus.REQUESTED,
        report_type=Coded("CJS", "STANDARD"),
        crn=crn,
        noms_number=person.noms_number,
        requested_by="Court officer",
        due_on=dated(telling.day),
        person=person,
    )
    telling.send_canonical("report requested", telling.circle.court, report, "ReportRequested")
    telling.wait(14)
    delivered = replace(
        report,
        status=ReportStatus.DELIVERED,
        delivered_type=Coded("CJS", "STANDARD"),
        completed_at=_now(telling),
        author="Probation practitioner",
        proposal="Community order with rehabilitation activity",
        document_ref=f"https://probation.example/reports/{report.report_id[-36:]}",
    )
    telling.send_canonical("report delivered", PROBATION, delivered, "ReportDelivered")


def _sentenced(telling: Telling, person: Individual) -> None:
    """Imprisonment: the result and the warrant, both of the Crown Court."""
    prison = Result(code=Coded("1002"), text="Imprisonment for 12 months.", outcome=_lasting("12", "M"))
    decided = _decided(telling, "C", (prison,), plea="1", finding="G", final=True, court=CROWN)
    telling.result_at_crown("sentence: imprisonment", [decided])
    defendant = telling.defendants[0]
    term = (Period(length=Numbered("12", Decimal(12)), unit=Coded("M", "MONTHS")),)
    sentences = tuple(
        Sentence(
            count=Numbered(str(offence.position), Decimal(offence.position)),
            offence_code=offence.code,
            sentence_type=Coded("SDS"),
            periods=term,
            serve=ServeType.FORTHWITH,
            convicted_on=dated(telling.day),
        )
        for offence in defendant.offences
    )
    warrant = CommitmentWarrant(
        ptiurns=(telling.urn,),
        asn=defendant.asn,
        court=read_ou_code(CROWN.ou_code),
        prison=Coded(PRISON_CODE),
        prison_email="custody.office@prison.example",
        person=person,
        sentences=sentences,
        overall_term=term,
        remand_days=Numbered("28", Decimal(28)),
        convicted_on=dated(telling.day),
        issued_at=_now(telling),
        document=_document(telling, "WEE_CustodialSentence", "SENTENCING_WARRANT"),
    )
    telling.send_canonical("commitment warrant", CROWN.party, warrant, "CommitmentWarrant")


def _decided(  # noqa: PLR0913
    telling: Telling,
    status: str,
    results: tuple[Result, ...],
    *,
    plea: str,
    finding: str | None = None,
    final: bool = False,
    present: str = "Y",
    court: Court = MAGISTRATES,
    which: int = 0,
) -> Defendant:
    """One of the defendants as a court's result names him, every offence with the same plea, finding and results."""
    convicted = finding == "G"
    decided = with_results(
        telling.defendants[which],
        *results,
        plea=Coded(plea, PLEAS[plea]),
        finding=Coded(finding, FINDINGS[finding]) if finding else None,
        finally_disposed=YES if final else NO,
        convicted_on=dated(telling.day) if convicted else None,
        convicting_court=Coded(court.psa_code) if convicted else None,
    )
    return in_court(decided, status, present)


def _fined(telling: Telling, pounds: str, *, plea: str, present: str) -> Defendant:
    fine = Result(code=Coded("1015"), text=f"Fined £{pounds}.", outcome=_amount(pounds))
    return _decided(telling, "A", (fine,), plea=plea, finding="G", final=True, present=present)


def with_more(defendant: Defendant, result: Result) -> Defendant:
    """A defendant whose every offence has one more result."""
    offences = tuple(replace(offence, results=(*offence.results, result)) for offence in defendant.offences)
    return replace(defendant, offences=offences)


def _next(telling: Telling, court: Court, days: int, reason: str, status: str) -> NextHearing:
    """The next hearing, on a day on which courts sit."""
    return NextHearing(
        slot=telling.slot(court, telling.after(days)), reason=reason, custody_status=Coded(status, WORDS[status])
    )


def _document(telling: Telling, event: str, kind: str) -> WarrantDocument:
    return WarrantDocument(document_id=telling.uuid(), event_type=Coded(event, kind), generated_at=_now(telling))


def _now(telling: Telling) -> Moment:
    return Moment(telling.moment().isoformat(), telling.moment())


def _amount(pounds: str) -> Outcome:
    return Outcome(amount=Numbered(pounds, Decimal(pounds)))


def _lasting(length: str, unit: str) -> Outcome:
    words = {"M": "MONTHS"}
    period = Period(length=Numbered(length, Decimal(length)), unit=Coded(unit, words[unit]))
    return Outcome(duration=Duration(primary=period))
