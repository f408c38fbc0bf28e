"""After a level: which of the vendors' connections belong to which call, and the figures that lie between the two."""

from collections.abc import Mapping

from tests.bench.attribution import Moments
from tests.bench.figures import matched, within
from tests.bench.level import Level
from tests.bench.vendor_process import START_MS, Scripted

CLEAR_WITHIN_S = 1.0


def relate(moments: Moments, script: Scripted, level: Level) -> None:
    """Fills in from a vendor's first sign of a voice over the agent to our `clear`, from `start` to a session that is
    ready, and where the time of each turn went that was not spoken into an answer."""
    heard = _heard(moments, script, level)
    _cleared(moments, script, level, heard)
    _ready(moments, script, level, heard)
    rows = script.rows(heard, moments)
    level.stages = [
        found
        for call in level.called
        for turn in call.turns
        if turn.answered_s is not None
        and not turn.is_interruption
        and call.number in rows
        and (found := script.staged(turn.ended_s, turn.answered_s, rows[call.number]))
    ]


def _heard(moments: Moments, script: Scripted, level: Level) -> dict[int, int]:
    """By call, the connection that heard it: by its first signs of a voice, or by its ends of turns where it gives
    none."""
    began = {call.number: [turn.began_s for turn in call.turns] for call in level.called if call.turns}
    for row in script.voice_signs:
        if signs := moments.of(row):
            return matched(signs, began, START_MS / 1000 * 4)
    ended = {call.number: [turn.ended_s for turn in call.turns] for call in level.called if call.turns}
    return matched(moments.of(script.stage_signs[0]), ended, script.overlapped_ms / 1000)


def _cleared(moments: Moments, script: Scripted, level: Level, heard: Mapping[int, int]) -> None:
    if not script.voice_signs:
        return
    signs = next((found for row in script.voice_signs if (found := moments.of(row))), {})
    for call in level.called:
        for turn in call.turns:
            if not turn.is_interruption:
                continue
            own = signs.get(heard.get(call.number, -1), [])
            sign_s = within(own, turn.began_s, turn.began_s + CLEAR_WITHIN_S)
            if sign_s is None or turn.cleared_s is None:
                level.clears_missed += 1
            else:
                level.clear_ms.append((turn.cleared_s - sign_s) * 1000)


def _ready(moments: Moments, script: Scripted, level: Level, heard: Mapping[int, int]) -> None:
    if script.ready_sign is None:
        return
    ready = moments.of(script.ready_sign)
    for call in level.called:
        at_s = within(ready.get(heard.get(call.number, -1), []), call.started_s, call.ended_s)
        if at_s is not None:
            level.ready_ms.append((at_s - call.started_s) * 1000)
