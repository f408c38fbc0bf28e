"""Light providers that count: what the caller says is "turn 1", "turn 2"... through the whole call, whichever streamer
hears it, and each is answered by its number. So a turn that was lost, or answered twice, shows in the conversation."""

import os
from collections.abc import AsyncGenerator, Callable

from calls.agent import Agent
from calls.closing import caller_says_goodbye
from calls.conversation import Conversation, Role
from calls.record import Mode
from calls.reply import EndCall, ReplyPart, Words
from streamer.engines.engine import Engine
from streamer.engines.pipeline import PipelineEngine
from tests.fakes.light import LightEngines, LoudnessRecogniser, ToneSpeaker

TURNS_SETTING = "COUNTING_TURNS"
"""How many turns the caller takes before saying goodbye."""


def turns_of(conversation: Conversation) -> int:
    return sum(turn.role is Role.CALLER for turn in conversation.turns)


class CountingRecogniser(LoudnessRecogniser):
    """`so_far` tells what was said in other streams too; the turn after `last` of it is the goodbye."""

    def __init__(self, so_far: Callable[[], Conversation], last: int) -> None:
        super().__init__()
        self._so_far, self._last = so_far, last

    def words(self) -> str:
        number = turns_of(self._so_far()) + 1
        return "goodbye" if number > self._last else f"turn {number}"


class CountingThinker:
    async def reply(self, conversation: Conversation) -> AsyncGenerator[ReplyPart, None]:
        asked = " and ".join(turn.heard for turn in conversation.unanswered)
        yield Words(f"This is what I say to {asked}.")
        if any(caller_says_goodbye(turn.heard) for turn in conversation.unanswered):
            yield EndCall("caller-goodbye")


class CountingEngines(LightEngines):
    def engine_for(self, agent: Agent, mode: Mode, so_far: Callable[[], Conversation]) -> Engine:
        last = int(os.environ.get(TURNS_SETTING, "3"))
        return PipelineEngine(CountingRecogniser(so_far, last), CountingThinker(), ToneSpeaker())
