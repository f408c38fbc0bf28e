"""Where the time of a turn went, from the moments that caller and vendors noted. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.bench.figures import within


@dataclass(frozen=True, slots=True)
class Signs:
    """Sorted moments of the vendors, monotonic seconds, of one call only."""

    ended: Sequence[float]
    asked: Sequence[float]
    first_token: Sequence[float]
    text: Sequence[float]
    first_audio: Sequence[float]


def stages(
    ended_s: float, answered_s: float | None, signs: Signs, end_ms: float, clause_ms: float
) -> dict[str, float] | None:
    """Milliseconds from the last voice to the first sound, stage by stage; None where a sign is missing.

    "host" stages are the streamer's, with the sockets on either side of it until the other end has read them; the
    others are the vendors' own, and may be later than the script. What comes before the end of the turn cannot be
    divided: the host passed the voice on, and the vendor's timer was late. `end_ms`: how long after the last voice the
    script ends a turn; `clause_ms`: from the first token to the one that completes the first clause.
    """
    rows = (signs.ended, signs.asked, signs.first_token, signs.text, signs.first_audio)
    moments = None if answered_s is None else _one_after_the_other(ended_s, answered_s, rows)
    if answered_s is None or moments is None:
        return None
    last, ended, asked, token, text, audio = (moment * 1000 for moment in moments)
    clause = token + clause_ms
    return {
        "to the recogniser, and late there": ended - last - end_ms,
        "recogniser: end of turn": end_ms,
        "host: end of turn to request": asked - ended,
        "model: first token": token - asked,
        "model: to the end of the first clause": clause - token,
        "host: first clause to text": text - clause,
        "voice: first audio": audio - text,
        "host: first audio to the caller": answered_s * 1000 - audio,
    }


def speech_stages(
    ended_s: float, answered_s: float, end_ms: float, rows: Sequence[Sequence[float]]
) -> dict[str, float] | None:
    """The same for speech to speech. `rows`: committed, answer asked for, first audio; `end_ms`: how long
    after the last voice the script commits. A vendor that answers turns of its own accord asks itself, with the end."""
    moments = _one_after_the_other(ended_s, answered_s, rows)
    if moments is None:
        return None
    last, committed, asked, audio = (moment * 1000 for moment in moments)
    return {
        "to the vendor, and late there": committed - last - end_ms,
        "vendor: end of speech": end_ms,
        "host: committed to the answer asked for": asked - committed,
        "vendor: first audio": audio - asked,
        "host: first audio to the caller": answered_s * 1000 - audio,
    }


def host_ms(turn: Mapping[str, float]) -> float:
    """What of a turn's stages is the host's."""
    return sum(ms for stage, ms in turn.items() if stage.startswith("host"))


def _one_after_the_other(ended_s: float, answered_s: float, rows: Sequence[Sequence[float]]) -> list[float] | None:
    """The end, and the first moment of each row after the one before it; None where one is missing."""
    moments = [ended_s]
    for row in rows:
        moment = within(row, moments[-1] - 0.001, answered_s + 0.001)
        if moment is None:
            return None
        moments.append(moment)
    return moments
