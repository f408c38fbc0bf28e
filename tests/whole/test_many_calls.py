"""Twenty calls at once, with light providers: everybody is served, nobody is late."""

import asyncio
import statistics
from pathlib import Path

from calls.conversation import Role
from calls.record import EndReason, Status
from tests.fakes.box_parts import NoEars, NoMouth
from tests.fakes.light import TURNS_BEFORE_GOODBYE
from tests.whole.scene import scene, script

SLOT_MS = 20


async def test_twenty_calls_at_once_finish_with_no_frame_late_at_the_median(tmp_path: Path) -> None:
    hello = script(tmp_path, *['say = "REC/hello.wav"'] * (TURNS_BEFORE_GOODBYE + 1))
    async with scene(tmp_path, NoEars(), NoMouth(), streamer_module="tests.fakes.light_streamer") as here:
        under_way = [await here.call(hello) for _ in range(20)]
        calls = await asyncio.gather(*(call.ended() for call in under_way))
    for ended in calls:
        assert ended.record.status is Status.COMPLETED
        assert ended.record.end_reason is EndReason.CALLER_GOODBYE
        assert ended.said_by(Role.CALLER) == ["turn 1", "turn 2", "turn 3", "goodbye"]
    assert statistics.median(ended.line.stats.outbound_lateness_ms.p50 for ended in calls) <= SLOT_MS
    assert statistics.median(ended.line.stats.lateness_ms.p50 for ended in calls) <= SLOT_MS
