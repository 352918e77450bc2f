"""Where samples and their golden files lie."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hub.discovery.bundle import Bundle
from hub.prove import Sample

GOLDEN = ".expected."
_SUFFIXES = frozenset({".xml", ".json", ".csv", ".zip", ".txt"})


def samples_in(bundle: Bundle, dialects: Iterable[str] | None = None) -> tuple[Sample, ...]:
    """Every sample of these dialects (None: of all), by dialect and name."""
    wanted = None if dialects is None else frozenset(dialects)
    found = (Sample(dialect=path.parent.parent.name, path=path) for path in bundle.files("dialects/*/samples/*"))
    return tuple(sample for sample in found if _is_sample(sample.path) and (wanted is None or sample.dialect in wanted))


def golden_file(sample: Sample, name: str, suffix: str) -> Path:
    """The golden file for one of the outputs of a sample."""
    return sample.path.with_name(f"{name}.expected{suffix}")


def stale(sample: Sample, kept: Iterable[Path]) -> list[Path]:
    """Canonical golden files of a sample that nothing gives any more."""
    stem, held = sample.path.stem, set(kept)
    candidates = [
        golden_file(sample, stem, ".xml"),
        *sorted(sample.path.parent.glob(f"{stem}-[0-9][0-9][0-9].expected.xml")),
    ]
    return [path for path in candidates if path.is_file() and path not in held]


def _is_sample(path: Path) -> bool:
    return path.suffix in _SUFFIXES and GOLDEN not in path.name and not path.name.startswith(".")
