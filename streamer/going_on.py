"""The conversation goes on with another engine: what was being said is finished, what waits is answered. No I/O.

nobody spoke                        the new engine listens; unanswered words are answered
the reply is whole                  it goes on sounding: the caller hears nothing
it sounds, more words are known     the new engine says the rest behind it
it sounds, and broke off            its sentence stands, or the answer is asked for anew behind it
nothing of it has sounded           the bridge phrase at once, and the answer is asked for anew
... to words nobody wrote down      the bridge phrase; the new engine hears the caller's voice again
nobody told that the caller spoke,  the same
or that they had ended
"""

from calls.conversation import BROKEN_OFF, Conversation, Role, Turn
from streamer.dialogue import Dialogue
from streamer.events import Answer, Effect, Fill, ReplySpoken, Say
from streamer.playback import BYTES_PER_MS
from streamer.reply_in_progress import ReplyInProgress

_SENTENCE_ENDS = (".", "!", "?", "…")


def go_on(dialogue: Dialogue, bridge: bytes, now_ms: int, *, caller_waits: bool = False) -> list[Effect]:
    """The orders to the new engine, and what Twilio is sent meanwhile. `bridge` is phrases.bridge as mu-law, empty
    where nobody has spoken it yet: the new engine then does. `caller_waits` as in `EngineLost`."""
    dialogue.forget_guess(now_ms)
    reply = dialogue.voice.reply
    if reply and reply.own_sound_at_ms is None and dialogue.forget_unworded(reply.answers):
        return _only_cover(dialogue, reply, bridge, now_ms)
    kept = dialogue.close_turns()
    if reply is None:
        if dialogue.conversation.unanswered:
            return kept + _answer(dialogue, bridge, now_ms)
        return kept + (_bridge_alone(dialogue, bridge, now_ms) if caller_waits else [])
    if reply.is_whole:
        return kept
    if reply.own_sound_at_ms is None:
        return [*kept, _order_anew(dialogue, reply, now_ms), *_cover(dialogue, reply, bridge, now_ms)]
    return kept + _finish(dialogue, reply, bridge, now_ms)


def take_up(dialogue: Dialogue, bridge: bytes, now_ms: int) -> list[Effect]:
    """What nobody has answered before this stream is answered, behind the bridge phrase where that is in memory: who
    waits for a call that was cut off has waited long enough. Not where it is the last that the agent said."""
    said = [turn.heard for turn in dialogue.conversation.turns if turn.role is Role.AGENT]
    if bridge and said[-1:] != [dialogue.agent.phrases.bridge]:
        return _answer(dialogue, bridge, now_ms)
    return dialogue.voice.answer(dialogue.conversation, now_ms, answers=None)


def _answer(dialogue: Dialogue, bridge: bytes, now_ms: int) -> list[Effect]:
    order = dialogue.voice.answer(dialogue.conversation, now_ms, answers=None)
    reply = dialogue.voice.reply
    assert reply is not None, "it was ordered just now"
    return order + _cover(dialogue, reply, bridge, now_ms)


def _finish(dialogue: Dialogue, reply: ReplyInProgress, bridge: bytes, now_ms: int) -> list[Effect]:
    spoken = "".join(reply.spoken)  # a model that was told what to say words it only as it speaks
    rest = _whole_sentences(reply.fixed, spoken) or _whole_sentences("".join(reply.said), spoken)
    if rest:
        reply.said, reply.id = list(reply.spoken), dialogue.voice.next_id()
        return [Say(reply.id, rest)]
    if "".join(reply.spoken).rstrip().endswith(_SENTENCE_ENDS):
        reply.said, reply.is_whole = list(reply.spoken), True
        return []
    return [_order_anew(dialogue, reply, now_ms), *_cover(dialogue, reply, bridge, now_ms)]


def _whole_sentences(said: str, spoken: str) -> str:
    """What was to be said behind what was spoken, up to the last end of a sentence: what comes after broke off."""
    rest = said[len(spoken) :] if said.startswith(spoken) else ""
    end = max(rest.rfind(mark) for mark in _SENTENCE_ENDS) + 1
    return rest[:end] if rest[:end].strip(" " + "".join(_SENTENCE_ENDS)) else ""


def _order_anew(dialogue: Dialogue, reply: ReplyInProgress, now_ms: int) -> Effect:
    """What the reply was ordered with, once more, behind what has sounded of it, which whoever thinks is told."""
    so_far = _so_far(dialogue, reply, now_ms)
    reply.id, reply.ordered_at_ms, reply.own_sound_at_ms = dialogue.voice.next_id(), now_ms, None
    reply.said = list(reply.spoken)
    return Say(reply.id, reply.fixed) if reply.fixed else Answer(reply.id, so_far)


def _so_far(dialogue: Dialogue, reply: ReplyInProgress, now_ms: int) -> Conversation:
    """The conversation with what has sounded of the reply as its last turn, cut off."""
    words = "".join(reply.spoken).strip()
    if reply.own_sound_at_ms is None or not words:
        return dialogue.conversation
    mode = dialogue.mode.value
    return dialogue.conversation.adding(Turn(BROKEN_OFF, Role.AGENT, words, words, True, now_ms, now_ms, mode))


def _cover(dialogue: Dialogue, reply: ReplyInProgress, bridge: bytes, now_ms: int) -> list[Effect]:
    """The bridge phrase, as the beginning (or the next words) of the reply; not twice. An order goes before it: a new
    order would take a filler back."""
    text = dialogue.agent.phrases.bridge
    if not text or reply.is_bridged or reply.fixed == text:
        return []
    reply.bridge()
    if not bridge:
        return [Fill(reply.id, text)]
    reply.said.append(f"{text} ")
    reply.spoken.append(f"{text} ")
    reply.spoken_at_ms = reply.spoken_at_ms or now_ms
    reply.filler_ms += len(bridge) // BYTES_PER_MS
    reply.playback.add(bridge, f"{text} ")
    return dialogue.voice.play(now_ms)


def _only_cover(dialogue: Dialogue, reply: ReplyInProgress, bridge: bytes, now_ms: int) -> list[Effect]:
    """The caller is heard again by the new engine, which makes a turn of it; meanwhile something is said."""
    if bridge:
        effects = _cover(dialogue, reply, bridge, now_ms)
        reply.is_whole = True
        return effects
    dialogue.voice.lose(now_ms)
    return _bridge_alone(dialogue, bridge, now_ms)


def _bridge_alone(dialogue: Dialogue, bridge: bytes, now_ms: int) -> list[Effect]:
    """The bridge phrase as a reply of its own, which the voice that is heard again does not interrupt; not twice."""
    text, voice, said = dialogue.agent.phrases.bridge, dialogue.voice, dialogue.conversation.turns
    if not text or (said and said[-1].heard == text):
        return []
    order = voice.say(text, now_ms)
    dialogue.floor.voice_stopped()
    if not bridge or voice.reply is None:
        return order
    voice.reply.is_whole = True
    dialogue.floor.protected_until_ms = max(dialogue.floor.protected_until_ms, now_ms + len(bridge) // BYTES_PER_MS)
    return voice.take(ReplySpoken(voice.reply.id, bridge, text), now_ms)
