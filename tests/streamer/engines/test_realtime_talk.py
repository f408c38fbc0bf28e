"""One session's side of a call, event by event."""

import base64
import json
import logging
from typing import Any

import pytest

from streamer.engines.realtime_talk import NEXT_SIGN_WITHIN_S, UNBLOCKED_WITHIN_S
from streamer.events import SpeechStopped, TurnWorded, Used
from tests.streamer.engines.realtime_scene import Scene


@pytest.fixture
def here() -> Scene:
    return Scene()


def test_what_belongs_to_no_wanted_response_is_nobodys(here: Scene) -> None:
    here.answering()
    here.take("response.output_audio_transcript.delta", response_id="other", delta="No.")
    here.take("response.output_audio.delta", response_id="other", item_id="i", delta="f38=")
    here.take("response.output_audio_transcript.delta", response_id="r", delta="Yes.")
    here.take("response.output_text.delta", response_id="r", delta="Text.")
    here.take("response.output_audio.delta", response_id="r", item_id="i", delta=base64.b64encode(bytes(9)).decode())
    assert here.notes.words == [(1, "Yes.", True), (1, "Text.", False)]
    assert here.notes.sounds == [(1, 9)]


def test_a_busy_vendor_is_asked_again_when_it_is_done(here: Scene) -> None:
    here.talk.ask(1)
    here.error("conversation_already_has_active_response", here.session.sent[-1]["event_id"])
    assert len(here.session.of("response.create")) == 1
    here.take("response.done", response={"id": "who", "status": "completed", "output": []})
    assert len(here.session.of("response.create")) == 2
    assert here.talk.failed is None


def test_a_busy_vendor_that_never_gets_done_is_asked_again_in_time(here: Scene) -> None:
    here.talk.ask(1)
    here.error("conversation_already_has_active_response", here.session.sent[-1]["event_id"])
    here.clock.now_s += UNBLOCKED_WITHIN_S + 0.1
    here.talk.look()
    assert len(here.session.of("response.create")) == 2


def test_a_cancellation_that_came_too_late_is_no_trouble(here: Scene) -> None:
    here.answering()
    here.talk.cancel(1, 0)
    here.error("response_cancel_not_active", here.session.sent[-1]["event_id"])
    assert (here.talk.failed, here.notes.refusals) == (None, [])


def test_a_refused_answer_is_told(here: Scene) -> None:
    here.talk.ask(1)
    here.error("invalid_value", here.session.sent[-1]["event_id"])
    assert here.notes.refusals == [(1, "openai-realtime-refused")]


@pytest.mark.parametrize(
    ("code", "kind", "failure"),
    [
        ("session_expired", "invalid_request_error", "expired"),
        ("insufficient_quota", "insufficient_quota", "quota"),
        ("rate_limit_exceeded", "tokens", "rate-limited"),
        ("invalid_api_key", "invalid_request_error", "unauthorised"),
    ],
)
def test_an_error_that_ends_the_session(here: Scene, code: str, kind: str, failure: str) -> None:
    here.error(code, kind=kind)
    assert here.talk.failed is not None
    assert here.talk.failed.failure.code == f"openai-realtime-{failure}"
    assert here.session.is_closed


def test_an_error_of_little_weight_is_logged_without_its_words(here: Scene, caplog: pytest.LogCaptureFixture) -> None:
    here.error("item_truncate_invalid_item_id", "cut-3")
    here.error(None, kind="server_error")
    assert here.talk.failed is None
    assert "secret words" not in caplog.text
    assert len(caplog.records) == 2


def test_an_error_before_the_session_is_ready_ends_it() -> None:
    here = Scene(is_ready=False)
    here.error("invalid_value", "configure")
    assert here.talk.failed is not None


def test_unknown_events_are_counted_and_known_ones_are_not(here: Scene) -> None:
    here.take("session.weather.updated")
    here.take("conversation.item.added", item={})
    here.take("response.content_part.done")
    assert (here.notes.unknown.total, here.talk.garbage) == (1, 0)
    assert "session.weather.updated (1)" in here.notes.unknown.failure("openai/m").sentence


def test_garbage_is_counted_up_to_a_bound(here: Scene) -> None:
    for message in (b"", b"[]", b'{"no":"type"}', b"\xff", b'{"type":5}') * 4:
        here.talk.take(message)
    assert (here.talk.garbage, here.talk.failed) == (20, None)
    here.talk.take(b"x")
    assert here.talk.failed is not None
    assert here.talk.failed.failure.code == "openai-realtime-garbage"


@pytest.mark.parametrize(
    "event",
    [
        {"type": "response.created"},
        {"type": "response.done", "response": []},
        {"type": "response.output_audio.delta", "delta": 5},
        {"type": "input_audio_buffer.speech_stopped"},
        {"type": "conversation.item.input_audio_transcription.completed", "transcript": None},
        {"type": "rate_limits.updated", "rate_limits": [{"limit": None}, 3]},
        {"type": "error", "error": "odd"},
    ],
)
def test_events_without_what_they_should_have_do_no_harm(here: Scene, event: dict[str, Any]) -> None:
    here.talk.take(json.dumps(event).encode())
    assert here.talk.failed is None


def test_low_limits_are_warned_of_once(here: Scene, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        for left in (500, 99, 98):
            here.take("rate_limits.updated", rate_limits=[{"name": "tokens", "limit": 1_000, "remaining": left}])
    assert [record.getMessage() for record in caplog.records] == ["OpenAI Realtime: 99 of 1000 tokens are left"]


def test_a_reply_that_stops_in_the_middle_fails_the_session(here: Scene) -> None:
    here.answering()
    here.take("response.output_audio.delta", response_id="r", item_id="i", delta="f38=")
    here.clock.now_s += NEXT_SIGN_WITHIN_S - 0.1
    here.talk.look()
    assert here.talk.failed is None
    here.clock.now_s += 0.2
    here.talk.look()
    assert here.talk.failed is not None
    assert here.talk.failed.failure.code == "openai-realtime-stalled"


def test_a_function_whose_arguments_are_long_in_coming_is_waited_for(here: Scene) -> None:
    here.answering()
    here.take("response.output_audio.delta", response_id="r", item_id="i", delta="f38=")
    for _ in range(4):
        here.clock.now_s += NEXT_SIGN_WITHIN_S - 0.1
        here.talk.look()
        here.take("response.function_call_arguments.delta", response_id="r", call_id="c", delta="{")
    assert here.talk.failed is None
    here.clock.now_s += NEXT_SIGN_WITHIN_S - 0.1
    here.take("response.function_call_arguments.delta", response_id="other", call_id="c", delta="{")
    here.clock.now_s += 0.2
    here.talk.look()
    assert here.talk.failed is not None


def test_a_voice_that_never_became_a_turn(here: Scene) -> None:
    here.take("input_audio_buffer.speech_started", audio_start_ms=0, item_id="u")
    here.take("input_audio_buffer.speech_stopped", audio_end_ms=400, item_id="u")
    here.clock.now_s += 1
    here.talk.look()
    assert here.notes.events[-1] == SpeechStopped()


def test_words_that_cannot_be_written_down(here: Scene) -> None:
    error = {"code": "audio_unintelligible"}
    here.take("conversation.item.input_audio_transcription.failed", item_id="u", error=error)
    assert here.notes.events == [TurnWorded("u", "")]


def test_a_socket_that_takes_nothing_is_a_lost_session(here: Scene) -> None:
    here.session.takes = False
    here.talk.hear("f38=", 2, 0)
    assert here.talk.failed is not None
    assert here.talk.failed.failure.code == "openai-realtime-lost"


def test_what_was_heard_to_its_end_of_a_cancelled_response_is_kept(here: Scene) -> None:
    here.answering()
    audio = base64.b64encode(b"\x10" * 800).decode()
    for item_id in ("whole", "half"):
        here.take("response.output_audio.delta", response_id="r", item_id=item_id, content_index=0, delta=audio)
    here.talk.cancel(1, 150)
    output = [{"id": item_id} for item_id in ("whole", "half", "unheard")]
    here.take("response.done", response={"id": "r", "status": "cancelled", "output": output})
    assert [one["item_id"] for one in here.session.of("conversation.item.delete")] == ["unheard"]


def test_what_nobody_ordered_and_is_not_over_is_reckoned_too(here: Scene) -> None:
    here.take("response.created", response={"id": "stray", "metadata": None})
    here.talk.leave()
    (used,) = [one for one in here.notes.events if isinstance(one, Used)]
    assert (used.usage.id, used.usage.is_estimated, used.reply_id) == ("stray", True, None)
