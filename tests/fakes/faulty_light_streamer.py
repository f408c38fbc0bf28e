"""`python -m tests.fakes.faulty_light_streamer`: light providers; the thinker fails for some agents."""

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable

from calls.agent import Agent
from calls.conversation import Conversation
from calls.errors import Blame, ProviderFailed
from calls.record import Mode
from calls.reply import ReplyPart
from streamer.__main__ import main
from streamer.engines.engine import Engine
from streamer.engines.pipeline import PipelineEngine
from tests.fakes.light import LightEngines, LoudnessRecogniser, OneAnswerThinker, ToneSpeaker

FAULTS = {
    "poor": lambda: ProviderFailed(
        "OpenAI refuses: the account has no credit left.", code="openai-quota", blame=Blame.CONFIGURATION
    ),
    "lost": lambda: ProviderFailed("The connection to the model broke.", code="openai-cut-off", retryable=True),
    "broken": lambda: ZeroDivisionError("a defect, as the test asked"),
}
"""By the agent's name, what its thinker raises whenever it is asked."""


class FailingThinker:
    def __init__(self, error: Callable[[], Exception]) -> None:
        self._error = error

    async def reply(self, conversation: Conversation) -> AsyncGenerator[ReplyPart, None]:
        await asyncio.sleep(0)
        if conversation.turns:
            raise self._error()
        async for part in OneAnswerThinker().reply(conversation):
            yield part


class FaultyEngines(LightEngines):
    def engine_for(self, agent: Agent, mode: Mode, so_far: Callable[[], Conversation]) -> Engine:
        if agent.name not in FAULTS:
            return super().engine_for(agent, mode, so_far)
        return PipelineEngine(LoudnessRecogniser(), FailingThinker(FAULTS[agent.name]), ToneSpeaker())


if __name__ == "__main__":
    sys.exit(main(FaultyEngines()))
