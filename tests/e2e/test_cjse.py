"""The exchange's service at /soap/cjse, as neighbours call it: answers at once, answers later, ids hop by hop."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from hub.assemble import Hub
from hub.document.schema import load as load_schema
from hub.document.xml import text_of
from hub.message.lifecycle import DeliveryStatus, MessageStatus
from tests.doubles.exchange import Neighbours, neighbours
from tests.doubles.spi import BUNDLE, payload
from tests.hops import FORCE, FROM_COURTS, PLATFORM, Submitted, code_of, post, route_data_resp, submit, submitted
from tests.hubs import Client, running_hub, wait_until, web_door
from tests.papers import ROUTE_DATA, case_file, case_payload


@dataclass(frozen=True)
class Exchange:
    """A hub between a force and the courts' platform."""

    hub: Hub
    client: Callable[[str | None], Client]
    far: Neighbours

    def got(self, party: str, count: int = 1) -> list[Submitted]:
        """What a party was sent, once it is so much."""
        wait_until(lambda: len(self.far.of(party)) >= count)
        return [submitted(body) for body in self.far.of(party)]

    def settle(self) -> None:
        """Wait until nothing is left to do."""
        ledger = self.hub.ledger
        wait_until(lambda: not any(ledger.counts().slips.values()) and not ledger.undelivered())


@contextmanager
def between(folder: Path, far: Neighbours) -> Iterator[Exchange]:
    parties = {"force-41": FORCE.format(url=far.url), "platform": PLATFORM.format(url=far.url)}
    with running_hub(folder, parties) as hub, web_door(hub) as client:
        yield Exchange(hub, client, far)


@pytest.fixture
def far() -> Iterator[Neighbours]:
    with neighbours() as made:
        yield made


@pytest.fixture
def exchange(tmp_path: Path, far: Neighbours) -> Iterator[Exchange]:
    with between(tmp_path, far) as made:
        yield made


def case(correlation: str = "f-1", old: str = "", new: str = "") -> str:
    """A case file in RouteData, whole or with one thing changed."""
    text = case_file(correlation).decode()
    assert old in text
    return text.replace(old, new) if old else text


def result(correlation: str, payload: str) -> str:
    """A result in RouteData, from the courts to the force."""
    text = ROUTE_DATA.format(id=correlation, payload=escape(payload))
    for old, new in (
        ("SPINewCase", "SPIResults"),
        ("<SystemID>Z00CJSE<", "<SystemID>C00CommonPlatform<"),
        ("<RouteSourceSystem>04101PoliceCaseSystem<", "<RouteSourceSystem>C00CommonPlatform<"),
        ("<RouteDestinationSystem>C00CommonPlatform<", "<RouteDestinationSystem>04101PoliceCaseSystem<"),
    ):
        assert old in text
        text = text.replace(old, new)
    return text


UNREADABLE_DATE = ("2027-03-20", "20 March")


def texts(answer: Submitted, name: str) -> list[str]:
    return [text_of(node) for node in answer.document.iter(f"{{*}}{name}")]


def keeps_its_schema(answer: Submitted) -> bool:
    return load_schema(BUNDLE.schema("cjse/operations.xsd")).accepts(answer.document)


# --- at once


def test_a_case_file_is_answered_with_1_and_goes_on_under_the_ids_of_the_next_hop(exchange: Exchange) -> None:
    assert code_of(post(exchange.client("force-41"), submit(case()))) == 1
    [sent] = exchange.got("platform")
    exchange.settle()
    [message] = exchange.hub.ledger.recent(5)
    [delivery] = exchange.hub.ledger.deliveries_of(message.id)
    assert delivery.status is DeliveryStatus.ACKNOWLEDGED
    assert (sent.request, sent.source, sent.destination) == (delivery.id, "Z00CJSE", "C00CommonPlatform")
    assert (sent.ids["CorrelationID"], sent.ids["SystemID"]) == (delivery.id, "Z00CJSE")
    assert sent.payload == case_payload()
    assert exchange.far.headers["platform"][0]["SOAPAction"] == '"http://schemas.cjse.gov.uk/endpoint/wsdl/submit"'
    assert exchange.far.of("force") == []


WRONG = {"SourceID": "Z00OTHER", "DestinationID": "Z00OTHER", "RequestID": "a b", "ExecMode": "SYNCH"}
NO_CODE = case("f-1", "&gt;TH68010&lt;", "&gt; &lt;")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Timestamp": None}, 300),
        ({"Message": None}, 300),
        ({"Message": "no document"}, 300),
        ({"Message": case_payload()}, 300),
        ({"SourceID": "Z00OTHER"}, 304),
        ({"SourceID": ""}, 304),
        ({"SourceID": "Z00CJSE "}, 304),
        ({"DestinationID": "Z00OTHER"}, 305),
        ({"DestinationID": None}, 305),
        ({"RequestID": ""}, 306),
        ({"RequestID": "a b"}, 306),
        ({"ExecMode": "SYNCH"}, 307),
        ({"ExecMode": None}, 307),
        (WRONG, 304),
        (WRONG | {"SourceID": "z00cjse"}, 305),
        (WRONG | {"SourceID": "z00cjse", "DestinationID": "c00commonplatform"}, 306),
        (WRONG | {"Timestamp": None}, 300),
        ({"Message": NO_CODE}, 309),
    ],
)
def test_what_is_wrong_with_a_delivery_is_answered_by_its_first_code_and_goes_nowhere(
    exchange: Exchange, changes: dict[str, str | None], code: int
) -> None:
    force = exchange.client("force-41")
    body = submit(case()) if not changes else submit(**{"message": case(), **_named(changes)})
    assert code_of(post(force, body)) == code
    assert exchange.hub.ledger.recent(5) == ()
    assert code_of(post(force, submit(case()))) == 1  # the id of a request that was refused is not used up
    exchange.got("platform")
    exchange.settle()
    assert exchange.far.of("force") == []


def _named(changes: dict[str, str | None]) -> dict[str, str | None]:
    """As `submit` takes them: the message first, the rest by the names of elements."""
    return {"message" if name == "Message" else name: text for name, text in changes.items()}


def test_a_retrieve_is_answered_that_there_is_none(exchange: Exchange) -> None:
    body = submit(None).replace(b"SubmitRequestMes", b"RetrieveRequestMes")
    answer = post(exchange.client("force-41"), body)
    assert answer.status == 200
    assert b"<RetrieveResponseMes " in answer.data
    assert b"<ResponseCode>309</ResponseCode><ResponseText>RetrieveNotAvailable<" in answer.data
    assert exchange.hub.ledger.timeline("r-1") == ()


@pytest.mark.parametrize(
    "body", [b"", b"<a/>", b"no", b"<!DOCTYPE a><a/>", submit(None).replace(b"SubmitRequest", b"Other")]
)
def test_what_is_no_call_gets_a_fault(exchange: Exchange, body: bytes) -> None:
    answer = post(exchange.client("force-41"), body)
    assert answer.status == 500
    assert b"<faultcode>soap:Client</faultcode>" in answer.data


def test_who_may_not_call_is_told_so_and_so_is_who_calls_nothing(exchange: Exchange) -> None:
    assert post(exchange.client(None), submit(case())).status == 401
    assert exchange.client("force-41").post("/soap/other", submit(case())).status == 404
    assert exchange.client(None).get("/soap/cjse").status == 404


# --- later


def test_a_case_file_refused_for_its_content_is_answered_1_and_then_with_every_code_and_its_own_ids(
    exchange: Exchange,
) -> None:
    text = case("f-1", *UNREADABLE_DATE).replace("SPINewCase", "SPIOther").replace("<RouteID>1<", "<RouteID>7<")
    text = text.replace("<RouteSourceSystem>04101PoliceCaseSystem<", "<RouteSourceSystem><")
    text = text.replace("<SystemID>", '<SystemID literalvalue="A &quot;label&quot;">')
    assert code_of(post(exchange.client("force-41"), submit(text))) == 1
    [answer] = exchange.got("force")
    exchange.settle()
    assert answer.codes == [1310, 1317, 1359]
    assert answer.ids == {"CorrelationID": "f-1", "SystemID": "Z00CJSE"}
    assert (answer.source, answer.destination) == ("Z00CJSE", "04101PoliceCaseSystem")
    assert [node.get("literalvalue") for node in answer.document.iter("{*}SystemID")] == ['A "label"']
    assert keeps_its_schema(answer)
    assert "DateOfHearing" in texts(answer, "ResponseContext")[0]
    assert texts(answer, "RouteId") == ["7", "7", "7"]
    assert exchange.far.of("platform") == []
    [told] = exchange.hub.ledger.recent(5)
    assert (told.type, told.status) == ("BusinessReceipt", MessageStatus.RECORDED)


def test_a_refusal_is_sent_again_with_the_same_ids_until_its_sender_takes_it(exchange: Exchange) -> None:
    exchange.far.codes["force"] += [201, 200]
    post(exchange.client("force-41"), submit(case("f-1", *UNREADABLE_DATE)))
    exchange.got("force", 3)
    exchange.settle()
    assert len(set(exchange.far.of("force"))) == 1


def test_a_dialect_that_a_party_may_not_send_is_a_stream_that_is_not_allowed(exchange: Exchange) -> None:
    assert code_of(post(exchange.client("platform"), submit(case("c-1"), **FROM_COURTS))) == 1
    [answer] = exchange.got("platform")
    assert (answer.codes, answer.ids["CorrelationID"]) == ([1359], "c-1")


# --- once


def test_the_same_request_gets_the_same_answer_byte_for_byte_and_does_nothing_more(exchange: Exchange) -> None:
    force = exchange.client("force-41")
    first = post(force, submit(case()))
    again = post(force, submit(case()))
    later = post(force, submit(case(), Timestamp="2026-03-02T09:35:00Z"))
    other = post(force, submit(case("f-2", "Sampleton", "Otherton")))
    assert {answer.data for answer in (first, again, later, other)} == {first.data}
    exchange.got("platform")
    exchange.settle()
    assert len(exchange.far.of("platform")) == 1
    assert exchange.far.of("force") == []


def test_a_request_stays_taken_where_its_content_was_refused(exchange: Exchange) -> None:
    force = exchange.client("force-41")
    wrong = submit(case("f-1", *UNREADABLE_DATE))
    first = post(force, wrong)
    exchange.got("force")
    exchange.settle()
    assert post(force, wrong).data == first.data
    assert post(force, submit(case("f-2"))).data == first.data
    exchange.settle()
    assert len(exchange.far.of("force")) == 1
    assert exchange.far.of("platform") == []


@pytest.mark.parametrize("again", [case("F-1", "Z00CJSE", "z00cjse"), case("f-1", "Sampleton", "Otherton")])
def test_the_same_reference_under_another_request_is_refused_as_sent_before(exchange: Exchange, again: str) -> None:
    force = exchange.client("force-41")
    post(force, submit(case("f-1"), "r-1"))
    assert code_of(post(force, submit(again, "r-2"))) == 1
    [answer] = exchange.got("force")
    exchange.got("platform")
    exchange.settle()
    assert answer.codes == [302]
    assert texts(answer, "ResponseContext") == ["PreviouslySent"]
    assert answer.ids["CorrelationID"].casefold() == "f-1"
    assert len(exchange.far.of("platform")) == 1


def test_a_reference_that_failed_is_used_up_and_both_errors_are_told(exchange: Exchange) -> None:
    force = exchange.client("force-41")
    post(force, submit(case("f-1", *UNREADABLE_DATE), "r-1"))
    exchange.got("force")
    post(force, submit(case("f-1", "2027-03-20", "21 March"), "r-2"))
    post(force, submit(case("f-1"), "r-3"))
    codes = sorted(one.codes for one in exchange.got("force", 3))
    exchange.settle()
    assert codes == [[302], [302, 1310], [1310]]
    assert exchange.far.of("platform") == []


def test_posts_of_one_request_at_once_are_one_message(exchange: Exchange) -> None:
    force = exchange.client("force-41")
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda _: post(force, submit(case())), range(24)))
    assert {(one.status, one.data) for one in got} == {(200, got[0].data)}
    exchange.got("platform")
    exchange.settle()
    assert (len(exchange.far.of("platform")), exchange.far.of("force")) == (1, [])


def test_of_posts_of_one_reference_at_once_one_is_delivered_and_each_other_told(exchange: Exchange) -> None:
    force = exchange.client("force-41")
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda n: code_of(post(force, submit(case(), f"r-{n}"))), range(16)))
    assert set(got) == {1}
    told = exchange.got("force", 15)
    exchange.got("platform")
    exchange.settle()
    assert [one.codes for one in told] == [[302]] * 15
    assert len(exchange.far.of("platform")) == 1


def test_the_same_ids_from_another_party_are_others(exchange: Exchange) -> None:
    post(exchange.client("force-41"), submit(case("x-1").replace("Z00CJSE<", "C00CommonPlatform<"), "r-1"))
    body = submit(result("x-1", payload("spi-result/adjourned")), "r-1", **FROM_COURTS)
    assert code_of(post(exchange.client("platform"), body)) == 1
    [sent] = exchange.got("platform")
    exchange.settle()
    assert sent.payload == case_payload()
    assert sorted(one.type for one in exchange.hub.ledger.recent(5)) == ["CaseFileSubmission", "HearingResulted"]


# --- there and back


def test_a_result_comes_back_to_the_force_and_a_refusal_of_it_goes_back_to_the_courts(exchange: Exchange) -> None:
    post(exchange.client("force-41"), submit(case("f-1")))
    exchange.got("platform")
    text = payload("spi-result/adjourned")
    post(exchange.client("platform"), submit(result("cp-9", text), "cp-r-9", **FROM_COURTS))
    [sent] = exchange.got("force")
    assert sent.payload == text
    assert sent.ids["CorrelationID"] == sent.request != "cp-9"
    assert texts(sent, "RouteDestinationSystem") == ["04101PoliceCaseSystem"]
    refused = submit(route_data_resp(sent.ids, 1310), "f-r-1")
    assert code_of(post(exchange.client("force-41"), refused)) == 1
    [_, answer] = exchange.got("platform", 2)
    assert (answer.codes, answer.ids) == ([1310], {"CorrelationID": "cp-9", "SystemID": "C00CommonPlatform"})


def test_a_refusal_by_the_platform_finds_its_way_to_the_force_with_the_ids_of_the_force(exchange: Exchange) -> None:
    post(exchange.client("force-41"), submit(case("f-77"), "r-77"))
    [sent] = exchange.got("platform")
    exchange.settle()
    refused = submit(route_data_resp(sent.ids, 1318, 1310), "cp-1", SourceID="B00LIBRA", DestinationID="Z00CJSE")
    assert code_of(post(exchange.client("platform"), refused)) == 1
    [answer] = exchange.got("force")
    exchange.settle()
    assert (answer.codes, answer.ids) == ([1310, 1318], {"CorrelationID": "f-77", "SystemID": "Z00CJSE"})
    assert keeps_its_schema(answer)
    assert texts(answer, "ResponseContext") == ["why 1310", "why 1318"]
    assert answer.request not in ("r-77", "cp-1", sent.request)
    assert len(exchange.far.of("platform")) == 1
    events = wait_until(lambda: [one for one in exchange.hub.ledger.feed_after(0, "force-41", 20) if "OI-" in one.body])
    assert [one.type for one in events] == ["BusinessReceipt"]


def test_the_map_of_ids_outlives_a_restart(tmp_path: Path, far: Neighbours) -> None:
    with between(tmp_path, far) as before:
        first = post(before.client("force-41"), submit(case("f-5"), "r-5"))
        [sent] = before.got("platform")
        before.settle()
    with between(tmp_path, far) as after:
        assert post(after.client("force-41"), submit(case("f-5"), "r-5")).data == first.data
        post(after.client("platform"), submit(route_data_resp(sent.ids, 1317), **FROM_COURTS))
        [told] = after.got("force")
        assert (told.codes, told.ids["CorrelationID"]) == ([1317], "f-5")
        assert len(far.of("platform")) == 1


def test_an_answer_to_nothing_that_this_party_was_sent_is_taken_and_told_to_nobody(exchange: Exchange) -> None:
    post(exchange.client("force-41"), submit(case()))
    [sent] = exchange.got("platform")
    exchange.settle()
    stranger = submit(route_data_resp({"CorrelationID": "no-such", "SystemID": "Z00CJSE"}, 1310), "r-8")
    foreign = submit(route_data_resp(sent.ids, 1310), "r-9")  # what it speaks of was sent to another
    for body in (stranger, foreign):
        assert code_of(post(exchange.client("force-41"), body)) == 1
    exchange.settle()
    assert exchange.far.of("force") == []
    assert len(exchange.far.of("platform")) == 1


# --- as a client


@pytest.mark.parametrize(
    ("code", "status"),
    [(300, DeliveryStatus.DEAD), (304, DeliveryStatus.DEAD), (309, DeliveryStatus.INVALID)],
)
def test_a_code_from_300_on_ends_the_delivery(exchange: Exchange, code: int, status: DeliveryStatus) -> None:
    exchange.far.codes["platform"] += [code]
    post(exchange.client("force-41"), submit(case()))
    exchange.got("platform")
    [message] = exchange.hub.ledger.recent(1)
    wait_until(lambda: exchange.hub.ledger.deliveries_of(message.id)[0].status is status)
    assert len(exchange.far.of("platform")) == 1


def test_a_code_of_the_two_hundreds_asks_for_the_same_again(exchange: Exchange) -> None:
    exchange.far.codes["platform"] += [200, 201, 202]
    post(exchange.client("force-41"), submit(case()))
    exchange.got("platform", 4)
    exchange.settle()
    assert len(set(exchange.far.of("platform"))) == 1


# --- layers within layers


def test_comments_cdata_and_entities_escaped_twice_come_through_unescaped_exactly_once(exchange: Exchange) -> None:
    inner = case_payload().replace("Stole goods.", "Under 3 &lt; 4 &amp;amp; more<!-- a note -->.")
    assert "&amp;amp;" in inner
    text = ROUTE_DATA.format(id="f-1", payload=f"<![CDATA[{inner}]]>").replace("<Routes", "<!-- a route --><Routes")
    assert code_of(post(exchange.client("force-41"), submit(text))) == 1
    [sent] = exchange.got("platform")
    assert sent.payload == inner
    exchange.settle()
    [message] = exchange.hub.ledger.recent(1)
    assert b"Under 3 &lt; 4 &amp;amp; more." in (exchange.hub.ledger.canonical(message.id) or b"")


# --- when it goes badly


@dataclass
class _Blocks:
    f_bavail: int = 1
    f_frsize: int = 4096
    f_blocks: int = 100
    f_bfree: int = 1


def test_where_nothing_can_be_kept_the_caller_is_asked_to_send_the_same_again(exchange: Exchange) -> None:
    hub = exchange.hub
    room = replace(hub.flow.room, folder=Path("/"), min_free_percent=5, statvfs=lambda _: _Blocks())
    with web_door(replace(hub, flow=replace(hub.flow, room=room))) as client:
        assert code_of(post(client("force-41"), submit(case()))) == 201
    assert hub.ledger.recent(5) == ()
    assert code_of(post(exchange.client("force-41"), submit(case()))) == 1
    exchange.got("platform")


def test_calls_are_judged_alike_in_a_process_apart(tmp_path: Path, far: Neighbours) -> None:
    with running_hub(tmp_path, {"force-41": FORCE.format(url=far.url)}, judges=1) as hub, web_door(hub) as client:
        force = client("force-41")
        assert code_of(post(force, submit(case(), SourceID="Z00OTHER"))) == 304
        assert code_of(post(force, submit(case("f-1", *UNREADABLE_DATE)))) == 1
        assert post(force, b"<a/>").status == 500
        wait_until(lambda: far.of("force"))
        assert submitted(far.of("force")[0]).codes == [1310]


def test_a_business_rule_that_refuses_by_configuration_is_told_with_its_published_code(
    tmp_path: Path, far: Neighbours
) -> None:
    (tmp_path / "config").mkdir()
    rule = '[ARREST_DATE_IN_FUTURE]\nseverity = "error"\ninitiation = ["CHARGE"]\n'
    (tmp_path / "config" / "rules.toml").write_text(rule, encoding="utf-8")
    with between(tmp_path, far) as exchange:
        force = exchange.client("force-41")
        late = case("f-1", "ArrestDate&gt;2026-02-01&lt;", "ArrestDate&gt;2999-02-01&lt;")
        assert code_of(post(force, submit(late))) == 1
        [answer] = exchange.got("force")
        assert (answer.codes, texts(answer, "Description")) == ([1310], ["UnusableDataStream"])
        [words] = texts(answer, "ResponseContext")
        assert words.startswith("ARREST_DATE_IN_FUTURE /Case/Defendant[1]/Offence[1]/ArrestDate: ")
        assert keeps_its_schema(answer)
        assert far.of("platform") == []


def test_a_business_rule_that_warns_sends_nothing_back(exchange: Exchange) -> None:
    late = case("f-1", "ArrestDate&gt;2026-02-01&lt;", "ArrestDate&gt;2999-02-01&lt;")
    assert code_of(post(exchange.client("force-41"), submit(late))) == 1
    exchange.got("platform")
    exchange.settle()
    assert exchange.far.of("force") == []
