"""Streamers that leave, by a deploy and by dying, while people talk. `make chaos` does the same with twenty calls."""

import asyncio
from pathlib import Path

from calls.conversation import Role
from tests.whole.rolling import FIRST_TURNS_S, check, counting_scene, roll
from tests.whole.scene import Ended, script

SILENT_MS = 3_000
KILLED_TURNS = 5


async def test_a_rolling_restart_drops_no_call_and_loses_no_word(tmp_path: Path) -> None:
    rolled = await roll(tmp_path, calls=6, rounds=1, between_s=0)
    assert rolled.wrong == []
    assert rolled.dropped == []
    assert rolled.handovers >= 6
    assert rolled.longest_silences_ms[-1] <= SILENT_MS


async def test_calls_of_a_streamer_that_is_killed_are_heard_again_within_3_s(tmp_path: Path) -> None:
    lost = 1  # what is being said as the streamer dies is not confirmed, and said again
    hello = script(tmp_path, *['say = "REC/hello.wav"'] * (KILLED_TURNS + 1 + lost))
    async with counting_scene(tmp_path, KILLED_TURNS) as here:
        under_way = [await here.call(hello) for _ in range(6)]
        await asyncio.sleep(FIRST_TURNS_S)
        cut_ms = [call.line.now_ms for call in under_way]
        await here.stack.kill_streamer()
        ended = await asyncio.gather(*(call.ended() for call in under_way))
    killed = [(call, at_ms) for call, at_ms in zip(ended, cut_ms, strict=True) if len(call.record.streams) > 1]
    assert len(killed) == 3
    for call, at_ms in killed:
        _check_it_went_on(call, at_ms)
    for call in ended:
        if len(call.record.streams) == 1:
            assert check(call, KILLED_TURNS) == []


def _check_it_went_on(call: Ended, cut_ms: int) -> None:
    audible_ms = next(start for start, _ in call.line.agent_spans if start > cut_ms)
    assert audible_ms - cut_ms <= SILENT_MS
    said = call.said_by(Role.CALLER)
    assert said[-1] == "goodbye"
    assert said == list(dict.fromkeys(said)), "no turn is kept twice"
    assert sum(text.startswith("Hello") for text in call.said_by(Role.AGENT)) == 1
