"""One step of a call, from a moment to the TwiML that answers it: ask `route`, think where it says so, write what was
said, render. A webhook that Twilio sends again gets the answer that it got before, and nothing is written twice.

Turns spoken by `<Say>` are written as they are handed to Twilio, with everything said counted as heard and nothing as
cut: Twilio sends no marks for `<Say>`, so there is no telling what a caller who hung up or spoke over it has missed.
Both their times are the moment of handing over; of their latency only the webhook's part can be observed: the wait for
the model, and `ours`, everything else up to the answer's first byte.
"""

import json
from dataclasses import dataclass, replace

from calls import measured, route, stream_token, streams, twiml
from calls.agent import Agent
from calls.conversation import Conversation, Role, Turn
from calls.errors import OffhookError, ProviderFailed, StoreUnavailable
from calls.latency import Waterfall
from calls.record import CallRecord, Mode
from calls.redaction import redacted, redactor
from calls.reply import Reply
from calls.route import Answer, CallerSpoke, Decision, Dial, Gather, HangUp, Moment, SayAndHangUp, Stream
from calls.stream_token import LIFETIME_S, Grant
from handlers import ahead, measures, watch_queue
from handlers.in_time import reply_within_s, too_late
from handlers.logs import log, log_error
from handlers.wiring import Wired


@dataclass(frozen=True, slots=True)
class _Answered:
    """What a webhook was answered, as it is remembered: the document, and the words in it that are the agent's turn."""

    document: str
    said: str
    at_ms: int
    model_ms: int | None
    ours_ms: int | None = None


def conduct(wired: Wired, record: CallRecord, moment: Moment, key: str, said: Turn | None = None) -> str:
    """The TwiML for `moment` of the call. `key` names the webhook within the call, and is the same when it comes
    again: it is made of what Twilio signs and of our record, never of a header, which anybody can change. `said` is
    the caller's turn that the webhook brought, as it was said: the table may keep less of it.
    Raises StoreUnavailable (also where the time is up), ConfigurationInvalid."""
    call_id = record.call_id
    if earlier := wired.store.answer_of(call_id, key):
        return _finish(wired, call_id, key, earlier)
    agent = wired.agent(record.agent)
    conversation = _as_said(wired.store.conversation(call_id), said)
    decision = _decide(wired, record, conversation, agent, moment)
    model_ms: int | None = None
    if isinstance(decision.step, Answer) and agent.budget.is_set:
        from handlers.thrift import within_budget  # prices and numbering plans, which no other call waits for

        decision = within_budget(wired, decision, conversation, agent)
    if isinstance(decision.step, Answer):
        decision, model_ms = _think(wired, decision, conversation, agent, key)
    answered = _render(wired, decision, conversation, agent, model_ms, _ours_ms(wired, moment, model_ms))
    if wired.left_s() <= 0:
        # The caller has heard an apology by now; what was never said must not stand in the conversation.
        raise too_late()
    if isinstance(decision.step, Stream):
        have_watched(wired, decision.record)
    log().info("a call goes on", callId=call_id, moment=type(moment).__name__, step=type(decision.step).__name__)
    _tell(record, decision.record, _turn_of(answered, key), agent)
    mine = _remembered(_private(answered, record.redact))
    standing = wired.store.answered_before(call_id, key, mine)
    return _finish(wired, call_id, key, _remembered(answered) if standing == mine else standing)


def _as_said(conversation: Conversation, said: Turn | None) -> Conversation:
    """With the caller's turn that has just come in the words that it came in."""
    if said is None:
        return conversation
    return Conversation(
        tuple(replace(t, said=said.said, heard=said.heard) if t.id == said.id else t for t in conversation.turns)
    )


def _private(answered: _Answered, redact: tuple[str, ...]) -> _Answered:
    """What is remembered of an answer. Should Twilio ask once more, which is rare, the caller hears less than was meant
    for them; in return the table never has what is private."""
    if not redact:
        return answered
    document = twiml.said_otherwise(answered.document, redactor(redact))
    return replace(answered, document=document, said=redacted(answered.said, redact))


def _tell(before: CallRecord, after: CallRecord, turn: Turn, agent: Agent) -> None:
    """The metrics of one step: where its call has changed its rung, and its turn's times."""
    if before.mode and after.mode and before.mode is not after.mode:
        measures.tell(measured.of_step(after.mode))
    measures.tell(measured.of_turn(turn, agent.name))


def have_watched(wired: Wired, record: CallRecord) -> None:
    """Have the watchdog look at the call's newest stream, if that can be had at once."""

    def note(failed: OffhookError) -> None:
        wired.store.change(record.call_id, lambda r: route.noted(r, failed.failure))

    watch_queue.ask(wired.watch_queue, record.call_id, record.streams_served, note)


def _decide(wired: Wired, seen: CallRecord, conversation: Conversation, agent: Agent, moment: Moment) -> Decision:
    decisions: list[Decision] = []

    def change(record: CallRecord) -> CallRecord:
        decisions.append(route.decide(record, conversation, agent, moment, wired.now_ms()))
        return decisions[-1].record

    stands = wired.store.change(seen.call_id, change, seen)
    return Decision(stands, decisions[-1].step)


def _think(wired: Wired, asked: Decision, conversation: Conversation, agent: Agent, key: str) -> tuple[Decision, int]:
    """The step that follows an Answer step (what the reply leads to, or an apology where none can be had), and how
    many ms it was waited for: not long where it was begun ahead."""
    assert isinstance(asked.step, Answer)
    say_first = asked.step.say_first
    decisions: list[Decision] = []
    began_ms = wired.now_ms()
    call_id = asked.record.call_id
    begun = ahead.taken(wired, call_id, key, agent, conversation)
    reply = begun or _thought(wired, call_id, conversation, agent, key, began_ms)
    model_ms = wired.now_ms() - began_ms

    def change(record: CallRecord) -> CallRecord:
        decisions.append(
            route.troubled(record, agent, reply.failure, wired.now_ms(), wired.settings.lifeline_number)
            if isinstance(reply, ProviderFailed)
            else route.replied(record, agent, reply, say_first, wired.now_ms())
        )
        return decisions[-1].record

    stands = wired.store.change(call_id, change, asked.record)
    return Decision(stands, decisions[-1].step), model_ms


def _thought(
    wired: Wired, call_id: str, conversation: Conversation, agent: Agent, key: str, at_ms: int
) -> Reply | ProviderFailed:
    limits = replace(agent.limits, reply_s=reply_within_s(agent.limits.reply_s, wired.left_s()))
    try:
        reply = wired.thinking.reply(replace(agent, limits=limits), conversation, wired.today())
    except ProviderFailed as lost:
        log_error("no reply could be had", lost, callId=call_id)
        measures.tell(measured.of_vendor_failure(lost.failure.code.partition("-")[0], lost.failure))
        return lost
    _keep_usage(wired, call_id, key, at_ms, reply)
    return reply


def _keep_usage(wired: Wired, call_id: str, key: str, at_ms: int, reply: Reply) -> None:
    """Every thinking is billed, so one that Twilio's repetition has caused has a name of its own. A table that cannot
    be reached costs the bill, not the reply."""
    if reply.used is None:
        return
    try:
        wired.store.append_usage(call_id, replace(reply.used, id=f"{key}-{at_ms}", turn=f"{key}-agent", at_ms=at_ms))
    except StoreUnavailable as lost:
        log_error("what a reply used is not written", lost, callId=call_id)


def _render(
    wired: Wired,
    decision: Decision,
    conversation: Conversation,
    agent: Agent,
    model_ms: int | None,
    ours_ms: int | None,
) -> _Answered:
    step = decision.step
    assert not isinstance(step, Answer)
    said = twiml.speakable(_words_of(step))
    place = _place(wired, decision.record, agent, len(conversation.turns), step)
    after_last_ms = max((turn.started_at_ms + 1 for turn in conversation.turns), default=0)
    at_ms = max(wired.now_ms(), after_last_ms)
    return _Answered(twiml.document(step, place), said, at_ms, model_ms, ours_ms)


def _ours_ms(wired: Wired, moment: Moment, model_ms: int | None) -> int | None:
    """How long the webhook of a caller's turn has been at it, the model left out; None for any other."""
    return max(0, round(wired.spent_s() * 1000) - (model_ms or 0)) if isinstance(moment, CallerSpoke) else None


def _place(
    wired: Wired, record: CallRecord, agent: Agent, turns: int, step: Stream | Gather | SayAndHangUp | Dial | HangUp
) -> twiml.Place:
    return twiml.Place(
        public_url=wired.settings.public_url,
        stream_url=wired.settings.stream_url,
        call_id=record.call_id,
        voice=agent.voice,
        silence_s=agent.limits.silence_s,
        # Every Gather speaks, so that the number of turns, the one about to be written included, never repeats.
        step=turns + 1,
        stream=record.streams_served,
        token=_token(wired, record, agent, step.mode) if isinstance(step, Stream) else "",
        resumed=turns > 0,
        keyterms=agent.hearing.keyterms,
        partial_results=ahead.is_worth_it(agent),
    )


def on_token_alone(wired: Wired, record: CallRecord, mode: Mode) -> str:
    """The TwiML that connects a call whose record cannot be written now to the streamer: its first stream, in `mode`.
    Nothing is remembered, so Twilio gets another token when it asks again, and nothing is watched."""
    first = streams.served(record, mode, wired.now_ms())
    step = Stream(mode)
    return twiml.document(step, _place(wired, first, wired.agent(record.agent), 0, step))


def _words_of(step: Stream | Gather | SayAndHangUp | Dial | HangUp) -> str:
    match step:
        case Gather(words, _) | SayAndHangUp(words, _) | Dial(_, words):
            return words
        case _:
            return ""


def _token(wired: Wired, record: CallRecord, agent: Agent, mode: Mode) -> str:
    expires_at_s = wired.now_ms() // 1000 + LIFETIME_S
    names = (record.call_id, record.twilio_sid, agent.name)
    nonce = stream_token.nonce_of(wired.nonce(), is_test=record.is_test)
    grant = Grant(*names, mode, nonce, expires_at_s, record.streams_served)
    return stream_token.mint(wired.settings.stream_secret, grant)


def _finish(wired: Wired, call_id: str, key: str, remembered: str) -> str:
    """Write the agent's turn of an answer (once: its id is the webhook's key) and give the document out. Comes after
    remembering, so that the turn is always of the answer that stands, and a crash in between is made good by the
    webhook coming again."""
    answered = _Answered(**json.loads(remembered))
    if answered.said:
        wired.store.append_turn(call_id, _turn_of(answered, key))
    return answered.document


def _turn_of(answered: _Answered, key: str) -> Turn:
    return Turn(
        id=f"{key}-agent",
        role=Role.AGENT,
        said=answered.said,
        heard=answered.said,
        cut=False,
        started_at_ms=answered.at_ms,
        ended_at_ms=answered.at_ms,
        mode=Mode.TRADITIONAL.value,
        latency=Waterfall(model=answered.model_ms, ours=answered.ours_ms),
    )


def _remembered(answered: _Answered) -> str:
    return json.dumps(
        {
            "document": answered.document,
            "said": answered.said,
            "at_ms": answered.at_ms,
            "model_ms": answered.model_ms,
            "ours_ms": answered.ours_ms,
        },
        ensure_ascii=False,
    )
