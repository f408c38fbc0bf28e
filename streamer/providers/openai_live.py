"""OpenAI Live for a whole task: sockets kept open for the next calls, and the closing of every session.

Opening a socket takes a handshake and costs nothing; only `session.start` starts a session, and its bill. So sockets
are kept, and never sessions.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import date

from calls.agent import Agent
from calls.conversation import Conversation
from calls.errors import ConfigurationInvalid
from calls.openai_models import OPENAI_URL, versioned
from calls.usage import Usage
from streamer.providers import openai_live_messages as messages
from streamer.providers.openai_live_failures import OPENAI_LIVE
from streamer.providers.openai_live_session import LiveSession, started
from streamer.providers.vendor_socket import VendorSocket, VendorSockets
from streamer.providers.warm_sockets import WarmSockets

log = logging.getLogger(__name__)

IDLE_S = 20.0
"""How long a socket is kept without a session. OpenAI documents no limit; one that it has closed is not given away."""


class OpenAILive:
    """Made before the first call, closed after the last."""

    def __init__(self, key: str, base_url: str) -> None:
        self._key = key
        self._url = messages.live_url(versioned(base_url or OPENAI_URL).rstrip("/"))
        self._sockets = VendorSockets(OPENAI_LIVE, {"Authorization": f"Bearer {key}"})
        self._pool: WarmSockets[VendorSocket] = WarmSockets(lambda: self._sockets.open(self._url), IDLE_S)
        self._closings: set[asyncio.Task[None]] = set()

    def rekey(self, key: str) -> None:
        """Sessions from now on are this key's; those that are held go on."""
        self._key = key
        self._sockets.rekey({"Authorization": f"Bearer {key}"})
        self._pool.renew()

    def check(self, agent: Agent) -> None:
        """Raises ConfigurationInvalid where the agent's calls cannot have a session."""
        if not self._key:
            raise ConfigurationInvalid(
                f"Agent {agent.name} needs OPENAI_API_KEY, which is not set.", code="key-missing"
            )

    def warm(self) -> None:
        """Pay for the TLS context before the first call does."""
        self._sockets.warm()

    async def run(self) -> None:
        """Keep sockets open for the next calls, as many as the last ones ask for, until cancelled."""
        await self._pool.run()

    async def start(self, agent: Agent, model: str, so_far: Conversation, said: str, today: date) -> LiveSession:
        """A session for an answered call that knows what was heard so far, and what the caller is just being told.
        Raises ProviderFailed."""
        return await started(
            self._pool.take, messages.start(agent, model, agent.voice.realtime, so_far, today, said), model
        )

    def end(self, session: LiveSession, told: Callable[[Usage], None]) -> asyncio.Task[None]:
        """End a session, whatever becomes of the call; `told` gets what it used last."""
        closing = asyncio.get_running_loop().create_task(session.close(told), name="closing openai-live")
        self._closings.add(closing)
        closing.add_done_callback(self._closings.discard)
        return closing

    async def aclose(self) -> None:
        """Wait for every closing; each has its own deadline."""
        if self._closings:
            await asyncio.wait(self._closings)
        await self._sockets.aclose()
