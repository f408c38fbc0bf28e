"""Where a call's engine comes from: the agent names its providers, this task holds what they need, loaded once."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import date

from calls.agent import Agent
from calls.errors import ConfigurationInvalid
from calls.record import Mode
from streamer.engines.engine import Engine
from streamer.engines.pipeline import PipelineEngine
from streamer.providers.embedded_models import EmbeddedModels
from streamer.providers.embedded_recogniser import EmbeddedRecogniser
from streamer.providers.embedded_speaker import EmbeddedSpeaker
from streamer.providers.scripted import ScriptedThinker


class EngineRoom:
    """Implements `streamer.server.Engines`. `today` is the date where the agents' desks stand."""

    def __init__(self, agents: Iterable[Agent], today: Callable[[], date]) -> None:
        self._streamed = [agent for agent in agents if Mode.PIPELINE in agent.modes]
        self._today = today
        self._models: EmbeddedModels | None = None

    async def load(self) -> None:
        """Load the embedded models where an agent wants them, and speak every fixed phrase once, so that no caller
        waits for a first time. Raises ConfigurationInvalid."""
        wanting = [agent for agent in self._streamed if "embedded" in (agent.models.recogniser, agent.models.speech)]
        if not wanting:
            return
        self._models = await asyncio.to_thread(EmbeddedModels.load)
        for agent in wanting:
            if agent.models.speech == "embedded":
                await EmbeddedSpeaker(self._models, agent.voice.speech).prepare(fixed_phrases(agent))

    def engine_for(self, agent: Agent, mode: Mode) -> Engine:
        """Raises ConfigurationInvalid when the agent asks for a mode or a provider that is not here."""
        if mode is not Mode.PIPELINE:
            raise ConfigurationInvalid(f"This streamer has no engine for mode {mode.value}.", code="mode-not-here")
        models = self._embedded(agent)
        return PipelineEngine(
            EmbeddedRecogniser(models),
            ScriptedThinker(agent, self._today),
            EmbeddedSpeaker(models, agent.voice.speech),
        )

    def _embedded(self, agent: Agent) -> EmbeddedModels:
        wanted = agent.models
        known: Mapping[str, str] = {"recogniser": "embedded", "reply": "scripted", "speech": "embedded"}
        for part, here in known.items():
            asked = getattr(wanted, part)
            if asked != here:
                raise ConfigurationInvalid(
                    f"Agent {agent.name} names models.{part} = {asked!r}; this streamer has {here!r}.",
                    code="provider-not-here",
                )
        if self._models is None:
            raise ConfigurationInvalid("The embedded models are not loaded.", code="models-not-loaded")
        return self._models


def fixed_phrases(agent: Agent) -> tuple[str, ...]:
    """Everything the agent may say word for word."""
    said = agent.phrases
    return (
        agent.greeting,
        agent.closing,
        said.bridge,
        said.ask_again,
        said.still_there,
        said.silence_goodbye,
        said.limit_goodbye,
        said.trouble_goodbye,
        said.filler,
    )
