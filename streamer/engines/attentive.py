"""An engine whose hearing is watched: one that takes the caller's voice and tells nothing of it is lost like one whose
connection breaks, and the next hears that voice again (`streamer.unheard` decides)."""

import asyncio
import time
from collections.abc import Callable

from calls.agent import Agent
from calls.errors import Blame, Failure
from streamer.breaker import Breakers
from streamer.engines.engine import Engine, kept_audio, leads
from streamer.events import EngineEvent, EngineLost, EngineOrder
from streamer.ladder import DEAF
from streamer.twilio_stream import Media
from streamer.unheard import UnheardVoice, Verdict

RECOGNISED_WITHIN_S = 7.0
"""Of a recogniser: Flux waits for up to 5 s inside a turn, Nova for less."""
SEMANTIC_WITHIN_S = 9.5
"""Of a session with semantic VAD: "The eagerness low, medium, and high have max timeouts of 8s, 4s, and 2s"
(developers.openai.com, Realtime VAD)."""
SERVER_VAD_WITHIN_S = 3.5
"""Beyond the silence that ends a turn in a session with server VAD."""


def session_ends_turns_within_s(agent: Agent) -> float:
    """How long after the last voice a speech-to-speech session may take to say that the turn is over."""
    hearing = agent.realtime
    is_server = hearing.vad == "server"
    return SERVER_VAD_WITHIN_S + hearing.silence_ms / 1000 if is_server else SEMANTIC_WITHIN_S


class AttentiveEngine:
    """Implements `streamer.engines.engine.Engine` around another. `provider` is who hears, as breakers know it
    ("deepgram/nova-3"); `code` begins the failure's code, `name` is for people. `now_s` is any steady clock."""

    def __init__(
        self,
        engine: Engine,
        provider: str,
        code: str,
        name: str,
        breakers: Breakers,
        turn_ends_s: float,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine, self._provider, self._code, self._name = engine, provider, code, name
        self._breakers, self._now_s = breakers, now_s
        self._voice = UnheardVoice(turn_ends_s)
        self._turn_ends_s = turn_ends_s
        self._emit: Callable[[EngineEvent], None] | None = None
        self._is_given_up = False
        self.leads, self.kept = leads(engine), kept_audio(engine)

    def hear(self, frame: Media) -> None:
        self._engine.hear(frame)
        self._voice.hear(frame.mulaw, frame.media_ms, self._now_s())
        if self._emit is not None and not self._is_given_up and (verdict := self._voice.verdict()):
            self._give_up(verdict, self._emit)

    def order(self, order: EngineOrder) -> None:
        self._engine.order(order)

    async def run(self, emit: Callable[[EngineEvent], None]) -> None:
        def told(event: EngineEvent) -> None:
            self._voice.told(event)
            if isinstance(event, EngineLost):
                event = EngineLost(event.failure, self._voice.caller_waits)
            emit(event)

        self._emit = emit
        await self._engine.run(told)

    def _give_up(self, verdict: Verdict, emit: Callable[[EngineEvent], None]) -> None:
        """Not from within `hear`, which others are given the same frame after."""
        self._is_given_up = True
        failure = self._failure(verdict)
        self._breakers.failed(self._provider, failure)
        asyncio.get_running_loop().call_soon(emit, EngineLost(failure, caller_waits=True))

    def _failure(self, verdict: Verdict) -> Failure:
        if verdict is Verdict.DEAF:
            sentence = (
                f"{self._name} took the caller's voice and told of nobody. Check its status page, and that it is set "
                "to the language that is spoken."
            )
            return Failure(f"{self._code}{DEAF}", Blame.PROVIDER, sentence, retryable=True)
        sentence = f"{self._name} told no end of a turn that was over for {self._turn_ends_s:g} s."
        return Failure(f"{self._code}-stalled", Blame.PROVIDER, sentence, retryable=True)
