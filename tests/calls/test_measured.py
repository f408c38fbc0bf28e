from dataclasses import replace

from calls import measured
from calls.errors import Blame, Failure, ProviderFailed
from calls.latency import Waterfall
from calls.metrics import Measure
from calls.record import Mode, StreamUse
from tests.offhook.calls_made import CUT_ANSWER, QUESTION


def told(measures: list[Measure]) -> list[tuple[str, float, dict[str, str]]]:
    return [(one.metric.name, one.value, dict(one.labels)) for one in measures]


def test_an_answer_tells_its_waterfall_by_mode_and_its_whole_by_agent_too() -> None:
    by_mode = {"mode": "pipeline"}
    assert told(measured.of_turn(CUT_ANSWER, "default")) == [
        ("Endpointing", 540, by_mode),
        ("ModelTime", 5, by_mode),
        ("SpeechTime", 190, by_mode),
        ("QueueTime", 15, by_mode),
        ("PlayoutTime", 40, by_mode),
        ("OursTime", 30, by_mode),
        ("TurnLatency", 800, {"mode": "pipeline", "agent": "default"}),
    ]


def test_a_turn_of_the_callers_tells_nothing() -> None:
    assert measured.of_turn(QUESTION, "default") == []


def test_in_traditional_mode_an_answers_parts_are_told_and_no_whole() -> None:
    turn = replace(CUT_ANSWER, mode="traditional", latency=Waterfall(total=2_000, model=900, ours=40))
    names = [name for name, _, _ in told(measured.of_turn(turn, "default"))]
    assert names == ["ModelTime", "OursTime"]


def test_a_vendors_failure_is_told_by_vendor_and_its_limit_too() -> None:
    lost = ProviderFailed("It broke.", code="deepgram-lost").failure
    limit = ProviderFailed("Too many.", code="elevenlabs-limit").failure
    assert told(measured.of_vendor_failure("deepgram/nova-3", lost)) == [("VendorErrors", 1, {"vendor": "deepgram"})]
    assert told(measured.of_vendor_failure("elevenlabs/eleven_flash_v2_5", limit)) == [
        ("VendorErrors", 1, {"vendor": "elevenlabs"}),
        ("VendorLimits", 1, {"vendor": "elevenlabs"}),
    ]


def test_a_vendor_that_is_left_alone_has_not_failed_again() -> None:
    resting = Failure("openai-resting", Blame.PROVIDER, "It is left alone.")
    assert measured.of_vendor_failure("openai/gpt-6-luna", resting) == []


def test_events_that_nobody_knows() -> None:
    assert told(measured.of_unknown_events("openai/gpt-live-1", 3)) == [
        ("VendorUnknownEvents", 3, {"vendor": "openai"})
    ]


def test_a_stream_that_stands_tells_how_long_it_took_and_one_that_does_not_that_it_failed() -> None:
    stream = StreamUse(1, Mode.PIPELINE, served_at_ms=1_000, opened_at_ms=1_180)
    assert told(measured.of_stream_opened(stream)) == [("SetUpSuccess", 100, {}), ("SetUpTime", 180, {})]
    assert told(measured.of_stream_missed()) == [("SetUpSuccess", 0, {})]
    assert told(measured.of_redirect()) == [("SetUpSuccess", 0, {}), ("WatchdogRedirects", 1, {})]
