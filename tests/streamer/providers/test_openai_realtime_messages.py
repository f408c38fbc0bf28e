"""Everything we send, read with the SDK's own types: no field that it does not know, every value as it wants it."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from openai.types.realtime import (
    ConversationItemCreateEventParam,
    ConversationItemDeleteEventParam,
    ConversationItemTruncateEventParam,
    InputAudioBufferAppendEventParam,
    ResponseCancelEventParam,
    ResponseCreateEventParam,
    SessionUpdateEventParam,
)
from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from calls.agent import Agent
from calls.agent_realtime import RealtimeHearing
from calls.conversation import Role
from streamer.providers import openai_realtime_messages as messages
from tests.fakes.agents import AGENT

SERVER = replace(
    AGENT,
    transfer_number="+12025550143",
    realtime=RealtimeHearing("server", silence_ms=400, threshold=0.6, noise_reduction="off"),
)


def checked(kind: Any, message: bytes) -> dict[str, Any]:
    """The message, which the SDK's type accepts and which has no field beside those that it names."""
    TypeAdapter(kind).validate_json(message)
    strict = with_config(ConfigDict(extra="forbid"))(kind)
    TypeAdapter(strict).validate_json(message)
    plain: dict[str, Any] = json.loads(message)
    return plain


def test_a_session_with_semantic_turns() -> None:
    plain = checked(SessionUpdateEventParam, messages.session_update(AGENT, "e1", date(2026, 11, 22)))
    session = plain["session"]
    assert plain["event_id"] == "e1"
    assert session["instructions"].startswith("You keep a desk.")
    assert "Sunday, November 22, 2026" in session["instructions"]
    heard, spoken = session["audio"]["input"], session["audio"]["output"]
    assert heard["format"] == spoken["format"] == {"type": "audio/pcmu"}
    assert heard["turn_detection"] == {
        "type": "semantic_vad",
        "eagerness": "auto",
        "create_response": False,
        "interrupt_response": False,
    }
    assert heard["noise_reduction"] == {"type": "far_field"}
    assert heard["transcription"] == {"model": "gpt-live-transcribe", "language": "en"}
    assert spoken["voice"] == "marin"
    assert [tool["name"] for tool in session["tools"]] == ["end_call"]


def test_a_voice_of_ones_own_goes_by_its_id() -> None:
    sent = checked(SessionUpdateEventParam, messages.phrase_session("voice_1234", "phrase-session"))
    assert sent["session"]["audio"]["output"]["voice"] == {"id": "voice_1234"}


def test_a_session_with_turns_by_silence() -> None:
    session = checked(SessionUpdateEventParam, messages.session_update(SERVER, "e1"))["session"]
    assert session["audio"]["input"]["turn_detection"] == {
        "type": "server_vad",
        "threshold": 0.6,
        "prefix_padding_ms": 300,
        "silence_duration_ms": 400,
        "create_response": False,
        "interrupt_response": False,
    }
    assert "noise_reduction" not in session["audio"]["input"]
    assert [tool["name"] for tool in session["tools"]] == ["end_call", "transfer"]


@pytest.mark.parametrize("agent", [AGENT, SERVER])
def test_who_answers_is_changed_and_nothing_else(agent: Agent) -> None:
    """Turn detection is told whole: what a part of it leaves unsaid is not documented."""
    at_first = json.loads(messages.session_update(agent, "e1"))["session"]["audio"]["input"]["turn_detection"]
    for wanted in (True, False):
        changed = checked(SessionUpdateEventParam, messages.answer_unasked(agent, "unasked-1", wanted=wanted))
        told = {**at_first, "create_response": wanted}
        assert changed["session"] == {"type": "realtime", "audio": {"input": {"turn_detection": told}}}


@pytest.mark.parametrize(("text_tokens", "most"), [(20, 120), (300, 1_800), (4_000, 4_096)])
def test_a_reply_has_room_for_its_audio(text_tokens: int, most: int) -> None:
    agent = replace(AGENT, thinking=replace(AGENT.thinking, max_tokens=text_tokens))
    assert messages.most_tokens(agent) == most


def test_the_callers_audio_as_it_came() -> None:
    assert checked(InputAudioBufferAppendEventParam, messages.append("f39/fw==")) == {
        "type": "input_audio_buffer.append",
        "audio": "f39/fw==",
    }


def test_responses() -> None:
    created = checked(ResponseCreateEventParam, messages.create_response("ask-1", 7))
    assert created["response"]["metadata"] == {messages.REPLY_KEY: "7"}
    cancelled = checked(ResponseCancelEventParam, messages.cancel_response("cancel-1", "resp_1"))
    assert cancelled["response_id"] == "resp_1"
    said = checked(ResponseCreateEventParam, messages.say_exactly('Say "hi", Zoë.', "phrase-1"))
    assert said["response"]["conversation"] == "none"
    assert said["response"]["input"][0]["content"][0]["text"] == 'Say exactly: "Say \\"hi\\", Zoë."'
    in_call = checked(ResponseCreateEventParam, messages.create_response("ask-2", 8, "Good day."))["response"]
    assert in_call["metadata"] == {messages.REPLY_KEY: "8"}
    assert (in_call["input"][0]["content"][0]["text"], in_call["tools"]) == ('Say exactly: "Good day."', [])
    assert "conversation" not in in_call
    checked(SessionUpdateEventParam, messages.phrase_session("cedar", "phrase-session"))


def test_items() -> None:
    cut = checked(ConversationItemTruncateEventParam, messages.truncate("cut-1", "item", 0, 250))
    assert (cut["item_id"], cut["content_index"], cut["audio_end_ms"]) == ("item", 0, 250)
    checked(ConversationItemDeleteEventParam, messages.delete("delete-1", "item"))
    said = checked(ConversationItemCreateEventParam, messages.create_text("item-1", "i1", Role.AGENT, "Hello.", "i0"))
    assert said["previous_item_id"] == "i0"
    assert said["item"]["content"] == [{"type": "output_text", "text": "Hello."}]
    heard = checked(ConversationItemCreateEventParam, messages.create_text("item-2", "i2", Role.CALLER, "Hi."))
    assert heard["item"]["role"] == "user"
    assert "previous_item_id" not in heard
    checked(ConversationItemCreateEventParam, messages.create_audio("item-3", "i3", "f38="))
    checked(ConversationItemCreateEventParam, messages.call_output("output-1", "call_1", "{}"))


def test_the_check_finds_what_is_wrong() -> None:
    with pytest.raises(ValidationError):
        checked(ConversationItemTruncateEventParam, b'{"type":"conversation.item.truncate","item_id":"i"}')
    with pytest.raises(ValidationError):
        checked(ConversationItemDeleteEventParam, b'{"type":"conversation.item.delete","item_id":"i","x":1}')


def test_where_a_session_is() -> None:
    assert messages.realtime_url("https://api.openai.com/v1", "gpt-realtime-2.1") == (
        "wss://api.openai.com/v1/realtime?model=gpt-realtime-2.1"
    )
    assert messages.realtime_url("http://127.0.0.1:9/v1", "a b") == "ws://127.0.0.1:9/v1/realtime?model=a%20b"
