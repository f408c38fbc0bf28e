"""What OpenAI Realtime is sent. Pure; every message is checked against the SDK's types in the tests.

Reference: https://platform.openai.com/docs/api-reference/realtime-client-events, as carried by openai-python 3.54.0.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import quote

import orjson

from calls import prompts, tools
from calls.agent import Agent
from calls.agent_realtime import OWN_VOICE
from calls.conversation import Conversation, Role
from streamer.providers.vendor_socket import socket_base

MULAW: Mapping[str, str] = {"type": "audio/pcmu"}
PREFIX_MS = 300
"""How much audio before a voice server VAD adds to a turn."""
REPLY_KEY = "offhook_reply"
"""The metadata of a response that say which of our replies it is."""
_READ_OUT = "You read out loud, word for word, exactly the text you are given, and nothing else."
_NOISE = {"far": "far_field", "near": "near_field"}
_APPEND, _END = b'{"type":"input_audio_buffer.append","audio":"', b'"}'


def realtime_url(base_url: str, model: str) -> str:
    """`base_url` ends in /v1, or in whatever stands for it."""
    return f"{socket_base(base_url)}/realtime?model={quote(model, safe='')}"


def append(payload: str) -> bytes:
    """`payload` is base64 of mu-law, as Twilio sent it: nothing in it needs escaping."""
    return _APPEND + payload.encode("ascii") + _END


def session_update(agent: Agent, event_id: str, today: date | None = None) -> bytes:
    """Everything a call's session needs; the server answers nothing unasked before it is told to."""
    hearing = agent.realtime
    reduction = _NOISE.get(hearing.noise_reduction)
    # The first of the messages is the system's; without turns there is no other.
    instructions = prompts.messages(agent, Conversation(), today)[0].content
    session: dict[str, Any] = {
        "type": "realtime",
        "instructions": instructions,
        "output_modalities": ["audio"],
        "audio": {
            "input": {
                "format": MULAW,
                **({"noise_reduction": {"type": reduction}} if reduction else {}),  # a new session has none
                "transcription": {"model": hearing.transcription, "language": agent.voice.language.partition("-")[0]},
                "turn_detection": turn_detection(agent),
            },
            "output": {"format": MULAW, "voice": voice_of(agent.voice.realtime)},
        },
        "tools": _tools(agent),
        "tool_choice": "auto",
        "max_output_tokens": most_tokens(agent),
    }
    return _dump({"type": "session.update", "event_id": event_id, "session": session})


def voice_of(name: str) -> str | dict[str, str]:
    """A voice of OpenAI's goes by its name, one that the account has made by its id. Live's do too."""
    return {"id": name} if name.startswith(OWN_VOICE) else name


def most_tokens(agent: Agent) -> int:
    """An audio token is 50 ms of speech and words are counted beside it: what lets a text speak takes six times as
    many. OpenAI takes 4096 at most."""
    return min(4_096, agent.thinking.max_tokens * 6)


def answer_unasked(agent: Agent, event_id: str, *, wanted: bool) -> bytes:
    """Whether the session answers turns unasked. "The client may send this event at any time", and what it leaves out
    stays as it is (session.update)."""
    hearing = {"turn_detection": turn_detection(agent, answers_unasked=wanted)}
    return _dump(
        {"type": "session.update", "event_id": event_id, "session": {"type": "realtime", "audio": {"input": hearing}}}
    )


def turn_detection(agent: Agent, *, answers_unasked: bool = False) -> dict[str, Any]:
    """`answers_unasked`: a turn's end begins a response, where none is active."""
    hearing = agent.realtime
    ours: dict[str, Any] = {"create_response": answers_unasked, "interrupt_response": False}
    if hearing.vad == "server":
        return {
            "type": "server_vad",
            "threshold": hearing.threshold,
            "prefix_padding_ms": PREFIX_MS,
            "silence_duration_ms": hearing.silence_ms,
            **ours,
        }
    return {"type": "semantic_vad", "eagerness": hearing.eagerness, **ours}


def _tools(agent: Agent) -> list[dict[str, Any]]:
    return [
        {"type": "function", "name": tool.name, "description": tool.description, "parameters": tool.schema}
        for tool in tools.offered(agent)
    ]


def phrase_session(voice: str, event_id: str) -> bytes:
    """A session that only says what it is told."""
    session = {
        "type": "realtime",
        "instructions": _READ_OUT,
        "output_modalities": ["audio"],
        "audio": {
            "input": {"format": MULAW, "turn_detection": None},
            "output": {"format": MULAW, "voice": voice_of(voice)},
        },
    }
    return _dump({"type": "session.update", "event_id": event_id, "session": session})


def say_exactly(text: str, event_id: str) -> bytes:
    """A response out of the conversation that speaks `text`."""
    response = {"conversation": "none", **_exactly(text)}
    return _dump({"type": "response.create", "event_id": event_id, "response": response})


def create_response(event_id: str, reply_id: int, words: str = "") -> bytes:
    """The answer to the conversation as the session has it; with `words` exactly those, which become its next item."""
    told = {"instructions": _READ_OUT, **_exactly(words)} if words else {}
    response = {"metadata": {REPLY_KEY: str(reply_id)}, **told}
    return _dump({"type": "response.create", "event_id": event_id, "response": response})


def _exactly(text: str) -> dict[str, Any]:
    """A response with an input of its own is not made from the conversation, whether it becomes part of it or not."""
    said = f"Say exactly: {orjson.dumps(text).decode()}"
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": said}]}
    return {"output_modalities": ["audio"], "input": [item], "tools": []}


def cancel_response(event_id: str, response_id: str) -> bytes:
    return _dump({"type": "response.cancel", "event_id": event_id, "response_id": response_id})


def truncate(event_id: str, item_id: str, content_index: int, audio_end_ms: int) -> bytes:
    """Of the model's own audio nothing after `audio_end_ms` was heard."""
    cut = {"item_id": item_id, "content_index": content_index, "audio_end_ms": audio_end_ms}
    return _dump({"type": "conversation.item.truncate", "event_id": event_id, **cut})


def delete(event_id: str, item_id: str) -> bytes:
    return _dump({"type": "conversation.item.delete", "event_id": event_id, "item_id": item_id})


def create_text(event_id: str, item_id: str, role: Role, text: str, after: str | None = None) -> bytes:
    """A turn that the session did not hear or speak itself, at the end or `after` another item."""
    part = "output_text" if role is Role.AGENT else "input_text"
    who = "assistant" if role is Role.AGENT else "user"
    item = {"id": item_id, "type": "message", "role": who, "content": [{"type": part, "text": text}]}
    return _create_item(event_id, item, after)


def create_audio(event_id: str, item_id: str, payload: str) -> bytes:
    """A turn of the caller's as base64 of mu-law, that a session which broke off had heard."""
    content = [{"type": "input_audio", "audio": payload}]
    return _create_item(event_id, {"id": item_id, "type": "message", "role": "user", "content": content}, None)


def call_output(event_id: str, call_id: str, output: str) -> bytes:
    """What a function that the model called gave back."""
    return _create_item(event_id, {"type": "function_call_output", "call_id": call_id, "output": output}, None)


def _create_item(event_id: str, item: Mapping[str, Any], after: str | None) -> bytes:
    place = {"previous_item_id": after} if after else {}
    return _dump({"type": "conversation.item.create", "event_id": event_id, "item": item, **place})


def _dump(message: Mapping[str, Any]) -> bytes:
    return orjson.dumps(message)
