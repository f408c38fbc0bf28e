"""A stream from its upgrade to its end, and a talk over it."""

import asyncio
import json
from base64 import b64decode, b64encode
from typing import Any

import pytest
from twilio.request_validator import RequestValidator
from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from offhook.box.caller import run_script
from offhook.box.caller_script import CallerScript, HangUp, Press, Say, Step
from offhook.box.media_stream import StreamOptions
from tests.box.stream_server import CLEAR, SID, TONE, VOICE, Call, begin, mark, media, receive, server


async def test_a_stream_from_connected_to_stop() -> None:
    call = Call()
    seen: list[dict[str, Any]] = []

    async def handler(connection: ServerConnection) -> None:
        assert connection.request is not None
        assert connection.request.headers["User-Agent"] == "Twilio.TmeWs/1.0"
        async for message in connection:
            assert isinstance(message, str)
            seen.append(json.loads(message))
            if len(seen) == 2:
                call.line.caller_say(VOICE)
                call.line.tick()
                call.line.press("5")
                call.line.tick()
            if len(seen) == 5:
                call.line.hang_up()

    call.line.tick()
    async with server(handler) as url:
        await call.stream(url)
    assert [message["event"] for message in seen] == ["connected", "start", "media", "dtmf", "media", "stop"]
    assert [message.get("sequenceNumber") for message in seen] == [None, "1", "2", "3", "4", "5"]
    assert seen[1]["start"]["customParameters"] == {"callId": "01J", "token": "t"}
    assert seen[2]["media"] == {
        "track": "inbound",
        "chunk": "1",
        "timestamp": "0",
        "payload": b64encode(VOICE).decode(),
    }
    assert (seen[4]["media"]["chunk"], seen[4]["media"]["timestamp"]) == ("2", "20")
    assert seen[5]["stop"] == {"accountSid": "AC1", "callSid": "CA1"}
    assert call.told == [("stream-started", 0), ("stream-stopped", 0)]
    assert call.alerts == []


async def test_frames_come_every_20_ms_and_audio_plays_with_its_mark_after_it() -> None:
    call = Call()
    marks: list[tuple[str, int]] = []
    frames = 0

    async def handler(connection: ServerConnection) -> None:
        nonlocal frames
        await begin(connection)
        await connection.send(media(TONE * 5))
        await connection.send(mark("greeting"))
        async for message in connection:
            match json.loads(message):
                case {"event": "mark", "mark": {"name": name}}:
                    marks.append((name, call.line.now_ms))
                    await connection.close()
                case {"event": "media"}:
                    frames += 1

    async with server(handler) as url:
        running = asyncio.create_task(call.line.run())
        await call.stream(url)
        call.line.hang_up()
        await running
    ((name, at_ms),) = marks
    assert name == "greeting"
    ((from_ms, until_ms),) = call.line.agent_spans
    assert until_ms - from_ms == 100
    assert until_ms <= at_ms + 20
    assert at_ms // 20 - 1 <= frames <= at_ms // 20 + 2
    assert call.told == [("stream-started", 0), ("stream-stopped", 31921)]
    assert call.alerts == [(31921, "error")]


async def test_a_mark_comes_back_at_once_when_nothing_is_buffered_and_after_clear() -> None:
    call = Call()
    names: list[str] = []

    async def handler(connection: ServerConnection) -> None:
        await begin(connection)
        await connection.send(mark("idle"))
        names.append((await receive(connection))["mark"]["name"])
        await connection.send(media(TONE * 100))
        await connection.send(mark("one"))
        await connection.send(mark("two"))
        await connection.send(CLEAR)
        await connection.send(mark("three"))
        for _ in range(3):
            names.append((await receive(connection))["mark"]["name"])

    async with server(handler) as url:
        await call.stream(url)
    assert names == ["idle", "one", "two", "three"]
    assert not call.line.agent_audible


async def test_audio_left_over_when_the_server_closes_is_dropped_and_its_marks_with_it() -> None:
    call = Call()

    async def handler(connection: ServerConnection) -> None:
        await begin(connection)
        await connection.send(media(TONE * 100))
        await connection.send(mark("never"))

    async with server(handler) as url:
        await call.stream(url)
    call.line.tick()
    assert call.line.agent_spans == ()
    assert call.told == [("stream-started", 0), ("stream-stopped", 31921)]


async def test_cancelling_stops_the_stream_first() -> None:
    call = Call()
    seen: list[str] = []
    begun = asyncio.Event()

    async def handler(connection: ServerConnection) -> None:
        await begin(connection)
        begun.set()
        async for message in connection:
            seen.append(json.loads(message)["event"])

    async with server(handler) as url:
        streaming = asyncio.create_task(call.stream(url))
        await begun.wait()
        streaming.cancel()
        with pytest.raises(asyncio.CancelledError):
            await streaming
        await asyncio.sleep(0.01)
    assert seen == ["stop"]
    assert call.told == [("stream-started", 0), ("stream-stopped", 0)]


async def test_a_hang_up_while_connecting_tells_nothing() -> None:
    call = Call()

    hung_up = asyncio.Event()

    async def stall(_connection: ServerConnection, _request: Request) -> None:
        call.line.hang_up()
        hung_up.set()
        await asyncio.sleep(0.1)

    async def handler(connection: ServerConnection) -> None:
        await connection.wait_closed()

    async with server(handler, process_request=stall) as url:
        await call.stream(url)
        assert hung_up.is_set()
    assert call.told == []
    assert call.alerts == []


@pytest.mark.parametrize(("signature", "verdict"), [("good", True), ("forged", False), ("none", None)])
async def test_the_upgrade_is_signed_over_the_url_as_configured(signature: Any, verdict: bool | None) -> None:
    call = Call()
    verdicts: list[bool | None] = []

    def check(_connection: ServerConnection, request: Request) -> Response | None:
        signatures = request.headers.get_all("X-Twilio-Signature")
        url = f"ws://{request.headers['Host']}{request.path}"
        valid = RequestValidator("token-1").validate(url, {}, signatures[0]) if signatures else None
        verdicts.append(valid)
        return None

    async def handler(connection: ServerConnection) -> None:
        await begin(connection)

    async with server(handler, process_request=check) as url:
        await call.stream(url, StreamOptions(new_stream_sid=lambda: SID, signature=signature))
    assert verdicts == [verdict]


class Parrot:
    """A small agent: greets, answers each utterance with a second of tone, and yields when it is spoken over."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.cuts = 0
        self._speaking = False
        self._voiced = False
        self._silent_frames = 0

    async def __call__(self, connection: ServerConnection) -> None:
        await begin(connection)
        await connection.send(media(TONE * 20))
        async for text in connection:
            match json.loads(text):
                case {"event": "media", "media": {"payload": payload}}:
                    await self._hear(connection, b64decode(payload) == VOICE)
                case {"event": "mark", "mark": {"name": "reply"}}:
                    self._speaking = False
                case {"event": "dtmf", "dtmf": {"digit": digit}}:
                    self.keys.append(digit)

    async def _hear(self, connection: ServerConnection, voiced: bool) -> None:
        self._silent_frames = 0 if voiced else self._silent_frames + 1
        self._voiced = self._voiced or voiced
        if voiced and self._speaking:
            self.cuts += 1
            self._speaking = False
            await connection.send(CLEAR)
        if self._voiced and self._silent_frames == 20:
            self._voiced = False
            self._speaking = True
            await connection.send(media(TONE * 50))
            await connection.send(mark("reply"))


async def test_a_scripted_caller_talks_with_an_agent_interrupts_it_presses_a_key_and_hangs_up() -> None:
    call = Call()
    agent = Parrot()
    script = CallerScript(
        steps=(
            Step(Say(VOICE * 15)),
            Step(Say(VOICE * 15), "agent-speaking", after_ms=400),
            Step(Press("9")),
            Step(HangUp(), "now"),
        )
    )

    async def clock() -> None:
        while not call.line.hung_up:
            call.line.tick()
            await asyncio.sleep(0.001)

    async with server(agent) as url:
        await asyncio.gather(call.stream(url), run_script(script, call.line), clock())
    greeting, cut, answer = (until_ms - from_ms for from_ms, until_ms in call.line.agent_spans)
    assert greeting == 400
    assert 400 <= cut < 700
    assert answer == 1000
    assert [until_ms - from_ms for from_ms, until_ms in call.line.caller_spans] == [300, 300]
    assert agent.cuts == 1
    assert agent.keys == ["9"]
    assert call.told == [("stream-started", 0), ("stream-stopped", 0)]
    recording = call.line.recording()
    assert len(recording.caller) == len(recording.agent) == call.line.now_ms * 8
