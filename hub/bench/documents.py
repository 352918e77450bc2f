"""Case files to measure with: the largest shipped sample, again and again with other references."""

from __future__ import annotations

from collections.abc import Iterator

from hub.discovery.bundle import Bundle
from hub.message.errors import Misconfigured
from hub.message.identifiers import make_asn, make_ptiurn

ASN = "2601ZD0100000000001U"
SAMPLE = "dialects/spi-case/samples/bench.xml"


def case_files(bundle: Bundle, count: int) -> Iterator[bytes]:
    """`count` case files in RouteData, each another case with another correlation id."""
    found = bundle.files(SAMPLE)
    if not found:
        raise Misconfigured([f"{SAMPLE}: the sample that is measured with is missing"])
    template = found[0].read_text(encoding="utf-8")
    for number in range(count):
        year, serial = 2000 + number // 90_000, number % 90_000 + 1
        yield (
            template.replace("01ZD0000126", make_ptiurn(force="01", unit="ZD", serial=serial, year=year))
            .replace(ASN, make_asn(year=year, force="01", unit="ZD", system="01", sequence=serial))
            .replace("bench-correlation", f"bench-{number:07d}")
            .encode()
        )
