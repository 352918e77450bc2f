"""The exchange's service, as an independent SOAP client and recorded real messages call it."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import requests
import zeep
from zeep.transports import Transport

from hub.assemble import Hub
from hub.document.xml import parse
from tests.doubles.exchange import Neighbours, neighbours
from tests.hops import FORCE, PLATFORM, SUBMIT, TYPES, code_of, post, submit, submitted
from tests.hubs import Client, running_hub, wait_until, web_door
from tests.papers import ROUTE_DATA, case_file

Doors = tuple[Hub, Client, Neighbours]
Send = Callable[[Mapping[str, str]], int]

# police-spi 7 and 1.2: the code of the answer to a submit where it is not 1
AT_ONCE = {
    "af-SPI_In_Message_invalid.xml": 305,
    "em-errors-MDINoDestinationId.xml": 305,
    "em-errors-MDINoRequestId.xml": 306,
}
# police-spi 7 and 5.3: the codes of the RouteDataResp. Three messages have one CorrelationID and SystemID: 302
LATER = {
    "af-SPI_In_Message.xml": [1310],
    "em-MultipleDefendantAllfields.xml": [1310],
    "em-OIValidationForMandatoryFields.xml": [301, 306, 307, 1317, 1318, 1359],
    "em-OIValidationMalformedXml.xml": [1310],
    "sc-IndividualDefendantAllfields.xml": [302, 1310],
    "sc-SingleDefendantSingeOffence.xml": [1310],
    "vr-IndividualDefendantAllfields.xml": [302],
}
ANSWERS = {"af-SPI_In_Message_Async_Response.xml", "em-async-response-from-cjse.xml"}
NO_SUBMIT = "em-CjseResponse.xml"  # what the service answers


@pytest.fixture
def doors(tmp_path: Path) -> Iterator[Doors]:
    with neighbours() as far:
        force = FORCE.replace("04101PoliceCaseSystem", "00501PoliceCaseSystem").format(url=far.url)
        parties = {"force-41": force, "platform": PLATFORM.format(url=far.url)}
        with running_hub(tmp_path, parties) as hub, web_door(hub) as client:
            yield hub, client("force-41"), far


@pytest.fixture
def service(doors: Doors) -> zeep.Client:
    """A client that knows nothing but what the hub says of itself."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {doors[1].key}"
    return zeep.Client(f"{doors[1].url}/soap/cjse?wsdl", transport=Transport(session=session, timeout=10))


def fields(name: str, text: str, number: int) -> dict[str, str]:
    """A sample as the fields of a submit, its placeholders filled: bare ones from `Z00CJSE` to `B00LIBRA`."""
    ids = {"CORRELATION_ID": f"corr-{number}", "REQUEST_ID": f"req-{number}", "SYSTEM_ID": "Z00CJSE"}
    for placeholder, value in {**ids, "URN_NUMBER": f"05PP10{number:03}18"}.items():
        text = text.replace(placeholder, value)
    root = parse(text.encode())
    if root.tag.endswith("}Envelope"):
        return {node.tag.removeprefix(TYPES): "".join(node.itertext()) for node in root[0][0]}
    if root.tag.endswith("}NewCaseMessage"):
        text = route_data(text, f"corr-{number}")
    return {**SUBMIT, "RequestID": f"req-{number}", "Message": text}


def route_data(payload: str, correlation: str) -> str:
    """A bare payload in RouteData."""
    return ROUTE_DATA.format(id=correlation, payload=f"<![CDATA[{payload}]]>")


def check_every_sample(doors: Doors, samples: Path, send: Send, without: frozenset[str] = frozenset()) -> None:
    """Send every sample, and see that each gets its code at once, and later its codes and nothing else."""
    hub, _, far = doors
    files = sorted(path for path in (samples / "police").glob("*.xml") if path.name not in without | {NO_SUBMIT})
    assert len(files) > 20
    expected, accepted = [], 0
    for number, path in enumerate(files):
        held = fields(path.name, path.read_text(encoding="utf-8"), number)
        code = send(held)
        assert (path.name, code) == (path.name, AT_ONCE.get(path.name, 1))
        if code == 1 and path.name in LATER:
            expected.append((path.name, LATER[path.name]))
            told = wait_until(lambda: (got := far.of("force")) and len(got) == len(expected) and submitted(got[-1]))
            assert (path.name, told.codes) == expected[-1]
        elif code == 1 and path.name not in ANSWERS:
            accepted += 1
    wait_until(lambda: not any(hub.ledger.counts().slips.values()) and not hub.ledger.undelivered())
    assert (len(far.of("force")), len(far.of("platform"))) == (len(expected), accepted)


def test_every_recorded_sample_gets_the_codes_that_the_published_rules_give_it(doors: Doors, samples: Path) -> None:
    def send(held: Mapping[str, str]) -> int:
        absent = dict.fromkeys(SUBMIT.keys() - held.keys())
        rest = {name: text for name, text in held.items() if name not in ("RequestID", "Message")}
        return code_of(
            post(doors[1], submit(held["Message"], **{**rest, **absent, "RequestID": held.get("RequestID")}))
        )

    check_every_sample(doors, samples, send)


def test_an_independent_client_submits_every_sample_that_it_can_build(
    doors: Doors, service: zeep.Client, samples: Path
) -> None:
    def send(held: Mapping[str, str]) -> int:
        answer = service.service.submit(**{**held, "DestinationID": [held["DestinationID"]]})
        assert answer.RequestID == held["RequestID"]
        assert answer.ResponseText == "Success"
        return int(answer.ResponseCode)

    check_every_sample(doors, samples, send, frozenset(AT_ONCE))  # it makes no submit that breaks the schema


def test_an_independent_client_built_from_the_description_of_the_hub_submits_and_retrieves(
    doors: Doors, service: zeep.Client
) -> None:
    text = case_file("z-1").decode()
    taken = service.service.submit(**{**SUBMIT, "DestinationID": ["Z00OTHER", "B00LIBRA"], "Message": text})
    assert (taken.RequestID, taken.ResponseCode, taken.ResponseText) == ("r-1", 1, "Success")
    wrong = service.service.submit(**{**SUBMIT, "DestinationID": ["Z00OTHER"], "Message": text})
    assert (wrong.ResponseCode, wrong.ResponseText) == (305, "WrongDestination")
    wait_until(lambda: doors[2].of("platform"))
    [port] = service.wsdl.services["CJSEService"].ports.values()
    assert (port.name, port.binding_options["address"]) == ("Delivery", f"{doors[1].url}/soap/cjse")
    with service.settings(strict=False):  # the answer to a retrieve has no TimeLast, as that of the real one (1.1)
        none = service.service.retrieve(RequestID="r-2", SourceID="Z00CJSE")
    assert (none.RequestID, none.ResponseCode, none.ResponseText) == ("r-2", 309, "RetrieveNotAvailable")


def test_the_schemas_of_every_layer_are_served_beside_the_description(doors: Doors) -> None:
    client = doors[1]
    for name in ("endpoint", "operations", "businessentities", "businesstypes", "spi", "bs7666"):
        answer = client.get(f"/soap/cjse?xsd={name}.xsd")
        assert answer.status == 200
        for node in parse(answer.data).iter("{http://www.w3.org/2001/XMLSchema}import"):
            assert client.get(f"/soap/cjse{node.get('schemaLocation')}").status == 200
    assert client.get("/soap/cjse?xsd=../../secrets").status == 404
