"""Streams and dialling: what is asked for after them, and what when nobody is there."""

import pytest

from offhook.box.interpreter import Behaviour
from tests.box.stage import Stage

STREAM = '<Connect action="/resume"><Stream url="ws://127.0.0.1:9/stream" name="s"/></Connect><Say>Next</Say>'


async def test_after_a_stream_the_action_is_asked() -> None:
    stage = Stage(pages={"/resume": "<Say>Back</Say>"})
    await stage.run(STREAM)
    assert stage.mouth.said == ["Back"]
    assert [event.event for event in stage.streamed] == ["stream-started", "stream-stopped"]


async def test_after_a_stream_without_action_the_next_verb_runs() -> None:
    stage = Stage()
    await stage.run('<Connect><Stream url="ws://127.0.0.1:9/stream"/></Connect><Say>Next</Say>')
    assert stage.mouth.said == ["Next"]


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (Behaviour(), ["Back"]),
        (Behaviour(after_failed_stream="next-verb"), ["Next"]),
        (Behaviour(after_failed_stream="hang-up"), []),
    ],
)
async def test_a_stream_that_never_opened(behaviour: Behaviour, said: list[str]) -> None:
    stage = Stage(pages={"/resume": "<Say>Back</Say>"}, stream_opens=False, behaviour=behaviour)
    await stage.run(STREAM)
    assert stage.mouth.said == said
    assert stage.alerts == [31920]


async def test_a_query_string_is_a_handshake_error_and_nothing_is_opened() -> None:
    stage = Stage(pages={"/resume": "<Say>Back</Say>"})
    await stage.run(STREAM.replace("/stream", "/stream?token=x"))
    assert stage.alerts == [31920]
    assert [(event.event, event.error_code) for event in stage.streamed] == [("stream-error", 31920)]
    assert stage.mouth.said == ["Back"]


async def test_dial_reaches_somebody_and_tells_the_action() -> None:
    stage = Stage(pages={"/dialled": "<Hangup/>"}, behaviour=Behaviour(dial_says="Desk", dial_talk_ms=1900))
    await stage.run('<Dial action="/dialled">+14155550111</Dial>')
    form = stage.form("/dialled")
    assert form["DialCallStatus"] == "completed"
    assert form["DialCallDuration"] == "2"
    assert form["DialCallSid"].startswith("CA")
    assert stage.mouth.said == ["Desk"]


async def test_dial_that_nobody_answers() -> None:
    stage = Stage(pages={"/dialled": "<Hangup/>"}, behaviour=Behaviour(dial_answers=False))
    await stage.run('<Dial action="/dialled" timeout="3">+14155550111</Dial>')
    assert stage.form("/dialled")["DialCallStatus"] == "no-answer"
    assert stage.line.now_ms >= 3000
