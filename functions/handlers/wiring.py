"""The composition root of the handlers: settings, store, agents and clocks, built at the first invocation."""

import math
import os
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache

from calls import agent_files
from calls.agent import Agent
from calls.errors import ConfigurationInvalid
from calls.openai_models import names_openai, reply_models
from calls.record import Mode
from calls.store import CallStore
from handlers.in_time import ANSWER_WITHIN_S
from handlers.settings import HandlerSettings, read
from handlers.thinking import ScriptedThinking, Thinking, ThinkingByProvider
from handlers.watch_queue import NoWatch, SqsWatch, WatchQueue, sqs_client


@dataclass(frozen=True, slots=True)
class Wired:
    """What a handler works with. `now_ms` is the epoch in ms, `today` the date at the agents' desks (the process's
    time zone), `nonce` a fresh random name. A webhook's answer is waited for `answer_within_s`; `left_s` says how much
    of that is left and `spent_s` what has passed of it, and every webhook has its own. `streamer_ready` asks a streamer
    whether it would take a call now, and takes a moment. `pause` lets seconds pass."""

    settings: HandlerSettings
    store: CallStore
    agents: Mapping[str, Agent]
    thinking: Thinking
    now_ms: Callable[[], int]
    today: Callable[[], date]
    nonce: Callable[[], str]
    answer_within_s: float = ANSWER_WITHIN_S
    left_s: Callable[[], float] = lambda: math.inf
    spent_s: Callable[[], float] = lambda: 0.0
    watch_queue: WatchQueue = field(default_factory=NoWatch)
    streamer_ready: Callable[[], bool] = lambda: False
    pause: Callable[[float], None] = time.sleep

    def agent(self, name: str) -> Agent:
        """ConfigurationInvalid (code "agent-unknown") when no file defines it."""
        if name not in self.agents:
            raise ConfigurationInvalid(f"There is no agent named {name!r}.", code="agent-unknown")
        return self.agents[name]


@lru_cache(maxsize=1)
def wired() -> Wired:
    """Raises ConfigurationInvalid, and tries again at the next invocation."""
    from calls.dynamo import DynamoCallStore, client

    settings = read(os.environ)
    agents = ladders_within_reach(agent_files.load(settings.agents), settings.stream_url)
    return Wired(
        settings=settings,
        store=DynamoCallStore(client(settings.aws_endpoint_url or None), settings.table, now_ms),
        agents=agents,
        thinking=thinking_for(agents, settings),
        now_ms=now_ms,
        today=lambda: datetime.now().astimezone().date(),
        nonce=lambda: secrets.token_urlsafe(12),
        watch_queue=watch_queue_for(settings),
        streamer_ready=_health_of(settings.stream_url) if settings.climb else lambda: False,
    )


def _health_of(stream_url: str) -> Callable[[], bool]:
    from handlers.streamer_health import StreamerHealth

    return StreamerHealth(stream_url).ready


def watch_queue_for(settings: HandlerSettings) -> WatchQueue:
    if not settings.watchdog_queue:
        return NoWatch()
    endpoint_url = settings.aws_endpoint_url or None
    return SqsWatch(lambda: sqs_client(endpoint_url), settings.watchdog_queue, settings.watchdog_s)


def ladders_within_reach(agents: Mapping[str, Agent], stream_url: str) -> Mapping[str, Agent]:
    """The agents as they can be run here: without a streamer every ladder is traditional mode alone."""
    if stream_url:
        return agents
    return {name: replace(agent, modes=(Mode.TRADITIONAL,)) for name, agent in agents.items()}


def thinking_for(agents: Mapping[str, Agent], settings: HandlerSettings) -> Thinking:
    """Who thinks for these agents. ConfigurationInvalid where one names OpenAI and there is no key, or has a fallback
    that is not OpenAI's."""
    wanting = [agent for agent in agents.values() if names_openai(agent)]
    if not wanting:
        return ScriptedThinking()
    if not settings.openai_api_key:
        raise ConfigurationInvalid(f"OPENAI_API_KEY is missing; agent {wanting[0].name} has its replies from OpenAI.")
    for agent in wanting:
        reply_models(agent)
    return ThinkingByProvider(settings.openai_api_key, settings.openai_base_url)


def now_ms() -> int:
    return time.time_ns() // 1_000_000
