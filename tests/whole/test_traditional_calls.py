"""A whole call in traditional mode with a model's replies, begun on what Twilio has understood so far."""

from decimal import Decimal
from pathlib import Path

from calls.conversation import Role
from calls.record import EndReason, Mode
from tests.bench.traditional import agents_on_model, true_conversation
from tests.fakes.box_parts import ToneMouth
from tests.vendors.script import OpenAIScript, Reply, Script, ToolCall
from tests.vendors.vendors import Vendors
from tests.whole.aftermath import ONE_CENT_PER_HUNDRED_CALLS, cost_of_call, twiml_usd
from tests.whole.scene import scene, script
from tests.whole.vendor_agent import keys_for

REPLIES = (Reply("From nine to five.", first_token_ms=600), Reply("Goodbye then.", (ToolCall("end_call"),)))
HOURS = 'say = "REC/hours.wav"'


class HourEars:
    """Hears the same question in every voice."""

    async def recognise(self, mulaw: bytes) -> str:
        return "What are your hours?"


async def test_each_reply_is_begun_ahead_and_asked_for_once(tmp_path: Path) -> None:
    async with Vendors(Script(openai=OpenAIScript(REPLIES, by="turn"))) as vendors:
        agents, keys = agents_on_model(tmp_path / "agents"), keys_for(vendors)
        async with scene(tmp_path, HourEars(), ToneMouth(), agents=agents, extra=keys) as here:
            ended = await (await here.call(script(tmp_path, HOURS, HOURS), Mode.TRADITIONAL)).ended()
            used = here.stack.store.usage(ended.record.call_id)
            cost = cost_of_call(here, ended)
    assert ended.record.end_reason is EndReason.AGENT_GOODBYE
    assert ended.record.failures == ()
    assert ended.said_by(Role.CALLER) == ["What are your hours?"] * 2
    assert ended.said_by(Role.AGENT)[1:] == ["From nine to five.", "Goodbye then."]
    assert [(one.id, one.turn) for one in used] == [
        ("turn-1-ahead-1", "turn-1-agent"),
        ("turn-3-ahead-1", "turn-3-agent"),
    ]
    assert [moment.what for moment in vendors.meters.openai.moments].count("first token") == 2
    openai = vendors.meters.openai
    theirs = (openai.tokens_in * Decimal("0.75") + openai.tokens_out * Decimal("4.50")) / 1_000_000 + twiml_usd(ended)
    assert abs(cost.usd - theirs) <= ONE_CENT_PER_HUNDRED_CALLS
    assert cost.is_whole, cost.warnings
    assert cost.is_estimated, "Twilio tells neither what it understood for how long nor what it said"
    for turn in true_conversation(ended).turns[2::2]:
        latency = turn.latency
        stages = (latency.endpointing, latency.model, latency.ours, latency.speech)
        assert latency.total == sum(stage or 0 for stage in stages)
