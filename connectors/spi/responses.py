"""RouteDataResp out: a refusal of content goes back to whoever sent it, by the hop by which it came (police-spi 5.3).

Rule: it names the ids of the hop on which it goes, which stand in the message as the hub made it. Whether the hub
refuses or another system did, the codes are those of the routing layer, each once and in ascending order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from connectors.spi.answers import judge
from connectors.spi.codes import ROUTE_TEXTS, UNUSABLE, route_code
from connectors.spi.hops import ANSWER, Status, route_data_resp
from connectors.spi.outgoing import ENVELOPE_OPTION, EXCHANGE, SUBMIT_ACTION, Route, submit
from hub.contract import Judgement, Outbound, Part, PeerAnswer, Recipient, Stamp
from hub.contract.tables import Tables
from hub.message.envelope import Message
from hub.message.errors import Defect, Severity
from hub.message.hops import Block, Hop
from hub.message.notice import BusinessReceipt, Problem

STATUS = "OperationStatus/"
"""How the parts of a status begin that a peer wrote, and that go on as they are: OperationStatus/1/Description."""


@dataclass(frozen=True, slots=True)
class AnswerWriter:
    """Writes a refusal as a RouteDataResp."""

    dialect: str = ANSWER
    sends: frozenset[str] = frozenset({"BusinessReceipt"})
    announces: bool = False

    def split(self, message: Message) -> Sequence[Part]:
        """The whole answer in one part."""
        return (Part(message=message),)

    def encode(self, part: Part, recipient: Recipient, stamp: Stamp, tables: Tables) -> Outbound:
        """The answer, in a submit where the recipient takes its messages so."""
        message = part.message
        if not isinstance(message.body, BusinessReceipt):
            raise Defect(f"a {type(message.body).__name__} cannot be sent as {ANSWER}")
        held: Block = tuple((one.path, one.text) for one in message.unmapped)
        block = tuple(pair for pair in held if not pair[0].startswith(STATUS))
        body = route_data_resp(block, list(_statuses(message.body.problems, dict(held))))
        made = Outbound(
            body=body.encode(),
            content_type="text/xml; charset=utf-8",
            name=f"{stamp.id}.xml",
            hop=Hop(request=stamp.id),
        )
        if recipient.options.get(ENVELOPE_OPTION) != "SOAP":
            return made
        far = recipient.system or EXCHANGE
        route = Route(system=EXCHANGE, source=EXCHANGE, destination=far, stream="")
        whole = submit(body, route, recipient, stamp).encode()
        return replace(made, body=whole, headers={"SOAPAction": SUBMIT_ACTION})

    def judge(self, answer: PeerAnswer) -> Judgement:
        """By the code of the answer, else by its HTTP status."""
        return judge(answer)


def _statuses(problems: Sequence[Problem], held: dict[str, str]) -> Iterator[Status]:
    """A status for each code. Those that a peer wrote keep its words; of ours, 1310 says what is wrong and where."""
    errors = [one for one in problems if one.severity is Severity.ERROR]
    if any(name.startswith(STATUS) for name in held):
        numbered = enumerate(errors, 1)
        yield from sorted(_theirs(route_code(one.code), held, f"{STATUS}{number}/") for number, one in numbered)
        return
    for code in sorted({route_code(one.code) for one in errors} or {UNUSABLE}):
        details = [f"{one.code} {one.path}: {one.words}" for one in errors if route_code(one.code) == code]
        if code == UNUSABLE and details:
            yield Status(code, " | ".join(details), ROUTE_TEXTS[code])
        else:
            yield Status(code, ROUTE_TEXTS.get(code, "refused"))


def _theirs(code: int, held: dict[str, str], at: str) -> Status:
    return Status(
        code,
        held.get(f"{at}ResponseContext", ""),
        held.get(f"{at}Description", ""),
        held.get(f"{at}StatusClass", "") or "FatalError",
    )
