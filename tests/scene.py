"""A scene in which everything happens that a hub has to do with, and the senders and recipients who play it.

Two case files of one case at once, a case file through the folder, a prisoner of whom no case is known until a hearing
is listed, a recipient that is busy once, a document again, one that is refused, a bulk file with one bad case; at the
end everything is sent once more. Rule: whoever gets no answer sends the same again, and goes on.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import urllib3

from tests.doubles.peers import Peers
from tests.doubles.saboteur import END
from tests.doubles.spi import BUNDLE
from tests.extracts import extract, urn
from tests.mortal import Died, Nursery
from tests.papers import case_file

FIRST, SECOND = urn(101), urn(102)
FORCE = """
[party]
code = "force"
name = "A force"
agency = "police"
[sends]
dialects = ["spi-case", "westbeck-extract"]
folder = "{folder}/force"
"""
PARTY = """
[party]
code = "{code}"
name = "The {code}"
agency = "{agency}"
{more}
[sends]
dialects = ["exchange", "hmpps-event"]
[endpoint]
{way}
"""
ROUTE = '[[routes]]\nmessage = "{message}"\nas = "{dialect}"\n'
TIMED = {"spi-case": 'options = { envelope = "SOAP" }\n'}
"""An envelope that tells the time: were a delivery written anew for each attempt, its bytes would differ."""
WANTED = {
    "court": ("court", {"CaseFileSubmission": "spi-case", "CustodyReception": "exchange"}),
    "clerks": ("court", {"CaseFileSubmission": "spi-case", "HearingListed": "exchange"}),
    "cps": ("cps", {"CaseFileSubmission": "cps-case", "HearingListed": "cps-update", "CustodyReception": "cps-update"}),
    "probation": ("probation", {"HearingListed": "exchange", "CustodyReception": "exchange"}),
    "prison": ("prison", {"HearingListed": "exchange"}),
}
"""Who takes what, in which dialect: the clerks in a folder, all others over HTTP."""

End = tuple[int, str]  # the number of a call, and "before" or "after"
Fresh = Callable[[int], AbstractContextManager[dict[str, str]]]  # a ledger and a broker that nobody has used


def furnish(folder: Path, url: str) -> None:
    """The parties' files and the folders of those who have one."""
    parties = folder / "config" / "parties"
    parties.mkdir(parents=True)
    (parties / "force.toml").write_text(FORCE.format(folder=folder))
    for code, (agency, wanted) in WANTED.items():
        way = (
            f'kind = "http"\nurl = "{url}/{code}"' if code != "clerks" else f'kind = "folder"\npath = "{folder}/{code}"'
        )
        more = 'ou_code = "B41ZZ00"' if agency == "court" else ""
        text = PARTY.format(code=code, agency=agency, more=more, way=way)
        routes = "".join(
            ROUTE.format(message=message, dialect=dialect) + TIMED.get(dialect, "")
            for message, dialect in wanted.items()
        )
        (parties / f"{code}.toml").write_text(text + routes)


def listing() -> bytes:
    """A hearing of the first case, listed by the court; it names the prisoner of `reception`."""
    text = shipped("exchange", "hearing-listed.xml").decode()
    return text.replace("40CD0030326", FIRST).replace("C05LV00", "B41ZZ01").encode()


def reception() -> bytes:
    """A prison has received somebody of whom no case is known yet."""
    return shipped("hmpps-event", "received.json")


def shipped(dialect: str, name: str) -> bytes:
    return BUNDLE.files(f"dialects/{dialect}/samples/{name}")[0].read_bytes()


@dataclass
class Place:
    """Where hubs live: their ledger, broker and folders, made anew for each run; and a nursery for all of them."""

    folder: Path
    keys: dict[str, str]
    nursery: Nursery
    peers: Peers
    fresh: Fresh
    runs: int = 0

    def new_nursery(self) -> None:
        """Another nursery, where the hub of this one may hang."""
        self.nursery.close()
        self.nursery = Nursery(self.folder)

    def clear(self) -> None:
        """Make the folders anew, and let the recipients forget."""
        self.runs += 1
        self.peers.forget()
        for name in ("force", "clerks"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        for name in (".claimed", "taken", "refused"):
            (self.folder / "force" / name).mkdir(parents=True)


@dataclass
class Run:
    """The scene played once, by whoever sends: the hub dies in its first lives as `ends` says, and begins again each time."""

    place: Place
    settings: dict[str, str]
    ends: Sequence[End] = ()
    deaths: int = 0
    url: str = ""
    calls: list[str] = field(default_factory=list)
    receipts: list[tuple[str, bytes, bytes]] = field(default_factory=list)  # party, document, receipt
    refused: list[str] = field(default_factory=list)
    _pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(timeout=30, retries=False))

    @property
    def resent(self) -> int:
        """How often a delivery came again to somebody who has it."""
        came = self.place.peers.came
        return len(came) - len({one.delivery for one in came})

    def play(self) -> None:
        """Everything that happens, to the end."""
        self._born()
        first = case_file("c-1", FIRST, "Firstname", 1)
        self.post("force", first)
        self.post("force", case_file("c-2", FIRST, "Secondname", 1))
        self.settle()
        self.post("prison", reception())
        self.settle()
        self.drop("case.xml", case_file("c-3", SECOND, "Thirdname", 2))
        self.post("court", listing())
        self.settle()
        self.post("force", first)
        self.post("force", b"<nothing/>", 422)
        self.post("force", extract(3, without_urn={2}))
        self.settle()
        for party, raw, receipt in list(self.receipts):
            assert self.post(party, raw) == receipt, "a receipt changed"
        self.settle()
        self.calls = self._ask("calls")["calls"]
        assert self.place.nursery.end() == 0

    def post(self, party: str, raw: bytes, status: int = 202) -> bytes:
        """Give a document until it is answered: the answer."""
        answer = self._posted(party, raw)
        assert answer.status == status, answer.data
        if status == 202:
            self.receipts.append((party, raw, answer.data))
        else:
            self.refused.append(answer.json()["submission"])
        self._ask("still")
        return answer.data

    def _posted(self, party: str, raw: bytes) -> urllib3.BaseHTTPResponse:
        headers = {"Authorization": f"Bearer {self.place.keys[party]}"}
        try:
            return self._pool.request("POST", f"{self.url}/v1/messages", body=raw, headers=headers)
        except urllib3.exceptions.HTTPError:
            self._mourn()
            return self._posted(party, raw)

    def drop(self, name: str, raw: bytes) -> None:
        """Put a file into the force's folder."""
        inbox = self.place.folder / "force"
        (inbox / f".{name}").write_bytes(raw)
        (inbox / f".{name}").rename(inbox / name)
        self._ask("folder")

    def settle(self) -> None:
        """Let the hub do what it has."""
        pending = [json.loads(receipt) for _, _, receipt in self.receipts]
        self._ask("settle", pending=[one["submission"] for one in pending if one["status"] == "pending"])

    def _ask(self, what: str, **more: Any) -> Any:
        try:
            return self.place.nursery.ask(what, **more)
        except Died as death:
            self._expected(death)
            self._born()
            return self._ask(what, **more)

    def _mourn(self) -> None:
        """The connection was lost: because the hub died, and for no other reason."""
        with pytest.raises(Died) as death:
            self.place.nursery.hear()
        self._expected(death.value)
        self._born()

    def _expected(self, death: Died) -> None:
        assert death.args[0] == END, f"the hub ended by itself with {death}: see nursery.log"
        assert self.deaths < len(self.ends)
        self.deaths += 1

    def _born(self) -> None:
        end = self.ends[self.deaths] if self.deaths < len(self.ends) else None
        life = {"config": str(self.place.folder / "config"), "settings": self.settings, "number": self.deaths}
        try:
            self.url = self.place.nursery.begin(end=end, **life)["url"]
        except Died as death:
            self._expected(death)
            self._born()
