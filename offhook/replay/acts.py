"""What a caller did in an earlier call, each act with its cue, to be done again at the fitting moment. Pure.

Another setting takes other time, so a caller who spoke at 0:07 does not speak at 0:07 again. What people keep is the
cue: they answer so long after the agent fell silent, they break in so far into its answer, they go on after a pause of
their own. A cue is read out of both sides of the recording here, and `is_due` finds its moment in the new call.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

from offhook.box.caller import AGENT_DONE_MS, TALKED_ON_MS, Moment
from offhook.replay.sound import Span, joined

BREATH_MS = 500
"""Silence shorter than this is inside the caller's utterance, unless the agent began to speak in it."""
AROUND_MS = 100
"""Kept before and after the sound of an utterance: soft onsets and ends."""
QUICKEST_MS = 300
"""Nobody can know sooner that the agent has finished, and is not only drawing breath."""
SETTLED_MS = 2_000
"""An agent that was silent for so long had finished, though it spoke again."""
FEWER_MS = 4_000
"""Silence beyond the caller's own gap, after which an agent that said less than before is taken to have finished."""
LISTENED_MS = 1_500
"""Where the agent's side is not known: silence of the caller that is long enough to have held an answer."""
PATIENCE_MS = 15_000
"""A caller who waits this long for a cue that does not come acts without it."""
BYTES_PER_MS = 8


class After(StrEnum):
    """What a caller's act followed: nothing but their own last act, the end of the agent's words, or their beginning
    (the caller breaks in). AT is a time since the answer, whatever anybody does."""

    AT = "at"
    SELF = "self"
    AGENT_DONE = "agent-done"
    AGENT_BEGAN = "agent-began"


@dataclass(frozen=True, slots=True)
class Cue:
    """`offset_ms` after what it names. `utterance` counts the agent's utterances that began since the caller's last
    act, from 1; 0 where it talked on through that act, and with AT and SELF. SELF counts from the end of that act, or
    from the answer where there was none."""

    after: After
    offset_ms: int
    utterance: int = 0


@dataclass(frozen=True, slots=True)
class Act:
    """Speaks `mulaw` where there is some (it sounds for the first `sound_ms`), else presses `key`, else hangs up.
    `was_ms` is when it happened, in ms since answer."""

    cue: Cue
    was_ms: int
    mulaw: bytes = b""
    sound_ms: int = 0
    key: str = ""


def acts_of(
    caller: bytes,
    caller_spans: Sequence[Span],
    agent_spans: Sequence[Span],
    keys: Sequence[tuple[str, int]] = (),
    hung_up_ms: int | None = None,
) -> tuple[Act, ...]:
    """The caller's acts in order. `caller` is their side as mu-law from the answer on; `keys` are (key, ms since
    answer); `hung_up_ms` is None where somebody else ended the call."""
    agent = joined(tuple(agent_spans), AGENT_DONE_MS)
    bare = [_spoken(caller, span) for span in utterances(caller_spans, agent)]
    bare += [Act(_NO_CUE, at_ms, key=key) for key, at_ms in keys]
    bare.sort(key=lambda act: act.was_ms)
    if hung_up_ms is not None:
        bare.append(Act(_NO_CUE, max([hung_up_ms, *(act.was_ms + act.sound_ms for act in bare)])))
    acts: list[Act] = []
    last: Span = (0, 0)
    for act in bare:
        cue = cue_of(act.was_ms, last, agent)
        acts.append(replace(act, cue=cue))
        last = (act.was_ms, act.was_ms + act.sound_ms)
    return tuple(acts)


def without_agent(acts: Sequence[Act]) -> tuple[Act, ...]:
    """The acts of a recording that does not tell when the agent spoke: a caller who was silent for long enough is
    taken to have waited for an answer, the first time for the greeting."""
    found: list[Act] = []
    until_ms = -LISTENED_MS
    for act in acts:
        waited = act.was_ms - until_ms >= LISTENED_MS
        found.append(replace(act, cue=Cue(After.AGENT_DONE, AGENT_DONE_MS, 1)) if waited else act)
        until_ms = act.was_ms + act.sound_ms
    return tuple(found)


def at_their_times(acts: Sequence[Act], caller: bytes) -> tuple[Act, ...]:
    """Every act at its own time since the answer, and all that the caller's side carried between, noise included."""
    found: list[Act] = []
    from_ms = 0
    timed = [act for act in acts if not act.mulaw]
    for act in (*timed, None):
        until_ms = len(caller) // BYTES_PER_MS if act is None else act.was_ms
        if piece := caller[from_ms * BYTES_PER_MS : until_ms * BYTES_PER_MS]:
            found.append(Act(Cue(After.AT, from_ms), from_ms, piece, len(piece) // BYTES_PER_MS))
        if act is not None:
            found.append(replace(act, cue=Cue(After.AT, act.was_ms)))
            from_ms = act.was_ms
            if not act.key:
                break
    return tuple(found)


def utterances(caller_spans: Sequence[Span], agent: Sequence[Span]) -> tuple[Span, ...]:
    """The caller's sounds, put together over breaths in which the agent did not begin to speak."""
    found: list[Span] = []
    for start_ms, end_ms in caller_spans:
        before_ms = found[-1][1] if found else -BREATH_MS
        agent_began = any(before_ms <= from_ms <= start_ms for from_ms, _ in agent)
        if start_ms - before_ms < BREATH_MS and not agent_began:
            found[-1] = (found[-1][0], end_ms)
        else:
            found.append((start_ms, end_ms))
    return tuple(found)


def cue_of(at_ms: int, last: Span, agent: Sequence[Span]) -> Cue:
    """What an act at `at_ms` followed. `last` is the caller's act before it, `agent` the agent's utterances."""
    begun, talked_on = _followed(agent, last, at_ms)
    answer = (begun or talked_on)[-1:]
    if not answer:
        return Cue(After.SELF, max(0, at_ms - last[1]))
    from_ms, until_ms = answer[0]
    if until_ms >= at_ms:
        return Cue(After.AGENT_BEGAN, at_ms - from_ms, len(begun))
    return Cue(After.AGENT_DONE, at_ms - until_ms, len(begun))


def is_due(cue: Cue, moment: Moment) -> bool:
    """Whether the moment has come, or the caller has waited for it too long."""
    match cue.after:
        case After.AT:
            return moment.now_ms >= cue.offset_ms
        case After.SELF:
            return moment.now_ms >= moment.acted_until_ms + cue.offset_ms
    is_patient = moment.now_ms - moment.waiting_from_ms < PATIENCE_MS + cue.offset_ms
    return not is_patient or _has_answered(cue, moment)


def _has_answered(cue: Cue, moment: Moment) -> bool:
    """Whether the agent has said, or begun to say, what the caller waits for."""
    now_ms = moment.now_ms
    agent = joined(tuple(moment.agent_spans), AGENT_DONE_MS)
    begun, talked_on = _followed(agent, (moment.acted_from_ms, moment.acted_until_ms), now_ms)
    answers = begun if cue.utterance else begun or talked_on
    nth = max(1, cue.utterance)
    if len(answers) < nth:
        has_finished = bool(begun or talked_on) and not moment.agent_audible
        return has_finished and now_ms - agent[-1][1] >= cue.offset_ms + FEWER_MS
    if cue.after is After.AGENT_BEGAN:
        return now_ms >= answers[nth - 1][0] + cue.offset_ms
    done_ms = _done_ms(cue, answers[nth - 1 :], moment)
    return done_ms is not None and now_ms >= done_ms + max(cue.offset_ms, QUICKEST_MS)


def _done_ms(cue: Cue, answers: Sequence[Span], moment: Moment) -> int | None:
    """When the agent had said what it was to say: the end of the first of `answers` that was followed by enough
    silence."""
    enough_ms = min(max(cue.offset_ms, QUICKEST_MS), SETTLED_MS)
    for (_, until_ms), (next_ms, _) in pairwise((*answers, (moment.now_ms, moment.now_ms))):
        if next_ms == moment.now_ms and moment.agent_audible:
            return None
        if next_ms - until_ms >= enough_ms:
            return until_ms
    return None


def _followed(agent: Sequence[Span], last: Span, now_ms: int) -> tuple[list[Span], list[Span]]:
    """The agent's utterances that followed the caller's act `last`, as far as they were heard at `now_ms`: those that
    began since, and those in which it talked on. What it was saying when it was interrupted is neither."""
    heard = [(from_ms, min(until_ms, now_ms)) for from_ms, until_ms in agent if from_ms < now_ms]
    begun = [(from_ms, until_ms) for from_ms, until_ms in heard if from_ms >= last[0] and until_ms > last[1]]
    talked_on = [one for one in heard if one[0] < last[0] and one[1] >= last[1] + TALKED_ON_MS]
    return begun, talked_on


def _spoken(caller: bytes, span: Span) -> Act:
    from_ms = max(0, span[0] - AROUND_MS)
    mulaw = caller[from_ms * BYTES_PER_MS : (span[1] + AROUND_MS) * BYTES_PER_MS]
    return Act(_NO_CUE, from_ms, mulaw, span[1] - from_ms)


_NO_CUE = Cue(After.SELF, 0)
