"""POST /twilio/partial/{step}: what `<Gather>` has understood so far of the turn that /twilio/turn/{step} will bring.

Twilio sends these while the caller speaks, and takes nothing from the answer
(https://www.twilio.com/docs/voice/twiml/gather#partialresultcallback), so the invocation that one makes is free to
think of the reply. It begins when the words have stood for a moment: a newer partial result, or the turn itself,
makes an older one void. Results may come late, twice or out of order; their sequence numbers, where they have any,
and the slots of `calls.ahead` say what is still to be done.
"""

from calls import ahead, route
from calls.agent import Agent
from calls.conversation import Conversation
from calls.moments import Answer, CallerSpoke
from calls.record import CallRecord, Mode
from calls.rungs import climb_to
from calls.twiml import speakable
from handlers import ahead as beginnings
from handlers.turn import caller_turn
from handlers.twilio_request import TwilioRequest
from handlers.webhook import known_call, lambda_handler, path_number, routed, take_news
from handlers.wiring import Wired

FINISHED_S, OPEN_S = 0.08, 0.25
"""How long words have to stand before a reply to them is begun: stable ones that end like a sentence, and any others.
A caller in mid-sentence is understood anew sooner than this, so that the few beginnings a turn has are not used up."""

STABLE_FROM = 0.8
"""Twilio's Stability from which on it hardly ever takes words back, of 1."""

MOST_HEARD = 1_000
"""Partial results of one turn; any more are not looked at."""


def _partial(wired: Wired, request: TwilioRequest, step: str) -> None:
    key = f"turn-{path_number(step)}"
    stable, unstable = request.field("StableSpeechResult"), request.field("UnstableSpeechResult")
    words = speakable(ahead.partial_words(stable, unstable))
    sequence = _number(request.field("SequenceNumber"))
    if not ahead.sameness(words) or (sequence or 0) > MOST_HEARD:
        return
    record = known_call(wired, request)
    agent = wired.agent(record.agent)
    if not beginnings.is_worth_it(agent):
        return
    if sequence is not None:
        wired.store.answered_before(record.call_id, ahead.heard_step(key, sequence), "heard")
    is_finished = words.endswith((".", "?", "!")) and (not unstable or _is_stable(request))
    wired.pause(FINISHED_S if is_finished else OPEN_S)
    if sequence is not None and wired.store.answer_of(record.call_id, ahead.heard_step(key, sequence + 1)):
        return
    before = wired.store.conversation(record.call_id)
    asked = _asked(wired, record, agent, before, words, key)
    if asked is None:
        return
    slot = beginnings.claimed(wired, record.call_id, key, words, len(before.turns))
    if slot is not None:
        beginnings.begin(wired, record.call_id, key, slot, agent, asked)


def _asked(
    wired: Wired, record: CallRecord, agent: Agent, before: Conversation, words: str, key: str
) -> Conversation | None:
    """The conversation as it will be if these words are all that is said; None where that is not thought about, or
    the turn is known already."""
    said = caller_turn(words, key, wired.now_ms())
    if record.mode is not Mode.TRADITIONAL or any(turn.id == said.id for turn in before.turns):
        return None
    conversation = Conversation((*before.turns, said))
    if wired.settings.climb and climb_to(record, agent, said.started_at_ms):
        return None
    decision = route.decide(record, conversation, agent, CallerSpoke(), said.started_at_ms)
    return conversation if isinstance(decision.step, Answer) else None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else None


def _is_stable(request: TwilioRequest) -> bool:
    try:
        return float(request.field("Stability")) >= STABLE_FROM
    except ValueError:
        return False


router = routed(take_news, {"/twilio/partial/<step>": _partial})
handler = lambda_handler(router)
