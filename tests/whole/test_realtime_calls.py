"""Whole calls on OpenAI Realtime, against a simulator of its protocol."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from calls.record import EndReason, Mode
from tests.fakes.box_parts import NoEars, NoMouth
from tests.vendors.meters import SessionMeters
from tests.vendors.script import OpenAIScript, Script, ToolCall
from tests.vendors.script_speech import Heard, RealtimeConnection, RealtimeScript, SpokenReply
from tests.vendors.vendors import Vendors
from tests.whole import aftermath
from tests.whole.aftermath import ONE_CENT_PER_HUNDRED_CALLS, check_told, cost_of_call, line_usd, realtime_usd, telling
from tests.whole.realtime_agent import agents_on_realtime
from tests.whole.receiver import receiving
from tests.whole.scene import scene, script
from tests.whole.speech_call import FILLER, HEARD, REPLIES, STEPS, check_told_in_order
from tests.whole.vendor_agent import keys_for

PHRASES = 9
"""Sessions that speak the shipped agent's fixed phrases, when the task starts."""
KEPT_READY = 1
"""Sessions that nobody has used, kept for the next call after a single one."""


LOOKS_UP = SpokenReply("", (ToolCall("look_up_caller"),), form="nothing", invents=True, first_audio_ms=500)
"""A function in the middle of the call; there is none of that name."""
SLOW = replace(REPLIES[2], first_audio_ms=900)


async def test_greeting_turns_an_interruption_tools_a_filler_a_change_of_session_and_a_goodbye(tmp_path: Path) -> None:
    """No session lives longer than 20 s here: between the second turn and the third the call changes to another. The
    third answer takes a function and the filler."""
    told: list[int] = []
    connection = RealtimeConnection((Heard("unused"),))

    def think(messages: Sequence[Mapping[str, Any]]) -> SpokenReply:
        """By the caller's turns so far, whoever heard them."""
        callers = [one for one in messages if one["role"] == "user"]
        told.append(len(callers))
        if len(callers) == 3:
            return SLOW if told.count(3) > 1 else LOOKS_UP
        return REPLIES[min(len(callers), len(REPLIES)) - 1]

    heard = [replace(connection, heard=HEARD[turn:]) for turn in (0, 2, 3)]
    first = replace(connection, heard=(*HEARD[:2], Heard("not by this session")))
    realtime = RealtimeScript((*[first] * PHRASES, *heard), think=think)
    async with Vendors(Script(openai=OpenAIScript(realtime=realtime))) as vendors:
        agents = agents_on_realtime(tmp_path / "agents", "[realtime]\nlongest_s = 20\n")
        _fill_after(agents / "default.toml", 800)
        extra = {**keys_for(vendors), "OFFHOOK_PHRASES": str(tmp_path / "phrases")}
        meters = vendors.meters.realtime
        with receiving() as team:
            extra |= telling(team)
            async with scene(tmp_path, NoEars(), NoMouth(), agents=agents, extra=extra) as here:
                before = await _billed_for_phrases(meters)
                bus = await aftermath.bus_of(here)
                ended = await (await here.call(script(tmp_path, *STEPS))).ended()
                data = await aftermath.told(ended, team, bus)
                cost = await asyncio.to_thread(cost_of_call, here, ended)
                left_open = meters.sessions_open  # while the streamer lives on: its end would close everything
    assert ended.modes == [Mode.REALTIME]
    assert told == [1, 2, 3, 3, 4]
    assert ended.record.end_reason is EndReason.AGENT_GOODBYE
    check_told_in_order(ended, f"{FILLER} {SLOW.text}")
    assert not meters.refusals
    assert meters.truncations == 1
    assert meters.responses_unasked == len(HEARD) - 1  # the turn over the agent is asked for
    assert "item function_call_output" in [moment.what for moment in meters.moments]
    assert meters.sessions_opened >= PHRASES + 2
    assert left_open <= KEPT_READY
    assert meters.sessions_open == 0
    check_told(data, ended, cost, "realtime")
    assert cost.is_whole, cost.warnings
    theirs = realtime_usd(meters.billed, before) + line_usd(ended)
    assert abs(cost.usd - theirs) <= ONE_CENT_PER_HUNDRED_CALLS


async def _billed_for_phrases(meters: SessionMeters) -> Mapping[str, int]:
    """What the fixed phrases used, which are spoken before there is a call and are no call's."""
    async with asyncio.timeout(20):
        while meters.sessions_opened < PHRASES or meters.sessions_open:  # noqa: ASYNC110 - another process speaks
            await asyncio.sleep(0.1)
    return dict(meters.billed)


def _fill_after(file: Path, after_ms: int) -> None:
    text = file.read_text(encoding="utf-8")
    file.write_text(re.sub(r"filler_after_ms = \d+", f"filler_after_ms = {after_ms}", text), encoding="utf-8")
