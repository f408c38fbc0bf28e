"""Where a call's engine comes from: the agent names its providers, this task holds what they need, loaded once."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable
from datetime import date

from calls.agent import Agent
from calls.conversation import Conversation
from calls.errors import ConfigurationInvalid, ProviderFailed
from calls.record import Mode
from calls.speakable import speakable
from streamer.engines.engine import Engine
from streamer.engines.live_calls import live_engine
from streamer.engines.pipeline import PipelineEngine
from streamer.engines.ports import Recogniser, Speaker, Thinker
from streamer.engines.realtime import RealtimeEngine
from streamer.metering import UsageMeter
from streamer.providers.embedded_models import EmbeddedModels
from streamer.providers.embedded_recogniser import EmbeddedRecogniser
from streamer.providers.embedded_speaker import EmbeddedSpeaker
from streamer.providers.openai_live import OpenAILive
from streamer.providers.openai_realtime import OpenAIRealtime, is_live
from streamer.providers.scripted import ScriptedThinker
from streamer.providers.vendors import Vendors, VendorSettings, fixed_phrases

log = logging.getLogger(__name__)


class EngineRoom:
    """Implements `streamer.server.Engines`. `today` is the date where the agents' desks stand."""

    def __init__(self, agents: Iterable[Agent], today: Callable[[], date], settings: VendorSettings) -> None:
        known = list(agents)
        self._streamed = [agent for agent in known if Mode.PIPELINE in agent.modes]
        self._speaking = [agent for agent in known if Mode.REALTIME in agent.modes]
        self._today = today
        self._settings = settings
        self._realtime = OpenAIRealtime(settings.openai_key, settings.openai_url, settings.phrases)
        self._live = OpenAILive(settings.openai_key, settings.openai_url)
        self._vendors: Vendors | None = None
        self._models: EmbeddedModels | None = None
        self._bridges: dict[tuple[str, Mode], bytes] = {}

    async def load(self) -> None:
        """Load the embedded models where an agent wants them, and speak every fixed phrase once, so that no caller
        waits for a first time. Raises ConfigurationInvalid, also for an agent whose providers are not to be had."""
        self._vendors = Vendors(self._settings)
        if any("embedded" in (agent.models.recogniser, agent.models.speech) for agent in self._streamed):
            self._models = await asyncio.to_thread(EmbeddedModels.load)
        for agent in self._streamed:
            self.engine_for(agent, Mode.PIPELINE, Conversation)
            await self._vendors.warm(agent, self._today())
            if self._models and agent.models.speech == "embedded":
                phrases = [speakable(phrase) for phrase in fixed_phrases(agent)]
                await EmbeddedSpeaker(self._models, agent.voice.speech).prepare(phrases)
            bridge = speakable(agent.phrases.bridge)
            self._bridges[agent.name, Mode.PIPELINE] = await self._spoken(
                agent, self._speaker(agent, UsageMeter()), bridge
            )
        for agent in self._speaking:
            await self._load_realtime(agent)

    async def _load_realtime(self, agent: Agent) -> None:
        """Without a key the agent's calls begin a rung lower: its other modes need none of OpenAI's."""
        if not self._settings.openai_key:
            log.warning("agent %s has no realtime mode here: OPENAI_API_KEY is not set", agent.name)
            return
        self.engine_for(agent, Mode.REALTIME, Conversation)
        if is_live(agent):
            self._live.warm()
        await self._realtime.warm(agent, fixed_phrases(agent), self._today())
        speaker = self._realtime.speaker(agent, fixed_phrases(agent))
        self._bridges[agent.name, Mode.REALTIME] = await self._spoken(agent, speaker, agent.phrases.bridge)

    async def _spoken(self, agent: Agent, speaker: Speaker, phrase: str) -> bytes:
        """A phrase that was prepared; empty where its vendor could not be reached."""
        if not phrase.strip():
            return b""
        try:
            async with contextlib.aclosing(speaker.speak(phrase)) as pieces:
                return b"".join([piece.mulaw async for piece in pieces])
        except ProviderFailed as failed:
            log.warning("no bridge phrase for %s: %s", agent.name, failed.failure.code)
            return b""

    def bridge_phrase(self, agent: Agent, mode: Mode) -> bytes:
        """See `streamer.server.Engines`."""
        return self._bridges.get((agent.name, mode), b"")

    async def run(self) -> None:
        """Own what outlives calls (warm connections) until cancelled; `load` comes first."""
        vendors = self._loaded()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(vendors.run(), name="vendors")
                tasks.create_task(self._realtime.run(), name="realtime")
                tasks.create_task(self._live.run(), name="live")
            await asyncio.Event().wait()
        finally:
            await vendors.aclose()
            await self._realtime.aclose()
            await self._live.aclose()
            if self._models:
                self._models.close()

    def engine_for(self, agent: Agent, mode: Mode, so_far: Callable[[], Conversation]) -> Engine:
        """Raises ConfigurationInvalid when the agent asks for a mode or a provider that is not here."""
        if mode is Mode.REALTIME and is_live(agent):
            speaker = self._realtime.speaker(agent, fixed_phrases(agent))
            return live_engine(agent, self._live, speaker, so_far, self._today)
        if mode is Mode.REALTIME:
            sessions = self._realtime.sessions(agent)
            speaker = self._realtime.speaker(agent, fixed_phrases(agent))
            return RealtimeEngine(agent, sessions.take, speaker, so_far, self._today)
        if mode is not Mode.PIPELINE:
            raise ConfigurationInvalid(f"This streamer has no engine for mode {mode.value}.", code="mode-not-here")
        meter = UsageMeter()
        return PipelineEngine(
            self._recogniser(agent, meter), self._thinker(agent, meter), self._speaker(agent, meter), meter
        )

    def _recogniser(self, agent: Agent, meter: UsageMeter) -> Recogniser:
        if agent.models.recogniser == "embedded":
            return EmbeddedRecogniser(self._embedded())
        return self._loaded().recogniser(agent, meter)

    def _thinker(self, agent: Agent, meter: UsageMeter) -> Thinker:
        if agent.models.reply == "scripted":
            return ScriptedThinker(agent, self._today)
        return self._loaded().thinker(agent, self._today, meter)

    def _speaker(self, agent: Agent, meter: UsageMeter) -> Speaker:
        if agent.models.speech == "embedded":
            return EmbeddedSpeaker(self._embedded(), agent.voice.speech)
        return self._loaded().speaker(agent, meter)

    def _embedded(self) -> EmbeddedModels:
        if self._models is None:
            raise ConfigurationInvalid("The embedded models are not loaded.", code="models-not-loaded")
        return self._models

    def _loaded(self) -> Vendors:
        if self._vendors is None:
            raise ConfigurationInvalid("The vendors' connections are not set up yet.", code="vendors-not-loaded")
        return self._vendors
