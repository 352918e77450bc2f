"""The malware scanner that the settings name."""

from importlib.metadata import EntryPoint

import pytest

from hub.discovery.scanners import GROUP, find_scanner
from hub.message.errors import Misconfigured
from hub.message.scanning import Clean, Infected, Scanner


class Careful:
    """A scanner of somebody else's."""

    def __init__(self, address: str, seconds: float) -> None:
        self.address = address

    def scan(self, body: bytes) -> Clean | Infected:
        return Clean()


def point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, f"tests.unit.discovery.test_scanners{value}", GROUP)


def test_the_hubs_own_goes_before_one_that_a_package_brings_under_its_name() -> None:
    make = find_scanner("mine", {"mine": Careful}, [point("mine", ":GROUP")])
    assert make is Careful


def test_a_package_brings_a_scanner() -> None:
    made: Scanner = find_scanner("theirs", {}, [point("theirs", ":Careful")])("there", 1.0)
    assert made.scan(b"x") == Clean()


@pytest.mark.parametrize(
    ("name", "words"),
    [("other", "no package brings"), ("gone", "cannot be loaded"), ("text", "names nothing that makes")],
)
def test_a_scanner_that_cannot_be_had_stops_the_hub_with_words(name: str, words: str) -> None:
    points = [point("gone", ":Nothing"), point("text", ":GROUP")]
    with pytest.raises(Misconfigured, match=words):
        find_scanner(name, {"clamd": Careful}, points)
