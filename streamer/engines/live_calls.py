"""A Live engine for each call of an agent, on the task's door to OpenAI Live."""

from collections.abc import Callable
from datetime import date

from calls.agent import Agent
from calls.conversation import Conversation
from streamer.engines.live import LiveEngine
from streamer.engines.live_talk import LiveTalk
from streamer.engines.ports import PhraseSpeaker
from streamer.metering import UsageMeter
from streamer.providers.openai_live import OpenAILive
from streamer.providers.openai_live_session import LiveSession
from streamer.providers.openai_realtime import realtime_models


def live_engine(
    agent: Agent,
    door: OpenAILive,
    speaker: PhraseSpeaker | None,
    so_far: Callable[[], Conversation],
    today: Callable[[], date],
    meter: UsageMeter | None = None,
) -> LiveEngine:
    """`speaker` speaks the fixed words that it has, in a voice that is like the model's (`meter` tells what it uses);
    the model is asked to say all others. Raises ConfigurationInvalid."""
    door.check(agent)
    model = realtime_models(agent)[0]

    async def start(conversation: Conversation, said: str) -> LiveSession:
        return await door.start(agent, model, conversation, said, today())

    talk = LiveTalk(agent, model, speaker.has if speaker is not None else lambda _: False)
    return LiveEngine(talk, start, door.end, so_far, speaker, agent.realtime.longest_s, meter)
