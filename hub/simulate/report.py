"""What a run came to, case by case, and where to look further."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from hub.simulate.books import Books
from hub.simulate.demo import Demo
from hub.simulate.places import CPS, CROWN, FORCES, MAGISTRATES, PRISON, PROBATION
from hub.simulate.run import Account
from hub.simulate.story import Expected

COLUMNS = {
    "police": tuple(police.party for police in FORCES),
    "magistrates": (MAGISTRATES.party,),
    "Crown": (CROWN.party,),
    "prison": (PRISON,),
    "probation": (PROBATION,),
    "CPS": (CPS,),
}


def case_table(accounts: Sequence[Account]) -> Table:
    """A row a case: what was sent, what arrived of what was due at each kind of agency, what is wrong."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("", "case", "what happens", "sent", "refused", *COLUMNS, "came to"):
        made.add_column(name, overflow="fold")
    for account in accounts:
        verdict = "all arrived" if account.complete else "not as it should be"
        made.add_row(
            str(account.story.number),
            account.story.urn,
            account.story.kind,
            str(len(account.sent)),
            str(sum(sent.step.expected in (Expected.REFUSED, Expected.CONFLICT) for sent in account.sent)),
            *(_share(account, parties) for parties in COLUMNS.values()),
            Text(verdict, style="green" if account.complete else "bold red"),
        )
    return made


def _share(account: Account, parties: Sequence[str]) -> str:
    """Arrived of due, over some parties; nothing where nothing was due and nothing came."""
    due = sum(count for (party, _), count in account.story.due.items() if party in parties)
    arrived = sum(count for (party, _), count in account.arrived.items() if party in parties)
    return f"{arrived}/{due}" if due or arrived else ""


def case_lines(account: Account) -> Iterator[str]:
    """One case step by step, as it was sent."""
    yield f"{account.story.urn}: {account.story.kind}"
    for sent in account.sent:
        due = ", ".join(f"{arrival.dialect} to {_short(arrival.party)}" for arrival in sent.step.due)
        tries = f" after {sent.attempts} tries" if sent.attempts > 1 else ""
        yield f"  {_short(sent.step.sender)}: {sent.step.title}: {sent.said}{tries}{f'  ->  {due}' if due else ''}"


def _short(party: str) -> str:
    return party.removeprefix("demo-")


def troubles(accounts: Sequence[Account], books: Books) -> tuple[str, ...]:
    """Everything that is not as it should be, a line each; nothing where all is well."""
    found: list[str] = []
    for account in accounts:
        urn = account.story.urn
        found += [f"{urn}: {sent.step.title}: expected {sent.step.expected}; {sent.said}" for sent in account.surprises]
        found += [
            f"{urn}: missing at {party}: {count} {dialect}" for (party, dialect), count in account.missing.items()
        ]
        found += [f"{urn}: not due at {party}: {count} {dialect}" for (party, dialect), count in account.extra.items()]
        if len(account.sent) < len(account.story.steps) and not account.surprises:
            found.append(f"{urn}: stopped after {len(account.sent)} of {len(account.story.steps)} steps")
    return (*found, *books.faults())


def totals(accounts: Sequence[Account], books: Books) -> str:
    """The figures of the run in a sentence."""
    submissions = sum(len(account.sent) for account in accounts)
    deliveries = sum(account.arrived.total() for account in accounts)
    repeats = books.repeats()
    again = f"; {repeats} came again with the same id and bytes, and count once" if repeats else ""
    return (
        f"{len(accounts)} cases, {submissions} submissions, {deliveries} deliveries counted by their recipients{again}"
    )


def where_to_look(demo: Demo, url: str, account: Account | None) -> Iterator[str]:
    """Where a person finds more."""
    urn = account.story.urn if account else "URN"
    yield f"the hub                {url}"
    yield f"its figures            {url}/metrics"
    yield f"its API                {url}/openapi.json"
    yield f"everything of a case   cjhub trace {urn} --data {demo.hub_data} --config {demo.config}"
    yield f"what each agency got   {demo.books}/*/papers"
    yield f"the partners' files    {demo.config}/parties"
    yield f"the partners' keys     {demo.keys}"
