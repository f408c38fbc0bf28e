"""Turns spoken by `<Say>` and heard by `<Gather>`, put right by what the line really carried. Pure.

The handlers write such turns when their webhook comes: Twilio tells them neither when anything sounded nor how much of
it. On one machine the box has kept both. Turns and sounds are matched by order and text; a turn of the streamer is
left alone, for its marks have said all this.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from calls.conversation import Conversation, Role, Turn
from calls.latency import Waterfall
from calls.record import Mode
from calls.twiml import speakable
from offhook.box.line_log import LineLog, Spoken, Understood


def true_to_line(
    conversation: Conversation, log: LineLog, answered_at_ms: int, redact: Callable[[str], str] = lambda text: text
) -> Conversation:
    """The conversation as it sounded. `answered_at_ms` is the epoch ms of the line's time 0; `redact` takes out of the
    line's words what is not in those of the conversation either.

    Of an agent's turn: times, `heard`, `cut`, its latency but for the model's part. A turn that never came to
    sound was not heard at all. Of a caller's turn: times. What cannot be matched keeps what it had.
    """
    spoken = _Walk([redact(speakable(one.text)) for one in log.spoken])
    understood = _Walk([redact(_words(one)) for one in log.understood])
    turns: list[Turn] = []
    asked: Understood | None = None
    for turn in conversation.turns:
        if turn.mode != Mode.TRADITIONAL.value:
            turns.append(turn)
            asked = None
        elif turn.role is Role.CALLER:
            at = understood.find(turn.said)
            asked = None if at is None else log.understood[at]
            turns.append(turn if asked is None else _asked(turn, asked, answered_at_ms))
        else:
            at = spoken.find(turn.said)
            turns.append(_unheard(turn) if at is None else _answered(turn, log.spoken[at], asked, answered_at_ms))
            asked = None
    return Conversation(tuple(sorted(turns, key=lambda turn: turn.started_at_ms)))


def heard_part(text: str, played_ms: int, whole_ms: int) -> str:
    """The words of `text` whose last letter was spoken within `played_ms` of `whole_ms`, each placed in time by its
    share of the letters, as the streamer places them."""
    end = 0
    for last_letter in _word_ends(text):
        if last_letter * whole_ms > played_ms * len(text):
            break
        end = last_letter
    return text[:end]


class _Walk:
    """Goes once through the texts that happened on the line."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._at = 0

    def find(self, text: str) -> int | None:
        """The position of the next such text; None, and no step forward, where there is none any more."""
        for at in range(self._at, len(self._texts)):
            if self._texts[at] == speakable(text):
                self._at = at + 1
                return at
        return None


def _words(understood: Understood) -> str:
    return speakable(understood.speech or f"[keys {understood.digits}]")


def _asked(turn: Turn, asked: Understood, answered_at_ms: int) -> Turn:
    return replace(turn, started_at_ms=answered_at_ms + asked.start_ms, ended_at_ms=answered_at_ms + asked.end_ms)


def _unheard(turn: Turn) -> Turn:
    return replace(turn, heard="", cut=bool(turn.said))


def _answered(turn: Turn, said: Spoken, asked: Understood | None, answered_at_ms: int) -> Turn:
    heard = heard_part(turn.said, said.end_ms - said.start_ms, said.whole_ms) if said.cut else turn.said
    latency = turn.latency
    if asked is not None and said.sound_end_ms > said.sound_start_ms:
        latency = _waterfall(latency, said, asked)
    return replace(
        turn,
        heard=heard,
        cut=heard != turn.said,
        started_at_ms=answered_at_ms + said.sound_start_ms,
        ended_at_ms=answered_at_ms + said.sound_end_ms,
        latency=latency,
    )


def _waterfall(latency: Waterfall, said: Spoken, asked: Understood) -> Waterfall:
    """Where the time from the caller's last sound to the answer's first went: until Twilio asked (its endpointing and
    its recogniser), in our webhook (the model, and the rest of it `ours`), and from its answer to the sound."""
    total_ms = said.sound_start_ms - asked.end_ms
    if not asked.answered_ms:
        return replace(latency, total=total_ms, endpointing=asked.decided_ms - asked.end_ms)
    return replace(
        latency,
        total=total_ms,
        endpointing=asked.asked_ms - asked.end_ms,
        speech=max(0, said.sound_start_ms - asked.answered_ms),
        ours=max(0, asked.answered_ms - asked.asked_ms - (latency.model or 0)),
    )


def _word_ends(text: str) -> Iterator[int]:
    """Where each word ends, as a count of characters."""
    for at, letter in enumerate(text, 1):
        if not letter.isspace() and (at == len(text) or text[at].isspace()):
            yield at
