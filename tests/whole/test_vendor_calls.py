"""Whole calls on the real vendor adapters, against simulators of the vendors' protocols."""

import asyncio
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
import pytest_asyncio

from calls.conversation import Role
from calls.record import EndReason, Mode
from tests.fakes.box_parts import NoEars, NoMouth
from tests.vendors.meters import AllMeters
from tests.vendors.script import DeepgramScript, Listening, OpenAIScript, Reply, Script, Utterance
from tests.vendors.vendors import Vendors
from tests.whole.scene import Ended, scene, script
from tests.whole.vendor_agent import agents_on_vendors, keys_for

LONG = (
    "We are open from nine to five, Monday to Friday, and on Saturday until one. On Sunday we are closed all day. "
    "The last appointment begins half an hour before we close, so please come in time."
)
NOTHING, LISTENING = "", "Uh-huh."
"""What is no interruption. Nova tells of a voice that comes to nothing; of that Flux tells nothing at all."""


def heard(over_the_answer: str) -> tuple[Utterance, ...]:
    return (
        Utterance("What are your hours?"),
        Utterance(over_the_answer),
        Utterance("Tuesday at three."),  # an interruption
        Utterance("My name is Allison."),
        Utterance("Thank you, goodbye."),
    )


REPLIES = (
    Reply(LONG),
    Reply("Tuesday at three is fine, I have noted it for you. What is your name?"),
    Reply("Thanks."),
)
STEPS = (
    'say = ["REC/hello.wav", "REC/hours.wav"]',
    'when = "agent-speaking"\nafter_ms = 1500\nsay = ["REC/im-sorry.wav"]',
    'when = "agent-speaking"\nafter_ms = 5000\nsay = ["REC/digits/day-2.wav", "REC/digits/at.wav", "REC/digits/3.wav"]',
    'say = "REC/one-moment-please.wav"',
    'say = ["REC/auth-thankyou.wav", "REC/goodbye.wav"]',
)


RECOGNISERS = {"deepgram/flux-general-en": LISTENING, "deepgram/nova-3": NOTHING}
"""By recogniser: what is said over the answer and is no interruption."""


@dataclass(frozen=True, slots=True)
class Held:
    """A call that is over, and what the vendors counted of it."""

    call: Ended
    meters: AllMeters


async def held(folder: Path, recogniser: str) -> Held:
    """A call with this recogniser, by an Offhook and with vendors of its own."""
    vendor_script = Script(
        deepgram=DeepgramScript((Listening(heard(RECOGNISERS[recogniser])),)),
        openai=OpenAIScript(REPLIES, by="turn"),
    )
    async with Vendors(vendor_script) as vendors:
        agents = agents_on_vendors(folder / "agents", recogniser)
        async with scene(folder, NoEars(), NoMouth(), agents=agents, extra=keys_for(vendors)) as here:
            ended = await (await here.call(script(folder, *STEPS))).ended()
    return Held(ended, vendors.meters)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def calls(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Held]:
    """Both at once."""
    under_way = [held(tmp_path_factory.mktemp("vendor-call"), recogniser) for recogniser in RECOGNISERS]
    return dict(zip(RECOGNISERS, await asyncio.gather(*under_way), strict=True))


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("recogniser", RECOGNISERS)
async def test_a_call_with_a_false_and_a_true_interruption(calls: dict[str, Held], recogniser: str) -> None:
    over_the_answer = RECOGNISERS[recogniser]
    ended, meters = calls[recogniser].call, calls[recogniser].meters
    assert ended.modes == [Mode.PIPELINE]
    assert ended.record.end_reason is EndReason.CALLER_GOODBYE
    assert ended.record.failures == ()
    assert ended.said_by(Role.CALLER) == [one.text for one in heard(over_the_answer) if one.text != over_the_answer]
    assert "Goodbye" in ended.said_by(Role.AGENT)[-1]
    _check_the_interrupted_answer(ended)
    for counted in (meters.deepgram, meters.openai, meters.elevenlabs):
        assert not counted.refusals
    assert meters.deepgram.sockets_open == 0
    assert meters.elevenlabs.sockets_open == 0


def _check_the_interrupted_answer(ended: Ended) -> None:
    """One answer was cut, by the words, and not by the voice some seconds before them: for that the agent fell silent
    and then went on."""
    _, over_the_answer, interruption, *_ = ended.line.caller_spans
    pauses = [
        (silent_ms, again_ms)
        for (_, silent_ms), (again_ms, _) in pairwise(ended.line.agent_spans)
        if over_the_answer[0] < silent_ms and again_ms < interruption[0]
    ]
    assert len(pauses) == 1, ended.line.agent_spans
    assert pauses[0][0] < over_the_answer[1], "it fell silent under the voice"
    (cut,) = [turn for turn in ended.conversation.turns if turn.cut]
    assert cut.said.strip() == LONG
    assert LONG.startswith(cut.heard)
    assert len(cut.heard) > len("We are open from nine to five,")
    spoken_ms = cut.ended_at_ms - cut.started_at_ms
    assert spoken_ms > 4_000
