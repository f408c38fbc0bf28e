"""A whole box pointed at a test's application, and what its callers do."""

import asyncio
from typing import Any

from offhook.box.box import Box
from offhook.box.caller_script import CallerScript, Say, Step
from offhook.box.calls import STATUS_EVENTS, BoxCall, CallPlan, Hook
from offhook.box.settings import BoxSettings, Number
from tests.box.application import ACCOUNT, TOKEN, Application
from tests.box.speech import FakeEars, FakeMouth, spoken

OURS = "+15005550006"
THEIRS = "+14155550100"
BOOKS_AND_LEAVES = CallerScript((Step(Say(spoken(4000)), "now"), Step(Say(spoken(2000)), "agent-done")), linger_ms=4000)
GATHER = '<Response><Gather input="speech dtmf" speechTimeout="auto" action="/turn"><Say>Hi</Say></Gather></Response>'
GOODBYE = "<Response><Say>Bye now</Say><Hangup/></Response>"


class BrokenMouth(FakeMouth):
    async def synthesise(self, text: str, voice: str, language: str) -> bytes:
        if text == "boom":
            raise RuntimeError("no voice")
        return await super().synthesise(text, voice, language)


def box_for(
    application: Application, script: CallerScript | None = None, mouth: FakeMouth | None = None, **settings: Any
) -> Box:
    number = Number(Hook(f"{application.url}/voice"), status_callback=Hook(f"{application.url}/status"))
    base = BoxSettings(ACCOUNT, TOKEN, {OURS: number}, ring_ms=20, **settings)
    return Box(base, FakeEars(), mouth or FakeMouth(), default_script=script)


def outbound(application: Application, **plan: Any) -> CallPlan:
    voice = plan.pop("voice", Hook(f"{application.url}/voice"))
    callback = Hook(f"{application.url}/status")
    events = frozenset(STATUS_EVENTS)
    return CallPlan(THEIRS, OURS, "outbound-api", voice=voice, status_callback=callback, status_events=events, **plan)


async def over(box: Box, call: BoxCall) -> BoxCall:
    async with asyncio.timeout(10):
        await box.ended(call)
    return call
