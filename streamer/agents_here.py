"""Which agents this installation can hold in pipeline mode: the container has no embedded speech. No I/O."""

import logging
from collections.abc import Iterable
from dataclasses import replace

from calls.agent import Agent
from calls.record import Mode

log = logging.getLogger(__name__)


def able(agents: Iterable[Agent], *, has_embedded: bool) -> list[Agent]:
    """The agents, without pipeline mode where they hear or speak with embedded parts that are not installed: their
    calls begin a rung lower, as they do in realtime mode without a key, and the streamer starts for the others."""
    return [agent if has_embedded or not _is_embedded(agent) else _without_pipeline(agent) for agent in agents]


def _is_embedded(agent: Agent) -> bool:
    return Mode.PIPELINE in agent.modes and "embedded" in (agent.models.recogniser, agent.models.speech)


def _without_pipeline(agent: Agent) -> Agent:
    log.warning(
        "agent %s has no pipeline mode here: embedded speech is not installed; name vendors in its [models]", agent.name
    )
    return replace(agent, modes=tuple(mode for mode in agent.modes if mode is not Mode.PIPELINE))
