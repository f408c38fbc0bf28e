"""The whole box with its real line, caller, streams and HTTP, against an application that a test writes."""

import asyncio
import json
from base64 import b64encode

import pytest
from websockets.asyncio.server import ServerConnection, serve

from offhook.box.box import BoxEvent
from offhook.box.caller_script import CallerScript, HangUp, Press, Say, Step, Wait
from offhook.box.calls import BoxCall, CallStatus
from tests.box.application import serving
from tests.box.speech import spoken
from tests.box.whole_box import BOOKS_AND_LEAVES, GATHER, GOODBYE, OURS, THEIRS, BrokenMouth, box_for, outbound, over


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
    assert call.stats.line is not None
    assert call.stats.line.frames_played > 0
    assert box.alerts.codes(call.sid) == []
    assert [event.detail for event in events if event.kind == "status"] == ["ringing", "in-progress", "completed"]


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


async def test_a_key_pressed_cuts_the_prompt_and_reaches_the_action() -> None:
    presses = CallerScript((Step(Press("7"), "agent-speaking", after_ms=60),))
    async with serving() as application:
        application.on("/voice", GATHER.replace("Hi", "a" * 500).replace("<Gather", '<Gather numDigits="1"'))
        application.on("/turn", "<Response><Hangup/></Response>")
        application.on("/status", "")
        async with box_for(application, presses) as box:
            call = await over(box, box.place_inbound(OURS, THEIRS))
    assert application.forms("/turn")[0]["Digits"] == "7"
    assert call.duration_s == 1


async def test_two_calls_at_once_keep_to_themselves() -> None:
    leaves = CallerScript((Step(Say(spoken(2000)), "now"),), linger_ms=4000)
    async with serving() as application:
        application.on("/voice", GATHER)
        application.on("/turn", GOODBYE)
        application.on("/status", "")
        async with box_for(application, BOOKS_AND_LEAVES) as box:
            calls = [box.place_inbound(OURS, THEIRS), box.place_inbound(OURS, "+14155550101", leaves)]
            await asyncio.gather(*(over(box, call) for call in calls))
    said = {form["From"]: (form["CallSid"], form["SpeechResult"]) for form in application.forms("/turn")}
    assert said == {
        THEIRS: (calls[0].sid, "book a table please"),
        "+14155550101": (calls[1].sid, "goodbye"),
    }
    assert [call.stats.recognised for call in calls] == [["book a table please"], ["goodbye"]]


async def test_a_call_that_breaks_the_box_breaks_alone() -> None:
    async with serving() as application:
        application.on("/voice", "<Response><Say>boom</Say></Response>", "<Response><Say>fine</Say></Response>")
        application.on("/status", "")
        ended: list[BoxCall] = []
        async with box_for(application, mouth=BrokenMouth()) as box:
            box.on_call_ended(ended.append)
            broken = box.place_inbound(OURS, THEIRS)
            with pytest.raises(ExceptionGroup):
                await over(box, broken)
            fine = await over(box, box.place_inbound(OURS, THEIRS))
    assert box.alerts.codes(broken.sid) == [12400]
    assert box.alerts.codes(fine.sid) == []
    assert ended == [broken, fine]


async def test_a_caller_who_leaves_a_stream_stops_it_properly() -> None:
    events: list[str] = []

    async def streamer(socket: ServerConnection) -> None:
        async for text in socket:
            events.append(json.loads(text)["event"])

    leaves = CallerScript((Step(Wait(200), "now"), Step(HangUp(), "now")))
    async with serving() as application, serve(streamer, "127.0.0.1", 0) as sockets:
        port = next(iter(sockets.sockets)).getsockname()[1]
        stream = f'<Stream url="ws://127.0.0.1:{port}/stream" statusCallback="/stream-status"/>'
        application.on("/voice", f'<Response><Connect action="/resume">{stream}</Connect></Response>')
        application.on("/status", "")
        application.on("/stream-status", "")
        async with box_for(application, leaves) as box:
            call = await over(box, box.place_inbound(OURS, THEIRS))
    assert events[:2] == ["connected", "start"]
    assert events[-1] == "stop"
    assert [form["StreamEvent"] for form in application.forms("/stream-status")] == ["stream-started", "stream-stopped"]
    assert application.forms("/status")[0]["CallStatus"] == "completed"
    assert call.hung_up_by == "caller"
    assert application.forms("/resume") == []


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
