"""The composition root of the handlers: settings, store, agents and clocks, built at the first invocation.

What is built lasts as long as the process, but for the secrets: every invocation has them as they are by then.
"""

import math
import os
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

from calls import agent_files, measured
from calls.agent import Agent
from calls.errors import ConfigurationInvalid, Failure
from calls.openai_models import names_openai, reply_models
from calls.record import Mode
from calls.secret_settings import read_secret_settings
from calls.secret_versions import SecretVersions
from calls.settings_kept import Kept, SettingsKept, SettingsSettled
from calls.store import CallStore
from handlers import measures
from handlers.in_time import ANSWER_WITHIN_S
from handlers.logs import log
from handlers.settings import HandlerSettings, read, with_secrets
from handlers.thinking import ScriptedThinking, Thinking, ThinkingByProvider
from handlers.watch_queue import NoWatch, SqsClient, SqsWatch, WatchQueue, sqs_client


@dataclass(frozen=True, slots=True)
class Wired:
    """What a handler works with. `now_ms` is the epoch in ms, `today` the date at the agents' desks (the process's
    time zone), `nonce` a fresh random name. A webhook's answer is waited for `answer_within_s`; `left_s` says how much
    of that is left and `spent_s` what has passed of it, and every webhook has its own. `streamer_ready` asks a streamer
    whether it would take a call now, and takes a moment. `pause` lets seconds pass. `rewired` is the same with other
    secrets, where a look at them finds others: for who was shown one that is not known."""

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
    rewired: Callable[[], "Wired | None"] = lambda: None

    def agent(self, name: str) -> Agent:
        """ConfigurationInvalid (code "agent-unknown") when no file defines it."""
        if name not in self.agents:
            raise ConfigurationInvalid(f"There is no agent named {name!r}.", code="agent-unknown")
        return self.agents[name]


def wired() -> Wired:
    """With the secrets as they are now. Raises ConfigurationInvalid and SecretsUnavailable, and tries again at the next
    invocation."""
    return _wired(_settings_kept().current())


def forget() -> None:
    """Have the next `wired` begin at the environment again."""
    for kept in (_settings_kept, _agents, _lasting, _wired):
        kept.cache_clear()


@lru_cache(maxsize=1)
def _settings_kept() -> Kept[HandlerSettings]:
    where = read_secret_settings(os.environ)
    if not where.secret:
        return SettingsSettled(read(os.environ))
    from calls.secrets_manager import SecretsManager, asking

    ask = asking(os.environ, where.aws_endpoint_url)
    manager = SecretsManager(where.secret, ask, where.grace_s, time.time)
    return SettingsKept(
        manager.look,
        _made,
        keep_s=where.keep_s,
        grace_s=where.grace_s,
        now_s=time.time,
        stale=_stale,
    )


def _made(versions: SecretVersions, now_s: float) -> HandlerSettings:
    """Refused too where the agents could not be run with them: then the ones before serve on."""
    settings = with_secrets(os.environ, versions, now_s)
    thinking_for(_agents(settings.agents, settings.stream_url), settings)
    return settings


def _stale(why: Failure) -> None:
    log().error("the last known secrets serve on", extra={"code": why.code, "sentence": why.sentence})
    measures.tell(measured.of_stale_secrets())


@dataclass(frozen=True, slots=True)
class _Lasting:
    """What does not change with the secrets."""

    store: CallStore
    watch_queue: WatchQueue
    streamer_ready: Callable[[], bool]


@lru_cache(maxsize=1)
def _lasting() -> _Lasting:
    from calls.dynamo import DynamoCallStore
    from calls.dynamo_json import quick_client

    settings = _settings_kept().current()
    return _Lasting(
        store=DynamoCallStore(quick_client(os.environ, settings.aws_endpoint_url or None), settings.table, now_ms),
        watch_queue=watch_queue_for(settings),
        streamer_ready=_health_of(settings.stream_url) if settings.climb else lambda: False,
    )


@lru_cache(maxsize=1)
def _agents(folder: Path, stream_url: str) -> Mapping[str, Agent]:
    return ladders_within_reach(agent_files.load(folder), stream_url)


@lru_cache(maxsize=1)
def _wired(settings: HandlerSettings) -> Wired:
    lasting, agents = _lasting(), _agents(settings.agents, settings.stream_url)
    return Wired(
        settings=settings,
        store=lasting.store,
        agents=agents,
        thinking=thinking_for(agents, settings),
        now_ms=now_ms,
        today=lambda: datetime.now().astimezone().date(),
        nonce=lambda: secrets.token_urlsafe(12),
        watch_queue=lasting.watch_queue,
        streamer_ready=lasting.streamer_ready,
        rewired=_rewired,
    )


def _rewired() -> Wired | None:
    settings = _settings_kept().anew()
    return None if settings is None else _wired(settings)


def _health_of(stream_url: str) -> Callable[[], bool]:
    from handlers.streamer_health import StreamerHealth

    return StreamerHealth(stream_url).ready


def watch_queue_for(settings: HandlerSettings) -> WatchQueue:
    if not settings.watchdog_queue:
        return NoWatch()
    return SqsWatch(queues_of(settings), settings.watchdog_queue, settings.watchdog_s)


def queues_of(settings: HandlerSettings) -> Callable[[], SqsClient]:
    """What makes the client of SQS when the first message is to be sent."""
    return lambda: sqs_client(settings.aws_endpoint_url or None, os.environ)


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
