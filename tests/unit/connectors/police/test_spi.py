"""Case files in, results out: what concerns police alone."""

from dataclasses import replace

from lxml import etree

from connectors.courts.spi import ResultReader
from connectors.police.spi import CaseReader, ResultWriter
from hub.contract import Outbound, Part, Recipient, ReportKind
from hub.document.xml import parse, parse_inner, text_of
from hub.message.case import CaseFileSubmission
from hub.message.envelope import Message, Mode
from hub.message.hearing import HearingResulted
from tests.doubles.spi import STAMP, TABLES, decoded, message, opened, sample

POLICE = Recipient(party="anyforce", agency="police", system="00101PoliceCaseSystem")


def result(name: str) -> Message:
    held, *_ = decoded(ResultReader(), sample(f"spi-result/{name}"))
    return message(held, "spi-result")


def sent(held: Message, verbatim: str | None = None, **options: str) -> Outbound:
    return ResultWriter().encode(Part(message=held, verbatim=verbatim), replace(POLICE, options=options), STAMP, TABLES)


def pleas(outbound: Outbound) -> list[str]:
    content = next(node for node in parse(outbound.body).iter() if etree.QName(node).localname == "DataStreamContent")
    payload = parse_inner(text_of(content), content)[0]
    return [node.text or "" for node in payload.iter() if etree.QName(node).localname == "Plea"]


def test_a_case_file_names_the_system_at_its_end_of_the_route_and_the_senders_own_id() -> None:
    (held,) = decoded(CaseReader(), sample("spi-case/every-field"))
    assert isinstance(held.body, CaseFileSubmission)
    assert (held.system, held.reference) == ("04201PoliceCaseSystem", "04201PoliceCaseSystem/AF-2026-000077")
    assert held.occurred_at is None


def test_a_test_flag_is_kept_and_does_not_make_the_message_a_test() -> None:
    text = sample("spi-case/every-field").replace("<TestOperation>0<", "<TestOperation>1<")
    (held,) = decoded(CaseReader(), text)
    assert held.mode is Mode.LIVE
    assert opened(CaseReader(), text).ids["TestOperation"] == "1"


def test_a_finding_names_its_place_and_the_position_of_its_offence() -> None:
    text = sample("spi-case/every-field").replace("RT88333", "rt88-333")
    (held,) = decoded(CaseReader(), text)
    (finding,) = held.findings
    assert finding.code == "OFFENCE_CODE_FORMAT"
    assert finding.path == "/NewCaseMessage/Case/Defendant/Offence[2]/BaseOffenceDetails/OffenceCode"
    assert finding.offence == 2


def test_an_offence_is_known_by_its_position_and_not_by_the_number_printed_on_it() -> None:
    text = sample("spi-case/two-defendants").replace(">2</DC:OffenceSequenceNumber>", ">1</DC:OffenceSequenceNumber>")
    (held,) = decoded(CaseReader(), text)
    assert isinstance(held.body, CaseFileSubmission)
    assert [[one.position for one in who.offences] for who in held.body.defendants] == [[1, 2], [1]]


def test_the_welsh_of_a_text_is_parted_from_its_english() -> None:
    (held,) = decoded(CaseReader(), sample("spi-case/welsh"))
    assert isinstance(held.body, CaseFileSubmission)
    (offence,) = held.body.defendants[0].offences
    assert (offence.facts, offence.facts_welsh) == (
        "The speed was measured by a camera.",
        "Mesurwyd y cyflymder gan gamera ŵyl.",
    )


def test_a_result_goes_to_the_system_of_the_police_in_the_name_of_the_one_that_sent_it() -> None:
    text = sent(result("adjourned")).body.decode()
    assert "<SystemID>C00CommonPlatform</SystemID>" in text
    assert "<RouteDestinationSystem>00101PoliceCaseSystem</RouteDestinationSystem>" in text


def test_without_a_police_system_a_result_goes_to_the_known_fallback_and_that_is_reported() -> None:
    outbound = ResultWriter().encode(Part(message=result("adjourned")), replace(POLICE, system=None), STAMP, TABLES)
    assert b"<RouteDestinationSystem>00001NPPforB7</RouteDestinationSystem>" in outbound.body
    assert [report.path for report in outbound.reports] == ["/RouteData/Routes/Route/RouteDestinationSystem"]


def test_a_missing_plea_stays_missing_unless_the_recipient_needs_one() -> None:
    assert pleas(sent(result("irregular"))) == []
    outbound = sent(result("irregular"), plea_when_absent="3")
    assert pleas(outbound) == ["3"]
    (report,) = outbound.reports
    assert (report.kind, report.path) == (
        ReportKind.DEFAULTED,
        "/ResultedCaseMessage/Session/Case/Defendant/Offence[1]/Plea",
    )


def test_a_plea_that_is_needed_is_put_into_what_would_otherwise_go_as_it_stood() -> None:
    verbatim = opened(ResultReader(), sample("spi-result/irregular")).payload
    assert verbatim is not None
    assert pleas(sent(result("irregular"), verbatim, plea_when_absent="3")) == ["3"]
    assert pleas(sent(result("adjourned"), None, plea_when_absent="3")) == ["1"]


def test_a_result_of_several_defendants_is_a_message_for_each_that_has_a_result() -> None:
    held = result("adjourned")
    assert isinstance(held.body, HearingResulted)
    (one,) = held.body.defendants
    without = replace(one, offences=tuple(replace(offence, results=()) for offence in one.offences))
    many = replace(held, body=replace(held.body, defendants=(without, one, one)))
    parts = ResultWriter().split(many)
    assert [part.label for part in parts] == ["defendant 2", "defendant 3"]
    assert [part.message.body for part in parts] == [held.body, held.body]
    assert ResultWriter().split(held) == (Part(message=held),)
