"""What a whole call cost, against a reckoning of its own from what the vendors and the line counted."""

from decimal import Decimal
from pathlib import Path

from tests.fakes.box_parts import NoEars, NoMouth
from tests.vendors.meters import AllMeters
from tests.vendors.script import DeepgramScript, Listening, OpenAIScript, Reply, Script, Utterance
from tests.vendors.vendors import Vendors
from tests.whole.aftermath import ONE_CENT_PER_HUNDRED_CALLS, cost_of_call, line_usd
from tests.whole.scene import scene, script
from tests.whole.vendor_agent import agents_on_vendors, keys_for

LONG = (
    "We are open from nine to five, Monday to Friday, and on Saturday until one. On Sunday we are closed all day. "
    "The last appointment begins half an hour before we close, so please come in time."
)
HEARD = (Utterance("What are your hours?"), Utterance("Tuesday at three."), Utterance("Thank you, goodbye."))
REPLIES = (
    Reply(LONG, token_ms=250),  # still being thought of when the caller interrupts
    Reply("Tuesday at three is fine, I have noted it for you."),
)
STEPS = (
    'say = ["REC/hello.wav", "REC/hours.wav"]',
    'when = "agent-speaking"\nafter_ms = 3000\nsay = ["REC/digits/day-2.wav", "REC/digits/at.wav", "REC/digits/3.wav"]',
    'say = ["REC/auth-thankyou.wav", "REC/goodbye.wav"]',
)


async def test_a_call_with_an_interrupted_answer_costs_what_the_vendors_and_the_line_counted(tmp_path: Path) -> None:
    vendor_script = Script(deepgram=DeepgramScript((Listening(HEARD),)), openai=OpenAIScript(REPLIES, by="turn"))
    async with Vendors(vendor_script) as vendors:
        agents = agents_on_vendors(tmp_path / "agents")
        async with scene(tmp_path, NoEars(), NoMouth(), agents=agents, extra=keys_for(vendors)) as here:
            warmed_characters = vendors.meters.elevenlabs.characters  # phrases spoken before the first call
            ended = await (await here.call(script(tmp_path, *STEPS))).ended()
            cost = cost_of_call(here, ended)
    assert any(turn.cut for turn in ended.conversation.turns)
    assert cost.is_estimated, "a reply was broken off"
    assert cost.is_whole, cost.warnings
    theirs = _vendors_usd(vendors.meters, warmed_characters) + line_usd(ended)
    assert abs(cost.usd - theirs) <= ONE_CENT_PER_HUNDRED_CALLS
    heard = {turn.id for turn in ended.conversation.turns}
    assert {turn for turn in cost.by_turn() if turn} & heard, "what was used for a turn is known to be the turn's"


def _vendors_usd(meters: AllMeters, warmed_characters: int) -> Decimal:
    """The vendors' own counters times the prices of November 2026."""
    deepgram = Decimal(meters.deepgram.audio_s_received) / 60 * Decimal("0.0065")
    openai = (meters.openai.tokens_in * Decimal("0.10") + meters.openai.tokens_out * Decimal("0.50")) / 1_000_000
    elevenlabs = (meters.elevenlabs.characters - warmed_characters) * Decimal("0.04") / 1_000
    return deepgram + openai + elevenlabs
