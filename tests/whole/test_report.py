"""A dozen calls through the box, faults planted in some: the report over them shows these and no others.

`python -m tests.report_proof` does the same with a hundred.
"""

import asyncio
import json
from pathlib import Path

from calls.comparison import Comparison
from calls.errors import Blame
from calls.rate_card import standard
from offhook.comparison.reading import Wanted, read
from tests.fakes.box_parts import DeafEars, ToneMouth
from tests.report_proof import BLAMED, DOZEN, STREAMER, agents_in, make_calls, refusals, told
from tests.whole.scene import scene
from tests.whole.terminal import asked


async def test_a_report_over_calls_with_planted_faults_shows_exactly_those(tmp_path: Path) -> None:
    agents = agents_in(tmp_path / "agents")
    refused = refusals(DOZEN)
    async with scene(
        tmp_path, DeafEars(), ToneMouth(), agents=agents, streamer_module=STREAMER, refusals=refused
    ) as here:
        calls = await make_calls(here, DOZEN, tmp_path)
        comparison, store = Comparison(), here.stack.store
        now_ms = max(ended.record.ended_at_ms or 0 for ended in calls)
        await asyncio.to_thread(read, store, comparison, Wanted(), standard(), now_ms)
        page = tmp_path / "report.html"
        report = json.loads((await asyncio.to_thread(asked, here, "report", "--json", "--html", str(page))).stdout)
        poor = next(ended.record for ended in calls if ended.record.agent == "poor")
        why = (await asyncio.to_thread(asked, here, "why", poor.twilio_sid)).stdout
    assert told(report) == DOZEN.expected()
    expected = {BLAMED[name]: count for name, count in DOZEN.faults.items()}
    whole = comparison.whole
    assert {(fault.code, fault.blame): fault.calls for fault in whole.faults} == expected
    assert {(one["code"], Blame(one["blame"])): one["calls"] for one in report["all"]["failures"]} == expected
    assert (whole.calls, whole.connected) == (12, 11)
    assert whole.greeting is not None
    assert whole.greeting.n == DOZEN.connected
    assert whole.barge_in is not None
    answers = [turn.latency.total for ended in calls for turn in ended.conversation.turns]
    assert whole.latency is not None
    assert whole.latency.max_ms == max(total for total in answers if total is not None)
    assert "openai-quota" in page.read_text(encoding="utf-8")
    assert why.startswith("The call fell from pipeline to traditional mode: OpenAI refuses: the account has no")
