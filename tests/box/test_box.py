"""The whole box with its real line, caller, streams and HTTP, against an application that a test writes."""

import asyncio
import json
from base64 import b64encode
from typing import Any

from websockets.asyncio.server import ServerConnection, serve

from offhook.box.box import Box, BoxEvent
from offhook.box.caller_script import CallerScript, HangUp, Say, Step
from offhook.box.calls import STATUS_EVENTS, BoxCall, CallPlan, CallStatus, Hook
from offhook.box.settings import BoxSettings, Number
from tests.box.application import ACCOUNT, TOKEN, Application, serving
from tests.box.speech import FakeEars, FakeMouth, spoken

OURS = "+15005550006"
THEIRS = "+14155550100"
BOOKS_AND_LEAVES = CallerScript((Step(Say(spoken(4000)), "now"), Step(Say(spoken(2000)), "agent-done")), linger_ms=4000)
GATHER = '<Response><Gather input="speech dtmf" speechTimeout="auto" action="/turn"><Say>Hi</Say></Gather></Response>'
GOODBYE = "<Response><Say>Bye now</Say><Hangup/></Response>"


def box_for(application: Application, script: CallerScript | None = None, **settings: Any) -> Box:
    number = Number(Hook(f"{application.url}/voice"), status_callback=Hook(f"{application.url}/status"))
    base = BoxSettings(ACCOUNT, TOKEN, {OURS: number}, ring_ms=20, **settings)
    return Box(base, FakeEars(), FakeMouth(), default_script=script)


def outbound(application: Application, **plan: Any) -> CallPlan:
    voice = plan.pop("voice", Hook(f"{application.url}/voice"))
    callback = Hook(f"{application.url}/status")
    events = frozenset(STATUS_EVENTS)
    return CallPlan(THEIRS, OURS, "outbound-api", voice=voice, status_callback=callback, status_events=events, **plan)


async def over(box: Box, call: BoxCall) -> BoxCall:
    async with asyncio.timeout(10):
        await box.ended(call)
    return call


async def test_an_inbound_caller_is_heard_answered_and_recorded() -> None:
    async with serving() as application:
        application.on("/voice", GATHER)
        application.on("/turn", GOODBYE)
        application.on("/status", "")
        events: list[BoxEvent] = []
        async with box_for(application, BOOKS_AND_LEAVES) as box:
            box.on_event(events.append)
            call = await over(box, box.place_inbound(OURS, THEIRS))
    assert [seen.path for seen in application.seen] == ["/voice", "/turn", "/status"]
    assert all(seen.signed for seen in application.seen)
    assert application.forms("/voice")[0]["CallStatus"] == "ringing"
    assert application.forms("/turn")[0]["SpeechResult"] == "book a table please"
    assert application.forms("/status")[0]["CallStatus"] == "completed"
    assert call.status is CallStatus.COMPLETED
    assert call.hung_up_by == "application"
    assert call.recording is not None
    assert len(call.recording.caller) == len(call.recording.agent) > 8000
    assert box.alerts.codes(call.sid) == []
    assert [event.detail for event in events if event.kind == "status"] == ["ringing", "in-progress", "completed"]


async def test_an_outbound_call_reports_every_status_in_order() -> None:
    async with serving() as application:
        application.on("/voice", GOODBYE)
        application.on("/status", "")
        async with box_for(application) as box:
            call = await over(box, box.place_outbound(outbound(application)))
    assert application.forms("/voice")[0]["CallStatus"] == "in-progress"
    told = application.forms("/status")
    assert [form["CallStatus"] for form in told] == ["initiated", "ringing", "in-progress", "completed"]
    assert [form["SequenceNumber"] for form in told] == ["0", "1", "2", "3"]
    assert told[3]["CallDuration"] == str(call.duration_s) == "1"


async def test_a_caller_who_hangs_up_ends_the_call_in_mid_sentence() -> None:
    leaves = CallerScript((Step(HangUp(), "agent-speaking", after_ms=100),))
    async with serving() as application:
        application.on("/voice", f"<Response><Say>{'a' * 500}</Say></Response>")
        application.on("/status", "")
        async with box_for(application, leaves) as box:
            call = await over(box, box.place_inbound(OURS, THEIRS))
    assert call.hung_up_by == "caller"
    assert call.duration_s == 1
    assert application.forms("/status")[0]["CallStatus"] == "completed"


async def test_a_stream_bridges_the_line_to_a_socket_and_the_action_follows() -> None:
    heard = bytearray()

    async def streamer(socket: ServerConnection) -> None:
        sid = ""
        async for text in socket:
            message = json.loads(text)
            if message["event"] == "start":
                sid = message["start"]["streamSid"]
                payload = b64encode(spoken(3000, 200)).decode()
                await socket.send(json.dumps({"event": "media", "streamSid": sid, "media": {"payload": payload}}))
                await socket.send(json.dumps({"event": "mark", "streamSid": sid, "mark": {"name": "said"}}))
            elif message["event"] == "mark":
                heard.extend(message["mark"]["name"].encode())
                return

    async with serving() as application, serve(streamer, "127.0.0.1", 0) as sockets:
        port = next(iter(sockets.sockets)).getsockname()[1]
        stream = f'<Stream url="ws://127.0.0.1:{port}/stream" name="a" statusCallback="/stream-status"/>'
        application.on("/voice", f'<Response><Connect action="/resume">{stream}</Connect></Response>')
        application.on("/resume", GOODBYE)
        application.on("/stream-status", "")
        async with box_for(application) as box:
            call = await over(box, box.place_outbound(outbound(application)))
    assert heard == b"said"
    assert [form["StreamEvent"] for form in application.forms("/stream-status")] == ["stream-started", "stream-stopped"]
    assert len(application.forms("/resume")) == 1
    assert call.stats.streams == 1


async def test_no_task_and_no_call_outlives_the_box() -> None:
    async with serving() as application:
        application.on("/voice", '<Response><Pause length="60"/></Response>')
        before = asyncio.all_tasks()
        async with box_for(application) as box:
            answered = asyncio.Event()
            box.on_event(lambda event: answered.set() if event.detail == "in-progress" else None)
            call = box.place_outbound(outbound(application))
            await answered.wait()
        assert asyncio.all_tasks() == before
    assert call.over
