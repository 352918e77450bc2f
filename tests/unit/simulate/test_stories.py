"""Stories: the same seed tells the same, every identifier is sound, and the hub reads every paper as it is meant."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from hub.assemble import clock, tools, truster
from hub.discovery.parties import Party
from hub.flow.judge import Judge, Terms
from hub.message.identifiers import read_asn, read_ptiurn
from hub.message.people import Individual
from hub.simulate.demo import Demo, write_config
from hub.simulate.places import CPS, PARTIES, PROBATION
from hub.simulate.stories import tell_stories
from hub.simulate.story import Expected, Story

DAY = date(2026, 11, 24)
MANY = 24


@pytest.fixture(scope="module")
def stories() -> list[Story]:
    return list(tell_stories(7, MANY, DAY))


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    demo = Demo(tmp_path_factory.mktemp("demo"))
    write_config(demo, "http://127.0.0.1:1")
    judge = tools(demo.config)
    yield judge
    judge.layers.explainer.close()


@pytest.fixture(scope="module")
def parties(judge: Judge) -> dict[str, Party]:
    return dict(judge.found.parties)


def test_the_same_seed_number_and_day_tell_the_same_stories_byte_for_byte() -> None:
    assert list(tell_stories(3, 8, DAY)) == list(tell_stories(3, 8, DAY))


def test_another_seed_tells_other_stories() -> None:
    first, second = list(tell_stories(3, 8, DAY)), list(tell_stories(4, 8, DAY))
    assert not {story.urn for story in first} & {story.urn for story in second}


def test_every_case_of_a_run_has_a_reference_and_keys_of_its_own(stories: list[Story]) -> None:
    assert len({story.urn for story in stories}) == MANY
    papers = [(step.key, step.body) for story in stories for step in story.steps if step.expected is Expected.TAKEN]
    assert len({key for key, _ in papers}) == len(papers)


def test_every_reference_is_sound(stories: list[Story]) -> None:
    assert all(read_ptiurn(story.urn).reason is None for story in stories)


def test_the_hub_takes_every_paper_that_is_meant_to_be_taken_and_finds_nothing_in_it_but_tasks_for_the_police(
    stories: list[Story], judge: Judge, parties: dict[str, Party]
) -> None:
    trust_of = truster(parties)
    for step in (step for story in stories for step in story.steps if step.expected is Expected.TAKEN):
        judged = judge.judge(step.body, trust_of(step.sender), clock(), _terms(parties[step.sender]))
        assert judged.messages, step.title
        assert not judged.faults, step.title
        assert all(finding.task for finding in judged.findings), step.title


def test_the_hub_refuses_every_faulty_paper_and_says_which_rule_it_breaks(
    stories: list[Story], judge: Judge, parties: dict[str, Party]
) -> None:
    trust_of = truster(parties)
    faulty = [step for story in stories for step in story.steps if step.expected is Expected.REFUSED]
    rules = set()
    for step in faulty:
        judged = judge.judge(step.body, trust_of(step.sender), clock(), _terms(parties[step.sender]))
        assert judged.refused, step.title
        rules |= {fault.rule for fault in judged.faults}
    assert len(rules) >= 3  # three kinds of fault, three rules


def test_people_keep_their_numbers_through_the_case(
    stories: list[Story], judge: Judge, parties: dict[str, Party]
) -> None:
    trust_of = truster(parties)
    story = next(story for story in stories if story.kind.startswith("custody"))
    asns, noms = set(), set()
    for step in story.steps:
        for kept in judge.judge(step.body, trust_of(step.sender), clock()).messages:
            body = kept.message.body
            asns |= {one.asn.value for one in getattr(body, "defendants", ()) if one.asn}
            person = getattr(body, "person", None)
            if isinstance(person, Individual) and person.noms_number:
                noms.add(person.noms_number.value)
    assert len(noms) == 1
    assert len(asns) == 1
    assert read_asn(asns.pop() or "").reason is None


def test_a_handful_of_stories_shows_every_kind_and_every_mishap() -> None:
    stories = list(tell_stories(1, 12, DAY))
    assert len({story.kind for story in stories}) == 8
    assert {step.expected for story in stories for step in story.steps} == set(Expected)


def test_a_force_in_wales_writes_in_both_languages(stories: list[Story]) -> None:
    welsh = [story for story in stories if story.urn.startswith("60")]
    assert welsh
    assert all(b"||Ar " in story.steps[0].body for story in welsh if b"Employer" not in story.steps[0].body)


def test_the_adult_feed_of_probation_is_due_nothing_of_young_people(stories: list[Story]) -> None:
    young = [story for story in stories if story.kind == "youth court"]
    assert young
    assert not any(party == PROBATION for story in young for party, _ in story.due)


def test_a_cps_unit_is_due_nothing_of_a_case_that_does_not_name_it(stories: list[Story]) -> None:
    single = [story for story in stories if story.kind.startswith("single justice")]
    assert single
    assert not any(party == CPS for story in single for party, _ in story.due)


def test_the_demo_partners_are_those_of_the_stories(parties: dict[str, Party]) -> None:
    assert set(PARTIES) <= set(parties)


def test_the_templates_hold_no_address_that_was_not_filled_in(tmp_path: Path) -> None:
    demo = Demo(tmp_path)
    write_config(demo, "http://127.0.0.1:1")
    assert not [path for path in demo.config.rglob("*.toml") if "${" in path.read_text(encoding="utf-8")]


def _terms(party: Party) -> Terms:
    return Terms(dialects=party.sends.dialects, on=DAY)
