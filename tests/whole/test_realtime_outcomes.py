"""Two whole calls on OpenAI Realtime that differ in one recording: what is left of each is what was said in it. The
simulator hears which of the recordings a turn's audio is."""

import asyncio
import audioop
import json
import wave
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from calls.conversation import Role
from calls.record import Mode
from tests.fakes.box_parts import NoEars, NoMouth
from tests.vendors.script import OpenAIScript, Reply, Script, ToolCall
from tests.vendors.script_speech import RealtimeScript, SpokenReply
from tests.vendors.vendors import Vendors
from tests.whole import aftermath
from tests.whole.aftermath import check_exchanged, telling
from tests.whole.realtime_agent import agents_on_realtime
from tests.whole.receiver import receiving
from tests.whole.scene import RECORDINGS, scene, script
from tests.whole.summing_up import summed_up
from tests.whole.vendor_agent import keys_for

ASKS = """
[after_call]
model = "openai"
[after_call.fields.weekday]
type = "string"
[after_call.fields.number]
format = "phone"
"""
SAID = {
    "What are your hours?": ("hello", "hours"),
    "Tuesday at three o'clock, please.": ("digits/day-2", "digits/at", "digits/3", "digits/oclock"),
    "Thank you, goodbye.": ("auth-thankyou", "goodbye"),
}
HOURS, BOOKING, GOODBYE = (f"say = {json.dumps([f'REC/{name}.wav' for name in names])}" for names in SAID.values())
LOUD_RMS = 300
BLOCK_BYTES = 160


def loud_blocks(linear: bytes) -> int:
    """How much of it is voice, in blocks of 20 ms: what a recording is known by, whatever silence is around it."""
    blocks = (linear[at : at + 2 * BLOCK_BYTES] for at in range(0, len(linear), 2 * BLOCK_BYTES))
    return sum(audioop.rms(block, 2) >= LOUD_RMS for block in blocks)


@cache
def known() -> Mapping[str, int]:
    return {words: sum(map(_loud_in, names)) for words, names in SAID.items()}


def _loud_in(name: str) -> int:
    with wave.open(str(RECORDINGS / f"{name}.wav"), "rb") as file:
        return loud_blocks(file.readframes(file.getnframes()))


def ears(mulaw: bytes) -> str:
    blocks = loud_blocks(audioop.ulaw2lin(mulaw, 2))
    return min(known(), key=lambda words: abs(known()[words] - blocks))


def think(messages: Sequence[Mapping[str, Any]]) -> SpokenReply:
    last = next((str(one["content"]) for one in reversed(messages) if one["role"] == "user"), "")
    if "goodbye" in last:
        return SpokenReply("Goodbye then.", (ToolCall("end_call"),))
    return SpokenReply("Tuesday at three it is." if "Tuesday" in last else "From nine to five.")


def sum_up(messages: Sequence[Mapping[str, Any]]) -> Reply:
    return Reply(summed_up(str(messages[1]["content"])))


async def test_another_recording_leaves_another_outcome(tmp_path: Path) -> None:
    openai = OpenAIScript(think=sum_up, realtime=RealtimeScript(think=think, ears=ears))
    async with Vendors(Script(openai=openai)) as vendors:
        agents = agents_on_realtime(tmp_path / "agents", ASKS)
        extra = {**keys_for(vendors), "OFFHOOK_PHRASES": str(tmp_path / "phrases")}
        with receiving() as team:
            extra |= telling(team)
            async with scene(tmp_path, NoEars(), NoMouth(), agents=agents, extra=extra) as here:
                bus = await aftermath.bus_of(here)
                scripts = (script(tmp_path, HOURS, BOOKING, GOODBYE), script(tmp_path, HOURS, GOODBYE))
                under_way = [await here.call(one) for one in scripts]
                booked, asked = await asyncio.gather(*(call.ended() for call in under_way))
                told = [await aftermath.told(ended, team, bus) for ended in (booked, asked)]
    words = list(SAID)
    assert booked.said_by(Role.CALLER) == words
    assert asked.said_by(Role.CALLER) == [words[0], words[2]]
    for data, ended in zip(told, (booked, asked), strict=True):
        assert ended.modes == [Mode.REALTIME]
        assert (data["outcome"]["kind"], data["failures"]) == ("model", [])
        assert [turn["heard"] for turn in data["transcript"] if turn["role"] == "caller"] == ended.said_by(Role.CALLER)
        assert float(data["cost"]["usd"]) > 0
    weekdays = [data["outcome"]["fields"]["weekday"] for data in told]
    assert [weekday["value"] for weekday in weekdays] == ["Tuesday", None]
    evidence = [turn["heard"] for turn in told[0]["transcript"] if turn["id"] in weekdays[0]["evidence"]]
    assert evidence == [words[1]]
    check_exchanged(*told)
