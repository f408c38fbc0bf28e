"""Where a call's engine comes from: the agent names its providers, this task holds what they need, loaded once."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date

from calls.agent import Agent
from calls.conversation import Conversation
from calls.errors import ConfigurationInvalid, ProviderFailed
from calls.record import Mode
from calls.speakable import speakable
from streamer.breaker import Breakers
from streamer.engines.attentive import RECOGNISED_WITHIN_S, AttentiveEngine, session_ends_turns_within_s
from streamer.engines.engine import Engine
from streamer.engines.guarded import GuardedEngine, GuardedRecogniser, GuardedSpeaker, GuardedThinker
from streamer.engines.live_calls import live_engine
from streamer.engines.pipeline import PipelineEngine
from streamer.engines.ports import Recogniser, Speaker, Thinker
from streamer.engines.realtime import RealtimeEngine
from streamer.ladder import RESTING
from streamer.metering import UsageMeter
from streamer.providers.embedded_models import EmbeddedModels
from streamer.providers.embedded_recogniser import EmbeddedRecogniser
from streamer.providers.embedded_speaker import EmbeddedSpeaker
from streamer.providers.embedded_voice import NAME
from streamer.providers.openai_live import OpenAILive
from streamer.providers.openai_realtime import OpenAIRealtime, is_live, realtime_models
from streamer.providers.scripted import ScriptedThinker
from streamer.providers.vendors import Vendors, VendorSettings, fixed_phrases

log = logging.getLogger(__name__)

_BRIDGE_AGAIN_S = 60.0


class EngineRoom:
    """Implements `streamer.server.Engines`. `today` is the date where the agents' desks stand, `now_s` a steady clock;
    `breakers` are the task's, where somebody wants to hear of failures; `puzzled` as for `GuardedEngine`."""

    def __init__(
        self,
        agents: Iterable[Agent],
        today: Callable[[], date],
        settings: VendorSettings,
        now_s: Callable[[], float] = time.monotonic,
        breakers: Breakers | None = None,
        puzzled: Callable[[str, int], None] = lambda _provider, _events: None,
    ) -> None:
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
        self._unspoken: list[tuple[Agent, Mode]] = []
        self._breakers, self._puzzled = breakers or Breakers(now_s), puzzled

    def rekey(self, settings: VendorSettings) -> None:
        """What is opened from now on carries these keys; what calls have is left alone. Of `settings` nothing but the
        keys may be new."""
        before, self._settings = self._settings, settings
        if settings == before:
            return
        if self._vendors is not None:
            self._vendors.rekey(settings)
        if settings.openai_key != before.openai_key:
            self._realtime.rekey(settings.openai_key)
            self._live.rekey(settings.openai_key)

    async def load(self) -> None:
        """Load the embedded models where an agent wants them, and speak every fixed phrase once, so that no caller
        waits for a first time. Raises ConfigurationInvalid, also for an agent whose providers are not to be had."""
        self._vendors = Vendors(self._settings)
        if any(_wants_embedded(agent) for agent in self._streamed):
            self._models = await asyncio.to_thread(EmbeddedModels.load)
        for agent in self._streamed:
            await self._load_pipeline(self._vendors, agent)
        for agent in self._speaking:
            await self._load_realtime(agent)

    async def _load_pipeline(self, vendors: Vendors, agent: Agent) -> None:
        for one in _with_each_spare(agent):
            self.engine_for(one, Mode.PIPELINE, Conversation)
        await vendors.warm(agent, self._today())
        if self._models and "embedded" in (agent.models.speech, *agent.models.speech_fallbacks):
            phrases = [speakable(phrase) for phrase in fixed_phrases(agent)]
            await EmbeddedSpeaker(self._models, _embedded_voice(agent)).prepare(phrases)
        await self._speak_bridge(agent, Mode.PIPELINE)

    async def _load_realtime(self, agent: Agent) -> None:
        """Without a key the agent's calls begin a rung lower: its other modes need none of OpenAI's."""
        if not self._settings.openai_key:
            log.warning("agent %s has no realtime mode here: OPENAI_API_KEY is not set", agent.name)
            return
        self.engine_for(agent, Mode.REALTIME, Conversation)
        if is_live(agent):
            self._live.warm()
        await self._realtime.warm(agent, fixed_phrases(agent), self._today())
        await self._speak_bridge(agent, Mode.REALTIME)

    async def _speak_bridge(self, agent: Agent, mode: Mode) -> None:
        """Keep the bridge phrase in memory, from the folder where it is kept there: then its vendor need not be up."""
        phrase = agent.phrases.bridge
        if not phrase.strip():
            return
        try:
            if mode is Mode.PIPELINE:
                speaking = self._speaker(agent, UsageMeter()).speak(speakable(phrase))
            else:
                speaking = self._realtime.speaker(agent, fixed_phrases(agent), UsageMeter()).speak(phrase)
            async with contextlib.aclosing(speaking) as pieces:
                self._bridges[agent.name, mode] = b"".join([piece.mulaw async for piece in pieces])
        except ProviderFailed as failed:
            log.warning("no bridge phrase for %s in %s: %s", agent.name, mode.value, failed.failure.code)
            self._unspoken.append((agent, mode))

    async def _speak_missing_bridges(self) -> None:
        """Those whose vendor was down at the start, from time to time until all are there."""
        while self._unspoken:
            await asyncio.sleep(_BRIDGE_AGAIN_S)
            missing, self._unspoken = self._unspoken, []
            for agent, mode in missing:
                await self._speak_bridge(agent, mode)

    def bridge_phrase(self, agent: Agent, mode: Mode) -> bytes:
        """See `streamer.server.Engines`. Where it is missing in the voice of `mode`, another of the agent's says it."""
        voices = (mode, *(other for other in agent.modes if other is not mode))
        return next((said for one in voices if (said := self._bridges.get((agent.name, one)))), b"")

    async def run(self) -> None:
        """Own what outlives calls (warm connections) until cancelled; `load` comes first."""
        vendors = self._loaded()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(vendors.run(), name="vendors")
                tasks.create_task(self._realtime.run(), name="realtime")
                tasks.create_task(self._live.run(), name="live")
                tasks.create_task(self._speak_missing_bridges(), name="bridge phrases")
            await asyncio.Event().wait()
        finally:
            await vendors.aclose()
            await self._realtime.aclose()
            await self._live.aclose()
            if self._models:
                self._models.close()

    def engine_for(self, agent: Agent, mode: Mode, so_far: Callable[[], Conversation]) -> Engine:
        """Raises ConfigurationInvalid when the agent asks for a mode or a provider that is not here, and ProviderFailed
        when all of a kind are being left alone, as they failed the calls before this one."""
        if mode is Mode.REALTIME:
            provider = self._well((f"openai/{realtime_models(agent)[0]}",))
            guarded = GuardedEngine(self._speech_to_speech(agent, so_far), provider, self._breakers, self._puzzled)
            if guarded.leads:  # it has an ear of its own, and tells what that hears
                return guarded
            ends_s = session_ends_turns_within_s(agent)
            return AttentiveEngine(guarded, provider, "openai-realtime", "OpenAI", self._breakers, ends_s)
        if mode is not Mode.PIPELINE:
            raise ConfigurationInvalid(f"This streamer has no engine for mode {mode.value}.", code="mode-not-here")
        meter = UsageMeter(self._breakers.told)
        provider = self._well((agent.models.recogniser, *agent.models.recogniser_fallbacks))
        hears = self._recogniser(agent, provider, meter)
        engine = PipelineEngine(hears, self._thinker(agent, meter), self._speaker(agent, meter), meter)
        if provider == "embedded":  # in this process: nothing lies between its ear and us
            return engine
        return AttentiveEngine(engine, provider, "deepgram", "Deepgram", self._breakers, RECOGNISED_WITHIN_S)

    def _speech_to_speech(self, agent: Agent, so_far: Callable[[], Conversation]) -> Engine:
        meter = UsageMeter()
        speaker = self._realtime.speaker(agent, fixed_phrases(agent), meter)
        if is_live(agent):
            return live_engine(agent, self._live, speaker, so_far, self._today, meter)
        return RealtimeEngine(agent, self._realtime.sessions(agent).take, speaker, so_far, self._today, meter=meter)

    def _well(self, providers: tuple[str, ...]) -> str:
        well = self._breakers.well(providers)
        if well is None:
            raise ProviderFailed(
                f"{' and '.join(providers)} failed the calls before this one, so nobody is asked for now. Check the"
                " failures of those calls.",
                code=f"{providers[0].partition('/')[0]}{RESTING}",
            )
        return well

    def _recogniser(self, agent: Agent, provider: str, meter: UsageMeter) -> Recogniser:
        if provider == "embedded":
            return EmbeddedRecogniser(self._embedded())
        chosen = replace(agent, models=replace(agent.models, recogniser=provider))
        return GuardedRecogniser(self._loaded().recogniser(chosen, meter), provider, self._breakers)

    def _thinker(self, agent: Agent, meter: UsageMeter) -> Thinker:
        if agent.models.reply == "scripted":
            return ScriptedThinker(agent, self._today)
        provider = self._well((agent.models.reply,))
        return GuardedThinker(self._loaded().thinker(agent, self._today, meter), provider, self._breakers)

    def _speaker(self, agent: Agent, meter: UsageMeter) -> Speaker:
        provider = self._well((agent.models.speech, *agent.models.speech_fallbacks))
        if provider == "embedded":
            return EmbeddedSpeaker(self._embedded(), _embedded_voice(agent))
        chosen = replace(agent, models=replace(agent.models, speech=provider))
        return GuardedSpeaker(self._loaded().speaker(chosen, meter), provider, self._breakers)

    def _embedded(self) -> EmbeddedModels:
        if self._models is None:
            raise ConfigurationInvalid("The embedded models are not loaded.", code="models-not-loaded")
        return self._models

    def _loaded(self) -> Vendors:
        if self._vendors is None:
            raise ConfigurationInvalid("The vendors' connections are not set up yet.", code="vendors-not-loaded")
        return self._vendors


def _wants_embedded(agent: Agent) -> bool:
    models = agent.models
    named = (models.recogniser, models.speech, *models.recogniser_fallbacks, *models.speech_fallbacks)
    return "embedded" in named


def _embedded_voice(agent: Agent) -> str:
    """The one there is, where the agent's `voice.speech` belongs to another vendor."""
    return agent.voice.speech if agent.models.speech == "embedded" else NAME


def _with_each_spare(agent: Agent) -> list[Agent]:
    """The agent as it is, and with each of its fallbacks in place of what that stands in for."""
    models = agent.models
    heard = [replace(models, recogniser=spare, recogniser_fallbacks=()) for spare in models.recogniser_fallbacks]
    spoken = [replace(models, speech=spare, speech_fallbacks=()) for spare in models.speech_fallbacks]
    return [agent, *(replace(agent, models=one) for one in (*heard, *spoken))]
