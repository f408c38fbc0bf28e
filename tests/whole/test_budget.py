"""A whole call whose budget runs out: it is warned, goes on in a cheaper mode, and ends politely. Each step stands in
the record, and `offhook why` and the report tell of it."""

import asyncio
import json
from pathlib import Path

from calls.conversation import Role
from calls.errors import Blame
from calls.record import EndReason, Mode
from tests.fakes.box_parts import ToneMouth
from tests.vendors.script import DeepgramScript, Listening, OpenAIScript, Reply, Script, Utterance
from tests.vendors.vendors import Vendors
from tests.whole.aftermath import cost_of_call
from tests.whole.scene import scene, script
from tests.whole.terminal import asked
from tests.whole.vendor_agent import agents_on_vendors, keys_for

BUDGET = """
[budget]
call_usd = 0.035
[budget.usd_per_minute]
traditional = 0.015
"""
DEAR = (  # 300 characters, which cost 1.2 cents to be spoken, heard or not
    "We are open from nine to five, Monday to Friday, and on Saturday until one. On Sunday we are closed all day, and "
    "so we are on public holidays. The last appointment begins half an hour before we close, so please do come in time "
    "for it. If you are in pain, then call us early in the morning. Shall I."
)
LESS_DEAR = "Tuesday at three is fine, and I have noted it for you: it is with Doctor Maple, in the house by the river."
"""The first minute's 1.84 cents and these: 3.1 cents after the first answer, 3.7 after the second, of 3.5."""
HEARD = (Utterance("What are your hours?"), Utterance("Tuesday at three."))
STEPS = (
    'say = ["REC/hello.wav", "REC/hours.wav"]',
    'when = "agent-speaking"\nafter_ms = 3000\nsay = ["REC/digits/day-2.wav", "REC/digits/at.wav", "REC/digits/3.wav"]',
    "wait_ms = 2500",  # while the call changes its mode
    'say = "REC/hours.wav"',
    'say = "REC/hours.wav"',
)


class OneQuestion:
    """What Twilio's own recogniser understands."""

    async def recognise(self, mulaw: bytes) -> str:
        return "And on Sunday?"


async def test_a_call_is_warned_brought_down_and_ended_politely_as_its_budget_goes(tmp_path: Path) -> None:
    replies = OpenAIScript((Reply(DEAR), Reply(LESS_DEAR)), by="turn")
    async with Vendors(Script(deepgram=DeepgramScript((Listening(HEARD),)), openai=replies)) as vendors:
        agents = agents_on_vendors(tmp_path / "agents")
        with (agents / "default.toml").open("a", encoding="utf-8") as file:
            file.write(BUDGET)
        async with scene(tmp_path, OneQuestion(), ToneMouth(), agents=agents, extra=keys_for(vendors)) as here:
            ended = await (await here.call(script(tmp_path, *STEPS))).ended()
            cost = cost_of_call(here, ended)
            why = (await asyncio.to_thread(asked, here, "why", ended.record.call_id, columns=400)).stdout
            report = json.loads((await asyncio.to_thread(asked, here, "report", "--json")).stdout)
    record, said = ended.record, ended.said_by(Role.AGENT)
    steps = [failure for failure in record.failures if failure.code != "twilio-31921"]  # Twilio's word for the change
    assert [failure.code for failure in steps] == ["budget-near", "budget-spent", "budget-spent"], ended.conversation
    assert {failure.blame for failure in steps} == {Blame.CONFIGURATION}
    near, cheaper, over = (failure.sentence for failure in steps)
    assert "of the budget of $0.035 a call is spent" in near
    assert "the call goes on in traditional mode" in cheaper
    assert "the call is ended" in over
    assert ended.modes == [Mode.PIPELINE, Mode.TRADITIONAL]
    assert LESS_DEAR in said, "the turn at which the mode was changed was said to its end"
    assert said[-1] == "I am sorry, our time is up. Thank you for calling. Goodbye."
    assert record.end_reason is EndReason.LIMIT
    assert "From nine" not in " ".join(said[-1:]), "nobody thought about what came after the end"
    assert float(cost.usd) > 0.035
    for sentence in (near, cheaper, over):
        assert sentence in " ".join(why.split())
    assert {(one["code"], one["blame"]) for one in report["all"]["failures"]} == {
        ("budget-near", "configuration"),
        ("budget-spent", "configuration"),
    }
