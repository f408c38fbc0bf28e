"""Plays a tape's caller on the box's line: each act as soon as its cue has come."""

from offhook.box.caller import Moment
from offhook.box.line import PhoneLine
from offhook.box.ports import LineEnded
from offhook.replay.acts import Act, is_due
from offhook.replay.tape import Tape

POLL_MS = 20
LINGER_MS = 30_000
"""A caller who did not hang up stays on the line this long after the last act, as the box's callers do."""


class TapeCaller:
    """What a person does who has a tape for a script."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape

    async def __call__(self, line: PhoneLine) -> None:
        """Play the caller to the end of the call. Needs `line.run()` beside it."""
        acted = (0, 0)
        try:
            for act in self._tape.acts:
                acted = await _take(act, line, acted)
            await line.pause(LINGER_MS)
            line.hang_up()
        except LineEnded:
            return


async def _take(act: Act, line: PhoneLine, last: tuple[int, int]) -> tuple[int, int]:
    """The act, once it is due; from when to when it lasted."""
    waiting_from_ms = line.now_ms
    while not is_due(act.cue, _moment(line, last, waiting_from_ms)):
        await line.pause(POLL_MS)
    from_ms = line.now_ms
    if act.key:
        line.press(act.key)
    elif act.mulaw:
        line.caller_say(act.mulaw)
        await line.caller_quiet()
    else:
        line.hang_up()
    return from_ms, from_ms + act.sound_ms


def _moment(line: PhoneLine, last: tuple[int, int], waiting_from_ms: int) -> Moment:
    return Moment(line.now_ms, line.agent_spans, line.agent_audible, *last, waiting_from_ms)
