"""The task's door to OpenAI Live: sockets kept warm, sessions started for calls and always closed."""

import asyncio
from dataclasses import replace
from datetime import date

import pytest

from calls.conversation import Conversation
from calls.errors import ConfigurationInvalid
from calls.usage import Usage
from streamer.providers.openai_live import OpenAILive
from streamer.providers.openai_live_session import LiveSession
from tests.fakes.agents import AGENT
from tests.vendors.script import OpenAIScript, Script
from tests.vendors.script_speech import LiveConnection, LiveScript
from tests.vendors.vendors import Vendors

TODAY = date(2026, 11, 22)


def vendors(connection: LiveConnection) -> Vendors:
    return Vendors(Script(openai=OpenAIScript(live=LiveScript((connection,)))))


async def started(door: OpenAILive) -> LiveSession:
    return await door.start(AGENT, "gpt-live-1", Conversation(), "", TODAY)


async def test_sockets_are_kept_for_the_next_calls_and_cost_nothing() -> None:
    async with vendors(LiveConnection()) as here:
        door, live = OpenAILive("openai-key", here.openai_url), here.meters.live
        keeping = asyncio.create_task(door.run())
        told: list[Usage] = []
        first = await started(door)
        async with asyncio.timeout(3):
            while live.sockets_open < 2:  # noqa: ASYNC110 - the simulator's counter
                await asyncio.sleep(0.01)
        assert (live.sessions_opened, live.sessions_open) == (1, 1)
        opened = live.sockets_opened
        second = await started(door)
        assert live.sockets_opened == opened
        await asyncio.gather(door.end(first, told.append), door.end(second, told.append))
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await door.aclose()
        await asyncio.sleep(0.05)
        assert (live.sessions_open, live.sockets_open) == (0, 0)


async def test_a_vendor_that_does_not_take_part_in_the_end_is_left_and_its_bill_estimated() -> None:
    async with vendors(LiveConnection(ignored=("session.close",))) as here:
        door = OpenAILive("openai-key", here.openai_url)
        told: list[Usage] = []
        session = await started(door)
        await asyncio.sleep(0.1)
        await door.end(session, told.append)
        await door.end(session, told.append)
        await door.aclose()
        await asyncio.sleep(0.05)
        assert here.meters.live.sessions_open == 0
    assert [one.is_estimated for one in told] == [True]


async def test_the_last_total_is_told_and_is_the_vendors() -> None:
    async with vendors(LiveConnection()) as here:
        door = OpenAILive("openai-key", here.openai_url)
        told: list[Usage] = []
        session = await started(door)
        for _ in range(10):
            session.hear("//8A" * 53 + "/w==")
        await door.end(session, told.append)
        await door.aclose()
    assert [one.is_estimated for one in told] == [False]
    assert session.is_closed


def test_an_agent_needs_a_key() -> None:
    with pytest.raises(ConfigurationInvalid, match="OPENAI_API_KEY"):
        OpenAILive("", "").check(replace(AGENT, name="anna"))
