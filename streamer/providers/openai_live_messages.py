"""What OpenAI Live is sent. Pure; every message is checked against the SDK's types in the tests.

Reference: `openai/types/live` of openai-python 3.54.0. A session is configured once, in its first message: model,
instructions, voice and history cannot be changed afterwards, only appended to.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import orjson

from calls import prompts, tools
from calls.agent import Agent
from calls.conversation import Conversation, Role, Turn
from calls.prompts import CUT_MARK
from streamer.providers.openai_realtime_messages import voice_of
from streamer.providers.vendor_socket import socket_base

MULAW: Mapping[str, Any] = {"type": "audio/pcmu", "rate": 8000}
"""Unlike Realtime's, Live's mu-law has a rate."""
MOST_HISTORY = 128
MOST_HISTORY_TOKENS = 6_000
"""Of the 8,192 that a session takes; ours are guesses."""
MOST_APPEND_BYTES = 480
"""An append takes 500 tokens, and no token is less than a byte."""
MOST_APPENDS = 6
_APPEND, _END = b'{"type":"session.input_audio.append","audio":"', b'"}'
_SENTENCES = re.compile(r"(?<=[.!?])\s+")

CLOSE = b'{"type":"session.close"}'

_ON_LIVE = """You hear the caller all the time, also while you speak: when they want to say something, stop and listen.
You cannot hang up, connect a call, or look anything up yourself. The backend does: delegate to it.
"""
_WHEN = {
    "end_call": "- When the conversation is over, say goodbye first, then delegate to the backend: it hangs up.",
    "transfer": "- When the caller asks for a person, or you cannot help, say that you connect them, then delegate to "
    "the backend: it connects the call.",
}
_NOTHING_ELSE = "- Delegate for nothing else."


def live_url(base_url: str) -> str:
    """`base_url` ends in /v1, or in whatever stands for it. The model is not named in it."""
    return f"{socket_base(base_url)}/live/sessions"


def audio(payload: str) -> bytes:
    """The caller's next audio, base64 as Twilio sent it."""
    return _APPEND + payload.encode() + _END


def start(agent: Agent, model: str, voice: str, so_far: Conversation, today: date | None, said: str = "") -> bytes:
    """The first message. `said` is what the caller is being told while the session starts."""
    session: dict[str, Any] = {
        "model": model,
        "instructions": instructions(agent, today),
        "audio": {"format": MULAW, "output": {"voice": voice_of(voice)}},
        "delegation": {"type": "client"},
        "input": history(so_far, said),
        "store": False,
    }
    return orjson.dumps({"type": "session.start", "session": session})


def instructions(agent: Agent, today: date | None) -> str:
    # The first of the messages is the system's; without turns there is no other.
    prompt = prompts.messages(agent, Conversation(), today)[0].content
    asked = [_WHEN[tool.name] for tool in tools.offered(agent) if tool.name in _WHEN]
    return "\n".join((prompt, "", _ON_LIVE + "\n".join((*asked, _NOTHING_ELSE))))


def history(so_far: Conversation, said: str = "") -> list[dict[str, Any]]:
    """What was really heard, oldest first; the oldest is left out where it is too much for a session."""
    texts = [(turn.role, _heard(turn)) for turn in so_far.turns if turn.heard.strip()]
    if said.strip():
        texts.append((Role.AGENT, said.strip()))
    kept: list[dict[str, Any]] = []
    tokens = 0.0
    for role, text in reversed(texts):
        tokens += _tokens(text)
        if tokens > MOST_HISTORY_TOKENS or len(kept) == MOST_HISTORY:
            break
        kept.insert(0, _message(role, text))
    return kept


def already_said(text: str) -> list[bytes]:
    """The caller hears `text` from us, in place of the model."""
    return _instructions("You have just said this to the caller, do not repeat it: ", text)


def cut_off(heard: str) -> list[bytes]:
    """Of the words that the model was told it had said, only these were heard."""
    if not heard.strip():
        return _instructions("The caller interrupted before any of those words of yours were heard.", "")
    return _instructions("The caller interrupted; of those words of yours they heard only: ", heard)


def say(text: str) -> list[bytes]:
    """Have the model say `text`: it keeps to commentary closely, without a promise to do so word for word."""
    return _appends("commentary", "", text, None)


def pressed(text: str) -> list[bytes]:
    """What the caller did that makes no sound ("[keys 12#]")."""
    return _instructions("The caller did this, answer it now: ", text)


def answer_now() -> list[bytes]:
    return _instructions("The caller waits for your answer: give it now.", "")


def broke_off(text: str) -> list[bytes]:
    """The session before this one was lost while it said `text`."""
    return _instructions("The line broke off while you were saying this, go on from there now: ", text)


def speak_result(delegation_id: str, text: str) -> list[bytes]:
    """The outcome of delegated work, for the caller's ear."""
    return _appends("commentary", "", text, delegation_id)


def note_result(delegation_id: str, text: str) -> list[bytes]:
    """The outcome of delegated work, for the model alone."""
    return _appends("thinking", "", text, delegation_id)


def _instructions(head: str, text: str) -> list[bytes]:
    return _appends("instructions", head, text, None)


def _appends(kind: str, head: str, text: str, delegation_id: str | None) -> list[bytes]:
    return [
        orjson.dumps({"type": f"session.{kind}.append", "content": content, "delegation_id": delegation_id})
        for content in _contents(head, text)
    ]


def _contents(head: str, text: str) -> list[str]:
    """At most MOST_APPENDS texts that each fit into one append; what is over is left out."""
    room = MOST_APPEND_BYTES - len(head.encode())
    return [f"{head}{piece}" for piece in _pieces(text, room)][:MOST_APPENDS] if text.strip() else [head]


def _pieces(text: str, room_bytes: int) -> Iterator[str]:
    """`text` in pieces of at most so many bytes, whole sentences where they fit, whole words otherwise."""
    piece = ""
    for part in _parts(text.strip(), room_bytes):
        if piece and len(f"{piece} {part}".encode()) > room_bytes:
            yield piece
            piece = ""
        piece = f"{piece} {part}" if piece else part
    if piece:
        yield piece


def _parts(text: str, room_bytes: int) -> Iterator[str]:
    for sentence in _SENTENCES.split(text):
        if len(sentence.encode()) <= room_bytes:
            yield sentence
            continue
        for word in sentence.split():
            yield word.encode()[:room_bytes].decode(errors="ignore")


def _heard(turn: Turn) -> str:
    text = turn.heard.strip()
    return f"{text} {CUT_MARK}" if turn.cut and turn.role is Role.AGENT else text


def _message(role: Role, text: str) -> dict[str, Any]:
    is_ours = role is Role.AGENT
    part = {"type": "output_text" if is_ours else "input_text", "text": text}
    return {"type": "message", "role": "assistant" if is_ours else "user", "content": [part]}


def _tokens(text: str) -> float:
    """Rather too many: English has four letters a token, other scripts up to a token a letter."""
    size = len(text.encode())
    return size / 3 if size == len(text) else size / 2
