"""One session's side of a call, event by event."""

import base64
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from calls.errors import ProviderFailed
from streamer.engines.caller_turns import CallerTurns
from streamer.engines.realtime_talk import NEXT_SIGN_WITHIN_S, UNBLOCKED_WITHIN_S, Talk
from streamer.engines.unasked import BEGUN_WITHIN_S
from streamer.engines.unknown_events import UnknownEvents
from streamer.events import EngineEvent, SpeechStopped, TurnTaken, TurnWorded, Used
from streamer.providers.sent_audio import KeptAudio
from tests.fakes.agents import AGENT
from tests.streamer.engines.realtime_parts import Clock, FakeSession


class Notes:
    """An owner that notes what it is told."""

    def __init__(self) -> None:
        self.unknown = UnknownEvents()
        self.events: list[EngineEvent] = []
        self.words: list[tuple[int, str, bool]] = []
        self.sounds: list[tuple[int, int]] = []
        self.over: list[int] = []
        self.refusals: list[tuple[int, str]] = []
        self.at_turn: Callable[[], None] = lambda: None

    def emit(self, event: EngineEvent) -> None:
        self.events.append(event)

    def turn_taken(self, turn: TurnTaken) -> None:
        self.events.append(turn)
        self.at_turn()

    def turn_worded(self, worded: TurnWorded) -> None:
        self.events.append(worded)

    def reply_worded(self, reply_id: int, text: str, *, is_spoken: bool) -> None:
        self.words.append((reply_id, text, is_spoken))

    def reply_sounded(self, reply_id: int, mulaw: bytes) -> None:
        self.sounds.append((reply_id, len(mulaw)))

    def response_over(self, reply_id: int, response: Mapping[str, Any]) -> None:
        self.over.append(reply_id)

    def reply_refused(self, reply_id: int, failed: ProviderFailed) -> None:
        self.refusals.append((reply_id, failed.failure.code))


class Scene:
    def __init__(self, *, is_ready: bool = True) -> None:
        self.session, self.notes, self.clock = FakeSession(), Notes(), Clock()
        self.talk = Talk(self.session, AGENT, CallerTurns(AGENT.realtime, KeptAudio(1_000)), self.notes, self.clock)
        if is_ready:
            self.take("session.updated")

    def take(self, kind: str, **fields: Any) -> None:
        self.talk.take(json.dumps({"type": kind, **fields}).encode())

    def error(self, code: str | None, event_id: str | None = None, kind: str = "invalid_request_error") -> None:
        self.take("error", error={"type": kind, "code": code, "message": "secret words", "event_id": event_id})

    def answers_unasked(self) -> None:
        self.talk.answer_unasked(wanted=True)
        (change,) = self.session.of("session.update")
        self.take("session.updated", session=change["session"])

    def answering(self) -> None:
        self.talk.ask(1)
        self.take("response.created", response={"id": "r", "metadata": {"offhook_reply": "1"}})


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


# --- answers that the session gives unasked --------------------------------------------------------------------------

_USAGE = {
    "input_token_details": {"text_tokens": 5, "audio_tokens": 7, "cached_tokens_details": {}},
    "output_token_details": {"text_tokens": 2, "audio_tokens": 3},
}


def test_an_answer_that_comes_unasked_is_the_replys(here: Scene) -> None:
    here.answers_unasked()
    here.notes.at_turn = lambda: here.talk.ask(4)
    here.take("input_audio_buffer.committed", item_id="u1")
    here.take("response.created", response={"id": "r", "metadata": None})
    audio = base64.b64encode(b"\x10" * 160).decode()
    here.take("response.output_audio.delta", response_id="r", item_id="i", content_index=0, delta=audio)
    here.take("response.done", response={"id": "r", "status": "completed", "metadata": None, "usage": _USAGE})
    assert here.session.of("response.create") == []
    assert here.notes.sounds == [(4, 160)]
    assert here.notes.over == [4]
    assert [one.reply_id for one in here.notes.events if isinstance(one, Used)] == [4]


def test_an_answer_that_comes_unasked_and_nobody_wants_is_cancelled_and_forgotten(here: Scene) -> None:
    here.answers_unasked()
    here.take("input_audio_buffer.committed", item_id="u1")
    here.take("response.created", response={"id": "r", "metadata": None})
    assert [one["response_id"] for one in here.session.of("response.cancel")] == ["r"]
    here.talk.ask(4)
    assert here.session.of("response.create") == []
    here.take("response.done", response={"id": "r", "status": "cancelled", "output": [{"id": "i"}]})
    assert [one["item_id"] for one in here.session.of("conversation.item.delete")] == ["i"]
    assert len(here.session.of("response.create")) == 1


def test_an_answer_that_does_not_come_unasked_is_asked_for_and_the_session_not_trusted_again(here: Scene) -> None:
    here.answers_unasked()
    here.notes.at_turn = lambda: here.talk.ask(4)
    here.take("input_audio_buffer.committed", item_id="u1")
    here.clock.now_s += BEGUN_WITHIN_S / 2
    here.talk.look()
    assert here.session.of("response.create") == []
    here.clock.now_s += BEGUN_WITHIN_S
    here.talk.look()
    assert len(here.session.of("response.create")) == 1
    _, told = here.session.of("session.update")
    assert told["session"]["audio"]["input"]["turn_detection"]["create_response"] is False
    here.talk.answer_unasked(wanted=True)
    assert len(here.session.of("session.update")) == 2


def test_what_was_cut_at_the_turns_end_is_not_in_an_answer_that_came_unasked(here: Scene) -> None:
    here.answering()
    audio = base64.b64encode(b"\x10" * 8_000).decode()
    here.take("response.output_audio.delta", response_id="r", item_id="i", content_index=0, delta=audio)
    here.take("response.done", response={"id": "r", "status": "completed"})
    here.answers_unasked()

    def interrupt() -> None:
        here.talk.cancel(1, 250)
        here.talk.ask(2)

    here.notes.at_turn = interrupt
    here.take("input_audio_buffer.committed", item_id="u1")
    here.take("response.created", response={"id": "stale", "metadata": None})
    assert [one["audio_end_ms"] for one in here.session.of("conversation.item.truncate")] == [250]
    assert [one["response_id"] for one in here.session.of("response.cancel")] == ["stale"]
    here.take("response.done", response={"id": "stale", "status": "cancelled"})
    assert [one["response"]["metadata"] for one in here.session.of("response.create")] == [
        {"offhook_reply": "1"},
        {"offhook_reply": "2"},
    ]


def test_a_session_is_not_told_while_the_caller_speaks(here: Scene) -> None:
    here.take("input_audio_buffer.speech_started", audio_start_ms=0, item_id="u1")
    here.talk.answer_unasked(wanted=True)
    assert here.session.of("session.update") == []
    here.take("input_audio_buffer.committed", item_id="u1")
    here.talk.answer_unasked(wanted=True)
    assert len(here.session.of("session.update")) == 1
