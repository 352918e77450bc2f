"""Case files to measure with: shipped samples, again and again with other references."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hub.discovery.bundle import Bundle
from hub.message.errors import Misconfigured
from hub.message.identifiers import make_asn, make_ptiurn

_OFFENCE = re.compile(r"&lt;Offence&gt;.*&lt;/Offence&gt;", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A shipped sample of a case file in RouteData, and what in it tells one case from another."""

    name: str
    urn: str
    asns: tuple[str, ...]
    correlation: str
    offences: int = 1  # how often its offence stands in it

    @property
    def path(self) -> str:
        """Where it is in a configuration folder."""
        return f"dialects/spi-case/samples/{self.name}.xml"


LARGE = Sample(name="bench", urn="01ZD0000126", asns=("2601ZD0100000000001U",), correlation="bench-correlation")
"""13 kB."""

SMALL = Sample(name="welsh", urn="60ZD0030026", asns=("2660ZD0000000000005C",), correlation="NW-300", offences=3)
"""5 kB."""


def case_files(bundle: Bundle, count: int, first: int = 0, sample: Sample = LARGE) -> Iterator[bytes]:
    """`count` case files, each another case with another correlation id; from number `first` on, so that one ledger may
    take several lots.
    """
    found = bundle.files(sample.path)
    if not found:
        raise Misconfigured([f"{sample.path}: the sample that is measured with is missing"])
    template = _OFFENCE.sub(lambda held: held[0] * sample.offences, found[0].read_text(encoding="utf-8"))
    for number in range(first, first + count):
        year, serial = 2000 + number // 90_000, number % 90_000 + 1
        text = template.replace(sample.urn, make_ptiurn(force="01", unit="ZD", serial=serial, year=year))
        for place, asn in enumerate(sample.asns, 1):
            made = make_asn(year=year, force="01", unit="ZD", system=f"0{place}", sequence=serial)
            text = text.replace(asn, made)
        yield text.replace(sample.correlation, f"bench-{number:07d}").encode()
