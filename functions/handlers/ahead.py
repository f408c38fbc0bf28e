"""The two ends of a reply that is begun before Twilio says that the caller's turn is over: beginning it, in the
invocation that a partial result has made, and taking it, in that of the turn's own webhook."""

from dataclasses import replace

from calls import ahead
from calls.agent import Agent
from calls.ahead import MOST_BEGUN, Begun, Thought
from calls.conversation import Conversation
from calls.errors import ProviderFailed, StoreUnavailable
from calls.openai_models import names_openai
from calls.reply import Reply
from handlers.in_time import REMEMBER_S, SHORTEST_REPLY_S
from handlers.logs import log, log_error
from handlers.wiring import Wired

WAIT_MS = 4_000
"""How long after its beginning a reply may still be on its way. An invocation that died leaves none behind."""

LOOK_AGAIN_S = 0.03


def is_worth_it(agent: Agent) -> bool:
    """Whether this agent's replies take long enough to be begun ahead: the desk's take no time. A reply that is begun
    ahead is handed over in the table, so where words are private there are none."""
    return agent.turn_taking.speculate and names_openai(agent) and not agent.privacy.redact


def claimed(wired: Wired, call_id: str, key: str, words: str, turns: int) -> int | None:
    """The slot in which the reply to `words`, said after `turns` turns, is now ours to think of. None where somebody
    is at it, or all slots are taken."""
    mine = Begun(ahead.sameness(words), turns, wired.now_ms(), wired.nonce())
    for slot in range(1, MOST_BEGUN + 1):
        stands = ahead.begun_of(
            wired.store.answered_before(call_id, ahead.begun_step(key, slot), ahead.begun_text(mine))
        )
        if stands == mine:
            return slot
        if (stands.words, stands.turns) == (mine.words, mine.turns):
            return None
    return None


def begin(wired: Wired, call_id: str, key: str, slot: int, agent: Agent, conversation: Conversation) -> None:
    """Think of the reply to the conversation's last words and remember it under `slot`; what it used is written at
    once, for it is billed whether or not it is ever said."""
    began_ms = wired.now_ms()
    reply: Reply | None = None
    try:
        reply = wired.thinking.reply(agent, conversation, wired.today())
    except ProviderFailed as lost:
        log_error("no reply could be had ahead of time", lost, callId=call_id)
    thought = Thought(reply, wired.now_ms() - began_ms)
    wired.store.answered_before(call_id, ahead.said_step(key, slot), ahead.thought_text(thought))
    if reply is not None and reply.used is not None:
        name = ahead.begun_step(key, slot)
        used = replace(reply.used, id=name, turn=f"{key}-agent", at_ms=began_ms)
        wired.store.append_usage(call_id, used)


def taken(wired: Wired, call_id: str, key: str, agent: Agent, conversation: Conversation) -> Reply | None:
    """What was begun ahead as the reply to the conversation's last words, waited for if it is on its way. None where
    nothing was, nothing came, or the table cannot say: then the reply is thought of now."""
    last = conversation.turns[-1] if conversation.turns else None
    if not is_worth_it(agent) or last is None or last.id != f"{key}-caller":
        return None
    try:
        slot = _begun_for(wired, call_id, key, last.heard, len(conversation.turns) - 1)
        return None if slot is None else _waited_for(wired, call_id, ahead.said_step(key, slot[0]), slot[1])
    except StoreUnavailable as lost:
        log_error("whether a reply was begun ahead is not known", lost, callId=call_id)
        return None


def _begun_for(wired: Wired, call_id: str, key: str, words: str, turns: int) -> tuple[int, Begun] | None:
    sameness = ahead.sameness(words)
    for slot in range(1, MOST_BEGUN + 1):
        text = wired.store.answer_of(call_id, ahead.begun_step(key, slot))
        if text is None:
            return None
        begun = ahead.begun_of(text)
        if (begun.words, begun.turns) == (sameness, turns):
            return slot, begun
    return None


def _waited_for(wired: Wired, call_id: str, step: str, begun: Begun) -> Reply | None:
    now_ms = wired.now_ms()
    until_ms = min(begun.at_ms, now_ms) + WAIT_MS
    while (text := wired.store.answer_of(call_id, step)) is None:
        if wired.now_ms() >= until_ms or wired.left_s() < REMEMBER_S + SHORTEST_REPLY_S:
            log().warning("a reply begun ahead never came", callId=call_id)
            return None
        wired.pause(LOOK_AGAIN_S)
    return ahead.thought_of(text).reply
