"""The vendors' connections that a task shares between its calls, and each call's own provider on top of them."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from calls.agent import Agent
from calls.errors import ConfigurationInvalid, ProviderFailed
from calls.openai_models import names_openai, reply_models, warnings
from calls.openai_usage import ReplyUsage
from calls.speakable import speakable
from calls.usage import Kind, Unit
from streamer.engines.ports import Recogniser, Speaker, Thinker
from streamer.metering import UsageMeter
from streamer.providers import deepgram_failures, elevenlabs_failures
from streamer.providers.deepgram_flux import DeepgramFluxRecogniser, flux_url
from streamer.providers.deepgram_nova import DeepgramNovaRecogniser, nova_url
from streamer.providers.elevenlabs_http import SpeechRequests, http_client
from streamer.providers.elevenlabs_messages import socket_url
from streamer.providers.elevenlabs_socket import SpeechSocket
from streamer.providers.elevenlabs_speaker import ElevenLabsSpeaker
from streamer.providers.openai_client import OpenAIClient
from streamer.providers.openai_thinker import OpenAIThinker
from streamer.providers.phrase_cache import CachedSpeaker, PhraseFolder, Speech
from streamer.providers.vendor_socket import VendorSocket, VendorSockets
from streamer.providers.warm_sockets import DEEPGRAM_IDLE_S, ELEVENLABS_IDLE_S, WarmSockets

log = logging.getLogger(__name__)

FLUX = "flux-general-en"
VOICE_MODEL = "eleven_flash_v2_5"
WARM_WITHIN_S = 10.0
"""A vendor that is slow or down must not keep a task from serving the others."""


@dataclass(frozen=True, slots=True)
class VendorSettings:
    """Keys (empty: the vendor is not used) and base URLs; `phrases` is a folder that keeps fixed phrases as speech."""

    deepgram_key: str
    deepgram_url: str
    openai_key: str
    openai_url: str
    elevenlabs_key: str
    elevenlabs_url: str
    phrases: Path


class Vendors:
    """Made before the first call, closed after the last. Nothing here waits for a vendor."""

    def __init__(self, settings: VendorSettings) -> None:
        self._settings = settings
        self._deepgram = VendorSockets(deepgram_failures.DEEPGRAM, _deepgram(settings))
        self._elevenlabs = VendorSockets(elevenlabs_failures.ELEVENLABS, _elevenlabs(settings))
        self._speech_requests = http_client(settings.elevenlabs_key)
        self._openai = OpenAIClient(settings.openai_key, settings.openai_url) if settings.openai_key else None
        self._phrases = PhraseFolder(settings.phrases)
        self._pools: dict[str, WarmSockets[VendorSocket]] = {}

    def rekey(self, settings: VendorSettings) -> None:
        """What is opened from now on carries these keys; what a call has is left alone, and nothing else is kept. Of
        `settings` nothing but the keys may be new."""
        self._settings = settings
        self._deepgram.rekey(_deepgram(settings))
        self._elevenlabs.rekey(_elevenlabs(settings))
        self._speech_requests.headers.update(_elevenlabs(settings))
        if self._openai is not None:
            self._openai.rekey(settings.openai_key)
        elif settings.openai_key:
            self._openai = OpenAIClient(settings.openai_key, settings.openai_url)
        for pool in self._pools.values():
            pool.renew()

    async def warm(self, agent: Agent, today: date) -> None:
        """Pay for the agent's first-use costs before a caller does. A vendor that does not answer is only logged."""
        self._deepgram.warm()
        self._elevenlabs.warm()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WARM_WITHIN_S):
                await self._warm_reply(agent, today)
                await self._warm_speech(agent)

    async def _warm_reply(self, agent: Agent, today: date) -> None:
        if self._openai is None or not names_openai(agent):
            return
        for sentence in warnings(agent, today):
            log.warning(sentence)
        try:
            await self._openai.warm(reply_models(agent)[0])
        except ProviderFailed as failed:
            log.error(failed.failure.sentence)

    async def _warm_speech(self, agent: Agent) -> None:
        if not agent.models.speech.startswith("elevenlabs"):
            return
        try:
            await self._cached(agent, UsageMeter()).prepare()
        except ProviderFailed as failed:
            log.error(failed.failure.sentence)

    async def run(self) -> None:
        """Keep sockets open for the next calls, as many as the last ones ask for, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for pool in self._pools.values():
                tasks.create_task(pool.run(), name="warm sockets")

    def _pool(self, url: str, sockets: VendorSockets, idle_s: float) -> WarmSockets[VendorSocket]:
        if url not in self._pools:
            self._pools[url] = WarmSockets(lambda: sockets.open(url), idle_s)
        return self._pools[url]

    def recogniser(self, agent: Agent, meter: UsageMeter) -> Recogniser:
        """ "deepgram", "deepgram/flux-…" or "deepgram/nova-…". Raises ConfigurationInvalid."""
        model = _model(agent, "recogniser", "deepgram", FLUX)
        _need(agent, self._settings.deepgram_key, "DEEPGRAM_API_KEY")
        base_url, keyterms = self._settings.deepgram_url, agent.hearing.keyterms
        metered = meter.each(Kind.RECOGNISER, "deepgram", model, Unit.MILLISECONDS)
        if model.startswith("flux"):
            url = flux_url(base_url, model, keyterms)
            return DeepgramFluxRecogniser(self._pool(url, self._deepgram, DEEPGRAM_IDLE_S).take, metered=metered)
        url = nova_url(base_url, model, agent.voice.language, keyterms)
        return DeepgramNovaRecogniser(self._pool(url, self._deepgram, DEEPGRAM_IDLE_S).take, metered=metered)

    def thinker(self, agent: Agent, today: Callable[[], date], meter: UsageMeter) -> Thinker:
        """ "openai" or "openai/…", for a call that begins. Raises ConfigurationInvalid."""
        _model(agent, "reply", "openai", "")
        _need(agent, self._settings.openai_key, "OPENAI_API_KEY")
        assert self._openai is not None, "there is a key"
        self._openai.freshen(reply_models(agent)[0])

        def metered(reply: ReplyUsage) -> None:
            meter.used(Kind.MODEL, "openai", reply.model, reply.amounts, is_estimated=reply.is_estimated)

        return OpenAIThinker(agent, self._openai, today, metered, lambda failure: meter.made_good("openai", failure))

    def speaker(self, agent: Agent, meter: UsageMeter) -> Speaker:
        """ "elevenlabs" or "elevenlabs/…", speaking as the agent's `voice.speech`. Raises ConfigurationInvalid."""
        return self._cached(agent, meter)

    def _cached(self, agent: Agent, meter: UsageMeter) -> CachedSpeaker:
        model = _model(agent, "speech", "elevenlabs", VOICE_MODEL)
        _need(agent, self._settings.elevenlabs_key, "ELEVENLABS_API_KEY")
        base_url, voice = self._settings.elevenlabs_url, agent.voice.speech
        url = socket_url(base_url, voice, model)
        metered = meter.each(Kind.SPEECH, "elevenlabs", model, Unit.CHARACTERS)
        requests = SpeechRequests(self._speech_requests, base_url, voice, model, metered=metered)
        socket = SpeechSocket(self._pool(url, self._elevenlabs, ELEVENLABS_IDLE_S).take)
        phrases = [speakable(phrase) for phrase in fixed_phrases(agent)]
        speech = Speech("elevenlabs", model, voice)
        speaker = ElevenLabsSpeaker(socket, requests, metered=metered)
        return CachedSpeaker(speaker, speech, self._phrases, phrases)

    async def aclose(self) -> None:
        await self._deepgram.aclose()
        await self._elevenlabs.aclose()
        await self._speech_requests.aclose()
        if self._openai:
            await self._openai.close()


def _deepgram(settings: VendorSettings) -> dict[str, str]:
    return {"Authorization": f"Token {settings.deepgram_key}"}


def _elevenlabs(settings: VendorSettings) -> dict[str, str]:
    return {"xi-api-key": settings.elevenlabs_key}


def _model(agent: Agent, part: str, vendor: str, default: str) -> str:
    """The model in "vendor/model"; ConfigurationInvalid when another provider is named."""
    asked: str = getattr(agent.models, part)
    named, _, model = asked.partition("/")
    if named != vendor:
        raise ConfigurationInvalid(
            f"Agent {agent.name} names models.{part} = {asked!r}, which this streamer does not have.",
            code="provider-not-here",
        )
    return model or default


def _need(agent: Agent, key: str, setting: str) -> None:
    if not key:
        raise ConfigurationInvalid(f"Agent {agent.name} needs {setting}, which is not set.", code="key-missing")


def fixed_phrases(agent: Agent) -> tuple[str, ...]:
    """Everything the agent may say word for word."""
    said = agent.phrases
    phrases = (
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
    return tuple(phrase for phrase in phrases if phrase.strip())
