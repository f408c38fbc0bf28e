"""What is made of a model's response once it is over: the reply is finished, said in other words, asked for again, or
lost. Pure."""

import math
from dataclasses import dataclass

from calls import tools
from calls.agent import Agent
from calls.errors import Failure, ProviderFailed
from calls.openai_failures import RateLimited
from calls.reply import Action
from streamer.providers import openai_realtime_failures as failures

MOST_TRIES = 2
MOST_ROUNDS = 2
"""How often in one reply a model may call functions that we do not have."""
UNSAID_S = 0.5
"""How long a vendor is left alone that limits and does not say for how long."""
SOUND_WITHIN_S = 1.0
"""What a reply takes from its request to its first sound: a pause that leaves less is not worth waiting for."""
NOT_POSSIBLE = '{"error": "This function does not exist here, or cannot use these arguments. Answer without it."}'


@dataclass(frozen=True, slots=True)
class FunctionCall:
    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """A response that is over. `status` and `reason` are the vendor's, `failure` what its error means; `has_sounded`:
    some audio of the reply has been given out; `text` are words that came without sound; `tries` counts this one,
    `rounds` the times that it called a function in vain. `limited_for_s` and `left_s` as for `again_or`."""

    model: str
    status: str
    reason: str = ""
    failure: ProviderFailed | None = None
    has_sounded: bool = False
    text: str = ""
    calls: tuple[FunctionCall, ...] = ()
    tries: int = 1
    rounds: int = 0
    limited_for_s: float = 0.0
    left_s: float = math.inf


@dataclass(frozen=True, slots=True)
class Finish:
    """Everything of the reply has been given out."""

    action: Action | None = None


@dataclass(frozen=True, slots=True)
class SpeakFirst:
    """The words have to be spoken by somebody else, then the reply is finished. `is_new`: the model does not know
    of them."""

    text: str
    action: Action | None = None
    is_new: bool = True


@dataclass(frozen=True, slots=True)
class AskAgain:
    """The same reply, once more, `after_s`; first the functions' outputs, where it called any."""

    outputs: tuple[FunctionCall, ...] = ()
    after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Lose:
    failure: Failure


Verdict = Finish | SpeakFirst | AskAgain | Lose


def verdict(outcome: Outcome, agent: Agent) -> Verdict:
    """What to do about the reply that `outcome` is of."""
    if outcome.status == "completed":
        return _completed(outcome, agent)
    if outcome.status == "failed":
        return _again_or(outcome.failure or failures.said({}), outcome)
    if outcome.has_sounded:
        return Finish()
    wordless = failures.wordless(outcome.model, outcome.reason)
    return _again_or(wordless, outcome)


def _completed(outcome: Outcome, agent: Agent) -> Verdict:
    action = _action(outcome.calls, agent)
    if outcome.calls and action is None and outcome.rounds < MOST_ROUNDS:
        return AskAgain(outcome.calls)
    if outcome.has_sounded:
        return Finish(action)
    if outcome.text.strip():
        return SpeakFirst(outcome.text.strip(), action, is_new=False)
    if action is not None:
        return SpeakFirst(tools.words_before(agent, action), action)
    return _again_or(failures.silent(outcome.model), outcome)


def _again_or(failed: ProviderFailed, outcome: Outcome) -> AskAgain | Lose:
    if outcome.has_sounded or outcome.reason == "content_filter":
        return Lose(failed.failure)
    return again_or(failed, outcome.tries, outcome.limited_for_s, outcome.left_s)


def again_or(failed: ProviderFailed, tries: int, limited_for_s: float, left_s: float) -> AskAgain | Lose:
    """Whether a reply that failed without a sound is asked for once more. A vendor that limits is left alone for as
    long as it says with the failure, or (`limited_for_s`) said before it; `left_s` are left for the first sound."""
    if tries >= MOST_TRIES or not failed.failure.retryable:
        return Lose(failed.failure)
    if not isinstance(failed, RateLimited):
        return AskAgain()
    after_s = failed.retry_after_s or limited_for_s or UNSAID_S
    return AskAgain(after_s=after_s) if after_s + SOUND_WITHIN_S <= left_s else Lose(failed.failure)


def _action(calls: tuple[FunctionCall, ...], agent: Agent) -> Action | None:
    for call in calls:
        action = tools.action_of(agent, call.name, call.arguments)
        if action is not None:
            return action
    return None
