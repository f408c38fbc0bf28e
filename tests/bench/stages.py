"""Where the time of a turn went, from the moments that caller and vendors noted. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.figures import tokens_to_first_clause, within
from tests.bench.vendor_process import REPLY, TOKEN_MS


@dataclass(frozen=True, slots=True)
class Signs:
    """Sorted moments of the vendors, monotonic seconds, of one call only."""

    ended: Sequence[float]
    asked: Sequence[float]
    first_token: Sequence[float]
    text: Sequence[float]
    first_audio: Sequence[float]


def stages(ended_s: float, answered_s: float | None, signs: Signs) -> dict[str, float] | None:
    """Milliseconds from the last voice to the first sound, stage by stage; None where a sign is missing.

    "host" stages are the streamer's (with the sockets on either side of it), the others the vendors' own.
    """
    if answered_s is None:
        return None
    moments = [ended_s]
    for row in (signs.ended, signs.asked, signs.first_token, signs.text, signs.first_audio):
        moment = within(row, moments[-1] - 0.001, answered_s + 0.001)
        if moment is None:
            return None
        moments.append(moment)
    last, ended, asked, token, text, audio = (moment * 1000 for moment in moments)
    clause = token + (tokens_to_first_clause(REPLY) - 1) * TOKEN_MS
    return {
        "recogniser: end of turn": ended - last,
        "host: end of turn to request": asked - ended,
        "model: first token": token - asked,
        "model: to the end of the first clause": clause - token,
        "host: first clause to text": text - clause,
        "voice: first audio": audio - text,
        "host: first audio to the caller": answered_s * 1000 - audio,
    }
