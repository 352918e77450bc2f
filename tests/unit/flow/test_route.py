"""route: who gets a message, by the parties' files."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest

from hub.contract import Delivered, Judgement, Outbound, Part, PeerAnswer, Recipient, Stamp
from hub.contract.tables import Tables
from hub.discovery.parties import Party, load_parties
from hub.flow.route import Facts, RoutingTable, facts_of, routing_table
from hub.ledger.register import CaseRow
from hub.message.envelope import Message
from tests.examples import NOW, case_file, message, reception, resulted


@dataclass(frozen=True)
class PlainWriter:
    """A Writer of the test: one part a defendant."""

    dialect: str = "plain"
    sends: frozenset[str] = frozenset({"HearingResulted", "CaseFileSubmission", "CustodyReception"})
    announces: bool = False

    def split(self, message: Message) -> Sequence[Part]:
        return [Part(message=message, label=str(n)) for n in range(len(getattr(message.body, "defendants", "x")))]

    def encode(self, part: Part, recipient: Recipient, stamp: Stamp, tables: Tables) -> Outbound:
        return Outbound(body=b"", content_type="text/plain", name="x")

    def judge(self, answer: PeerAnswer) -> Judgement:
        return Delivered()


def party(code: str, agency: str, *routes: dict[str, object]) -> Party:
    endpoint = {"kind": "folder", "path": "/tmp/nowhere"}
    identity = {"code": code, "name": code, "agency": agency}
    return Party.model_validate({"party": identity, "endpoint": endpoint, "routes": routes})


def table(*parties: Party) -> RoutingTable:
    return routing_table({one.code: one for one in parties}, {"plain": PlainWriter()}, timedelta(hours=72))


def test_a_route_without_a_condition_takes_every_case() -> None:
    routed = table(party("cps", "cps", {"message": "HearingResulted", "as": "plain"})).route(
        message(resulted()), Facts(), NOW
    )
    assert [(one.party, one.because) for one in routed] == [("cps", "every case")]


@pytest.mark.parametrize(
    ("wanted", "held", "fits"), [("41", "41", True), ("41", "42", False), ("4*", "42", True), ("4*", None, False)]
)
def test_a_condition_names_a_value_or_a_prefix(wanted: str, held: str | None, fits: bool) -> None:
    route = {"message": "HearingResulted", "as": "plain", "where": {"force": [wanted]}}
    assert bool(table(party("x", "police", route)).route(message(resulted()), Facts(force=held), NOW)) is fits


def test_every_condition_of_a_route_must_hold() -> None:
    route = {"message": "HearingResulted", "as": "plain", "where": {"force": ["41"], "court": ["B41*"]}}
    routes = table(party("x", "police", route))
    assert routes.route(message(resulted()), Facts(force="41", court="B41ZZ01"), NOW)
    assert not routes.route(message(resulted()), Facts(force="41", court="B42ZZ01"), NOW)


def test_a_sender_does_not_get_its_own_message_back() -> None:
    routes = table(party("force-41", "police", {"message": "HearingResulted", "as": "plain"}))
    assert routes.route(message(resulted(), party="force-41"), Facts(), NOW) == ()


def test_two_routes_that_fit_make_one_delivery() -> None:
    route = {"message": "HearingResulted", "as": "plain"}
    assert len(table(party("x", "police", route, route)).route(message(resulted()), Facts(), NOW)) == 1


def test_facts_come_from_the_message_first_and_then_from_its_case() -> None:
    case = CaseRow(id="c", force="41", cps_unit="A41AA00", court="C41ZZ00", created_at=NOW, updated_at=NOW)
    assert facts_of(message(case_file()), case).court == "B41ZZ01"
    assert facts_of(message(reception()), case) == Facts(force="41", court="C41ZZ00", prison="BMI", cps_unit="A41AA00")


def test_the_probation_area_is_the_one_that_serves_the_court() -> None:
    route = {"message": "HearingResulted", "as": "plain", "where": {"probation_area": ["N51"]}}
    area = party("probation", "probation", route)
    serving = area.model_copy(
        update={"party": area.party.model_copy(update={"probation_area": "N51", "courts": ("B41*",)})}
    )
    routed = table(serving).route(message(resulted()), Facts(court="B41ZZ01"), NOW)
    assert [one.because for one in routed] == ["probation_area=N51"]
    assert not table(serving).route(message(resulted()), Facts(court="B42ZZ01"), NOW)


def test_a_party_file_with_faults_names_each_with_its_key(tmp_path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "x.toml"
    file.write_text(
        """
[party]
code = "x"
name = "X"
agency = "prison"
[sends]
dialects = ["nothing"]
[[routes]]
message = "CaseFileSubmission"
as = "plain"
where = { colour = ["red"] }
[[routes]]
message = "HearingResultd"
as = "plain"
""",
        encoding="utf-8",
    )
    _, faults = load_parties([file], {}, {"plain": PlainWriter()})
    text = "\n".join(faults)
    for key in ("sends.dialects", "endpoint", "routes[1].where.colour", "routes[1].message", "routes[2].message"):
        assert key in text, key
