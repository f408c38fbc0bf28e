"""Which providers an agent's ladder makes use of. Pure."""

from collections.abc import Iterator

from calls.agent import Agent
from calls.agent_realtime import doubts
from calls.record import Mode

_STREAMING = ("recogniser", "speech")
_ALWAYS = ("reply", "reply_fallbacks")
_REALTIME = ("realtime", "realtime_fallbacks")


def providers_of(agent: Agent) -> Iterator[tuple[str, str]]:
    """(field of [models], "provider" or "provider/model") of everything that a mode of the ladder needs. Replies are
    needed in every ladder, as traditional mode ends it."""
    parts: tuple[str, ...] = _ALWAYS
    if Mode.PIPELINE in agent.modes:
        parts += _STREAMING
    if Mode.REALTIME in agent.modes:
        parts += _REALTIME
    for part in parts:
        value = getattr(agent.models, part, ())
        for provider in (value,) if isinstance(value, str) else value:
            yield part, provider


def uses(agent: Agent, vendor: str) -> bool:
    return any(provider.partition("/")[0] == vendor for _, provider in providers_of(agent))


def realtime_doubts(agent: Agent) -> tuple[str, ...]:
    """What is doubtful in the names that its speech to speech is given; nothing where it has none."""
    if Mode.REALTIME not in agent.modes:
        return ()
    models = (agent.models.realtime, *agent.models.realtime_fallbacks)
    return doubts(agent.name, models, agent.voice.realtime, agent.realtime.transcription)
