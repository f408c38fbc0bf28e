"""OpenAI Realtime for a whole task: sessions kept ready, and fixed phrases in each agent's realtime voice."""

import asyncio
import logging
from datetime import date
from pathlib import Path

from calls.agent import Agent
from calls.agent_realtime import DEFAULT_MODEL, LIVE, shutdown_warnings
from calls.errors import ConfigurationInvalid, ProviderFailed
from calls.openai_models import OPENAI_URL, is_openai, versioned
from streamer.metering import UsageMeter
from streamer.providers.openai_phrases import RealtimeSpeaker
from streamer.providers.openai_realtime_failures import OPENAI_REALTIME
from streamer.providers.openai_realtime_sessions import RealtimeSessions
from streamer.providers.phrase_cache import CachedSpeaker, PhraseFolder, Speech
from streamer.providers.vendor_socket import VendorSockets

log = logging.getLogger(__name__)

WARM_WITHIN_S = 25.0
AGAIN_AFTER_S = 60.0
AGAIN_AT_LEAST_EVERY_S = 3_600.0


def realtime_models(agent: Agent) -> tuple[str, ...]:
    """The models to ask for a session, in order, none twice; a plain "openai" is DEFAULT_MODEL.

    ConfigurationInvalid (code "provider-not-here") for another provider's.
    """
    named = (agent.models.realtime, *agent.models.realtime_fallbacks)
    for provider in named:
        if not is_openai(provider):
            raise ConfigurationInvalid(
                f"Agent {agent.name} names {provider!r} for models.realtime, which this streamer does not have; "
                'name "openai/<model>".',
                code="provider-not-here",
            )
    return tuple(dict.fromkeys(provider.partition("/")[2] or DEFAULT_MODEL for provider in named))


def is_live(agent: Agent) -> bool:
    """Whether the agent's realtime model is a full-duplex one."""
    return realtime_models(agent)[0].startswith(LIVE)


class OpenAIRealtime:
    """Made before the first call, closed after the last."""

    def __init__(self, key: str, base_url: str, phrases: Path) -> None:
        self._key = key
        self._base_url = versioned(base_url or OPENAI_URL).rstrip("/")
        self._sockets = VendorSockets(OPENAI_REALTIME, {"Authorization": f"Bearer {key}"})
        self._folder = PhraseFolder(phrases)
        self._sessions: dict[tuple[str, ...], RealtimeSessions] = {}
        self._unprepared: list[tuple[Agent, tuple[str, ...]]] = []

    def rekey(self, key: str) -> None:
        """Sessions from now on are this key's; those that are held go on."""
        self._key = key
        self._sockets.rekey({"Authorization": f"Bearer {key}"})
        for sessions in self._sessions.values():
            sessions.renew()

    def sessions(self, agent: Agent) -> RealtimeSessions:
        """Those that the agent's calls take. Raises ConfigurationInvalid."""
        if not self._key:
            raise ConfigurationInvalid(
                f"Agent {agent.name} needs OPENAI_API_KEY, which is not set.", code="key-missing"
            )
        models = tuple(model for model in realtime_models(agent) if not model.startswith(LIVE))
        if models not in self._sessions:
            self._sessions[models] = RealtimeSessions(self._sockets, self._base_url, models or (DEFAULT_MODEL,))
        return self._sessions[models]

    def speaker(self, agent: Agent, phrases: tuple[str, ...], meter: UsageMeter) -> CachedSpeaker:
        """Fixed phrases in the agent's realtime voice, from memory; anything else over a session of its own, which
        `meter` is told of."""
        model, voice = realtime_models(agent)[0], agent.voice.realtime
        speaker = RealtimeSpeaker(self.sessions(agent).open, model, voice, meter.pass_on)
        return CachedSpeaker(speaker, Speech("openai-realtime", model, voice), self._folder, phrases)

    async def warm(self, agent: Agent, phrases: tuple[str, ...], today: date) -> None:
        """Pay for what the first call would; a vendor that does not answer is only logged."""
        for sentence in shutdown_warnings(agent.name, (*realtime_models(agent), *agent.realtime.models), today):
            log.warning(sentence)
        self._sockets.warm()
        await self._prepare(agent, phrases)

    async def _prepare(self, agent: Agent, phrases: tuple[str, ...]) -> None:
        """Have every phrase kept; the agent whose phrases are not to be had now is noted for later."""
        try:
            async with asyncio.timeout(WARM_WITHIN_S):
                await self.speaker(agent, phrases, UsageMeter()).prepare()
        except TimeoutError:
            log.warning("not all phrases of agent %s were spoken within %g s", agent.name, WARM_WITHIN_S)
            self._unprepared.append((agent, phrases))
        except ProviderFailed as failed:
            log.error(failed.failure.sentence)
            self._unprepared.append((agent, phrases))

    async def run(self) -> None:
        """Keep sessions for the next calls, as many as the last ones ask for, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._prepare_again(), name="realtime phrases")
            for sessions in self._sessions.values():
                tasks.create_task(sessions.run(), name="realtime sessions")

    async def _prepare_again(self) -> None:
        """Phrases whose vendor was down at the start, less and less often until all are there: until then the calls
        have them spoken."""
        wait_s = AGAIN_AFTER_S
        while self._unprepared:
            await asyncio.sleep(wait_s)
            wait_s = min(AGAIN_AT_LEAST_EVERY_S, wait_s * 2)
            missing, self._unprepared = self._unprepared, []
            for agent, phrases in missing:
                await self._prepare(agent, phrases)

    async def aclose(self) -> None:
        await self._sockets.aclose()
