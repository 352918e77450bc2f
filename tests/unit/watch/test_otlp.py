"""The queue of spans is bounded, its drops are counted, sampling is of whole traces, and an end is not held up."""

import time

import pytest
from prometheus_client import REGISTRY

from hub.message.errors import Misconfigured
from hub.watch.traces import Span, Traces, Verb, now, open_traces
from tests.doubles.collector import collector
from tests.hubs import wait_until


def span(correlation_id: str, verb: Verb = Verb.ACCEPT, subject: str = "s-1") -> Span:
    return Span(
        verb=verb, correlation_id=correlation_id, subject=subject, began=now(), ended=now(), said={"door": "http"}
    )


def counted(outcome: str) -> float:
    return REGISTRY.get_sample_value("hub_traces_spans_total", {"outcome": outcome}) or 0.0


def test_what_the_queue_has_no_room_for_is_dropped_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "20")
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "10")
    with collector() as held:
        traces, before = open_traces(f"{held.url}/slow"), counted("dropped")
        began = time.perf_counter()
        for number in range(500):
            traces.tell(span(f"c-{number}"))
        assert time.perf_counter() - began < 2, "nobody waits for the collector"
        assert counted("dropped") - before == 480
        held.free.set()
        wait_until(lambda: len(held.spans) == 20)
        traces.close()


def test_what_a_collector_that_is_away_did_not_take_is_counted_and_an_end_does_not_wait(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "100")
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "10")
    traces, before = open_traces("http://127.0.0.1:1"), counted("failed")
    for number in range(100):
        traces.tell(span(f"c-{number}"))
    began = time.perf_counter()
    traces.close()
    assert time.perf_counter() - began < 8
    assert counted("failed") - before == 100
    assert "Traceback" not in capsys.readouterr().err


def test_a_trace_is_sampled_whole_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0.5")
    with collector() as held:
        traces: Traces = open_traces(held.url)
        for number in range(200):
            for verb in Verb:
                traces.tell(span(f"c-{number}", verb))
        flags = [(traces.traceparent(Verb.SEND, f"c-{number}", "d") or "")[-2:] for number in range(200)]
        traces.close()
    by_trace: dict[str, set[str]] = {}
    for one in held.spans:
        by_trace.setdefault(one.trace, set()).add(one.name)
    assert 60 < len(by_trace) < 140
    assert all(names == set(Verb) for names in by_trace.values())
    assert flags.count("01") == len(by_trace)


def test_a_step_that_is_done_again_is_the_same_span() -> None:
    with collector() as held:
        for _ in range(2):
            traces = open_traces(held.url)
            traces.tell(span("c-1", Verb.RECORD, "m-1"), span("c-1", Verb.RECORD, "m-2"))
            traces.close()
    assert len({one.id for one in held.spans}) == 2


def test_a_variable_that_cannot_be_used_stops_the_start_with_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "many")
    with pytest.raises(Misconfigured, match="OTEL_"):
        open_traces("http://127.0.0.1:1")


def test_the_standard_switch_turns_traces_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    assert not open_traces("http://127.0.0.1:1").on
