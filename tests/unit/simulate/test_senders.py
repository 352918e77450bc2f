"""Senders: they go on with the same key and bytes until the hub has said something, and know what it should say."""

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from hub.simulate.senders import Senders
from hub.simulate.story import Expected, Step

RECEIPT = b'{"status":"accepted","messages":[{"id":"m-1"}]}'
REASONS = json.dumps({"faults": [{"rule": "xml-malformed"}, {"rule": "xml-malformed"}]}).encode()


class Door:
    """A hub's door that gives the answers it was told to, in order, the last one for ever."""

    def __init__(self, *answers: tuple[int, bytes]) -> None:
        self.came: list[tuple[str, bytes]] = []
        self._answers = list(answers)
        self._server = HTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def _handler(door: "Door") -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                door.came.append((self.headers["Idempotency-Key"], body))
                status, answer = door._answers.pop(0) if len(door._answers) > 1 else door._answers[0]
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler

    def __enter__(self) -> "Door":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"


def step(expected: Expected = Expected.TAKEN, body: bytes = b"<a/>") -> Step:
    return Step(title="t", sender="force", body=body, content_type="application/xml", key="k-1", expected=expected)


def senders_for(door: Door, patience: float = 10) -> Senders:
    return Senders(door.url, {"force": "key"}, {}, patience)


def test_a_sender_goes_on_with_the_same_key_and_bytes_while_the_hub_is_away() -> None:
    with Door((503, b""), (429, b""), (202, RECEIPT)) as door:
        senders = senders_for(door)
        sent = senders.send(step())
        senders.close()
    assert (sent.as_expected, sent.attempts, sent.messages) == (True, 3, ("m-1",))
    assert door.came == [("k-1", b"<a/>")] * 3


def test_a_refusal_is_final_and_its_rules_are_told_once() -> None:
    with Door((422, REASONS)) as door:
        senders = senders_for(door)
        sent = senders.send(step(Expected.REFUSED))
        senders.close()
    assert (sent.as_expected, sent.attempts, sent.said) == (True, 1, "refused: xml-malformed")


def test_a_repeat_must_be_given_the_first_receipt_byte_for_byte() -> None:
    with Door((202, RECEIPT), (202, RECEIPT + b" ")) as door:
        senders = senders_for(door)
        senders.send(step())
        sent = senders.send(step(Expected.SAME_RECEIPT))
        senders.close()
    assert not sent.as_expected


def test_a_hub_that_does_not_know_the_key_of_a_sender_is_a_surprise() -> None:
    with Door((401, b"")) as door:
        senders = senders_for(door)
        sent = senders.send(step())
        senders.close()
    assert (sent.as_expected, sent.said) == (False, "the hub answered 401")


def test_patience_comes_to_an_end() -> None:
    with Door((503, b"")) as door:
        senders = senders_for(door, patience=0.3)
        sent = senders.send(step())
        senders.close()
    assert not sent.as_expected
    assert sent.attempts >= 2


def test_a_sender_by_folder_reads_the_answer_beside_its_file_and_takes_it_away(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    senders = Senders("http://127.0.0.1:1", {}, {"force": folder}, 10)

    def hub() -> None:
        while not (folder / "k-1.xml").exists():
            pass
        taken = folder / "taken"
        taken.mkdir()
        (taken / "k-1.xml.receipt.json").write_bytes(RECEIPT)
        (folder / "k-1.xml").rename(taken / "k-1.xml")

    thread = Thread(target=hub)
    thread.start()
    sent = senders.send(step())
    thread.join()
    assert (sent.as_expected, sent.messages) == (True, ("m-1",))
    assert not list((folder / "taken").iterdir())
