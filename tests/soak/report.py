"""What came of a run: figures, what must hold, and both as JSON and as a piece of Markdown.

Rule: a slope is told with its uncertainty. Least squares over means of blocks, so that one garbage collection does not
count as many samples; the interval is twice the standard error, and is too narrow where memory grows in steps.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from math import inf, sqrt
from pathlib import Path
from statistics import mean

from tests.soak.watch import Sample

MB = 1024 * 1024
BLOCKS = 24
LONG = 60.0  # minutes after the warm-up from which the slope itself is judged
BOUND = 1.0  # MB an hour
STILL = 12.0  # MB that a process may grow in a short run: what its allocator holds back


@dataclass(frozen=True, kw_only=True)
class Grown:
    """How the memory of one process went after the warm-up: MB, and MB an hour."""

    name: str
    by_minute: list[float]
    first: float
    last: float
    slope: float
    give_or_take: float
    late_slope: float  # of the second half alone: memory that grew in a step and stayed has none
    files_first: int
    files_last: int

    @property
    def growth(self) -> float:
        """From the first block to the last."""
        return self.last - self.first


@dataclass(frozen=True, kw_only=True)
class Report:
    """All figures of a run. Rates are messages a second, times milliseconds, memory MB."""

    minutes: float
    capacity: float
    asked: float
    rate: float
    messages: int
    deliveries: int
    attempts: int
    kinds: dict[str, int]
    unexpected: dict[str, int]
    latest: float
    lost: int
    inversions: int
    second_ids: int
    audit: list[str]
    accept: dict[str, tuple[float, ...]]  # of the first and the last quarter: p50, p99
    deliver: dict[str, tuple[float, ...]]
    bytes_a_message: float
    dead_share: float
    dead_most: dict[str, int]
    depth_most: int
    depth_last: int
    drained: float
    document: int
    judged_minutes: float
    judged_messages: int
    load: tuple[float, ...]
    processes: list[Grown] = field(default_factory=list)

    @property
    def growth_bound(self) -> float:
        """MB that a process may grow in a run too short for a slope: a quarter of the documents that it handled would
        be more than chance, and in any case what an allocator holds back.
        """
        return max(STILL, self.judged_messages * self.document / 4 / MB)

    def faults(self) -> list[str]:
        """What does not hold."""
        found = [f"{name}: {count}" for name, count in self._never().items() if count]
        found += [f"unexpected answer, {what}: {count}" for what, count in self.unexpected.items()]
        found += [f"audit: {words}" for words in self.audit]
        for one in self.processes:
            if self.judged_minutes >= LONG and one.slope - one.give_or_take > BOUND:
                found.append(f"{one.name} grows by {one.slope:.1f} +- {one.give_or_take:.1f} MB/h")
            if self.judged_minutes < LONG and one.growth > self.growth_bound:
                found.append(f"{one.name} grew by {one.growth:.1f} MB, more than {self.growth_bound:.1f}")
            if one.files_last > one.files_first + 20:
                found.append(f"{one.name} has {one.files_last} files open, {one.files_first} before")
        return found

    def _never(self) -> dict[str, int]:
        return {"lost": self.lost, "inversions": self.inversions, "delivered under a second id": self.second_ids}

    def markdown(self) -> str:
        """The figures as tables."""
        quarters = [
            f"| {what}, p50 / p99 | {_ms(times['first'])} | {_ms(times['last'])} |"
            for what, times in (("accepted", self.accept), ("accepted to delivered", self.deliver))
        ]
        memory = [
            f"| {one.name} | {one.first:.1f} | {one.last:.1f} | {one.slope:+.1f} +- {one.give_or_take:.1f} "
            f"| {one.late_slope:+.1f} | {one.files_first} -> {one.files_last} |"
            for one in self.processes
        ]
        minutes = [
            f"- {one.name}, MB by minute: {', '.join(f'{mb:.0f}' for mb in thinned(one.by_minute))}"
            for one in self.processes
        ]
        faults = self.faults() or ["everything that must hold did"]
        return "\n".join(
            [
                *self._lines(),
                "",
                "| | first quarter | last quarter |",
                "|---|---|---|",
                *quarters,
                "",
                "| process | MB at first | MB at last | MB/h | in the second half | files |",
                "|---|---|---|---|---|---|",
                *memory,
                "",
                *minutes,
                "",
                self._on_the_slope(),
                "",
                *(f"- {words}" for words in faults),
                "",
            ]
        )

    def _lines(self) -> list[str]:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.kinds.items()))
        dead = ", ".join(f"{name} {count}" for name, count in self.dead_most.items())
        return [
            f"{self.minutes:.1f} minutes at {self.rate:.1f} documents/s, half of the {self.capacity:.1f}/s measured at its "
            f"start would be {self.capacity / 2:.1f}; asked {self.asked:.1f}/s, a document began {self.latest:.1f} s late at most.",
            "",
            f"- documents: {kinds}; {self.messages} messages accepted, {self.deliveries} deliveries made in {self.attempts} "
            f"attempts; lost {self.lost}, inversions {self.inversions}, second ids {self.second_ids}; all delivered "
            f"{self.drained:.1f} s after the last",
            f"- database: {self.bytes_a_message:.0f} bytes a message of {self.document} bytes to two recipients; dead rows "
            f"{self.dead_share:.1%} ({dead})",
            f"- in the broker's queues {self.depth_most} at most, {self.depth_last} at the end; load {self.load[0]:.1f}",
        ]

    def _on_the_slope(self) -> str:
        if self.judged_minutes >= LONG:
            return (
                f"The slope is judged: not above {BOUND:.0f} MB/h beyond doubt, over {self.judged_minutes:.0f} minutes."
            )
        worst = max((one.growth for one in self.processes), default=0.0)
        return (
            f"{self.judged_minutes:.1f} minutes are too short to judge a slope of {BOUND:.0f} MB/h: that would be "
            f"{BOUND * self.judged_minutes / 60:.2f} MB. Judged is growth after the warm-up: {worst:.1f} MB at most, "
            f"bound {self.growth_bound:.1f} MB."
        )

    def write(self, path: Path) -> None:
        """Both forms side by side: PATH.json and PATH.md, whatever ending PATH has."""
        told = asdict(self) | {"faults": self.faults(), "growth_bound": self.growth_bound}
        path.with_suffix(".json").write_text(json.dumps(told, indent=2) + "\n")
        path.with_suffix(".md").write_text(self.markdown())


def thinned(values: list[float], most: int = 30) -> list[float]:
    """At most so many of them, evenly, the last always."""
    step = -(-len(values) // most) or 1
    return values[::-step][::-1]


def grown(name: str, samples: list[Sample], since: float) -> Grown | None:
    """What the samples of a process say; None of one that was not there long enough to say anything."""
    judged = [one for one in samples if one.at >= since]
    if len(judged) < 6:
        return None
    means = _blocks(judged)
    slope, error = _least_squares(means)
    return Grown(
        name=name,
        by_minute=_by_minute(samples),
        first=round(means[0][1], 2),
        last=round(means[-1][1], 2),
        slope=round(slope * 3600, 2),
        give_or_take=round(2 * error * 3600, 2) if error < inf else inf,
        late_slope=round(_least_squares(means[len(means) // 2 :])[0] * 3600, 2),
        files_first=judged[0].files,
        files_last=judged[-1].files,
    )


def _blocks(samples: list[Sample]) -> list[tuple[float, float]]:
    size = max(1, len(samples) // BLOCKS)
    cut = [samples[at : at + size] for at in range(0, len(samples) - size + 1, size)]
    return [(mean(one.at for one in block), mean(one.rss for one in block) / MB) for block in cut]


def _least_squares(points: list[tuple[float, float]]) -> tuple[float, float]:
    """Slope and its standard error."""
    x_mean, y_mean = mean(x for x, _ in points), mean(y for _, y in points)
    spread = sum((x - x_mean) ** 2 for x, _ in points)
    slope = sum((x - x_mean) * (y - y_mean) for x, y in points) / spread
    rest = sum((y - y_mean - slope * (x - x_mean)) ** 2 for x, y in points)
    return slope, sqrt(rest / (len(points) - 2) / spread) if len(points) > 2 else inf


def _by_minute(samples: list[Sample]) -> list[float]:
    """The last of each minute."""
    last = {int((one.at - samples[0].at) / 60): round(one.rss / MB, 1) for one in samples}
    return list(last.values())


def _ms(times: tuple[float, ...]) -> str:
    return " / ".join(f"{one:.1f} ms" for one in times)
