"""A realtime engine at work on sessions that are held by the hand."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace

from calls.agent import Agent
from calls.conversation import Conversation, Role, Turn
from calls.errors import ProviderFailed
from streamer.engines.realtime import RealtimeEngine
from streamer.events import (
    Answer,
)
from tests.fakes.agents import AGENT
from tests.streamer.engines.realtime_parts import Clock, Events, FakeSession, FakeSpeaker, settled

SERVER = replace(AGENT, realtime=replace(AGENT.realtime, vad="server", silence_ms=300))


@dataclass
class Desk:
    """An engine at work; `sessions` are those that it takes, in order."""

    engine: RealtimeEngine
    sessions: list[FakeSession]
    speaker: FakeSpeaker
    clock: Clock
    said: list[Turn]
    events: Events = field(default_factory=Events)
    taken: int = 0

    async def ready(self, number: int = 0) -> FakeSession:
        session = self.sessions[number]
        session.say("session.updated")
        await settled()
        return session

    async def answering(self, reply_id: int = 1, response_id: str = "r") -> FakeSession:
        """A session that began to answer."""
        session = await self.ready()
        self.engine.order(Answer(reply_id, Conversation()))
        session.say("response.created", response={"id": response_id, "metadata": {"offhook_reply": str(reply_id)}})
        await settled()
        return session


@asynccontextmanager
async def desk(
    *sessions: FakeSession | ProviderFailed, agent: Agent = SERVER, said: tuple[Turn, ...] = ()
) -> AsyncIterator[Desk]:
    here: Desk

    async def take() -> FakeSession:
        one = sessions[here.taken]
        here.taken += 1
        if isinstance(one, ProviderFailed):
            raise one
        return one

    speaker, clock, kept = FakeSpeaker(), Clock(), list(said)
    engine = RealtimeEngine(agent, take, speaker, lambda: Conversation(tuple(kept)), now_s=clock)
    plain = [one for one in sessions if isinstance(one, FakeSession)]
    here = Desk(engine, plain, speaker, clock, kept)
    running = asyncio.create_task(engine.run(here.events.append))
    await settled()
    try:
        yield here
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        taken = [one for one in sessions[: here.taken] if isinstance(one, FakeSession)]
        assert all(one.is_closed for one in taken), "no session is left open"


def turn(name: str, role: Role, words: str, at_ms: int) -> Turn:
    return Turn(name, role, words, words, False, at_ms, at_ms + 1, "realtime")


async def until(what: Callable[[], bool]) -> None:
    async with asyncio.timeout(3):
        while not what():  # noqa: ASYNC110 - an engine tells nobody of its sessions
            await asyncio.sleep(0.001)
