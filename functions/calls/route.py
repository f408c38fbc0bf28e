"""The one place that decides what a call does next: a pure function of the record, the conversation, the agent and
the moment. Voice, resume, turn and dialled all ask it, and render what it says.

    moment           rule
    ---------------  ---------------------------------------------------------------------------------------------
    any              a record in a final state, a call that Twilio says is over or an operator has ended: hang up
    VoiceAnswered    the first mode of the agent's ladder (or the rung that the call was given): stream, or gather
    StreamEnded      `next_step` is done and taken away; a call that is to talk on, or was lost or never reached, goes
                     on on the rung that `calls.rungs` names; an older stream's changes nothing
    CallerSpoke      goodbye is answered with the closing; a call that may go up the ladder again streams; anything
                     else is thought about (`Answer`, then `replied`)
    NothingHeard     ask again, then ask who is there, then say goodbye
    DialEnded        the transfer went through: hang up; it did not: the agent listens again
    ---------------  ---------------------------------------------------------------------------------------------
    wherever agent and caller would talk on: past `limits.call_s` the call ends with the limit goodbye

`decide` runs inside `CallStore.change`, so it may run many times for one moment; only the last decision counts.
"""

from dataclasses import dataclass, replace

from calls import rungs, streams
from calls.agent import Agent
from calls.closing import agent_says_goodbye, caller_says_goodbye, limit_reached, reason_of
from calls.conversation import Conversation
from calls.errors import Failure
from calls.moments import (
    Answer,
    CallerSpoke,
    CallOver,
    Dial,
    DialEnded,
    Gather,
    HangUp,
    Live,
    Moment,
    NothingHeard,
    SayAndHangUp,
    Step,
    Stream,
    StreamEnded,
    VoiceAnswered,
)
from calls.record import CallRecord, Do, EndReason, Mode, Status, moved, on_no_rung, on_rung
from calls.reply import EndCall, Reply, Transfer

__all__ = [
    "Answer",
    "CallOver",
    "CallerSpoke",
    "Decision",
    "Dial",
    "DialEnded",
    "Gather",
    "HangUp",
    "Moment",
    "NothingHeard",
    "SayAndHangUp",
    "Step",
    "Stream",
    "StreamEnded",
    "VoiceAnswered",
    "decide",
    "noted",
    "replied",
    "troubled",
]

MOST_FAILURES = 20
PUT_THROUGH = "The caller was put through to a person."
STREAM_LOST = "The stream ended, or never came, and nobody had said what comes next."
STREAM_GIVEN_UP = "No stream had come in time, so the call went on without it."
READY_AGAIN = "The streamer is ready again."


@dataclass(frozen=True, slots=True)
class Decision:
    """The step, and the record as it stands once the step is taken."""

    record: CallRecord
    step: Step


def decide(record: CallRecord, conversation: Conversation, agent: Agent, moment: Moment, now_ms: int) -> Decision:
    """What the call does next, at `now_ms` (epoch)."""
    if isinstance(moment, CallOver):
        return Decision(replace(moved(record, moment.status, now_ms), next_step=None), HangUp())
    if record.is_final or record.end_reason is EndReason.OPERATOR_HUNG_UP:
        return Decision(record, HangUp())
    if isinstance(moment, StreamEnded) and moment.stream not in (None, record.streams_served):
        return Decision(record, _standing(record))
    # Twilio only asks about answered calls; its own word for that (the status callback) may still be on its way.
    record = moved(record, Status.IN_PROGRESS, now_ms)
    if limit_reached(record.answered_at_ms, now_ms, agent.limits) and _talks_on(record, moment):
        unset = replace(record, next_step=None, end_reason=None)
        return _ending(unset, agent.phrases.limit_goodbye, EndReason.LIMIT)
    return _going_on(record, conversation, agent, moment, now_ms)


def _standing(record: CallRecord) -> Step:
    """Where the call is: whoever opened the next stream did not live to answer, and Twilio asks again after the old."""
    return HangUp() if record.mode in (None, Mode.TRADITIONAL) or record.end_reason else Stream(record.mode)


def _talks_on(record: CallRecord, moment: Live) -> bool:
    """Whether agent and caller would go on talking; a goodbye or a transfer under way is not overtaken by the limit."""
    match moment:
        case VoiceAnswered():
            return False
        case StreamEnded():
            step = record.next_step
            return step.do in (Do.GATHER, Do.STREAM) if step else record.end_reason is None
        case DialEnded(connected):
            return not connected
        case _:
            return True


def _going_on(
    record: CallRecord,
    conversation: Conversation,
    agent: Agent,
    moment: Live,
    now_ms: int,
) -> Decision:
    match moment:
        case VoiceAnswered():
            return _begun(record, conversation, agent, now_ms)
        case StreamEnded(error):
            return _after_stream(record, conversation, agent, error, now_ms)
        case CallerSpoke(streamer_ready):
            record = replace(record, empty_gathers=0)
            up = rungs.climb_to(record, agent, now_ms) if streamer_ready else None
            decision = _answering(record, conversation, agent, "")
            if up and isinstance(decision.step, Answer):
                return _streaming(record, up, READY_AGAIN, now_ms)
            return decision
        case NothingHeard():
            return _unheard(record, agent)
        case DialEnded(connected):
            return _after_dial(record, agent, connected, now_ms)


def replied(record: CallRecord, agent: Agent, reply: Reply, say_first: str, now_ms: int) -> Decision:
    """What the call does with `reply`, the answer that an `Answer` step asked for."""
    if record.is_final:
        return Decision(record, HangUp())
    text = " ".join(part for part in (say_first.strip(), reply.text.strip()) if part)
    match reply.action:
        case EndCall() as action:
            return _ending(record, text or agent.closing, reason_of(action))
        case Transfer(number):
            return _dialling(record, number, text, now_ms)
        case None if agent_says_goodbye(reply.text):
            return _ending(record, text, EndReason.AGENT_GOODBYE)
        case None:
            return Decision(record, Gather(text or agent.phrases.ask_again, reply.keys))


def troubled(record: CallRecord, agent: Agent, failure: Failure, now_ms: int, lifeline_number: str = "") -> Decision:
    """What the call does when no reply can be had, with `failure` in the record: a person, the agent's or else the
    deployment's, is rung, once; an apology and goodbye where there is none."""
    number, record = agent.transfer_number or lifeline_number, noted(record, failure)
    if number and all(use.why_left != PUT_THROUGH for use in record.modes):
        return _dialling(record, number, agent.phrases.bridge, now_ms)
    return _ending(record, agent.phrases.trouble_goodbye, EndReason.FAILED)


def noted(record: CallRecord, failure: Failure) -> CallRecord:
    """The record with `failure` in it, once; beyond 20 failures the first ones, which tell most, are kept."""
    if failure in record.failures or len(record.failures) >= MOST_FAILURES:
        return record
    return replace(record, failures=(*record.failures, failure))


def _begun(record: CallRecord, conversation: Conversation, agent: Agent, now_ms: int) -> Decision:
    mode = record.mode or agent.modes[0]
    if mode is Mode.TRADITIONAL:
        return _listening(_first_rung(record, conversation, mode, now_ms), conversation, agent)
    if record.streams_served:
        return Decision(record, Stream(mode))
    return _streaming(_first_rung(record, conversation, mode, now_ms), mode, "", now_ms)


def _streaming(record: CallRecord, mode: Mode, why: str, now_ms: int) -> Decision:
    """One more stream; `why` says why the rung before, if it is another, was left."""
    return Decision(streams.served(on_rung(record, mode, now_ms, why), mode, now_ms), Stream(mode))


def _first_rung(record: CallRecord, conversation: Conversation, mode: Mode, now_ms: int) -> CallRecord:
    """On `mode` from `now_ms` on: a rung that was chosen when the call was placed counts from its answer."""
    if not conversation.turns:
        record = replace(record, modes=())
    return on_rung(record, mode, now_ms)


def _after_stream(record: CallRecord, conversation: Conversation, agent: Agent, error: str, now_ms: int) -> Decision:
    asked = record.next_step
    record = streams.ended(replace(record, next_step=None), record.streams_served, now_ms)
    if asked is None and record.end_reason not in (None, EndReason.TRANSFERRED):
        # The goodbye was said; whoever took the step away did not live to answer Twilio.
        return Decision(record, HangUp())
    if asked and asked.do is Do.HANG_UP:
        ended = on_no_rung(record, now_ms, asked.why or "The conversation was over.")
        return Decision(replace(ended, end_reason=ended.end_reason or EndReason.AGENT_GOODBYE), HangUp())
    if asked and asked.do is Do.DIAL and asked.number:
        return _dialling(record, asked.number, "", now_ms)
    why, mode = _why_over(record, asked.why if asked else "", error), rungs.after_stream(record, agent, asked)
    # A transfer that was decided and then lost has not happened.
    record = replace(record, end_reason=None)
    if mode is not Mode.TRADITIONAL:
        return _streaming(record, mode, why, now_ms)
    # Traditional needs nothing but Lambda, whether or not the ladder names it.
    record = replace(on_rung(record, mode, now_ms, why), empty_gathers=0)
    return _listening(record, conversation, agent)


def _why_over(record: CallRecord, asked_why: str, error: str) -> str:
    stream = streams.newest(record)
    given_up = stream is not None and stream.given_up_at_ms is not None
    return asked_why or (STREAM_GIVEN_UP if given_up else error or STREAM_LOST)


def _listening(record: CallRecord, conversation: Conversation, agent: Agent) -> Decision:
    """The agent's turn, from the conversation so far: what the caller still waits for an answer to comes first; words
    that broke off are said again. Who was just asked to wait, and then not understood, is asked to say it again."""
    if not conversation.turns:
        return Decision(record, Gather(agent.greeting))
    bridge, last = agent.phrases.bridge, conversation.turns[-1]
    if conversation.unanswered:
        return _answering(record, conversation, agent, bridge)
    if last.heard == bridge:
        return Decision(record, Gather(agent.phrases.ask_again))
    return Decision(record, Gather(f"{bridge} {last.said}" if last.cut else bridge))


def _answering(record: CallRecord, conversation: Conversation, agent: Agent, say_first: str) -> Decision:
    waiting = conversation.unanswered
    if waiting and caller_says_goodbye(waiting[-1].heard):
        return _ending(record, agent.closing, EndReason.CALLER_GOODBYE)
    return Decision(record, Answer(say_first))


def _unheard(record: CallRecord, agent: Agent) -> Decision:
    record = replace(record, empty_gathers=record.empty_gathers + 1)
    if record.empty_gathers == 1:
        return Decision(record, Gather(agent.phrases.ask_again))
    if record.empty_gathers == 2:
        return Decision(record, Gather(agent.phrases.still_there))
    return _ending(record, agent.phrases.silence_goodbye, EndReason.SILENCE)


def _dialling(record: CallRecord, number: str, say: str, now_ms: int) -> Decision:
    # The reason is set now: a caller who hangs up while talking to the person dialled was transferred all the same.
    record = replace(record, end_reason=EndReason.TRANSFERRED)
    return Decision(on_no_rung(record, now_ms, PUT_THROUGH), Dial(number, say))


def _after_dial(record: CallRecord, agent: Agent, connected: bool, now_ms: int) -> Decision:
    if connected:
        return Decision(record, HangUp())
    record = replace(on_rung(record, Mode.TRADITIONAL, now_ms), end_reason=None, empty_gathers=0)
    return Decision(record, Gather(agent.phrases.still_there))


def _ending(record: CallRecord, text: str, reason: EndReason) -> Decision:
    """Goodbye. A reason that is there already stays: whoever ended the call knew better."""
    reason = record.end_reason or reason
    return Decision(replace(record, end_reason=reason), SayAndHangUp(text, reason))
