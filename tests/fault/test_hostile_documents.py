"""Hostile documents against a running hub: each gets a clear answer at once, costs little, and is kept; none makes the
hub open a file or a connection.
"""

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
import urllib3

from hub.assemble import clock, new_id
from hub.ledger import Ledger
from hub.ledger.engine import open_ledger
from hub.simulate.process import free_port
from hub.web.access import hash_key, new_key
from tests.hubs import COURT, FORCE, wait_until
from tests.papers import case_file

ROOT = Path(__file__).resolve().parent.parent.parent
CANARY = "file:///etc/hostname"
TIMES = 5
BULK = 1_000_000  # bytes from which receiving them costs something too
AT_ONCE = 0.05  # seconds of processors
SOME_MEMORY = 20 * 1024 * 1024
MORE_MEMORY = 50 * 1024 * 1024
HOSTILE = {
    "an external entity": f'<!DOCTYPE r [<!ENTITY x SYSTEM "{CANARY}">]><r>&x;</r>'.encode(),
    "an entity bomb": b"<!DOCTYPE r ["
    + b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10 if n else b"aaaaaaaaaa") for n in range(10))
    + b"]><r>&a9;</r>",
    "an external DTD": b'<!DOCTYPE r SYSTEM "http://127.0.0.1:9/x.dtd"><r/>',
    "a quadratic blow-up": b'<!DOCTYPE r [<!ENTITY a "' + b"a" * 50_000 + b'">]><r>' + b"&a;" * 50_000 + b"</r>",
    "a parameter entity": b"<!DOCTYPE r [<!ENTITY % p \"<!ENTITY x 'y'>\"> %p;]><r>&x;</r>",
    "an attribute default of a DTD": b'<!DOCTYPE r [<!ATTLIST r a CDATA "x">]><r/>',
    "a document 200,000 deep": b"<a>" * 200_000 + b"</a>" * 200_000,
    "two million small elements": b"<r>" + b"<a/>" * 2_000_000 + b"</r>",
    "100,000 attributes": b"<r " + b" ".join(b'a%d="1"' % n for n in range(100_000)) + b"/>",
    "100,000 namespaces": b"<r " + b" ".join(b'xmlns:a%d="u:%d"' % (n, n) for n in range(100_000)) + b"/>",
    "JSON 100,000 deep": b"[" * 100_000,
    "UTF-7": b'<?xml version="1.0" encoding="UTF-7"?>+ADw-x+AD4-',
    "compressed bytes": b"\x1f\x8b\x08\x00" + os.urandom(2000),
}


@dataclass(frozen=True)
class Running:
    """A hub in a process of its own."""

    url: str
    key: str
    process: subprocess.Popen[bytes]
    data: Path
    pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False))

    def post(self, body: bytes) -> urllib3.BaseHTTPResponse:
        """Post a document."""
        headers = {"Authorization": f"Bearer {self.key}"}
        return self.pool.request("POST", self.url + "/v1/messages", body=body, headers=headers, timeout=20)

    def spent(self) -> float:
        """Processor seconds of the hub and of every process below it."""
        return sum(_ticks(pid) for pid in _family(self.process.pid)) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> int:
        """Resident bytes of the hub and of every process below it."""
        return sum(_resident(pid) for pid in _family(self.process.pid))


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (FileNotFoundError, ProcessLookupError):
        return 0


def _ticks(pid: int) -> int:
    said = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(said[11]) + int(said[12])


def _family(pid: int) -> list[int]:
    below = [
        int(one) for task in Path(f"/proc/{pid}/task").iterdir() for one in (task / "children").read_text().split()
    ]
    return [pid, *(each for child in below for each in _family(child))]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("hostile")
    parties = folder / "config" / "parties"
    parties.mkdir(parents=True)
    for code, text in (("force-41", FORCE), ("court", COURT)):
        (parties / f"{code}.toml").write_text(text.format(folder=folder))
    data, port, key = folder / "data", free_port(), new_key("force-41")
    data.mkdir()
    ledger = open_ledger(f"sqlite:///{data / 'hub.sqlite'}", clock, new_id)
    ledger.add_key("force-41", hash_key(key), "test", ("submit", "read"))
    ledger.close()
    words = ["serve", "--port", str(port), "--config", str(folder / "config"), "--data", str(data)]
    process = subprocess.Popen([sys.executable, "-m", "hub", *words], cwd=ROOT, stderr=subprocess.DEVNULL)
    made = Running(f"http://127.0.0.1:{port}", key, process, data)
    try:
        wait_until(lambda: _alive(made.url), 30)
        for number in range(8):  # once started: every judge has judged, and has explained a refusal
            assert made.post(case_file(f"warm-{number}", f"41ZD00{number:03d}26", sequence=number + 1)).status == 202
            assert made.post(case_file(f"cold-{number}").replace(b"TH68010", b"TH680100000")).status == 422
        yield made
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _alive(url: str) -> bool:
    try:
        return urllib3.request("GET", url + "/readyz", retries=False, timeout=1).status == 200
    except urllib3.exceptions.HTTPError:
        return False


@pytest.mark.promise(
    "Hostile documents",
    "XML and JSON made to fill a parser's memory or time: entity bombs, quadratic blow-ups, depth, numbers of elements, attributes and namespaces, encodings",
    holds="each is refused with the rule that it breaks, for less than 50 ms of processors and 20 MB (one of more than a megabyte: 100 ms and 50 MB), kept, and in the audit",
)
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_at_once_and_for_little_memory(
    running: Running, name: str, figure: Callable[[str], None]
) -> None:
    bulk = len(HOSTILE[name]) > BULK
    times = 1 if bulk else TIMES
    idle, before, took = running.memory(), running.spent(), []
    for _ in range(times):
        start = time.monotonic()
        answer = running.post(HOSTILE[name])
        took.append(time.monotonic() - start)
    spent, grown = (running.spent() - before) / times, running.memory() - idle
    assert answer.status == 422
    faults = answer.json()["faults"]
    assert all(fault["rule"] and fault["words"] for fault in faults)
    rules = {fault["rule"] for fault in faults}
    with ledger_of(running) as ledger:
        row = ledger.submission(answer.json()["submission"])
        assert row is not None
        assert {fault["rule"] for fault in json.loads(row.faults)} == rules
        assert [line.action for line in ledger.audit_of("submission", row.id)] == ["refused"]
    figure(
        f"refused as {', '.join(sorted(rules))} for {spent * 1000:.0f} ms of processors each, after {min(took) * 1000:.0f} ms "
        f"({max(took) * 1000:.0f} at most); memory {grown / 1e6:+.1f} MB after {times}"
    )
    assert spent < (2 * AT_ONCE if bulk else AT_ONCE), f"{spent:.3f} s"
    assert max(took) < 1.0, f"{max(took):.2f} s"
    assert grown < (MORE_MEMORY if bulk else SOME_MEMORY), f"{grown / 1e6:.0f} MB"


@contextmanager
def ledger_of(running: Running) -> Iterator[Ledger]:
    """Its ledger, beside it."""
    ledger = open_ledger(f"sqlite:///{running.data / 'hub.sqlite'}", clock, new_id)
    try:
        yield ledger
    finally:
        ledger.close()


def test_what_was_refused_is_kept_and_the_hub_goes_on(running: Running) -> None:
    refused = running.post(HOSTILE["an external entity"]).json()
    receipt = running.post(case_file("after", "41ZD0099926", sequence=99)).json()
    assert receipt["status"] == "accepted"
    with ledger_of(running) as ledger:
        assert ledger.raw(refused["submission"]) == HOSTILE["an external entity"]


def reaching(where: str) -> dict[str, bytes]:
    """Documents that would have their reader fetch `where`, in each way that there is."""
    case = case_file("reaching", "41ZD0077726", sequence=77).decode()
    schema = f'xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:schemaLocation="http://www.dca.gov.uk/xmlschemas/libra {where}"'
    fetch = f'<v:value-of xmlns:v="http://www.w3.org/1999/XSL/Transform" select="document(\'{where}\')"/>'
    inside = {
        "XInclude": f'<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="{where}" parse="text"/>',
        "XInclude, escaped": escape(
            f'<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="{where}" parse="text"/>'
        ),
        "XSLT document()": escape(fetch),
        "XSD include": escape(
            f'<s:schema xmlns:s="http://www.w3.org/2001/XMLSchema"><s:include schemaLocation="{where}"/></s:schema>'
        ),
    }
    word = escape("</OffenceWording>")
    made = {name: case.replace(word, f"{text}{word}", 1) for name, text in inside.items()}
    made |= {
        "entity": f'<!DOCTYPE r [<!ENTITY x SYSTEM "{where}">]><r>&x;</r>',
        "entity, escaped": case.replace(escape("<NewCaseMessage"), escape(f'<!DOCTYPE NewCaseMessage [<!ENTITY x SYSTEM "{where}">]><NewCaseMessage')),
        "parameter entity": f'<!DOCTYPE r [<!ENTITY % x SYSTEM "{where}"> %x;]><r/>',
        "DTD": f'<!DOCTYPE r SYSTEM "{where}"><r/>',
        "schemaLocation": case.replace("<RouteData ", f"<RouteData {schema} ", 1),
        "schemaLocation, escaped": case.replace(escape("<NewCaseMessage "), escape(f"<NewCaseMessage {schema} ")),
        "stylesheet": f'<?xml-stylesheet type="text/xsl" href="{where}"?>{case}',
        "XSLT": f'<v:stylesheet version="1.0" xmlns:v="http://www.w3.org/1999/XSL/Transform"><v:import href="{where}"/></v:stylesheet>',
        "XSD": f'<s:schema xmlns:s="http://www.w3.org/2001/XMLSchema"><s:import schemaLocation="{where}"/></s:schema>',
    }  # fmt: skip
    digest = sha256(where.encode()).hexdigest()[:8]  # each has an id of its own
    return {
        name: text.replace("reaching", f"{digest}-{number}").encode()
        for number, (name, text) in enumerate(made.items())
    }


@pytest.mark.promise(
    "Hostile documents",
    "Documents that point at a file of the machine or at an HTTP address: entities, DTD, XInclude, schemaLocation, XSD include and import, stylesheets, `document()`; in the document and in what it carries escaped",
    holds="the file is never opened and the address never called, and no answer shows anything of them",
)
def test_no_document_makes_the_hub_open_a_file_or_a_connection(
    running: Running, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    words, pipe = tmp_path / "canary", tmp_path / "pipe"
    words.write_text("canary-4711")
    os.mkfifo(pipe)  # whoever opens it to read stays there, and is seen
    sent = 0
    with socket.create_server(("127.0.0.1", 0)) as port:
        port.setblocking(False)
        address = f"http://127.0.0.1:{port.getsockname()[1]}/canary"
        for where in (words.as_uri(), pipe.as_uri(), address):
            for name, raw in reaching(where).items():
                answer = running.post(raw)
                assert answer.status in (202, 422), (name, answer.data[:200])
                assert b"canary-4711" not in answer.data, name
                sent += 1
        with pytest.raises(BlockingIOError):
            port.accept()
    with pytest.raises(OSError, match=os.strerror(errno.ENXIO)):  # nobody reads it
        os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    with ledger_of(running) as ledger:
        kept = [ledger.canonical(one.id) for one in ledger.recent(1000)]
        assert kept
        assert not [one for one in kept if b"canary-4711" in one]
    figure(f"{sent} documents: the file opened 0 times, the address called 0 times, its words shown or kept 0 times")


def test_a_body_over_the_limit_is_refused_before_it_is_read(running: Running) -> None:
    answer = running.post(b"<r>" + b"x" * (9 * 1024 * 1024) + b"</r>")
    assert answer.status == 413
    assert "Split" in answer.json()["faults"][0]["words"]
