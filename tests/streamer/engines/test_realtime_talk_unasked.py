"""One session's side of a call, where the session answers turns that nobody asked it to answer."""

import base64

import pytest

from calls.conversation import Role
from streamer.engines.unasked import BEGUN_WITHIN_S, KNOWN_WITHIN_S
from streamer.events import Used
from tests.streamer.engines.realtime_scene import Scene

_USAGE = {
    "input_token_details": {"text_tokens": 5, "audio_tokens": 7, "cached_tokens_details": {}},
    "output_token_details": {"text_tokens": 2, "audio_tokens": 3},
}


@pytest.fixture
def here() -> Scene:
    return Scene()


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


def test_a_session_that_is_not_trusted_any_more_is_told_so_when_the_caller_is_silent(here: Scene) -> None:
    here.answers_unasked()
    here.take("input_audio_buffer.committed", item_id="u1")
    here.take("input_audio_buffer.speech_started", audio_start_ms=0, item_id="u2")
    here.clock.now_s += BEGUN_WITHIN_S + 0.1
    here.talk.look()
    assert here.unasked() == [True]
    here.take("input_audio_buffer.committed", item_id="u2")
    here.talk.answer_unasked(wanted=True)
    assert here.unasked() == [True, False]


@pytest.mark.parametrize(("since_s", "asked"), [(0.0, 0), (KNOWN_WITHIN_S + 0.1, 1)])
def test_what_the_session_was_told_as_the_turn_ended_may_not_be_in_its_answer(
    here: Scene, since_s: float, asked: int
) -> None:
    here.answers_unasked()
    here.talk.client.enter_text(Role.AGENT, "Hello.")
    here.clock.now_s += since_s
    here.notes.at_turn = lambda: here.talk.ask(1)
    here.take("input_audio_buffer.committed", item_id="u1")
    here.take("response.created", response={"id": "r", "metadata": None})
    here.take("response.output_audio.delta", response_id="r", item_id="i", content_index=0, delta="f38=")
    assert len(here.notes.sounds) == asked


def test_a_turn_that_is_not_answered_as_a_response_is_active_is_no_refusal_of_what_was_asked_for(here: Scene) -> None:
    here.answers_unasked()
    here.talk.ask(1, "Goodbye.")
    here.error("conversation_already_has_active_response")
    here.take("response.done", response={"id": "other", "status": "completed"})
    assert len(here.session.of("response.create")) == 1
    here.error("conversation_already_has_active_response", here.session.sent[-1]["event_id"])
    here.take("response.done", response={"id": "other", "status": "completed"})
    assert len(here.session.of("response.create")) == 2
