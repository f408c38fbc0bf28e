"""The vendors' connections that a task shares between its calls, and each call's own provider on top of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from calls.agent import Agent
from calls.errors import ConfigurationInvalid
from streamer.engines.ports import Recogniser, Speaker, Thinker
from streamer.providers import deepgram_failures, elevenlabs_failures
from streamer.providers.deepgram_flux import DeepgramFluxRecogniser, flux_url
from streamer.providers.deepgram_nova import DeepgramNovaRecogniser, nova_url
from streamer.providers.elevenlabs_http import SpeechRequests, http_client
from streamer.providers.elevenlabs_messages import socket_url
from streamer.providers.elevenlabs_socket import SpeechSocket
from streamer.providers.elevenlabs_speaker import ElevenLabsSpeaker
from streamer.providers.openai_client import OpenAIClient
from streamer.providers.openai_thinker import OpenAIThinker
from streamer.providers.vendor_socket import VendorSockets

FLUX = "flux-general-en"
VOICE_MODEL = "eleven_flash_v2_5"


@dataclass(frozen=True, slots=True)
class VendorSettings:
    """Keys (empty: the vendor is not used) and base URLs."""

    deepgram_key: str
    deepgram_url: str
    openai_key: str
    openai_url: str
    elevenlabs_key: str
    elevenlabs_url: str


class Vendors:
    """Made before the first call, closed after the last. Nothing here waits for a vendor."""

    def __init__(self, settings: VendorSettings) -> None:
        self._settings = settings
        self._deepgram = VendorSockets(deepgram_failures.DEEPGRAM, {"Authorization": f"Token {settings.deepgram_key}"})
        self._elevenlabs = VendorSockets(elevenlabs_failures.ELEVENLABS, {"xi-api-key": settings.elevenlabs_key})
        self._speech_requests = http_client(settings.elevenlabs_key)
        self._openai = OpenAIClient(settings.openai_key, settings.openai_url) if settings.openai_key else None

    def warm(self) -> None:
        """Pay for TLS contexts before the first call does."""
        self._deepgram.warm()
        self._elevenlabs.warm()

    def recogniser(self, agent: Agent) -> Recogniser:
        """ "deepgram", "deepgram/flux-…" or "deepgram/nova-…". Raises ConfigurationInvalid."""
        model = _model(agent, "recogniser", "deepgram", FLUX)
        _need(agent, self._settings.deepgram_key, "DEEPGRAM_API_KEY")
        base_url, keyterms = self._settings.deepgram_url, agent.hearing.keyterms
        if model.startswith("flux"):
            url = flux_url(base_url, model, keyterms)
            return DeepgramFluxRecogniser(lambda: self._deepgram.open(url))
        url = nova_url(base_url, model, agent.voice.language, keyterms)
        return DeepgramNovaRecogniser(lambda: self._deepgram.open(url))

    def thinker(self, agent: Agent, today: Callable[[], date]) -> Thinker:
        """ "openai" or "openai/…". Raises ConfigurationInvalid."""
        _model(agent, "reply", "openai", "")
        _need(agent, self._settings.openai_key, "OPENAI_API_KEY")
        assert self._openai is not None, "there is a key"
        return OpenAIThinker(agent, self._openai, today)

    def speaker(self, agent: Agent) -> Speaker:
        """ "elevenlabs" or "elevenlabs/…", speaking as the agent's `voice.speech`. Raises ConfigurationInvalid."""
        model = _model(agent, "speech", "elevenlabs", VOICE_MODEL)
        _need(agent, self._settings.elevenlabs_key, "ELEVENLABS_API_KEY")
        base_url, voice = self._settings.elevenlabs_url, agent.voice.speech
        url = socket_url(base_url, voice, model)
        requests = SpeechRequests(self._speech_requests, base_url, voice, model)
        return ElevenLabsSpeaker(SpeechSocket(lambda: self._elevenlabs.open(url)), requests)

    async def aclose(self) -> None:
        await self._deepgram.aclose()
        await self._elevenlabs.aclose()
        await self._speech_requests.aclose()


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
