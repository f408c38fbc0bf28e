"""What OpenAI Live says: every event that matters is one of the SDK's, and everything else is harmless."""

import base64
from typing import Any

import orjson
import pytest
from openai.types.live import ServerEvent

from streamer.providers.openai_live_events import (
    AgentWords,
    CallerWords,
    Closed,
    Delegated,
    Failed,
    Ignored,
    LiveEvent,
    Sound,
    Started,
    UsedSoFar,
    understood,
)
from tests.vendors.sdk_models import models_by_type, parsed

_EVENTS = models_by_type(ServerEvent)
SESSION = {"id": "live_sess_1", "expires_at": 1_790_000_000, "model": "gpt-live-1", "status": "active"}
ERROR = {"code": "rate_limit_exceeded", "message": "too much", "type": "requests"}


def event(kind: str, **fields: Any) -> bytes:
    """An event that the SDK knows."""
    has_id = kind != "session.output_audio.delta"
    message = orjson.dumps({"type": kind, **({"event_id": "event_1"} if has_id else {}), **fields})
    parsed(_EVENTS[kind], message, strict=True)
    return message


@pytest.mark.parametrize(
    ("message", "value"),
    [
        (event("session.output_audio.delta", delta=base64.b64encode(b"\x10\x20").decode()), Sound(b"\x10\x20")),
        (event("session.started", session=SESSION), Started("live_sess_1", 1_790_000_000)),
        (
            event("session.input_transcript.delta", delta=" hours", start_ms=10, end_ms=20),
            CallerWords(" hours", 10, 20),
        ),
        (event("session.output_transcript.delta", delta="We", start_ms=30, end_ms=40), AgentWords("We", 30, 40)),
        (
            event(
                "session.delegation.created",
                delegation={"id": "del_1", "type": "delegation", "target": "client"},
                offset_ms=5,
            ),
            Delegated("del_1"),
        ),
        (event("session.usage.updated", usage={"seconds": 15.5}), UsedSoFar(15.5)),
        (event("session.closed", reason="expired", session=SESSION, usage={"seconds": 20.0}), Closed("expired", 20.0)),
        (event("error", error=ERROR), Failed(ERROR)),
        (event("session.commentary.appended", start_ms=1, end_ms=1), Ignored(True, "session.commentary.appended")),
        (event("info", code="notice", message="hello"), Ignored(True, "info")),
        (b'{"type":"session.new_thing"}', Ignored(False, "session.new_thing")),
    ],
)
def test_an_event_is_understood(message: bytes, value: LiveEvent) -> None:
    assert understood(message) == value


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"[]",
        b"{}",
        b'{"type": 7}',
        b'{"type":"session.output_audio.delta"}',
        b'{"type":"session.output_audio.delta","delta":7}',
        b'{"type":"session.started","session":{}}',
        b'{"type":"session.input_transcript.delta","delta":7,"start_ms":1,"end_ms":2}',
        b'{"type":"session.closed","reason":"expired","usage":{"seconds":"many"}}',
        b'{"type":"session.delegation.created","delegation":null}',
        b"\xff\xfe",
    ],
)
def test_nonsense_and_news_are_passed_over(message: bytes) -> None:
    assert understood(message) == Ignored(is_known=False)


def test_an_error_without_fields_is_an_error_all_the_same() -> None:
    assert understood(b'{"type":"error","error":"?"}') == Failed({})
