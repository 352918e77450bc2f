"""The demo's agencies, and who of them is to have what.

Rule: the codes of organisations are real, so that every format and list accepts them; the people, cases and addresses
are invented, and so are the systems: no real agency has anything to do with this. `DUE` says what each agency expects,
in words of its own; it is not read from the parties' files, so that it can prove them wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

from hub.simulate.cast import Police

MERSEYSIDE = Police(
    party="demo-merseyside-police",
    force="05",
    unit="A1",
    ou_code="005A100",
    system="00501PoliceCaseSystem",
    town="Anytown",
)
CHESHIRE = Police(
    party="demo-cheshire-police",
    force="07",
    unit="A1",
    ou_code="007A100",
    system="00701PoliceCaseSystem",
    town="Otherton",
)
NORTH_WALES = Police(
    party="demo-north-wales-police",
    force="60",
    unit="AI",
    ou_code="060AI00",
    system="06001PoliceCaseSystem",
    town="Trefesiampl",
    welsh=True,
    folder=True,
)
FORCES = (MERSEYSIDE, CHESHIRE, NORTH_WALES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Court:
    """A pretend court: its party here, its OU code with the room, its court number."""

    party: str
    ou_code: str
    psa_code: str


MAGISTRATES = Court(party="demo-liverpool-magistrates", ou_code="B05PK01", psa_code="1810")
CROWN = Court(party="demo-liverpool-crown", ou_code="C05LV01", psa_code="0433")
PRISON = "demo-liverpool-prison"
PRISON_CODE = "LPI"
PROBATION = "demo-north-west-probation"
CPS = "demo-liverpool-cps"
CPS_UNIT = "A05AQ00"

PARTIES = (*(police.party for police in FORCES), MAGISTRATES.party, CROWN.party, PRISON, PROBATION, CPS)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What one agency is to get: in which dialect, how many."""

    party: str
    dialect: str
    count: int = 1


FORCE, COURT = "the force of the case", "the court that has the case"

DUE: dict[str, tuple[tuple[str, str], ...]] = {
    "CaseFileSubmission": ((COURT, "spi-case"), (CPS, "cps-case")),
    "HearingListed": ((FORCE, "exchange"), (PROBATION, "libra-case"), (CPS, "cps-update")),
    "HearingResulted": ((FORCE, "spi-result"), (PROBATION, "cp-hearing"), (CPS, "cps-update")),
    "RemandWarrant": ((PRISON, "hmpps-warrant"), (FORCE, "exchange")),
    "CommitmentWarrant": ((PRISON, "hmpps-warrant"), (PROBATION, "exchange")),
    "CustodyReception": ((FORCE, "exchange"), (COURT, "exchange"), (PROBATION, "exchange"), (CPS, "cps-update")),
    "PrisonerReleased": ((FORCE, "exchange"), (COURT, "exchange"), (PROBATION, "exchange"), (CPS, "cps-update")),
    "ReportRequested": ((PROBATION, "exchange"),),
    "ReportDelivered": ((COURT, "exchange"), (CPS, "cps-update")),
}
"""Who is to have a paper, and in which dialect."""

ADULTS_ONLY = frozenset({"libra-case", "cp-hearing"})
"""What the adult feed of probation does not get of young people (prisons-probation-cps 8.4.7)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circle:
    """Whom a case concerns: its force, the court that has it, whether a CPS unit has it, whether it is of the young."""

    police: Police
    court: str
    cps: bool = True
    young: bool = False

    def due(self, paper: str, count: int = 1) -> tuple[Arrival, ...]:
        """What is to arrive of one paper that makes `count` messages."""
        named = {FORCE: self.police.party, COURT: self.court}
        return tuple(
            Arrival(named.get(who, who), dialect, count)
            for who, dialect in DUE[paper]
            if not (who == CPS and not self.cps) and not (self.young and dialect in ADULTS_ONLY)
        )
