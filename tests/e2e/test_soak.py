"""The soak in short: nothing is lost and nothing grows beyond reason in some seconds; and what would be told if it did."""

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.servers.postgres import Server
from tests.servers.rabbitmq import RabbitNode
from tests.soak.report import LONG, MB, Grown, Report, grown, thinned
from tests.soak.run import Plan, soak
from tests.soak.watch import Sample

FINE = Report(
    minutes=3,
    capacity=100,
    asked=50,
    rate=50,
    messages=9000,
    deliveries=18_000,
    attempts=18_010,
    kinds={"case": 9000},
    unexpected={},
    latest=0.1,
    lost=0,
    inversions=0,
    second_ids=0,
    audit=[],
    accept={"first": (5.0, 9.0), "last": (5.0, 9.0)},
    deliver={"first": (50.0, 90.0), "last": (50.0, 90.0)},
    bytes_a_message=20_000,
    dead_share=0.1,
    dead_most={"slips": 100},
    depth_most=3,
    depth_last=0,
    drained=0.5,
    document=3000,
    judged_minutes=2,
    judged_messages=6000,
    load=(1.0, 1.0, 1.0),
)


def samples(seconds: int, mb_an_hour: float) -> list[Sample]:
    """A process of 100 MB that grows so, with a megabyte of noise."""
    chance = random.Random(1)
    return [Sample(at, int((100 + at * mb_an_hour / 3600 + chance.random()) * MB), 10) for at in range(0, seconds, 5)]


def of(name: str, given: list[Sample]) -> Grown:
    found = grown(name, given, 0)
    assert found is not None
    return found


@pytest.mark.slow
def test_a_short_soak_loses_nothing_and_nothing_grows(
    tmp_path: Path, postgres: Server, rabbit: RabbitNode, figure: Callable[[str], None]
) -> None:
    rabbit.delete_queues()
    lines: list[str] = []
    with postgres.database() as database:
        made = soak(
            Plan(
                minutes=0.2,
                folder=tmp_path,
                database=database,
                rabbit=rabbit,
                measure_seconds=4.0,
                tell=lines.append,
            )
        )
    assert made.faults() == []
    assert made.messages > 50
    assert set(made.kinds) == {"case", "refused", "again"}
    assert {one.name for one in made.processes} >= {"serve", "worker-1", "worker-2"}
    made.write(tmp_path / "soak.report")
    told = json.loads((tmp_path / "soak.json").read_text())
    assert (told["lost"], told["faults"]) == (0, [])
    assert "| accepted to delivered, p50 / p99 |" in (tmp_path / "soak.md").read_text()
    worst = max(made.processes, key=lambda one: one.growth)
    figure(
        f"{made.minutes * 60:.0f} s at {made.rate:.0f} documents/s, half of {made.capacity:.0f}: {made.messages} messages, "
        f"lost 0, order broken 0 times, accepted p50/p99 {made.accept['last'][0]:.0f}/{made.accept['last'][1]:.0f} ms, "
        f"then delivered {made.deliver['last'][0]:.0f}/{made.deliver['last'][1]:.0f} ms; {worst.name} grew most, by "
        f"{worst.growth:.1f} MB; load {made.load[0]:.1f}"
    )


def test_a_slope_is_found_in_noise_and_told_with_its_uncertainty() -> None:
    found = of("worker", samples(7200, 30))
    assert abs(found.slope - 30) < found.give_or_take < 1
    still = of("worker", samples(7200, 0))
    assert abs(still.slope) < still.give_or_take
    assert len(found.by_minute) == 120
    assert thinned(found.by_minute)[-1] == found.by_minute[-1]
    assert len(thinned(found.by_minute)) == 30


def test_memory_that_grew_in_a_step_and_stayed_has_a_slope_and_none_in_the_second_half() -> None:
    stepped = [replace(one, rss=one.rss + (20 * MB if one.at > 900 else 0)) for one in samples(3600, 0)]
    found = of("worker", stepped)
    assert found.slope > 5
    assert abs(found.late_slope) < 1


def test_a_leak_is_told_in_a_long_run_by_its_slope_and_in_a_short_one_by_what_it_kept() -> None:
    slow, quick = of("worker", samples(7200, 3)), of("worker", samples(120, 900))
    long = replace(FINE, judged_minutes=LONG * 2, processes=[slow])
    assert [words.partition(" by ")[0] for words in long.faults()] == ["worker grows"]
    assert replace(FINE, processes=[slow]).faults() == [], "3 MB in two hours cannot be told in two minutes"
    assert [words.partition(" by ")[0] for words in replace(FINE, processes=[quick]).faults()] == ["worker grew"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"lost": 1}, "lost: 1"),
        ({"inversions": 2}, "inversions: 2"),
        ({"second_ids": 3}, "delivered under a second id: 3"),
        ({"audit": ["a row is gone"]}, "audit: a row is gone"),
        ({"unexpected": {"case: 503": 4}}, "unexpected answer, case: 503: 4"),
    ],
)
def test_each_thing_that_must_hold_is_told_where_it_does_not(wrong: dict[str, object], words: str) -> None:
    assert FINE.faults() == []
    made = replace(FINE, **wrong)
    assert made.faults() == [words]
    assert f"- {words}" in made.markdown()
