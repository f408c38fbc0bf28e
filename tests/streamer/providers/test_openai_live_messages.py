"""What OpenAI Live is sent, against the SDK's own types."""

import base64
from dataclasses import replace
from datetime import date
from typing import Any

import orjson
import pytest
from openai.types.live import ClientEvent

from calls.conversation import Conversation, Role, Turn
from streamer.providers import openai_live_messages as messages
from tests.fakes.agents import AGENT
from tests.vendors.sdk_models import models_by_type, parsed

TODAY = date(2026, 11, 22)
_EVENTS = models_by_type(ClientEvent)


def checked(message: bytes) -> dict[str, Any]:
    """The message, which has to be one of the SDK's client events with no field too many."""
    event: dict[str, Any] = orjson.loads(message)
    parsed(_EVENTS[event["type"]], message, strict=True)
    return event


def turn(role: Role, said: str, heard: str | None = None, *, cut: bool = False) -> Turn:
    return Turn(f"t-{said[:9]}", role, said, said if heard is None else heard, cut, 1, 2, "realtime")


def start(so_far: Conversation, said: str = "") -> dict[str, Any]:
    session: dict[str, Any] = checked(messages.start(AGENT, "gpt-live-1", "marin", so_far, TODAY, said))["session"]
    return session


def test_a_session_starts_with_mulaw_at_its_rate_its_voice_and_what_was_really_heard() -> None:
    so_far = Conversation(
        (
            turn(Role.AGENT, "Hello, this is the desk.", "Hello,", cut=True),
            turn(Role.CALLER, "Tuesday."),
            turn(Role.AGENT, "Never heard.", ""),
        )
    )
    session = start(so_far, "One moment, please.")
    assert session["audio"] == {"format": {"type": "audio/pcmu", "rate": 8000}, "output": {"voice": "marin"}}
    assert session["delegation"] == {"type": "client"}
    assert session["store"] is False
    assert [(one["role"], one["content"]) for one in session["input"]] == [
        ("assistant", [{"type": "output_text", "text": "Hello, [cut off]"}]),
        ("user", [{"type": "input_text", "text": "Tuesday."}]),
        ("assistant", [{"type": "output_text", "text": "One moment, please."}]),
    ]


def test_the_instructions_tell_when_to_delegate_and_only_what_can_be_done() -> None:
    alone = messages.instructions(AGENT, TODAY)
    assert AGENT.prompt in alone
    assert "hangs up" in alone
    assert "connects the call" not in alone
    assert "connects the call" in messages.instructions(replace(AGENT, transfer_number="+12025550123"), TODAY)
    assert "November 22" in alone


def test_a_long_history_keeps_its_newest_part() -> None:
    many = Conversation(tuple(replace(turn(Role.CALLER, f"word {n}"), id=str(n), started_at_ms=n) for n in range(200)))
    kept = messages.history(many)
    assert len(kept) == messages.MOST_HISTORY
    assert kept[-1]["content"][0]["text"] == "word 199"
    long = Conversation(tuple(replace(turn(Role.CALLER, "x" * 9_000), id=str(n), started_at_ms=n) for n in range(3)))
    assert len(messages.history(long)) == 2


def test_audio_is_passed_on_as_it_came() -> None:
    payload = base64.b64encode(b"\x7f\xff" * 80).decode()
    assert checked(messages.audio(payload)) == {"type": "session.input_audio.append", "audio": payload}


@pytest.mark.parametrize(
    ("texts", "kind", "content"),
    [
        (messages.say("Hello."), "commentary", "Hello."),
        (messages.already_said("Hello."), "instructions", "Hello."),
        (messages.cut_off("Hel"), "instructions", "Hel"),
        (messages.cut_off(" "), "instructions", "before any"),
        (messages.pressed("[keys 12#]"), "instructions", "[keys 12#]"),
        (messages.answer_now(), "instructions", "answer"),
        (messages.broke_off("We are open"), "instructions", "We are open"),
    ],
)
def test_what_is_appended_is_an_event_of_the_sdk(texts: list[bytes], kind: str, content: str) -> None:
    (event,) = [checked(text) for text in texts]
    assert event["type"] == f"session.{kind}.append"
    assert content in event["content"]
    assert event["delegation_id"] is None


def test_results_name_their_delegation() -> None:
    (spoken,) = messages.speak_result("del_1", "Done.")
    (noted,) = messages.note_result("del_1", "Done.")
    assert checked(spoken)["delegation_id"] == checked(noted)["delegation_id"] == "del_1"
    assert checked(noted)["type"] == "session.thinking.append"
    assert checked(messages.CLOSE) == {"type": "session.close"}


@pytest.mark.parametrize("text", ["Good morning. " * 200, "Ыы ы. " * 300, "wort " * 400])
def test_no_append_is_longer_than_the_vendor_takes(text: str) -> None:
    appends = messages.already_said(text)
    assert 1 < len(appends) <= messages.MOST_APPENDS
    assert all(len(checked(one)["content"].encode()) <= 500 for one in appends)


def test_the_address_names_no_model() -> None:
    assert messages.live_url("https://api.openai.com/v1") == "wss://api.openai.com/v1/live/sessions"
    assert messages.live_url("http://127.0.0.1:9/v1") == "ws://127.0.0.1:9/v1/live/sessions"
