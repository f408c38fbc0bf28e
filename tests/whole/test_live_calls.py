"""Whole calls on OpenAI Live, against a simulator of its protocol."""

import asyncio
from dataclasses import replace
from pathlib import Path

from calls.conversation import Role
from calls.record import EndReason, Mode
from tests.fakes.box_parts import NoEars, ToneMouth
from tests.vendors.meters import SessionMeters
from tests.vendors.script import OpenAIScript, Script, ToolCall
from tests.vendors.script_speech import Heard, LiveConnection, LiveScript, SpokenReply
from tests.vendors.vendors import Vendors
from tests.whole.aftermath import (
    ONE_CENT_PER_HUNDRED_CALLS,
    bus_of,
    check_told,
    cost_of_call,
    line_usd,
    live_usd,
    telling,
    told,
)
from tests.whole.realtime_agent import agents_on_realtime
from tests.whole.receiver import receiving
from tests.whole.scene import Ended, scene, script
from tests.whole.speech_call import HEARD, REPLIES, STEPS, check_told_in_order
from tests.whole.vendor_agent import keys_for

LOOKS_UP = replace(REPLIES[2], tool_calls=(ToolCall("look_up_caller"),))
"""Work is delegated in the middle of the call, and nothing that can be done."""


async def _call(
    folder: Path, *connections: LiveConnection, steps: tuple[str, ...] = STEPS, number: str = ""
) -> tuple[Ended, SessionMeters]:
    """The call, once no session is open any more, and what the vendor counted: it is paid for to the cent in a hundred
    calls, and the team is told of it."""
    vendor_script = Script(openai=OpenAIScript(live=LiveScript(connections)))
    async with Vendors(vendor_script) as vendors:
        agents = agents_on_realtime(folder / "agents")
        _on_live(agents / "default.toml", number)
        with receiving() as team:
            extra = {**keys_for(vendors), **telling(team)}
            async with scene(folder, NoEars(), ToneMouth(), agents=agents, extra=extra) as here:
                bus = await bus_of(here)
                ended = await (await here.call(script(folder, *steps))).ended()
                data = await told(ended, team, bus)
                cost = await asyncio.to_thread(cost_of_call, here, ended)
                live = vendors.meters.live
                async with asyncio.timeout(3):  # while the streamer lives on: its end would close everything
                    while live.sessions_open:  # noqa: ASYNC110 - another process closes them
                        await asyncio.sleep(0.05)
    if ended.record.end_reason is not EndReason.TRANSFERRED:  # the other leg has no price
        check_told(data, ended, cost, "realtime")
        assert cost.is_whole, cost.warnings
        assert abs(cost.usd - live_usd(live.appended_ms) - line_usd(ended)) <= ONE_CENT_PER_HUNDRED_CALLS
    assert not live.refusals
    assert (live.sessions_open, live.sockets_open) == (0, 0)
    assert live.sessions_opened == len(connections)
    return ended, live


def _on_live(file: Path, number: str) -> None:
    """`number`: whom a caller is connected to."""
    text = file.read_text(encoding="utf-8").replace("[models]", '[models]\nrealtime = "openai/gpt-live-1"')
    file.write_text(f'transfer_number = "{number}"\n{text}', encoding="utf-8")


async def test_greeting_turns_an_interruption_an_exchanged_session_delegations_and_a_goodbye(tmp_path: Path) -> None:
    first = LiveConnection(HEARD[:2], REPLIES[:2], expires_s=30.0)  # exchanged after 24 s, while the caller waits
    then = LiveConnection(HEARD[2:], (LOOKS_UP, REPLIES[3]))
    ended, meters = await _call(tmp_path, first, then, steps=(*STEPS[:2], "wait_ms = 8000", *STEPS[2:]))
    assert ended.modes == [Mode.REALTIME]
    assert ended.record.end_reason in (EndReason.AGENT_GOODBYE, EndReason.CALLER_GOODBYE)
    check_told_in_order(ended)
    whats = [moment.what for moment in meters.moments]
    assert whats.count("delegation") == 2
    assert "thinking.append" in whats  # the model is told that nothing was done


async def test_a_caller_who_asks_for_a_person_is_connected(tmp_path: Path) -> None:
    connect = SpokenReply("Of course, I connect you now.", (ToolCall("transfer"),))
    person = LiveConnection((Heard("Can I talk to a person?"),), (connect,))
    ended, _ = await _call(tmp_path, person, steps=STEPS[:1], number="+12025550188")
    assert ended.modes == [Mode.REALTIME]
    assert ended.record.end_reason is EndReason.TRANSFERRED
    assert ended.said_by(Role.AGENT)[1] == connect.text
